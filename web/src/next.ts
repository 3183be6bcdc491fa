const BASE = "https://careplane.invalid";

const isOwn = (path: string): boolean => /^\/(?![/\\])/.test(path);

/**
 * Where to go on after signing in. Only a path of this client is accepted: an address that leaves the site, in any of
 * the spellings that browsers understand, would turn the sign-in page into a trap.
 */
export function safePath(next: unknown): string {
  if (typeof next !== "string" || !isOwn(next) || !URL.canParse(next, BASE)) return "/";
  const url = new URL(next, BASE);
  const path = url.pathname + url.search;
  // `/.//elsewhere` is ours until the dots are resolved, and leaves the site after that.
  return url.origin === BASE && isOwn(path) ? path : "/";
}

export interface Choice {
  readonly clinic: string;
  readonly provider: string;
  readonly service: string;
  readonly start: string;
}

/** The appointment that a path is about to confirm, so that the sign-in page can show it. */
export function choiceIn(next: string): Choice | null {
  const url = new URL(safePath(next), BASE);
  const match = /^\/clinics\/([^/]+)\/providers\/([^/]+)\/book$/.exec(url.pathname);
  const clinic = match?.[1];
  const provider = match?.[2];
  const service = url.searchParams.get("service");
  const start = url.searchParams.get("start");
  if (!clinic || !provider || !service || !start || Number.isNaN(Date.parse(start))) return null;
  return { clinic, provider, service, start };
}

const KEPT = "careplane.next";
const KEPT_MS = 24 * 60 * 60_000;

/** Over the mail with the link, which opens in a tab of its own. */
export function rememberNext(next: string | undefined): void {
  if (next === undefined) localStorage.removeItem(KEPT);
  else localStorage.setItem(KEPT, `${String(Date.now() + KEPT_MS)} ${next}`);
}

export function rememberedNext(): string | undefined {
  const [until, next] = localStorage.getItem(KEPT)?.split(" ") ?? [];
  const path = safePath(next);
  return Number(until) > Date.now() && path !== "/" ? path : undefined;
}

/** The secret of a link in a mail: after the #, which browsers keep to themselves. */
export function tokenIn(hash: string): string | null {
  const token = new URLSearchParams(hash.replace(/^#/, "")).get("token");
  return token === "" ? null : token;
}
