import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { heedClock, now } from "./clock";
import { addDays, isLocalDate, isWithinReach, nextWeek, previousWeek } from "./week";
import {
  clocksDiffer,
  dateIn,
  formatDate,
  formatDates,
  hourIn,
  longDateIn,
  partOfDay,
  timeIn,
  zoneCity,
  zoneName,
} from "./zones";

const BERLIN = "Europe/Berlin";
const NEW_YORK = "America/New_York";

describe("calendar dates", () => {
  test.each([
    ["2026-12-01", 7, "2026-12-08"],
    ["2026-12-29", 7, "2027-01-05"],
    ["2028-02-26", 7, "2028-03-04"],
    // Clocks change in Berlin on both Sundays; the date moves by whole days all the same.
    ["2026-03-28", 1, "2026-03-29"],
    ["2026-03-29", 1, "2026-03-30"],
    ["2026-10-25", 1, "2026-10-26"],
    ["2026-01-01", -1, "2025-12-31"],
  ])("%s plus %i days is %s", (date, days, expected) => {
    expect(addDays(date, days)).toBe(expected);
  });

  test.each([
    ["2026-12-01", true],
    ["2026-02-30", false],
    ["2026-13-01", false],
    ["2026-12-1", false],
    ["20261201", false],
    [20261201, false],
    [undefined, false],
  ])("%s is a date: %s", (text, expected) => {
    expect(isLocalDate(text)).toBe(expected);
  });
});

test.each([
  ["2026-12-01", true],
  ["2099-10-31", true],
  ["2099-12-31", false],
  ["9999-12-31", false],
  ["0001-01-01", false],
])("%s is a day that the API knows: %s", (date, expected) => {
  expect(isWithinReach(date)).toBe(expected);
});

describe("paging through weeks", () => {
  const today = "2026-11-25";

  test("goes forward by seven days", () => {
    expect(nextWeek(today)).toBe("2026-12-02");
  });

  test("goes back by seven days, but not before today", () => {
    expect(previousWeek("2026-12-09", today)).toBe("2026-12-02");
    expect(previousWeek("2026-11-29", today)).toBe(today);
    expect(previousWeek(today, today)).toBeNull();
    expect(previousWeek("2026-11-01", today)).toBeNull();
  });
});

describe("an instant", () => {
  const winter = "2026-12-01T08:00:00Z";
  const summer = "2026-07-01T08:00:00Z";

  test("is shown by the clinic's clock, on either side of a clock change", () => {
    expect(timeIn("en-GB", BERLIN, winter)).toBe("09:00");
    expect(timeIn("en-GB", BERLIN, summer)).toBe("10:00");
    expect(timeIn("en-GB", NEW_YORK, winter)).toBe("03:00");
    expect(hourIn(NEW_YORK, winter)).toBe(3);
    expect(hourIn(BERLIN, "2026-12-01T23:00:00Z")).toBe(0);
  });

  test("has the hour that the clocks repeat twice, told apart by the zone's name", () => {
    const first = "2026-10-25T00:30:00Z";
    const second = "2026-10-25T01:30:00Z";
    expect([first, second].map((at) => timeIn("en-GB", BERLIN, at))).toEqual(["02:30", "02:30"]);
    expect([first, second].map((at) => zoneName("en-GB", BERLIN, at))).toEqual(["CEST", "CET"]);
  });

  test("falls on the date of its zone", () => {
    const late = "2026-12-01T23:30:00Z";
    expect(dateIn(BERLIN, late)).toBe("2026-12-02");
    expect(dateIn(NEW_YORK, late)).toBe("2026-12-01");
    expect(dateIn("Pacific/Kiritimati", "2026-12-01T10:00:00Z")).toBe("2026-12-02");
    expect(longDateIn("en-GB", BERLIN, late)).toMatch(/^Wednesday,? 2 December 2026$/);
  });

  test("needs the visitor's zone only where the clocks differ", () => {
    expect(clocksDiffer(BERLIN, NEW_YORK, winter)).toBe(true);
    expect(clocksDiffer(BERLIN, "Europe/Paris", winter)).toBe(false);
    expect(clocksDiffer(BERLIN, BERLIN, winter)).toBe(false);
    // The two change their clocks on different Sundays, but never agree with London in winter.
    expect(clocksDiffer("Europe/London", "Africa/Accra", winter)).toBe(false);
    expect(clocksDiffer("Europe/London", "Africa/Accra", summer)).toBe(true);
  });

  test.each([
    ["2026-12-01T07:00:00Z", "morning"],
    ["2026-12-01T11:00:00Z", "afternoon"],
    ["2026-12-01T16:00:00Z", "evening"],
  ])("%s is in the %s in Berlin", (at, part) => {
    expect(partOfDay(BERLIN, at)).toBe(part);
  });
});

describe("words for people", () => {
  test("a zone is its city", () => {
    expect(zoneCity(NEW_YORK)).toBe("New York");
    expect(zoneCity("America/Argentina/Buenos_Aires")).toBe("Buenos Aires");
    expect(zoneCity("UTC")).toBe("UTC");
  });

  test("a date without a zone is never moved by one", () => {
    expect(formatDate("en-GB", "2026-12-01", { day: "numeric", month: "long" })).toBe("1 December");
  });

  test("a week says what its days share only once", () => {
    expect(formatDates("en-GB", "2026-11-22", "2026-11-28")).toMatch(/^22\s?–\s?28 November$/);
    expect(formatDates("en-GB", "2026-11-29", "2026-12-05")).toMatch(
      /^29 November\s–\s5 December$/,
    );
  });
});

describe("a device whose clock is wrong", () => {
  const server = Date.parse("2026-12-01T08:00:00Z");
  const told = (headers: Record<string, string>) => {
    heedClock(new Response(null, { headers }));
  };
  const date = new Date(server).toUTCString();

  beforeEach(() => {
    vi.useFakeTimers({ now: server + 400 * 86_400_000 });
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  test("goes by the server's, told with every answer", () => {
    told({ date, "cache-control": "no-store" });
    expect(now()).toBe(server);
    vi.advanceTimersByTime(60_000);
    expect(now()).toBe(server + 60_000);
    vi.setSystemTime(server - 3_600_000);
    told({ date, "cache-control": "no-store" });
    expect(now()).toBe(server);
  });

  test.each([
    ["comes out of a cache", { date, "cache-control": "public, max-age=60" }],
    ["has no date", { "cache-control": "no-store" }],
    ["has a date that is none", { date: "soon", "cache-control": "no-store" }],
  ])("learns nothing where an answer %s", (_, headers) => {
    const before = now();
    told(headers);
    expect(now()).toBe(before);
  });
});
