import { localeTag } from "../../i18n";
import { dateIn, formatDate, visitorZone } from "../../time/zones";
import type { LocalDate } from "../../time/week";

/** `3 Dec 2026`: for lists, where the weekday says nothing. */
export const shortDate = (instant: string): string => dayMonthYear(dateIn(visitorZone(), instant));

export const dayMonthYear = (date: LocalDate): string =>
  formatDate(localeTag(), date, { day: "numeric", month: "short", year: "numeric" });
