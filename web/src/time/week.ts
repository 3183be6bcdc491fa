/** A calendar date without a zone, `2026-12-01`. Arithmetic is done in UTC so that no clock change can bend it. */
export type LocalDate = string;

const DAY = 86_400_000;
const SHAPE = /^\d{4}-\d{2}-\d{2}$/;

const toEpoch = (date: LocalDate): number => Date.parse(`${date}T00:00:00Z`);
const fromEpoch = (epoch: number): LocalDate => new Date(epoch).toISOString().slice(0, 10);

export function isLocalDate(text: unknown): text is LocalDate {
  return (
    typeof text === "string" &&
    SHAPE.test(text) &&
    !Number.isNaN(toEpoch(text)) &&
    fromEpoch(toEpoch(text)) === text
  );
}

/** The API answers for days of this century; the last weeks of it are left for looking ahead. */
export const isWithinReach = (date: LocalDate): boolean =>
  date >= "2000-01-01" && date < "2099-11-01";

export function addDays(date: LocalDate, days: number): LocalDate {
  return fromEpoch(toEpoch(date) + days * DAY);
}

export const WEEK = 7;

/** The week before, but never one that begins before today: what is over cannot be booked. */
export function previousWeek(from: LocalDate, today: LocalDate): LocalDate | null {
  if (from <= today) return null;
  const earlier = addDays(from, -WEEK);
  return earlier < today ? today : earlier;
}

export const nextWeek = (from: LocalDate): LocalDate => addDays(from, WEEK);
