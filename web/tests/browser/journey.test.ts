import type { Browser, BrowserContextOptions, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { linkIn, newestLetter } from "./inbox";
import {
  confirmAndSignIn,
  demo,
  fillRegistration,
  inspect,
  launch,
  newPatient,
  signOut,
  tabTo,
  visit,
} from "./support";

let browser: Browser;
beforeAll(async () => {
  browser = await launch();
});
afterAll(() => browser.close());

const phone = { width: 360, height: 740 };
const desktop = { width: 1440, height: 900 };

const looks: [string, BrowserContextOptions][] = [
  ["on a phone", { viewport: phone, hasTouch: true }],
  ["at a desk", { viewport: desktop }],
  ["on a phone in the dark", { viewport: phone, colorScheme: "dark" }],
  [
    "at a desk in the dark, far away",
    { viewport: desktop, colorScheme: "dark", timezoneId: "Asia/Tokyo" },
  ],
  ["with colours of one's own", { viewport: desktop, forcedColors: "active" }],
];

/** The first doctor with a free time; a week without one leads on to the next that has. */
async function toFreeTimes(page: Page): Promise<void> {
  await page.locator(".slot").or(page.getByText("No free times this week")).first().waitFor();
  const jump = page.getByRole("link", { name: /^Go to / });
  if (await page.locator(".slot").first().isHidden()) await jump.click();
  await page.locator(".slot").first().waitFor();
}

describe("a patient books for the first time", () => {
  test.each(looks)("%s", async (_, options) => {
    const { page, close } = await visit(browser, options);

    await page.goto("/");
    await page.locator(".provider-card").first().waitFor();
    await inspect(page, "home");
    await page.locator(".brand-name").getByText("Careplane").waitFor({ timeout: 10_000 });
    const profession =
      (await page.locator(".provider-card .specialty").first().textContent()) ?? "";
    const link = page.locator(".provider-card a").first();
    const doctor = (await link.textContent()) ?? "";
    await link.click();

    await toFreeTimes(page);
    await page.getByRole("heading", { level: 1, name: doctor }).waitFor();
    expect(await page.locator(".profile .specialty").textContent()).toBe(profession);
    await inspect(page, "free times");
    if (options.timezoneId !== undefined) await page.getByText("the time where you are").waitFor();
    const chosen = page.locator(".slot").last();
    const time = (await chosen.locator(".slot-time").textContent()) ?? "";
    await chosen.click();

    // The chosen time comes along through signing in and registering.
    await page.getByRole("heading", { level: 1, name: "Sign in" }).waitFor();
    await page.getByRole("region", { name: "Your chosen time" }).getByText(time).waitFor();
    await inspect(page, "sign in");
    await page.getByRole("link", { name: "Create an account" }).click();
    const create = page.getByRole("button", { name: "Create account and continue" });
    await create.click();
    await page.getByText("Please fill this in.").first().waitFor();
    await inspect(page, "register with mistakes");
    await page.getByRole("region", { name: "Your chosen time" }).getByText(time).waitFor();
    const patient = await fillRegistration(page);
    await create.click();

    // Over the mail, which opens in a tab that knows nothing of the booking.
    await page.getByRole("heading", { level: 1, name: "Look into your mail" }).waitFor();
    await inspect(page, "look into your mail");
    await confirmAndSignIn(page, patient);

    await page.getByRole("heading", { level: 1, name: "Check and confirm" }).waitFor();
    const book = page.getByRole("button", { name: "Book this appointment" });
    await book.waitFor();
    const summary = page.locator(".summary");
    await summary.getByText("Ada Okonkwo").waitFor();
    expect(await summary.textContent()).toContain(time);
    expect(await summary.textContent()).toContain(doctor);
    expect(await summary.textContent()).toContain(profession);
    await inspect(page, "confirm");
    await book.click();

    await page.getByRole("heading", { level: 1, name: "Your appointment is booked" }).waitFor();
    await page.getByText(patient.email).waitFor();
    await summary.getByText(profession).waitFor();
    await inspect(page, "booked");

    await page.getByRole("link", { name: "My appointments" }).last().click();
    const entry = page.locator(".entry");
    await entry.getByText("Booked").waitFor();
    expect(await entry.textContent()).toContain(time);
    await inspect(page, "my appointments");
    await entry.getByRole("link").click();

    await page.getByRole("button", { name: "Cancel appointment" }).click();
    const dialog = page.getByRole("alertdialog", { name: "Cancel this appointment?" });
    await dialog.waitFor();
    await inspect(page, "cancel");
    await dialog.getByRole("button", { name: "Yes, cancel it" }).click();
    await page.getByText("This appointment was cancelled on").waitFor();
    await dialog.waitFor({ state: "detached" });
    await inspect(page, "cancelled");

    await page.getByRole("link", { name: "My appointments" }).last().click();
    await page.locator(".entry").getByText("Cancelled").waitFor();

    await signOut(page);
    await page.goto("/nowhere");
    await page.getByText("We could not find that page").first().waitFor();
    await inspect(page, "missing page");
    await close();
  });
});

test("everything works with the keyboard alone", async () => {
  const { page, close } = await visit(browser, { viewport: phone });
  const { keyboard } = page;
  const patient = newPatient();
  const heading = (name: string | RegExp) => page.getByRole("heading", { level: 1, name });
  const isFocused = async (name: string | RegExp) => {
    await heading(name).waitFor();
    await expect
      .poll(() => heading(name).evaluate((element) => element === document.activeElement))
      .toBe(true);
  };

  await page.goto("/");
  const card = page.locator(".provider-card a").first();
  await card.waitFor();
  await keyboard.press("Tab");
  expect(await page.evaluate(() => document.activeElement?.textContent)).toBe("Skip to content");
  await keyboard.press("Enter");
  const doctor = (await card.textContent()) ?? "";
  await tabTo(page, card);
  await keyboard.press("Enter");

  await isFocused(doctor);
  await toFreeTimes(page);
  const day = page.locator(".day input:checked");
  const before = await day.inputValue();
  await tabTo(page, day);
  await keyboard.press("ArrowRight");
  await expect.poll(() => day.inputValue()).not.toBe(before);
  await tabTo(page, page.locator(".slot").first());
  await keyboard.press("Enter");

  await isFocused("Sign in");
  await tabTo(page, page.getByRole("link", { name: /Create an account/ }));
  await keyboard.press("Enter");
  await isFocused("Create your account");
  await tabTo(page, page.getByRole("textbox", { name: /First name/ }));
  await keyboard.type(patient.given_name);
  await keyboard.press("Tab");
  await keyboard.type(patient.family_name);
  await keyboard.press("Tab");
  await keyboard.type(patient.email);
  await keyboard.press("Tab");
  await keyboard.type(patient.password);
  await keyboard.press("Enter");
  await isFocused("Look into your mail");

  const letter = await newestLetter(patient.email);
  await page.goto("about:blank");
  await page.goto(demo.base_url + linkIn(letter, "/verify").path);
  await heading("Confirm your address").waitFor();
  await tabTo(page, page.getByLabel("Password", { exact: true }));
  await keyboard.type(patient.password);
  await keyboard.press("Enter");

  await isFocused("Check and confirm");
  await tabTo(page, page.getByRole("button", { name: /Book this appointment/ }));
  await keyboard.press("Enter");
  await isFocused("Your appointment is booked");

  await tabTo(page, page.getByRole("button", { name: /Cancel appointment/ }));
  await keyboard.press("Enter");
  const dialog = page.getByRole("alertdialog");
  await dialog.waitFor();
  await keyboard.press("Escape");
  await dialog.waitFor({ state: "detached" });
  await expect
    .poll(() => page.evaluate(() => document.activeElement?.textContent))
    .toBe("Cancel appointment");
  await keyboard.press("Enter");
  await tabTo(page, page.getByRole("button", { name: /Yes, cancel it/ }));
  await keyboard.press("Enter");
  await page.getByText("This appointment was cancelled on").waitFor();
  await close();
});
