import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Availability } from "../../src/api/types";
import {
  atOnce,
  bookPath,
  Caller,
  confirmAndSignIn,
  demo,
  demoSignIn,
  fillRegistration,
  firstOpening,
  inspect,
  launch,
  newPatient,
  type Opening,
  signInAs,
  signOut,
  visit,
} from "./support";

let browser: Browser;
beforeAll(async () => {
  browser = await launch();
});
afterAll(() => browser.close());

const clinic = demo.clinics[0]?.id ?? "";

/** A new patient with an opening before the last button. */
async function atConfirm(opening: Opening, prepare?: (page: Page) => Promise<void>) {
  const { page, close } = await visit(browser);
  await prepare?.(page);
  await page.goto(bookPath(opening));
  await page.getByRole("link", { name: "Create an account" }).click();
  const patient = await fillRegistration(page);
  await page.getByRole("button", { name: "Create account and continue" }).click();
  await confirmAndSignIn(page, patient);
  const book = page.getByRole("button", { name: "Book this appointment" });
  await book.waitFor();
  return { page, close, patient, book };
}

describe("a time that is not to be had", () => {
  test("because somebody else was quicker: the nearest free times are offered", async () => {
    const opening = await firstOpening(clinic);
    const { page, close, book } = await atConfirm(opening);
    const rival = await Caller.register();
    const { provider, service, start } = opening;
    await rival.book(clinic, { provider: provider.id, service, start });
    await book.click();

    await page.getByText("Somebody else has just booked this time").waitFor();
    await page.getByRole("heading", { name: "Nearest free times" }).waitFor();
    await inspect(page, "provider conflict");
    await page.locator(".nearest a").first().click();
    await book.click();
    await page.getByRole("heading", { name: "Your appointment is booked" }).waitFor();
    await close();
  });

  test("because the patient is elsewhere then: the way leads to the appointments", async () => {
    const { first, second } = await atOnce(clinic);
    const { page, close, book } = await atConfirm(first);
    await book.click();
    await page.getByRole("heading", { name: "Your appointment is booked" }).waitFor();

    await page.goto(bookPath(second));
    await book.click();
    await page.getByText("You already have an appointment at this time").waitFor();
    await inspect(page, "patient conflict");
    await page.getByRole("link", { name: "See my appointments" }).click();
    await expect.poll(() => page.locator(".entry").count()).toBe(1);
    await close();
  });

  test("because it is being booked at this moment: once more, and it is free again", async () => {
    const { page, close, book } = await atConfirm(await firstOpening(clinic));
    const path = `**/v1/clinics/${clinic}/appointments`;
    await page.route(path, (route) =>
      route.fulfill({
        status: 409,
        headers: { "Retry-After": "2" },
        contentType: "application/problem+json",
        body: JSON.stringify({ status: 409, code: "SLOT_LOCKED" }),
      }),
    );
    await book.click();
    await page.getByText("Somebody is booking this time at this moment").waitFor();
    await inspect(page, "slot locked");
    await page.unroute(path);
    await page.getByRole("button", { name: "Try again" }).click();
    await page.getByRole("heading", { name: "Your appointment is booked" }).waitFor();
    await close();
  });
});

test("a lost answer never books twice: the second try carries the same key", async () => {
  const { page, close, patient, book } = await atConfirm(await firstOpening(clinic));
  const keys: (string | undefined)[] = [];
  await page.route(`**/v1/clinics/${clinic}/appointments`, async (route) => {
    keys.push(route.request().headers()["idempotency-key"]);
    if (keys.length > 1) return route.continue();
    await route.fetch();
    await route.abort("connectionreset");
  });
  await book.click();
  await page.getByText("you will not be booked twice").waitFor();
  await page.getByRole("button", { name: "Try again" }).click();
  await page.getByRole("heading", { name: "Your appointment is booked" }).waitFor();
  expect(keys).toEqual([keys[0], keys[0]]);
  expect(keys[0]).toMatch(/^[A-Za-z0-9-]{8,64}$/);
  const caller = await Caller.signIn(patient);
  expect(await caller.appointments()).toHaveLength(1);
  await close();
});

test("a device whose clock is far ahead still sees what is to come, and can cancel it", async () => {
  const opening = await firstOpening(clinic);
  const { page, close, book } = await atConfirm(opening, (page) =>
    page.clock.install({ time: Date.now() + 1200 * 86_400_000 }),
  );
  await book.click();
  await page.getByRole("button", { name: "Cancel appointment" }).waitFor({ timeout: 10_000 });
  await page.getByRole("link", { name: "My appointments" }).last().click();
  const upcoming = page.getByRole("region", { name: "Upcoming" });
  await upcoming.locator(".entry").getByText("Booked").waitFor({ timeout: 10_000 });
  await page.goto(`/clinics/${clinic}/providers/${opening.provider.id}`);
  await page.locator(".slot").first().waitFor({ timeout: 10_000 });
  await close();
});

test("a session that has ended leads over the sign-in page back to the same screen", async () => {
  const { page, close, patient, book } = await atConfirm(await firstOpening(clinic));
  const path = `**/v1/clinics/${clinic}/appointments`;
  await page.route(path, (route) =>
    route.fulfill({
      status: 401,
      contentType: "application/problem+json",
      body: JSON.stringify({ status: 401, code: "UNAUTHENTICATED" }),
    }),
  );
  await book.click();
  await page.getByText("Your session has ended").waitFor();
  await inspect(page, "sign in again");
  await page.unroute(path);
  await signInAs(page, patient);
  await book.click();
  await page.getByRole("heading", { name: "Your appointment is booked" }).waitFor();
  await close();
});

test("mistakes on the way in are explained beside the form", async () => {
  const { page, close } = await visit(browser);
  await page.goto("/sign-in");
  await signInAs(page, newPatient());
  await page.getByText("The e-mail address, the username or the password is not right.").waitFor();

  await page.getByRole("link", { name: "Create an account" }).click();
  await page.getByRole("heading", { name: "Create your account" }).waitFor();
  const create = page.getByRole("button", { name: "Create account" });
  const patient = await fillRegistration(page);
  await page.getByLabel("E-mail address").fill("nobody");
  await page.getByLabel("Password", { exact: true }).fill("short");
  await create.click();
  await page.getByText("Please enter a full e-mail address").waitFor();
  await page.getByText("Please use at least 8 characters.").waitFor();
  await page.getByLabel("E-mail address").fill(patient.email);
  await page.getByLabel("Password", { exact: true }).fill(patient.password);
  await create.click();
  await confirmAndSignIn(page, patient);
  await signOut(page);

  // Whether an address is known is told to its owner alone, by mail.
  await page.goto("/register");
  await fillRegistration(page);
  await page.getByLabel("E-mail address").fill(patient.email);
  await create.click();
  await page.getByRole("heading", { name: "Look into your mail" }).waitFor();
  await close();
});

describe("the week of free times", () => {
  test("says so when it is empty, and leads to the next free time", async () => {
    const { page, close } = await visit(browser);
    const opening = await firstOpening(clinic);
    await page.route("**/availability?*days=7*", async (route) => {
      const response = await route.fetch();
      const week = (await response.json()) as Availability;
      const days = week.days.map((day) => ({ ...day, times: [] }));
      await route.fulfill({ response, json: { ...week, days } });
    });
    await page.goto(`/clinics/${clinic}/providers/${opening.provider.id}`);
    await page.getByText("No free times this week").waitFor();
    await page.getByText("The next free time is on").waitFor();
    await inspect(page, "empty week");
    await page.unroute("**/availability?*days=7*");
    await page.getByRole("link", { name: /^Go to / }).click();
    await page.locator(".slot").first().waitFor();
    await close();
  });

  test("pages forward and back, but not into the past", async () => {
    const { page, close } = await visit(browser);
    const { provider } = await firstOpening(clinic);
    await page.goto(`/clinics/${clinic}/providers/${provider.id}`);
    const label = page.locator(".week-label");
    const previous = page.getByRole("link", { name: "Previous week" });
    await label.waitFor();
    const first = await label.textContent();
    expect(await previous.getAttribute("aria-disabled")).toBe("true");
    await page.getByRole("link", { name: "Next week" }).click();
    await expect.poll(() => label.textContent()).not.toBe(first);
    await previous.click();
    await expect.poll(() => previous.getAttribute("aria-disabled")).toBe("true");
    await close();
  });
});

test("a failure on our side can be tried again, and being offline is said", async () => {
  const { page, close } = await visit(browser);
  await page.route("**/v1/clinics?*", (route) => route.fulfill({ status: 503, body: "" }));
  await page.goto("/");
  await page.getByText("Something went wrong on our side").waitFor();
  await inspect(page, "error");
  await page.unroute("**/v1/clinics?*");
  await page.getByRole("button", { name: "Try again" }).click();
  await page.locator(".provider-card").first().waitFor();

  await page.context().setOffline(true);
  await page.getByText("You are offline.").waitFor();
  await inspect(page, "offline");
  await page.context().setOffline(false);
  await page.getByText("You are offline.").waitFor({ state: "detached" });
  await close();
});

test("the search finds a doctor, and says so when it does not", async () => {
  const { page, close } = await visit(browser);
  const { provider } = await firstOpening(clinic);
  await page.goto("/");
  const card = page.locator(".provider-card");
  await card.first().waitFor();
  const search = page.getByRole("searchbox", { name: "Doctor, specialty or language" });
  await search.fill(provider.name.toUpperCase());
  await expect.poll(() => card.count()).toBe(1);
  await search.fill("no such doctor");
  await page.getByText("No doctor matches your search").waitFor();
  await inspect(page, "nobody found");
  await page.getByRole("button", { name: "Show all doctors" }).click();
  await expect.poll(() => card.count()).toBeGreaterThan(1);
  await close();
});

test("staff are told that appointments are booked with a patient account", async () => {
  const staff = demoSignIn("manager");
  const { page, close } = await visit(browser);
  await page.goto(bookPath(await firstOpening(clinic)));
  await signInAs(page, staff);
  await page.getByText("You are signed in with a staff account").waitFor();
  await close();
});
