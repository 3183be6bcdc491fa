import type { Browser, BrowserContextOptions, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { codeIn, linkIn, newestLetter } from "./inbox";
import {
  advanceClock,
  demo,
  inspect,
  isSignedIn,
  launch,
  openMenu,
  registerPatient,
  showCode,
  type SignIn,
  signInAs,
  signOut,
  visit,
} from "./support";
import { freshCode } from "./totp";

let browser: Browser;
beforeAll(async () => {
  browser = await launch();
});
afterAll(() => browser.close());

const phone = { width: 360, height: 740 };
const desktop = { width: 1440, height: 900 };
const STEP_UP_SECONDS = 5 * 60 + 1;

const looks: [string, BrowserContextOptions][] = [
  ["on a phone", { viewport: phone, hasTouch: true }],
  ["at a desk in the dark", { viewport: desktop, colorScheme: "dark" }],
  ["on a phone in the dark", { viewport: phone, colorScheme: "dark" }],
  ["at a desk with colours of one's own", { viewport: desktop, forcedColors: "active" }],
  ["at twice the size", { viewport: { width: 640, height: 450 } }],
];

const heading = (page: Page, name: string) => page.getByRole("heading", { level: 1, name });

async function signedIn(page: Page, path: string): Promise<SignIn> {
  const patient = await registerPatient();
  await page.goto(`/sign-in?${new URLSearchParams({ next: path }).toString()}`);
  await signInAs(page, patient);
  await isSignedIn(page);
  return patient;
}

const save = (page: Page) => page.getByRole("button", { name: "Save" }).click();

describe("the account", () => {
  test.each(looks)("%s", async (_, options) => {
    const { page, close } = await visit(browser, options);
    await signedIn(page, "/account");
    await heading(page, "Your account").waitFor();
    await inspect(page, "account");
    await openMenu(page);
    await inspect(page, "menu");
    await page.keyboard.press("Escape");
    for (const [link, ready] of [
      ["Personal details", "Street and number"],
      ["Health basics", "Blood type"],
      ["Language and messages", "Time zone"],
      ["Password", "Current password"],
    ] as const) {
      await page.goto("/account");
      await page.getByRole("link", { name: link }).first().click();
      await heading(page, link).waitFor();
      await page.getByLabel(ready, { exact: true }).waitFor();
      await inspect(page, link);
    }
    await page.goto("/account/factors");
    await page.getByRole("button", { name: "Set up an app" }).waitFor();
    await inspect(page, "factors");
    await page.getByRole("button", { name: "Set up an app" }).click();
    await page.getByRole("img", { name: /^QR code/ }).waitFor();
    await inspect(page, "authenticator app");
    await page.goto("/account/devices");
    await page.getByText("This device").waitFor();
    await inspect(page, "devices");
    await page.goto("/account/closing");
    await page.getByRole("button", { name: "Close my account" }).click();
    await page.getByRole("alertdialog").waitFor();
    await inspect(page, "closing");
    await close();
  });
});

test("a person says who they are, and finds it again", async () => {
  const { page, close } = await visit(browser);
  await signedIn(page, "/account/profile");
  await page.getByLabel("First name").fill("Adaeze");
  await page.getByLabel("Date of birth").fill("1988-04-03");
  await page.getByLabel("Gender").selectOption("female");
  await page.getByLabel("Telephone").fill("030 5550100");
  await save(page);
  await page.getByText("Please begin with + and the country code").waitFor();
  await page.getByLabel("Telephone").fill("+49 (30) 555-0100");
  await page.getByLabel("Street and number").fill("Bergmannstraße 12");
  await save(page);
  await page.getByText("Please fill this in.").first().waitFor();
  await inspect(page, "half an address");
  await page.getByLabel("Postal code").fill("10961");
  await page.getByLabel("Town or city").fill("Berlin");
  await page.getByLabel("Country").selectOption("DE");
  await save(page);
  await page.getByText("Saved.").waitFor();
  await page.getByRole("button", { name: /^Your account: Adaeze/ }).waitFor();

  await page.reload();
  await page.getByLabel("Town or city").waitFor();
  expect(await page.getByLabel("First name").inputValue()).toBe("Adaeze");
  expect(await page.getByLabel("Date of birth").inputValue()).toBe("1988-04-03");
  expect(await page.getByLabel("Telephone").inputValue()).toBe("+49305550100");
  expect(await page.getByLabel("Country").inputValue()).toBe("DE");

  await page.goto("/account/preferences");
  await page.getByLabel("Time zone").selectOption("Asia/Tokyo");
  await page.getByLabel("Text message").check();
  await save(page);
  await page.getByText("Saved.").waitFor();
  await page.reload();
  await page.getByLabel("Time zone").waitFor();
  expect(await page.getByLabel("Time zone").inputValue()).toBe("Asia/Tokyo");
  expect(await page.getByLabel("Text message").isChecked()).toBe(true);

  await page.goto("/account/health");
  await page.getByLabel("Blood type").selectOption("AB-");
  await page.getByLabel("Allergies").fill("Penicillin\n\n  Peanuts ");
  await save(page);
  await page.getByText("Saved.").waitFor();
  await page.reload();
  await page.getByLabel("Allergies").waitFor();
  expect(await page.getByLabel("Allergies").inputValue()).toBe("Penicillin\nPeanuts");
  expect(await page.getByLabel("Blood type").inputValue()).toBe("AB-");
  await close();
});

test("a username is somebody's own, and signs in as the address does", async () => {
  const { page, close } = await visit(browser);
  const patient = await signedIn(page, "/account/profile");
  const name = `Ada.${Date.now().toString(36)}`;
  const field = page.getByLabel("Username", { exact: true });
  await field.fill("a b");
  await save(page);
  await page.getByText("Please use 3 to 30 letters").waitFor();
  await inspect(page, "no username");
  await field.fill(name);
  await save(page);
  await page.getByText("Saved.").waitFor();
  await signOut(page);
  await page.goto("/sign-in?next=/account/profile");
  await signInAs(page, { ...patient, email: name.toUpperCase() });
  await field.waitFor();
  expect(await field.inputValue()).toBe(name.toLowerCase());

  const other = await visit(browser);
  await signedIn(other.page, "/account/profile");
  await other.page.getByLabel("Username", { exact: true }).fill(name);
  await save(other.page);
  await other.page.getByText("Somebody else has this username.").waitFor();
  await inspect(other.page, "a username of somebody else");
  await other.close();

  await field.fill("");
  await save(page);
  await page.getByText("Saved.").waitFor();
  await page.reload();
  await field.waitFor();
  expect(await field.inputValue()).toBe("");
  await close();
});

test("a new password signs out other devices, and a wrong one is said beside its field", async () => {
  const { page, close } = await visit(browser);
  const patient = await signedIn(page, "/account/password");
  const other = await visit(browser);
  await other.page.goto("/sign-in?next=/account/devices");
  await signInAs(other.page, patient);
  await other.page.getByText("This device").waitFor();

  const current = page.getByLabel("Current password", { exact: true });
  const fresh = page.getByLabel("New password", { exact: true });
  await current.fill("not my password");
  await fresh.fill("five other quiet words");
  await page.getByRole("button", { name: "Change password" }).click();
  await page.getByText("This is not your password.").waitFor();
  await inspect(page, "wrong password");
  await current.fill(patient.password);
  await fresh.fill("five other quiet words");
  await page.getByRole("button", { name: "Change password" }).click();
  await page.getByText("all other devices are signed out").waitFor();
  await page.reload();
  await isSignedIn(page);
  await other.page.reload();
  await heading(other.page, "Sign in").waitFor();
  await other.close();
  await close();
});

test("a forgotten password is replaced over a link that works once", async () => {
  const { page, close } = await visit(browser);
  const patient = await registerPatient();
  await page.goto("/sign-in");
  await page.getByRole("link", { name: "Forgotten your password?" }).click();
  await heading(page, "Choose a new password").waitFor();
  await inspect(page, "forgotten password");
  await page.getByLabel("E-mail address").fill(patient.email);
  await page.getByRole("button", { name: "Send me a link" }).click();
  await heading(page, "Look into your mail").waitFor();
  await inspect(page, "a link is on its way");

  const { path } = linkIn(
    await newestLetter(patient.email, ({ text }) => text.includes("/reset#")),
    "/reset",
  );
  const open = async () => {
    await page.goto("about:blank");
    await page.goto(demo.base_url + path);
    await heading(page, "Choose a new password").waitFor();
    expect(page.url()).not.toContain("token");
  };
  await open();
  await inspect(page, "new password");
  const field = page.getByLabel("New password", { exact: true });
  await field.fill("password1");
  await page.getByRole("button", { name: "Set new password" }).click();
  await page.getByText("Please check this").waitFor();
  await field.fill("five other quiet words");
  await page.getByRole("button", { name: "Set new password" }).click();
  await heading(page, "Your new password is set").waitFor();
  await inspect(page, "new password is set");
  await page.getByLabel("Password", { exact: true }).fill("five other quiet words");
  await page.getByRole("button", { name: "Sign in", exact: true }).click();
  await isSignedIn(page);
  await signOut(page);

  await open();
  await field.fill("six even more quiet words");
  await page.getByRole("button", { name: "Set new password" }).click();
  await page.getByText("This link does not work any more").waitFor();
  await inspect(page, "spent link");
  await page.goto("/verify#token=made-up");
  await heading(page, "Confirm your address").waitFor();
  await inspect(page, "verification");
  await page.getByLabel("Password", { exact: true }).fill("six even more quiet words");
  await page.getByRole("button", { name: "Confirm and sign in" }).click();
  await page.getByText("This link does not work any more").waitFor();
  await inspect(page, "spent verification");
  await close();
});

test("an authenticator app, its recovery codes, and a telephone", async () => {
  const { page, close } = await visit(browser, { permissions: ["clipboard-write"] });
  const patient = await signedIn(page, "/account/factors");
  await page.getByRole("button", { name: "Set up an app" }).click();
  const dialog = page.getByRole("dialog");
  await dialog.getByText("I cannot scan it").click();
  const secret = (await dialog.locator(".secret").textContent()) ?? "";
  await dialog.getByLabel("Six-digit code").fill("000000");
  await dialog.getByRole("button", { name: "Switch on" }).click();
  await dialog.getByText("This code is not right").waitFor();
  await dialog.getByLabel("Six-digit code").fill(await freshCode(secret));
  await dialog.getByRole("button", { name: "Switch on" }).click();

  await page.getByRole("heading", { name: "Keep your recovery codes" }).waitFor();
  await inspect(page, "recovery codes");
  const codes = await page.locator(".codes code").allTextContents();
  expect(new Set(codes).size).toBe(10);
  const [download] = await Promise.all([
    page.waitForEvent("download"),
    page.getByRole("button", { name: "Download" }).click(),
  ]);
  expect(download.suggestedFilename()).toBe("careplane-recovery-codes.txt");
  await page.getByRole("button", { name: "Copy" }).click();
  await page.getByText("Copied.").waitFor();
  await page.getByRole("button", { name: "I have kept them" }).click();
  await page.getByText("You have 10 codes left").waitFor();

  await page.getByRole("button", { name: "Add a telephone" }).click();
  await dialog.getByLabel("Telephone").fill("+49 151 55501234");
  await dialog.getByRole("button", { name: "Send me a code" }).click();
  await dialog.getByText("The code is on its way").waitFor();
  await inspect(page, "code for a telephone");
  const text = await newestLetter("+4915155501234", ({ kind }) => kind === "sms");
  await dialog.getByLabel("Six-digit code").fill(codeIn(text));
  await dialog.getByRole("button", { name: "Switch on" }).click();
  await page.getByText(/^Number that ends with/).waitFor();
  await inspect(page, "factors that are set up");
  await signOut(page);

  // Each recovery code opens once.
  for (const [code, isGood] of [
    [codes[0] ?? "", true],
    [codes[0] ?? "", false],
    [codes[1] ?? "", true],
  ] as const) {
    await page.goto("/sign-in");
    const question = page.getByText("How do you want to confirm?");
    await heading(page, "Sign in").or(question).first().waitFor();
    if (await heading(page, "Sign in").isVisible()) await signInAs(page, patient);
    await question.waitFor();
    expect(await page.locator(".pill").allInnerTexts()).toEqual([
      "Authenticator app",
      "Text message",
      "Recovery code",
    ]);
    await page.getByText("Recovery code", { exact: true }).click();
    await page.getByRole("textbox", { name: "Recovery code" }).fill(code);
    await page.getByRole("button", { name: "Continue" }).click();
    if (isGood) {
      await isSignedIn(page);
      await signOut(page);
    } else {
      await page.getByText("This code is not right").waitFor();
    }
  }
  await close();
});

test("a closed account is closed everywhere", async () => {
  const { page, close } = await visit(browser);
  const patient = await signedIn(page, "/account/closing");
  await page.getByRole("button", { name: "Close my account" }).click();
  const dialog = page.getByRole("alertdialog");
  await dialog.getByLabel("Password", { exact: true }).fill("not my password");
  await dialog.getByRole("button", { name: "Close my account for good" }).click();
  await dialog.getByText("This is not your password.").waitFor();
  await dialog.getByLabel("Password", { exact: true }).fill(patient.password);
  await dialog.getByRole("button", { name: "Close my account for good" }).click();
  await heading(page, "Your account is closed").waitFor();
  await inspect(page, "closed");
  await page.getByRole("link", { name: "Sign in" }).click();
  await signInAs(page, patient);
  await page.getByText("is not right").or(page.getByText("is not active")).waitFor();
  await close();
});

test("whoever has a second step closes the account with that, and not with the password", async () => {
  const { page, close } = await visit(browser);
  await signedIn(page, "/account/factors");
  await page.getByRole("button", { name: "Set up an app" }).click();
  await page.getByText("I cannot scan it").click();
  const secret = (await page.locator(".secret").textContent()) ?? "";
  await page.getByLabel("Six-digit code").fill(await freshCode(secret));
  await page.getByRole("button", { name: "Switch on" }).click();
  await page.getByRole("button", { name: "I have kept them" }).click();
  await advanceClock(STEP_UP_SECONDS);
  await page.goto("/account/closing");
  await page.getByRole("button", { name: "Close my account" }).click();
  const submit = page.getByRole("button", { name: "Close my account for good" });
  await submit.waitFor();
  expect(await page.getByLabel("Password").count()).toBe(0);
  await submit.click();
  await page.getByRole("dialog", { name: "Please confirm that it is you" }).waitFor();
  await inspect(page, "closing with a second step");
  await showCode(page, secret);
  await heading(page, "Your account is closed").waitFor();
  await close();
});
