import type { Appointment, Day, Time } from "./api/types";

/** The free times closest to one that is gone, in the order of the clock. */
export function nearestTimes(days: readonly Day[], start: string, count: number): readonly Time[] {
  const wanted = Date.parse(start);
  const distance = (time: Time) => Math.abs(Date.parse(time.start) - wanted);
  return days
    .flatMap(({ times }) => times)
    .filter((time) => Date.parse(time.start) !== wanted)
    .sort((a, b) => distance(a) - distance(b))
    .slice(0, count)
    .sort((a, b) => Date.parse(a.start) - Date.parse(b.start));
}

export type State = "scheduled" | "completed" | "cancelled" | "passed";

/** What a patient calls it: a booked appointment whose time is over is no longer "booked". */
export function stateOf(appointment: Pick<Appointment, "status" | "end">, now: number): State {
  const { status, end } = appointment;
  return status === "scheduled" && Date.parse(end) <= now ? "passed" : status;
}

export const canCancel = (
  appointment: Pick<Appointment, "status" | "start">,
  now: number,
): boolean => appointment.status === "scheduled" && Date.parse(appointment.start) > now;

export interface Diary {
  readonly upcoming: readonly Appointment[];
  readonly past: readonly Appointment[];
}

/** The next one first, and among those that are over or cancelled the latest first. */
export function diary(appointments: readonly Appointment[], now: number): Diary {
  const inOrder = [...appointments].sort((a, b) => Date.parse(a.start) - Date.parse(b.start));
  const isUpcoming = (one: Appointment) => stateOf(one, now) === "scheduled";
  return {
    upcoming: inOrder.filter(isUpcoming),
    past: inOrder.filter((one) => !isUpcoming(one)).reverse(),
  };
}

const escapeText = (text: string): string =>
  text.replace(/[\\;,]/g, (c) => `\\${c}`).replace(/\r?\n/g, "\\n");

const stamp = (instant: string): string =>
  new Date(instant).toISOString().replace(/[-:]|\.\d{3}/g, "");

const encoder = new TextEncoder();
const LINE_OCTETS = 75;

/** RFC 5545: no line above 75 octets; a continuation begins with a space. */
function foldLine(line: string): string {
  const rows: string[] = [];
  let row = "";
  for (const c of line) {
    if (encoder.encode(row + c).length > LINE_OCTETS) {
      rows.push(row);
      row = " ";
    }
    row += c;
  }
  return [...rows, row].join("\r\n");
}

/**
 * An iCalendar file. Its title names the clinic and neither doctor nor service: calendars are shared with
 * colleagues and shown on locked screens.
 */
export function calendarFile(
  { id, start, end, booked_at }: Pick<Appointment, "id" | "start" | "end" | "booked_at">,
  title: string,
  place: string,
): string {
  return [
    "BEGIN:VCALENDAR",
    "VERSION:2.0",
    "PRODID:-//Careplane//Appointments//EN",
    "BEGIN:VEVENT",
    `UID:${id}@careplane`,
    `DTSTAMP:${stamp(booked_at)}`,
    `DTSTART:${stamp(start)}`,
    `DTEND:${stamp(end)}`,
    `SUMMARY:${escapeText(title)}`,
    `LOCATION:${escapeText(place)}`,
    "END:VEVENT",
    "END:VCALENDAR",
    "",
  ]
    .map(foldLine)
    .join("\r\n");
}
