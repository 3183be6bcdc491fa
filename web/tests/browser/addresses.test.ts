import type { Browser } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import {
  demo,
  demoSignIn,
  firstOpening,
  inspect,
  isSignedIn,
  launch,
  signInAs,
  visit,
} from "./support";

let browser: Browser;
beforeAll(async () => {
  browser = await launch();
});
afterAll(() => browser.close());

const patient = demoSignIn("patient");
const signInPath = (next: string) => `/sign-in?${new URLSearchParams({ next }).toString()}`;

const SOON = { timeout: 10_000 };

describe("an address made up to lead astray after signing in leads home", () => {
  test.each([
    "https://evil.example/x",
    "//evil.example",
    "/\\evil.example",
    "/.//evil.example",
    "javascript:document.title='evil'",
    "http://[",
    '["//evil.example"]',
  ])("%s", async (next) => {
    const { page, close } = await visit(browser);
    await page.route("https://evil.example/**", (route) => route.fulfill({ body: "evil" }));
    await page.goto(signInPath(next));
    await signInAs(page, patient);
    await isSignedIn(page);
    await expect.poll(() => page.url(), SOON).toBe(`${demo.base_url}/`);

    // Whoever is signed in already passes the same guard, on either page.
    for (const path of [signInPath(next), signInPath(next).replace("sign-in", "register")]) {
      await page.goto(path);
      await page.locator(".provider-card").first().waitFor(SOON);
      expect(page.url()).toBe(`${demo.base_url}/`);
    }
    await close();
  });
});

test("after signing in the way leads on to a path of this client", async () => {
  const { page, close } = await visit(browser);
  await page.goto(signInPath("/appointments"));
  await signInAs(page, patient);
  await page.getByRole("heading", { level: 1, name: "My appointments" }).waitFor(SOON);
  await close();
});

describe("a week that cannot be shown is the one from today", () => {
  test.each(["garbage", "2026-02-30", "9999-12-31", "2099-12-31", "1999-01-01", "7", "null"])(
    "%s",
    async (from) => {
      const { page, close } = await visit(browser);
      const { clinic, provider, service } = await firstOpening(demo.clinics[0]?.id ?? "");
      const path = `/clinics/${clinic}/providers/${provider.id}`;
      await page.goto(path);
      const label = page.locator(".week-label");
      await page.locator(".slot").first().waitFor(SOON);
      const today = await label.textContent(SOON);
      await page.goto(`${path}?${new URLSearchParams({ service, from }).toString()}`);
      await page.locator(".slot").first().waitFor(SOON);
      await expect.poll(() => label.textContent(), SOON).toBe(today);
      expect(
        await page.getByRole("link", { name: "Previous week" }).getAttribute("aria-disabled"),
      ).toBe("true");
      await close();
    },
  );
});

test("a mistyped address says so in plain words", async () => {
  const { page, close } = await visit(browser);
  await page.goto("/nowhere");
  await page.getByText("There may be a typing mistake in the address").waitFor(SOON);
  await inspect(page, "missing page");
  await close();
});
