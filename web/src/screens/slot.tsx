import { Link } from "@tanstack/react-router";
import type { Clinic, Day, Provider, Service, Time } from "../api/types";
import { localeTag, t } from "../i18n";
import { dateIn, formatDate, timeIn } from "../time/zones";

export interface Subject {
  readonly clinic: Clinic;
  readonly provider: Provider;
  readonly service: Service;
}

/** A week of free times, however it is laid out. */
export interface Times {
  readonly subject: Subject;
  readonly days: readonly Day[];
  readonly zone: string;
  /** The visitor's zone where its clock differs. */
  readonly yours: string | null;
}

/** A free time, and the way to book it. */
export function Slot({
  subject: { clinic, provider, service },
  time,
  zone,
  yours,
}: {
  subject: Subject;
  time: Time;
  zone: string;
  yours: string | null;
}) {
  const locale = localeTag();
  const there = timeIn(locale, zone, time.start);
  const date = formatDate(locale, dateIn(zone, time.start), {
    weekday: "long",
    day: "numeric",
    month: "long",
  });
  const here = yours === null ? null : hereText(locale, zone, yours, time.start);
  return (
    <li>
      <Link
        to="/clinics/$clinic/providers/$provider/book"
        params={{ clinic: clinic.id, provider: provider.id }}
        search={{ service: service.id, start: time.start }}
        preload={false}
        className="slot"
      >
        <span className="slot-time">{there}</span>
        {here !== null && (
          <>
            <span className="slot-yours" aria-hidden="true">
              {here}
            </span>
            <span className="visually-hidden">{t("week.your_time", { time: here })}</span>
          </>
        )}
        <span className="visually-hidden">{date}</span>
      </Link>
    </li>
  );
}

/** With the weekday where the visitor's calendar is on another day. */
function hereText(locale: string, zone: string, yours: string, start: string): string {
  const time = timeIn(locale, yours, start);
  if (dateIn(zone, start) === dateIn(yours, start)) return time;
  const weekday = formatDate(locale, dateIn(yours, start), { weekday: "short" });
  return `${weekday} ${time}`;
}
