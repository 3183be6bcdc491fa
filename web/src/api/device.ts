const KEY = "careplane.device";

/** The same for every session of this browser, so that a new one on a strange device can be told from it. */
export function deviceId(): string {
  const kept = localStorage.getItem(KEY);
  if (kept !== null) return kept;
  const made = crypto.randomUUID();
  localStorage.setItem(KEY, made);
  return made;
}

const BROWSERS = [
  [/\bEdgA?\//, "Edge"],
  [/\bOPR\//, "Opera"],
  [/\b(Firefox|FxiOS)\//, "Firefox"],
  [/\b(Chrome|CriOS)\//, "Chrome"],
  [/\bSafari\//, "Safari"],
] as const;

const SYSTEMS = [
  [/\bAndroid\b/, "Android"],
  [/\biPhone\b/, "iPhone"],
  [/\biPad\b/, "iPad"],
  [/\bWindows\b/, "Windows"],
  [/\bCrOS\b/, "ChromeOS"],
  [/\bMac OS X\b/, "Mac"],
  [/\bLinux\b/, "Linux"],
] as const;

const find = (names: readonly (readonly [RegExp, string])[], agent: string): string | undefined =>
  names.find(([pattern]) => pattern.test(agent))?.[1];

/** `Firefox, Windows`: what its owner calls it in the list of devices. Nothing else is read out of it. */
export function deviceName(agent: string = navigator.userAgent): string | undefined {
  const known = [find(BROWSERS, agent), find(SYSTEMS, agent)].filter((name) => name !== undefined);
  return known.length === 0 ? undefined : known.join(", ");
}

export function thisDevice(): { id: string; name?: string } {
  const name = deviceName();
  return { id: deviceId(), ...(name === undefined ? {} : { name }) };
}

/** A passkey belongs to a name, so there is none where the host is an address. */
export const isNamed = (host: string): boolean => !/^\d+(\.\d+){3}$|^\[/.test(host);

export const hasPasskeys = (): boolean =>
  "PublicKeyCredential" in globalThis && isNamed(location.hostname);

/** Can the browser offer passkeys in the list that opens at the e-mail field? */
export const offersPasskeys = async (): Promise<boolean> =>
  hasPasskeys() &&
  "isConditionalMediationAvailable" in PublicKeyCredential &&
  (await PublicKeyCredential.isConditionalMediationAvailable());

/** The person closed the browser's window, or the time was up. Nothing went wrong. */
export const isDeclined = (error: unknown): boolean =>
  error instanceof DOMException && ["AbortError", "NotAllowedError"].includes(error.name);
