import type { Browser, BrowserContextOptions, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { NewSettings, Settings } from "../../src/api/types";
import {
  advanceClock,
  Caller,
  demo,
  demoSignIn,
  enter,
  fillRegistration,
  get,
  inspect,
  isSignedIn,
  launch,
  registerPatient,
  showCode,
  signInAs,
  tabTo,
  visit,
} from "./support";

const phone = { width: 360, height: 740 };
const desktop = { width: 1440, height: 900 };
const STEP_UP_SECONDS = 5 * 60 + 1;
/** For so long a function goes by the settings that it has read. */
const SETTINGS_SECONDS = 61;
/** For so long an app shows the same code. */
const CODE_SECONDS = 30;

const looks: [string, BrowserContextOptions][] = [
  ["on a phone", { viewport: phone, hasTouch: true }],
  ["at a desk in the dark", { viewport: desktop, colorScheme: "dark" }],
  ["with colours of one's own", { viewport: desktop, forcedColors: "active" }],
  ["at twice the size", { viewport: { width: 640, height: 450 } }],
];

let browser: Browser;
let before: Settings;
beforeAll(async () => {
  browser = await launch();
  before = await get<Settings>("/v1/settings");
});
afterAll(() => browser.close());

const operator = demoSignIn("operator");
const heading = (page: Page, name: string | RegExp) =>
  page.getByRole("heading", { level: 1, name });
const save = (page: Page) => page.getByRole("button", { name: "Save" }).last().click();

/** Instead of waiting for a code that was not used before. */
async function enterAsOperator(page: Page, path: string): Promise<void> {
  await advanceClock(CODE_SECONDS);
  await enter(page, operator, path);
}

async function openAccount(page: Page, email: string, name: string): Promise<void> {
  await page.getByLabel("E-mail address").fill(email);
  await page.getByRole("button", { name: "Search" }).click();
  await page.getByRole("search").getByRole("link", { name }).click();
  await heading(page, name).waitFor();
}

/** As another operator would: straight to the API, and heeded by all of it. */
async function putSettings(settings: NewSettings): Promise<void> {
  await advanceClock(CODE_SECONDS);
  const { token } = await Caller.signIn(operator);
  const seen = await fetch(`${demo.base_url}/v1/settings`);
  const response = await fetch(`${demo.base_url}/v1/settings`, {
    method: "PUT",
    headers: {
      "Content-Type": "application/json",
      Authorization: `Bearer ${token}`,
      "If-Match": seen.headers.get("etag") ?? "",
    },
    body: JSON.stringify(settings),
  });
  expect(response.ok, await response.clone().text()).toBe(true);
  await advanceClock(SETTINGS_SECONDS);
}

/** Whatever a test does to the settings, the next one finds them as they were. */
async function withSettings(run: () => Promise<void>): Promise<void> {
  try {
    await run();
  } finally {
    await putSettings(before);
  }
}

describe("the platform's screens", () => {
  test.each(looks)("%s", async (_, options) => {
    const { page, close } = await visit(browser, options);
    await enterAsOperator(page, "/platform");
    await page.locator(".account-entry").first().waitFor();
    await inspect(page, "accounts");
    await page.getByText("Closed", { exact: true }).click();
    await page.getByText("Nobody here").waitFor();
    await inspect(page, "no accounts");
    await openAccount(page, demoSignIn("support").email, "Tomás Silva");
    await inspect(page, "account");
    await page.getByRole("button", { name: "Remove second steps" }).click();
    await page.getByRole("alertdialog").waitFor();
    await inspect(page, "remove second steps");
    await page.goto("/platform/settings");
    await page.getByLabel("Address for support").waitFor();
    await inspect(page, "settings");
    await page.getByRole("button", { name: "Edit Example ID" }).click();
    await page.getByRole("dialog").getByLabel("Client ID").waitFor();
    await inspect(page, "edit a provider");
    await close();
  });
});

describe("accounts", () => {
  test("are listed by group and state, which the address keeps, page by page", async () => {
    const newest = await registerPatient();
    const { page, close } = await visit(browser);
    // Pages as large as they are would take as many patients.
    await page.route("**/v1/accounts?*", (route) =>
      route.continue({ url: route.request().url().replace("limit=20", "limit=2") }),
    );
    await enterAsOperator(page, "/platform");
    const entries = page.locator(".account-entry");
    await page.getByText("Patients", { exact: true }).click();
    await expect.poll(() => page.url()).toMatch(/\/platform\?group=patients$/);
    await entries.filter({ hasText: newest.email }).waitFor();
    expect(await entries.count()).toBe(2);
    const more = page.getByRole("button", { name: "Show older accounts" });
    await tabTo(page, more);
    await page.keyboard.press("Enter");
    await expect.poll(() => entries.count()).toBe(4);
    // Reading goes on with the first of those that were not there before.
    const third = entries.nth(2).getByRole("link");
    await expect.poll(() => third.evaluate((link) => link === document.activeElement)).toBe(true);
    await inspect(page, "more accounts");

    const name = (await third.textContent()) ?? "";
    await page.keyboard.press("Enter");
    await heading(page, name).waitFor();
    await page.getByRole("link", { name: "Accounts" }).first().click();
    await entries.nth(3).waitFor();
    expect(new URL(page.url()).search).toBe("?group=patients");
    await page.reload();
    await entries.filter({ hasText: newest.email }).waitFor();
    await page.goto("/platform?group=nonsense&state=7");
    await entries.first().waitFor();
    expect(await page.getByRole("radio", { name: "Staff" }).isChecked()).toBe(true);
    expect(await page.getByRole("radio", { name: "Active" }).isChecked()).toBe(true);
    await close();
  });

  test("that could not be loaded can be asked for again", async () => {
    const { page, close } = await visit(browser);
    await page.route("**/v1/accounts?*", (route) => route.fulfill({ status: 500, body: "" }));
    await enterAsOperator(page, "/platform");
    await page.getByText("Something went wrong on our side").waitFor({ timeout: 20_000 });
    await inspect(page, "accounts that could not be loaded");
    await page.unroute("**/v1/accounts?*");
    await page.getByRole("button", { name: "Try again" }).click();
    await page.locator(".account-entry").first().waitFor();
    await close();
  });

  test("are found by their address, deactivated and reactivated", async () => {
    const patient = await registerPatient();
    const guest = await visit(browser);
    await enter(guest.page, patient, "/appointments");
    const { page, close } = await visit(browser);
    await enterAsOperator(page, "/platform");
    const field = page.getByLabel("E-mail address");
    await field.fill("nobody-at-all@example.org");
    await page.getByRole("button", { name: "Search" }).click();
    await page.getByText("Nobody has registered with").waitFor();
    await inspect(page, "no account");
    await openAccount(page, patient.email, "Ada Okonkwo");
    expect(page.url()).not.toContain("example.org");
    await page
      .locator(".row", { hasText: "Last sign-in" })
      .getByText(/\d{2}:\d{2}/)
      .waitFor();
    await page.locator(".row", { hasText: "Second step" }).getByText("None").waitFor();

    await page.getByRole("button", { name: "Deactivate account" }).click();
    await page.getByRole("alertdialog").getByRole("button", { name: "Deactivate account" }).click();
    await page.getByRole("button", { name: "Reactivate account" }).waitFor();
    await page.locator(".status").getByText("Deactivated").waitFor();
    await guest.page.context().clearCookies();
    await guest.page.goto("/sign-in");
    await signInAs(guest.page, patient);
    await guest.page.getByText("This account is not active.").waitFor();
    await page.getByRole("button", { name: "Reactivate account" }).click();
    await page.getByRole("alertdialog").getByRole("button", { name: "Reactivate account" }).click();
    await page.getByRole("button", { name: "Deactivate account" }).waitFor();
    await signInAs(guest.page, patient);
    await isSignedIn(guest.page);
    await guest.close();

    await page.goto("/platform/accounts/usr_00000000000000000000000000000000");
    await page.getByText("No such account").waitFor();
    await inspect(page, "no such account");
    await close();
  });

  test("of colleagues are read by support, and changed by operators, but nobody's own", async () => {
    const support = demoSignIn("support");
    const guest = await visit(browser);
    await enter(guest.page, support, "/platform");
    await openAccount(guest.page, operator.email, "Ines Vogel");
    await inspect(guest.page, "an account for support");
    expect(await guest.page.locator("main").getByRole("button").count()).toBe(0);
    await guest.page.goto("/platform/settings");
    await heading(guest.page, "We could not find that page").waitFor();

    const { page, close } = await visit(browser);
    await enterAsOperator(page, "/platform");
    await openAccount(page, operator.email, "Ines Vogel");
    await page.getByText("This is your own account.").waitFor();
    await page.goBack();
    await openAccount(page, support.email, "Tomás Silva");
    const button = page.getByRole("button", { name: "Let go from the platform’s staff" });
    await button.click();
    const dialog = page.getByRole("alertdialog", { name: "Let Tomás Silva go?" });
    await inspect(page, "let somebody go");
    await page.keyboard.press("Escape");
    await dialog.waitFor({ state: "detached" });
    await expect
      .poll(() => button.evaluate((element) => element === document.activeElement))
      .toBe(true);
    await page.keyboard.press("Enter");
    await tabTo(page, dialog.getByRole("button", { name: /^Let go/ }));
    await page.keyboard.press("Enter");
    await page.getByText("Platform support (no longer)").waitFor();
    await button.waitFor({ state: "detached" });
    // What was pressed is gone; the place is not.
    await expect
      .poll(() => page.evaluate(() => document.activeElement?.textContent))
      .toBe("Tomás Silva");
    await inspect(page, "somebody who was let go");
    await guest.page.reload();
    await heading(guest.page, "Sign in").waitFor();
    await guest.close();
    await close();
  });
});

describe("the settings", () => {
  test("tell a stranger what everybody is told, and ask for the second step before", async () => {
    await withSettings(async () => {
      const { page, close } = await visit(browser, { viewport: phone });
      await enterAsOperator(page, "/platform/settings");
      const words = page.getByLabel("What everybody is told");
      await words.fill("Booking rests\non Friday evening.");
      await page.getByLabel("Until").fill("2020-01-01T10:00");
      await save(page);
      await page.getByText("Please choose a time that is still to come.").waitFor();
      await inspect(page, "an end that has passed");
      await page.getByLabel("Until").fill("2099-01-01T10:00");
      await page.getByLabel("Address for support").fill("help@localhost");
      await save(page);
      const wrong = page.locator(".field", { has: page.getByLabel("Address for support") });
      await wrong.getByText("Please check this").waitFor();
      await inspect(page, "an address that is none");
      await page.getByLabel("Address for support").fill("help@careplane.example");
      await advanceClock(STEP_UP_SECONDS);
      await save(page);
      const question = page.getByRole("dialog", { name: "Please confirm that it is you" });
      await question.waitFor();
      await inspect(page, "step up before settings");
      await showCode(page, operator.totp_secret ?? "");
      await page.getByText("Saved.").waitFor();

      const guest = await visit(browser, { viewport: phone, colorScheme: "dark" });
      await guest.page.goto("/");
      const told = guest.page.getByRole("region", { name: "Announcement" });
      await told.getByRole("status").getByText("Booking rests on Friday evening.").waitFor();
      await guest.page.locator(".provider-card").first().waitFor();
      await inspect(guest.page, "announcement");
      await tabTo(guest.page, told.getByRole("button", { name: "Close the announcement" }));
      await guest.page.keyboard.press("Enter");
      await told.waitFor({ state: "detached" });
      const isAtHeading = () =>
        guest.page.evaluate(() => document.activeElement === document.querySelector("h1"));
      await expect.poll(isAtHeading).toBe(true);
      await guest.page.reload();
      await guest.page.locator(".provider-card").first().waitFor();
      expect(await told.count()).toBe(0);

      await page.reload();
      expect(await words.inputValue()).toBe("Booking rests on Friday evening.");
      expect(await page.getByLabel("Until").inputValue()).toBe("2099-01-01T10:00");
      await words.fill("");
      await save(page);
      await page.getByText("Saved.").waitFor();
      await page.getByRole("region", { name: "Announcement" }).waitFor({ state: "detached" });
      await guest.close();
      await close();
    });
  });

  test("put an announcement there with the first of the page, so that nothing moves", async () => {
    await withSettings(async () => {
      const text = "One of many words. ".repeat(15).trim();
      await putSettings({ ...before, announcement: { text, until: null } });
      const { page, close } = await visit(browser, { viewport: phone });
      await page.addInitScript(() => {
        const shifts: number[] = [];
        Object.assign(globalThis, { shifts });
        new PerformanceObserver((list) => {
          for (const entry of list.getEntries()) {
            shifts.push((entry as PerformanceEntry & { value: number }).value);
          }
        }).observe({ type: "layout-shift", buffered: true });
      });
      const asked: string[] = [];
      page.on("request", (request) => {
        if (request.url().endsWith("/v1/settings")) asked.push(request.method());
      });
      await page.goto("/sign-in");
      await page.getByText("One of many words.").waitFor();
      await heading(page, "Sign in").waitFor();
      await page.waitForTimeout(500);
      const shifts = await page.evaluate(
        () => (globalThis as unknown as { shifts: number[] }).shifts,
      );
      expect(shifts.reduce((sum, one) => sum + one, 0)).toBeLessThan(0.01);
      expect(asked, "what index.html asks for is what the client takes").toEqual(["GET"]);
      await close();
    });
  });

  test("close registration, and say where help is", async () => {
    await withSettings(async () => {
      const guest = await visit(browser);
      await guest.page.goto("/register");
      await fillRegistration(guest.page);
      const { page, close } = await visit(browser);
      await enterAsOperator(page, "/platform/settings");
      await page.getByLabel("People can create an account themselves").uncheck();
      await page.getByLabel("Address for support").fill("help@careplane.example");
      await save(page);
      await page.getByText("Saved.").waitFor();
      await close();
      await advanceClock(SETTINGS_SECONDS);

      // Whoever has begun before is told, too.
      await guest.page.getByRole("button", { name: "Create account" }).click();
      const closed = guest.page.getByText("New accounts cannot be created at the moment");
      await closed.waitFor();
      await inspect(guest.page, "registration was closed meanwhile");
      await guest.close();

      const stranger = await visit(browser, { viewport: phone });
      for (const path of ["/register", "/sign-in"]) {
        await stranger.page.goto(path);
        await stranger.page.getByText("New accounts cannot be created at the moment").waitFor();
        await inspect(stranger.page, `registration is closed on ${path}`);
        const help = stranger.page.getByRole("link", { name: "help@careplane.example" });
        expect(await help.getAttribute("href")).toBe("mailto:help@careplane.example");
        expect(await stranger.page.getByRole("link", { name: "Create an account" }).count()).toBe(
          0,
        );
        expect(await stranger.page.getByRole("button", { name: "Create account" }).count()).toBe(0);
      }
      await stranger.close();
    });
  });

  test("say who else signs people in: added, changed, put into order, removed, with the keyboard alone", async () => {
    await withSettings(async () => {
      const { page, close } = await visit(browser);
      const { keyboard } = page;
      await enterAsOperator(page, "/platform/settings");
      const dialog = page.getByRole("dialog");
      const add = page.getByRole("button", { name: "Add a provider" });
      await tabTo(page, add);
      await keyboard.press("Enter");
      await dialog.waitFor();
      await tabTo(page, dialog.getByLabel("Name"));
      await keyboard.type("Klinik-Portal Süd");
      await keyboard.press("Enter");
      await dialog.getByText("Please fill this in.").first().waitFor();
      await inspect(page, "a provider with mistakes");
      await tabTo(page, dialog.getByLabel("Address"));
      await keyboard.type("portal.example");
      await keyboard.press("Enter");
      await dialog.getByText("Please enter an address that begins with https://.").waitFor();
      await dialog.getByLabel("Address").fill("https://portal.example/");
      await tabTo(page, dialog.getByLabel("Client ID"));
      await keyboard.type("careplane");
      await tabTo(page, dialog.getByLabel("Client secret"));
      await keyboard.type("gehöim");
      await keyboard.press("Enter");
      const secret = dialog.locator(".field", { has: page.getByLabel("Client secret") });
      await secret.getByText("Enter 1 to 255 letters, digits and signs").waitFor();
      await inspect(page, "a secret that is none");
      await dialog.getByLabel("Client secret").fill("a secret");
      await dialog.getByText(/\/sign-in\/return\/klinik-portal-sud$/).waitFor();
      await dialog.getByLabel("Place in the list").selectOption({ label: "2 of 3" });
      await keyboard.press("Tab");
      await save(page);
      await page.getByText("Klinik-Portal Süd is saved.").waitFor();
      const names = page.locator(".entry-row .strong");
      expect(await names.allTextContents()).toEqual([
        "Example ID",
        "Klinik-Portal Süd",
        "Example Hub",
      ]);
      const { identity_providers: providers } = await get<Settings>("/v1/settings");
      expect(providers[1]).toEqual({
        id: "klinik-portal-sud",
        name: "Klinik-Portal Süd",
        protocol: "openid-connect",
        issuer: "https://portal.example",
        client_id: "careplane",
      });

      await page.getByRole("button", { name: "Edit Klinik-Portal Süd" }).click();
      expect(await dialog.getByLabel("Client secret").inputValue()).toBe("");
      await dialog.getByLabel("Client ID").fill("careplane-two");
      await save(page);
      await secret.getByText("the secret is needed anew").waitFor();
      await dialog.getByLabel("Client ID").fill("careplane");
      await dialog.getByLabel("Client secret").fill("");
      await dialog.getByLabel("Place in the list").selectOption({ label: "1 of 3" });
      await save(page);
      await dialog.waitFor({ state: "detached" });
      await expect.poll(() => names.first().textContent()).toBe("Klinik-Portal Süd");

      const guest = await visit(browser);
      await guest.page.goto("/sign-in");
      await guest.page.getByRole("button", { name: "Continue with Klinik-Portal Süd" }).waitFor();
      await guest.close();

      await page.getByRole("button", { name: "Remove Klinik-Portal Süd" }).click();
      await page.getByRole("alertdialog").getByRole("button", { name: "Remove" }).click();
      await page.getByText("Klinik-Portal Süd is removed.").waitFor();
      expect(await names.allTextContents()).toEqual(["Example ID", "Example Hub"]);
      await close();
    });
  });

  test("that somebody else has changed meanwhile are not overwritten", async () => {
    await withSettings(async () => {
      const { page, close } = await visit(browser);
      await enterAsOperator(page, "/platform/settings");
      const field = page.getByLabel("Address for support");
      await field.waitFor();
      await putSettings({ ...before, support_email: "theirs@careplane.example" });
      await field.fill("mine@careplane.example");
      await save(page);
      await page.getByText("Somebody else has changed the settings").waitFor();
      await inspect(page, "settings that were changed meanwhile");
      expect(await field.inputValue()).toBe("mine@careplane.example");
      await page.getByRole("button", { name: "Show them as they are now" }).click();
      await expect.poll(() => field.inputValue()).toBe("theirs@careplane.example");
      await field.fill("mine@careplane.example");
      await save(page);
      await page.getByText("Saved.").waitFor();
      expect((await get<Settings>("/v1/settings")).support_email).toBe("mine@careplane.example");
      await close();
    });
  });
});
