import { describe, expect, test } from "vitest";
import { Intents, Memory } from "./api/intents";
import { hasCode, isTransient, Problem, toProblem, Unreachable } from "./api/problem";
import type { Appointment, Day } from "./api/types";
import { calendarFile, canCancel, diary, nearestTimes, stateOf } from "./booking";
import { formatMoney } from "./money";
import { choiceIn, safePath } from "./next";
import { initials, namesField } from "./ui/people";

describe("where to go after signing in", () => {
  test.each(["/appointments", "/clinics/cln_1/providers/prv_1/book?service=svc_1&start=x", "/"])(
    "%s is followed",
    (path) => {
      expect(safePath(path)).toBe(path);
    },
  );

  test.each([
    "//evil.example",
    "/\\evil.example",
    "/\t/evil.example",
    "/.//evil.example",
    "/appointments/..//evil.example",
    "/.\\\\evil.example",
    "https://evil.example/",
    "javascript:alert(1)",
    "appointments",
    "",
    undefined,
    7,
  ])("%s leads home", (path) => {
    expect(safePath(path)).toBe("/");
  });

  test("the chosen time is found in the path", () => {
    const path = "/clinics/cln_1/providers/prv_1/book?service=svc_1&start=2026-12-01T08%3A00%3A00Z";
    expect(choiceIn(path)).toEqual({
      clinic: "cln_1",
      provider: "prv_1",
      service: "svc_1",
      start: "2026-12-01T08:00:00Z",
    });
    expect(choiceIn("/appointments")).toBeNull();
    expect(choiceIn("/clinics/c/providers/p/book?service=s&start=never")).toBeNull();
    expect(choiceIn("http://[")).toBeNull();
    expect(choiceIn(`https://evil.example${path}`)).toBeNull();
  });
});

describe("an intent", () => {
  test("keeps its key until its outcome is known", () => {
    const intents = new Intents(new Memory());
    const key = intents.key("book/a");
    expect(key).toMatch(/^[A-Za-z0-9-]{8,64}$/);
    expect(intents.key("book/a")).toBe(key);
    expect(intents.key("book/b")).not.toBe(key);
    intents.settle("book/a");
    expect(intents.key("book/a")).not.toBe(key);
  });
});

describe("a refusal", () => {
  const response = new Response(null, { status: 409, headers: { "x-request-id": "r-1" } });

  test("is read from the problem document", () => {
    const problem = toProblem(response, {
      code: "PROVIDER_CONFLICT",
      errors: [{ pointer: "/start", code: "TAKEN", detail: "taken" }, "nonsense"],
    });
    expect(problem).toMatchObject({ status: 409, code: "PROVIDER_CONFLICT", requestId: "r-1" });
    expect(problem.fields).toEqual([{ pointer: "/start", code: "TAKEN", detail: "taken" }]);
    expect(hasCode(problem, "SLOT_LOCKED", "PROVIDER_CONFLICT")).toBe(true);
  });

  test.each(["<html>", null, undefined, []])("may come without one: %o", (body) => {
    expect(toProblem(response, body)).toMatchObject({ status: 409, code: "UNKNOWN", fields: [] });
  });

  test("is worth a second try only where nothing was decided", () => {
    expect(isTransient(new Unreachable())).toBe(true);
    expect(isTransient(new Problem(503, "UNAVAILABLE", null))).toBe(true);
    expect(isTransient(new Problem(409, "SLOT_LOCKED", null))).toBe(false);
    expect(isTransient(new TypeError())).toBe(false);
  });
});

describe("money", () => {
  test.each([
    ["en-GB", { minor: 4500, currency: "EUR" }, "€45.00"],
    ["en-US", { minor: 123456, currency: "USD" }, "$1,234.56"],
    ["en-GB", { minor: 4500, currency: "JPY" }, "JP¥4,500"],
    ["en-US", { minor: 4500, currency: "KWD" }, "KWD 4.500"],
    ["en-US", { minor: 0, currency: "USD" }, "$0.00"],
  ])("%s %o is %s", (locale, money, expected) => {
    expect(formatMoney(locale, money).replaceAll("\u00a0", " ")).toBe(expected);
  });
});

test.each([
  ["Dr. med. Anna Weber", "AW"],
  ["Prof. Dr. Eva Kühn", "EK"],
  ["Dr Kim West", "KW"],
  ["Maya Okafor, MD", "MO"],
  ["Émile Ångström-Łuk", "ÉÅ"],
  ["Cher", "C"],
  ["", ""],
])("the initials of %s are %s", (name, expected) => {
  expect(initials(name)).toBe(expected);
});

test.each([
  ["General practitioner", "General practice", true],
  ["Consultant cardiologist", "Cardiology", true],
  ["Orthopaedic surgeon", "Orthopaedics", true],
  ["Consultant", "Cardiology", false],
  ["Paediatric nurse", "Paediatric oncology", false],
])("%s says %s already: %s", (title, specialty, expected) => {
  expect(namesField(title, specialty)).toBe(expected);
});

const appointment = (id: string, start: string, status: Appointment["status"]): Appointment => ({
  id,
  clinic: "cln_1",
  clinic_name: "Clinic",
  provider: "prv_1",
  provider_name: "Dr. One",
  service: "svc_1",
  service_name: "Visit",
  patient: "pat_1",
  start,
  end: new Date(Date.parse(start) + 1_800_000).toISOString(),
  minutes: 30,
  time_zone: "Europe/Berlin",
  price: { minor: 4500, currency: "EUR" },
  status,
  booked_at: "2026-11-01T08:00:00Z",
  cancelled_at: null,
});

describe("my appointments", () => {
  const now = Date.parse("2026-12-01T08:10:00Z");
  const running = appointment("running", "2026-12-01T08:00:00Z", "scheduled");
  const later = appointment("later", "2026-12-09T08:00:00Z", "scheduled");
  const sooner = appointment("sooner", "2026-12-02T08:00:00Z", "scheduled");
  const dropped = appointment("dropped", "2026-12-03T08:00:00Z", "cancelled");
  const done = appointment("done", "2026-11-02T08:00:00Z", "completed");
  const over = appointment("over", "2026-11-30T08:00:00Z", "scheduled");

  test("come next first, and those that are over latest first", () => {
    const { upcoming, past } = diary([later, done, dropped, running, sooner, over], now);
    expect(upcoming.map(({ id }) => id)).toEqual(["running", "sooner", "later"]);
    expect(past.map(({ id }) => id)).toEqual(["dropped", "over", "done"]);
  });

  test("can be cancelled until they start", () => {
    expect(canCancel(sooner, now)).toBe(true);
    expect(canCancel(running, now)).toBe(false);
    expect(canCancel(dropped, now)).toBe(false);
    expect(stateOf(over, now)).toBe("passed");
  });

  test("go into a calendar without saying why one sees a doctor", () => {
    const file = calendarFile(
      sooner,
      "Appointment, Clinic; one",
      "Street 1\n10969 Berlin".repeat(5),
    );
    expect(file).toContain("DTSTART:20261202T080000Z\r\n");
    expect(file).toContain("SUMMARY:Appointment\\, Clinic\\; one\r\n");
    expect(file).not.toContain("Dr. One");
    for (const line of file.split("\r\n")) expect(line.length).toBeLessThanOrEqual(75);
  });
});

test("the nearest free times are those around the one that is gone", () => {
  const time = (start: string) => ({ start, end: start, local: start.slice(11, 16) });
  const days: Day[] = [
    {
      date: "2026-12-01",
      times: ["08:00", "10:00", "10:30", "15:00"].map((t) => time(`2026-12-01T${t}:00Z`)),
    },
    { date: "2026-12-02", times: [time("2026-12-02T08:00:00Z")] },
  ];
  const near = nearestTimes(days, "2026-12-01T10:00:00Z", 3).map(({ local }) => local);
  expect(near).toEqual(["08:00", "10:30", "15:00"]);
});
