/** Somebody has left to sign in elsewhere. What stays here makes their coming back worth something. */
export interface Attempt {
  readonly verifier: string;
  /** What people call the place to which they have gone. */
  readonly name: string;
  /** With whose account it is to be connected; nothing for those who sign in. */
  readonly user: string | null;
  /** Where they go on once they are signed in. */
  readonly next: string | null;
}

/** What somebody comes back with. */
export interface Answer {
  /** To whose address: each of those who sign people in has one of its own. */
  readonly provider: string;
  readonly code: string;
  readonly state: string;
  /** Who says that they sent them, where they do. */
  readonly iss?: string;
}

export type Returned = Answer | "declined";

type Kept = Pick<Storage, "getItem" | "setItem" | "removeItem">;

const KEPT = "careplane.attempt";
const PATH = /^\/sign-in\/return\/([a-z0-9-]+)$/;

/** In the session of this tab and nowhere else: it ends with the tab, and no other tab can read it. */
export function keepAttempt(attempt: Attempt, storage: Kept = sessionStorage): void {
  storage.setItem(KEPT, JSON.stringify(attempt));
}

/** Good once. */
export function takeAttempt(storage: Kept = sessionStorage): Attempt | null {
  const kept = storage.getItem(KEPT);
  storage.removeItem(KEPT);
  return kept === null ? null : (JSON.parse(kept) as Attempt);
}

/** What is in the address to which they come back; nothing, if it is not such an address, or says nothing. */
export function returnedIn(pathname: string, search: string): Returned | null {
  const provider = PATH.exec(pathname)?.[1];
  const query = new URLSearchParams(search);
  if (provider === undefined) return null;
  if (query.has("error")) return "declined";
  const [code, state, iss] = ["code", "state", "iss"].map((name) => query.get(name));
  if (!code || !state) return null;
  return { provider, code, state, ...(iss && { iss }) };
}

interface Return {
  readonly returned: Returned | null;
  readonly attempt: Attempt | null;
}

let current: Return = { returned: null, attempt: null };

/**
 * Before anything else looks at the address: a router would read digits as a number and write it anew. Both halves are
 * gone from where they were as soon as they are read, so a reload has neither, and nothing is sent twice.
 */
export function takeReturn(): void {
  const { pathname, search } = location;
  if (!PATH.test(pathname)) return;
  current = { returned: returnedIn(pathname, search), attempt: takeAttempt() };
  if (search !== "") history.replaceState(history.state, "", pathname);
}

export const getReturn = (): Return => current;
