import { describe, expect, test } from "vitest";
import { fromBase64Url, toBase64Url } from "./api/inside/base64url";
import { deviceName, isNamed } from "./api/device";
import type { Permission } from "./api/types";
import { changed, plainCode, plainPhone } from "./forms/form";
import words from "./i18n/inside/en";
import { tokenIn } from "./next";
import { grouped } from "./screens/clinic/permissions";
import { ago } from "./ui/inside/ago";

describe("the secret of a link", () => {
  test.each([
    ["#token=abc_-1", "abc_-1"],
    ["#token=a&x=1", "a"],
    ["#token=", null],
    ["#", null],
    ["", null],
    ["#other=1", null],
  ])("in %o is %o", (hash, expected) => {
    expect(tokenIn(hash)).toBe(expected);
  });
});

test.each([
  ["Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0", "Firefox, Linux"],
  [
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 Chrome/143.0 Safari/537.36 Edg/143.0",
    "Edge, Windows",
  ],
  [
    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1 Version/18.0 Mobile Safari/604.1",
    "Safari, iPhone",
  ],
  ["Mozilla/5.0 (Linux; Android 15) AppleWebKit/537.36 Chrome/143.0 Mobile", "Chrome, Android"],
  ["curl/8.9", undefined],
])("%s is called %s", (agent, expected) => {
  expect(deviceName(agent)).toBe(expected);
});

test.each([
  ["localhost", true],
  ["careplane.example", true],
  ["127.0.0.1", false],
  ["[::1]", false],
])("a passkey can belong to %s: %s", (host, expected) => {
  expect(isNamed(host)).toBe(expected);
});

test("bytes survive base64url, without padding and without / or +", () => {
  const bytes = Uint8Array.from({ length: 256 }, (_, n) => n);
  const text = toBase64Url(bytes.buffer);
  expect(text).toMatch(/^[A-Za-z0-9_-]+$/);
  expect(fromBase64Url(text)).toEqual(bytes);
  expect(toBase64Url(Uint8Array.of(255).buffer)).toBe("_w");
});

test("what people put between digits is left out", () => {
  expect(plainPhone("+49 (30) 555-01 00")).toBe("+49305550100");
  expect(plainCode(" 123 456 ")).toBe("123456");
});

test("only what was changed is sent", () => {
  const before = { given_name: "Ada", phone: undefined, address: { line: "A 1", city: "B" } };
  expect(
    changed(before, { given_name: "Ada", phone: null, address: { line: "A 1", city: "B" } }),
  ).toEqual({});
  expect(
    changed(before, { given_name: "Eve", phone: "+49", address: { line: "A 2", city: "B" } }),
  ).toEqual({ given_name: "Eve", phone: "+49", address: { line: "A 2", city: "B" } });
});

describe("permissions", () => {
  const all = Object.keys(words)
    .filter((id) => id.startsWith("permission."))
    .map((id) => id.slice("permission.".length) as Permission);

  test("all have a group or are one's own, and no two have the same words", () => {
    const shown = grouped(all).flatMap(([, some]) => some);
    expect(new Set(shown).size).toBe(shown.length);
    expect(
      all.filter((one) => !shown.includes(one)).every((one) => /own|sign-out|pass/.test(one)),
    ).toBe(true);
    expect(new Set(all.map((one) => words[`permission.${one}`])).size).toBe(all.length);
  });

  test("come in the order of the groups, without those that are empty", () => {
    expect(grouped(["manage-roles", "read-patients", "sign-out"])).toEqual([
      ["patients", ["read-patients"]],
      ["team", ["manage-roles"]],
    ]);
  });
});

test.each([
  ["2026-12-01T08:00:00Z", "this minute"],
  ["2026-12-01T07:55:00Z", "5 minutes ago"],
  ["2026-12-01T06:00:00Z", "2 hours ago"],
  ["2026-11-30T06:00:00Z", "yesterday"],
])("%s is %s", (instant, expected) => {
  expect(ago(instant, Date.parse("2026-12-01T08:00:30Z"), "en-GB")).toBe(expected);
});
