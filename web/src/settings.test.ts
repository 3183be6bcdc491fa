import { describe, expect, test } from "vitest";
import type { Settings } from "./api/types";
import {
  bodyOf,
  fromLocalTime,
  idFor,
  toLocalTime,
  withoutProvider,
  withProvider,
} from "./screens/platform/settings-body";

describe("the settings that are sent", () => {
  const one = {
    id: "one",
    name: "One",
    protocol: "openid-connect",
    issuer: "https://one.example",
    client_id: "careplane",
  } as const;
  const two = { ...one, id: "two", name: "Two" };
  const settings: Settings = {
    registration_open: true,
    support_email: "help@careplane.example",
    announcement: { text: "Hello", until: null },
    identity_providers: [one, two],
  };
  const idsOf = ({ identity_providers }: ReturnType<typeof bodyOf>) =>
    identity_providers.map(({ id }) => id);

  test("are those that were seen, without a secret", () => {
    expect(bodyOf(settings)).toEqual(settings);
  });

  test("have a new provider at its place, and all the rest", () => {
    const three = { ...one, id: "three", client_secret: "s" };
    const body = withProvider(settings, three, 1);
    expect(body).toEqual({ ...settings, identity_providers: [one, three, two] });
    expect(idsOf(withProvider(settings, three, 2))).toEqual(["one", "two", "three"]);
  });

  test("have a changed provider once, wherever it was", () => {
    const renamed = { ...two, name: "Deux" };
    const body = withProvider(settings, renamed, 0);
    expect(body.identity_providers).toEqual([renamed, one]);
    expect(idsOf(withProvider(settings, one, 1))).toEqual(["two", "one"]);
  });

  test("have a removed provider no more", () => {
    expect(withoutProvider(settings, "one")).toEqual({ ...settings, identity_providers: [two] });
  });
});

test.each([
  ["Google", [], "google"],
  ["Klinik-Portal Süd", [], "klinik-portal-sud"],
  ["  One!", ["one", "one-2"], "one-3"],
  ["Ω", [], "sign-in"],
  ["Ω", ["sign-in"], "sign-in-2"],
  ["a".repeat(40), ["a".repeat(30)], `${"a".repeat(28)}-2`],
  ["abcdefghij abcdefghij abcdefg hij", [], "abcdefghij-abcdefghij-abcdefg"],
])("%s beside %o is called %s", (name, taken, expected) => {
  const id = idFor(
    name,
    taken.map((one) => ({ id: one })),
  );
  expect(id).toBe(expected);
  expect(id).toMatch(/^[a-z0-9][a-z0-9-]{0,29}$/);
});

test("an end goes into its field and out of it as the same minute", () => {
  expect(toLocalTime("2026-12-01T08:00:00Z")).toBe("2026-12-01T08:00");
  expect(fromLocalTime("2026-12-01T08:00")).toBe("2026-12-01T08:00:00.000Z");
  const instant = "2026-07-01T21:30:00.000Z";
  expect(fromLocalTime(toLocalTime(instant))).toBe(instant);
});
