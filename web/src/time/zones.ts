import { cached } from "../i18n/formats";
import type { LocalDate } from "./week";

/** An instant as the API writes it, `2026-12-01T08:00:00Z`. */
export type Instant = string;

const format = cached(
  (locale: string, options: Intl.DateTimeFormatOptions) => new Intl.DateTimeFormat(locale, options),
);

export const visitorZone = (): string => new Intl.DateTimeFormat().resolvedOptions().timeZone;

/** The calendar date that a clock in the zone shows at the instant. */
export function dateIn(zone: string, instant: Instant | number): LocalDate {
  const parts = format("en-US", {
    timeZone: zone,
    year: "numeric",
    month: "2-digit",
    day: "2-digit",
  }).formatToParts(new Date(instant));
  const part = (type: Intl.DateTimeFormatPartTypes) =>
    parts.find((p) => p.type === type)?.value ?? "";
  return `${part("year").padStart(4, "0")}-${part("month")}-${part("day")}`;
}

/** The hour, 0 to 23, that a clock in the zone shows. */
export function hourIn(zone: string, instant: Instant): number {
  return Number(
    format("en-US", { timeZone: zone, hour: "2-digit", hourCycle: "h23" }).format(
      new Date(instant),
    ),
  );
}

export function timeIn(locale: string, zone: string, instant: Instant): string {
  return format(locale, { timeZone: zone, timeStyle: "short" }).format(new Date(instant));
}

export function longDateIn(locale: string, zone: string, instant: Instant): string {
  return format(locale, {
    timeZone: zone,
    weekday: "long",
    day: "numeric",
    month: "long",
    year: "numeric",
  }).format(new Date(instant));
}

export function shortDateIn(locale: string, zone: string, instant: Instant): string {
  return format(locale, {
    timeZone: zone,
    weekday: "short",
    day: "numeric",
    month: "short",
  }).format(new Date(instant));
}

/** A calendar date has no zone; it is formatted at noon UTC so that no offset moves it. */
export function formatDate(
  locale: string,
  date: LocalDate,
  options: Intl.DateTimeFormatOptions,
): string {
  return format(locale, { ...options, timeZone: "UTC" }).format(new Date(`${date}T12:00:00Z`));
}

/** `22–28 November`: what the two dates share is said once, as the language does it. */
export function formatDates(locale: string, from: LocalDate, to: LocalDate): string {
  return format(locale, { day: "numeric", month: "long", timeZone: "UTC" }).formatRange(
    new Date(`${from}T12:00:00Z`),
    new Date(`${to}T12:00:00Z`),
  );
}

/** `CET`, `EST` or, where the language has no such name, `GMT+5:30`. */
export function zoneName(locale: string, zone: string, instant: Instant): string {
  const parts = format(locale, { timeZone: zone, timeZoneName: "short" }).formatToParts(
    new Date(instant),
  );
  return parts.find((p) => p.type === "timeZoneName")?.value ?? zone;
}

/** `America/New_York` is New York to a person. */
export function zoneCity(zone: string): string {
  return (zone.split("/").at(-1) ?? zone).replaceAll("_", " ");
}

/** True where a visitor's clock shows something else; two zones that agree need no explanation. */
export function clocksDiffer(zone: string, other: string, instant: Instant): boolean {
  if (zone === other) return false;
  const options = { dateStyle: "short", timeStyle: "short" } as const;
  const at = new Date(instant);
  return (
    format("en-US", { ...options, timeZone: zone }).format(at) !==
    format("en-US", { ...options, timeZone: other }).format(at)
  );
}

export type PartOfDay = "morning" | "afternoon" | "evening";

export function partOfDay(zone: string, instant: Instant): PartOfDay {
  const hour = hourIn(zone, instant);
  return hour < 12 ? "morning" : hour < 17 ? "afternoon" : "evening";
}
