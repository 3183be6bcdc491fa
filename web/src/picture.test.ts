import { describe, expect, test } from "vitest";
import { bytesIn, middleOf } from "./screens/account/scale";

describe("a picture", () => {
  test.each([
    [1600, 900, { x: 350, y: 0, side: 900, size: 512 }],
    [900, 1601, { x: 0, y: 350, side: 900, size: 512 }],
    [512, 512, { x: 0, y: 0, side: 512, size: 512 }],
    [300, 200, { x: 50, y: 0, side: 200, size: 200 }],
    [8000, 1, { x: 3999, y: 0, side: 1, size: 1 }],
  ])("of %i by %i is cut to %o", (width, height, expected) => {
    expect(middleOf(width, height)).toEqual(expected);
  });

  test.each([0, 1, 2, 3, 4, 1000])("of %i bytes has as many in base64", (length) => {
    expect(bytesIn(btoa("x".repeat(length)))).toBe(length);
  });
});
