let ahead = 0;

/**
 * The time as the server last told it: a device whose clock is wrong must neither hide an appointment that is still to
 * come nor offer to cancel one that has begun. Until an answer has told it, the device's own.
 */
export const now = (): number => Date.now() + ahead;

/** An answer that a cache may keep can be minutes old, and its date with it; only the others tell the time. */
export function heedClock({ headers }: Pick<Response, "headers">): void {
  const date = Date.parse(headers.get("date") ?? "");
  const isFresh = headers.get("cache-control")?.includes("no-store") ?? false;
  if (isFresh && !Number.isNaN(date)) ahead = date - Date.now();
}
