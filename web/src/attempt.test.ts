import { describe, expect, test } from "vitest";
import { type Attempt, keepAttempt, returnedIn, takeAttempt } from "./api/attempt";
import { Memory } from "./api/intents";

describe("somebody who has left to sign in elsewhere", () => {
  const attempt: Attempt = {
    verifier: "v-1",
    name: "Example ID",
    user: null,
    next: "/appointments",
  };

  test("is known once when they come back", () => {
    const storage = new Memory();
    expect(takeAttempt(storage)).toBeNull();
    keepAttempt(attempt, storage);
    expect(takeAttempt(storage)).toEqual(attempt);
    expect(takeAttempt(storage)).toBeNull();
  });

  test("who leaves twice comes back from the second place", () => {
    const storage = new Memory();
    keepAttempt(attempt, storage);
    keepAttempt({ ...attempt, verifier: "v-2" }, storage);
    expect(takeAttempt(storage)?.verifier).toBe("v-2");
  });

  test.each([
    ["?code=abc&state=xyz", { code: "abc", state: "xyz" }],
    ["?state=1e5&code=00120000000000000000", { code: "00120000000000000000", state: "1e5" }],
    ["?code=4%2F0A%2BB&state=true&scope=openid", { code: "4/0A+B", state: "true" }],
    [
      "?code=abc&state=xyz&iss=https%3A%2F%2Fid.example",
      { code: "abc", state: "xyz", iss: "https://id.example" },
    ],
  ])("comes back with %s: %o", (search, expected) => {
    const returned = returnedIn("/sign-in/return/example-id", search);
    expect(returned).toEqual({ provider: "example-id", ...expected });
  });

  test.each(["?error=access_denied&state=xyz", "?error=server_error&code=abc&state=xyz"])(
    "did not go on: %s",
    (search) => {
      expect(returnedIn("/sign-in/return/example-id", search)).toBe("declined");
    },
  );

  test.each([
    ["/sign-in/return/example-id", "?code=abc"],
    ["/sign-in/return/example-id", "?code=&state=xyz"],
    ["/sign-in/return/example-id", "?state=xyz"],
    ["/sign-in/return/example-id", ""],
    ["/sign-in/return", "?code=abc&state=xyz"],
    ["/sign-in/return/", "?error=access_denied"],
    ["/sign-in/return/a/b", "?code=abc&state=xyz"],
    ["/sign-in/return/%E0%A4%A", "?code=abc&state=xyz"],
    ["/sign-in", "?code=abc&state=xyz"],
  ])("does not come back to %s%s", (pathname, search) => {
    expect(returnedIn(pathname, search)).toBeNull();
  });
});
