import { localeTag } from "../../i18n";
import { cached } from "../../i18n/formats";

const relative = cached(
  (locale: string, options: Intl.RelativeTimeFormatOptions) =>
    new Intl.RelativeTimeFormat(locale, options),
);

const UNITS = [
  ["day", 86_400_000],
  ["hour", 3_600_000],
  ["minute", 60_000],
] as const;

/** `5 minutes ago`, in the largest unit that says something. */
export function ago(instant: string, now: number, locale: string = localeTag()): string {
  const passed = Date.parse(instant) - now;
  const format = relative(locale, { numeric: "auto" });
  for (const [unit, milliseconds] of UNITS) {
    const amount = Math.trunc(passed / milliseconds);
    if (amount !== 0) return format.format(amount, unit);
  }
  return format.format(0, "minute");
}
