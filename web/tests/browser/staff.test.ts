import type { Browser, BrowserContextOptions, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { linkIn, newestLetter } from "./inbox";
import {
  advanceClock,
  demo,
  demoSignIn,
  enter,
  inspect,
  isSignedIn,
  launch,
  openMenu,
  registerPatient,
  showCode,
  type SignIn,
  signInAs,
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
  ["on a phone in the dark", { viewport: phone, hasTouch: true, colorScheme: "dark" }],
  ["at a desk", { viewport: desktop }],
];

const heading = (page: Page, name: string | RegExp) =>
  page.getByRole("heading", { level: 1, name });

let count = 0;
const newAddress = (): string => {
  count += 1;
  return `staff-${Date.now().toString(36)}-${String(count)}@example.org`;
};

async function invite(page: Page, email: string, role: string): Promise<void> {
  await page.getByRole("button", { name: "Invite somebody" }).click();
  const dialog = page.getByRole("dialog");
  await dialog.getByLabel("E-mail address").fill(email);
  await dialog.getByLabel("Role").selectOption({ label: role });
  await dialog.getByRole("button", { name: "Send invitation" }).click();
  await page.getByText(`An invitation is on its way to ${email}.`).waitFor();
}

async function openInvitation(page: Page, email: string): Promise<void> {
  const letter = await newestLetter(email, ({ text }) => text.includes("/invitation#"));
  await page.goto(demo.base_url + linkIn(letter, "/invitation").path);
  await heading(page, "You are invited").waitFor();
  expect(page.url()).not.toContain("token");
}

/** Somebody without an account accepts, and sets up the second step. Yields how they sign in from then on. */
async function join(page: Page, email: string, given: string): Promise<SignIn> {
  await openInvitation(page, email);
  await inspect(page, "invitation");
  await page.getByRole("button", { name: "Accept the invitation" }).click();
  await page.getByLabel("First name").fill(given);
  await page.getByLabel("Last name").fill("Newcomer");
  const password = "twelve quiet words and more";
  await page.getByLabel("New password", { exact: true }).fill(password);
  await inspect(page, "invitation of somebody new");
  await page.getByRole("button", { name: "Accept and continue" }).click();
  await heading(page, "Welcome to the team").waitFor();
  await inspect(page, "joined");
  await page.getByLabel("Password", { exact: true }).fill(password);
  await page.getByRole("button", { name: "Sign in", exact: true }).click();

  await heading(page, "Set up your second step").waitFor();
  await page.goto("/home");
  await heading(page, "Set up your second step").waitFor();
  await page.getByText("Authenticator app", { exact: true }).click();
  await page.getByText("I cannot scan it").click();
  await inspect(page, "first second step");
  const secret = (await page.locator(".secret").textContent()) ?? "";
  await page.getByLabel("Six-digit code").fill(await freshCode(secret));
  await page.getByRole("button", { name: "Switch on" }).click();
  await heading(page, "Your second step is set up").waitFor();
  await inspect(page, "recovery codes of somebody new");
  await page.getByRole("button", { name: "I have kept them, continue" }).click();
  await heading(page, `Hello ${given}`).waitFor();
  return { email, password, totp_secret: secret };
}

describe("the clinic's screens", () => {
  test.each(looks)("%s", async (_, options) => {
    const { page, close } = await visit(browser, options);
    await enter(page, demoSignIn("manager"), "/home");
    await heading(page, /^Hello /).waitFor();
    await inspect(page, "workplace");
    for (const [path, name] of [
      ["/clinic/members", "Team"],
      ["/clinic/invitations", "Invitations"],
      ["/clinic/roles", "Roles"],
    ] as const) {
      await page.goto(path);
      await heading(page, name).waitFor();
      await page.locator(".status, .empty, .card, .entry-row").first().waitFor();
      await inspect(page, name);
    }
    await page.getByRole("button", { name: "Define a new role" }).click();
    await page.getByRole("dialog").getByText("See appointments").waitFor();
    await inspect(page, "role editor");
    await close();
  });
});

test("a manager invites, somebody joins, and gets another role", async () => {
  const manager = await visit(browser);
  await enter(manager.page, demoSignIn("manager"), "/clinic/invitations");
  const email = newAddress();
  await invite(manager.page, email, "Receptionist");
  await manager.page.getByText(email).last().waitFor();

  const guest = await visit(browser);
  const joined = await join(guest.page, email, "Rosa");
  await inspect(guest.page, "workplace of a receptionist");
  expect(await guest.page.getByRole("link", { name: "Team" }).count()).toBe(0);
  await guest.page.goto("/clinic/members");
  await guest.page.getByText("We could not find that page").first().waitFor();

  const { page } = manager;
  await page.goto("/clinic/members");
  const row = page.getByRole("row").filter({ hasText: email });
  await row.getByText("Receptionist").waitFor();
  await row.getByRole("button", { name: /^Change role/ }).click();
  const dialog = page.getByRole("dialog");
  await dialog.getByLabel("Role").waitFor();
  // A tablet that is turned has another list, and the same question.
  await page.setViewportSize(phone);
  await page.locator("table").waitFor({ state: "detached" });
  await page.setViewportSize(desktop);
  await page.locator("table").waitFor({ state: "attached" });
  await dialog.getByLabel("Role").selectOption({ label: "Nurse" });
  await dialog.getByRole("button", { name: "Save" }).click();
  await row.getByText("Nurse").waitFor();

  await row.getByRole("button", { name: /^Deactivate/ }).click();
  await page.getByRole("alertdialog").getByRole("button", { name: "Deactivate" }).click();
  await row.getByText("Deactivated").waitFor();
  await guest.page.context().clearCookies();
  await guest.page.goto("/sign-in");
  await signInAs(guest.page, { ...joined, totp_secret: null });
  await guest.page.getByText("This account is not active.").waitFor();
  await row.getByRole("button", { name: /^Reactivate/ }).click();
  await page.getByRole("alertdialog").getByRole("button", { name: "Reactivate" }).click();
  await row.getByText("Active", { exact: true }).waitFor();
  await signInAs(guest.page, joined);
  await isSignedIn(guest.page);
  await guest.close();
  await manager.close();
});

test("an invitation that was withdrawn opens nothing", async () => {
  const { page, close } = await visit(browser);
  await enter(page, demoSignIn("manager"), "/clinic/invitations");
  const email = newAddress();
  await invite(page, email, "Nurse");
  await page.getByRole("button", { name: `Withdraw the invitation of ${email}` }).click();
  await page.getByRole("alertdialog").getByRole("button", { name: "Withdraw" }).click();
  await page.getByRole("button", { name: `Withdraw the invitation of ${email}` }).waitFor({
    state: "detached",
  });
  const guest = await visit(browser);
  await openInvitation(guest.page, email);
  await guest.page.getByRole("button", { name: "Accept the invitation" }).click();
  await guest.page.getByText("This link does not work any more").waitFor();
  await inspect(guest.page, "withdrawn invitation");
  await guest.close();
  await close();
});

test("a patient joins a team and goes on as either", async () => {
  const patient = await registerPatient();
  const manager = await visit(browser);
  await enter(manager.page, demoSignIn("manager"), "/clinic/invitations");
  await invite(manager.page, patient.email, "Receptionist");
  await manager.close();

  const { page, close } = await visit(browser);
  await openInvitation(page, patient.email);
  await page.getByRole("button", { name: "Accept the invitation" }).click();
  // Twelve characters or more: their password is long enough for staff.
  await heading(page, "Welcome to the team").waitFor();
  await page.getByLabel("Password", { exact: true }).fill(patient.password);
  await page.getByRole("button", { name: "Sign in", exact: true }).click();
  const setUp = heading(page, "Set up your second step");
  await setUp.or(page.getByRole("button", { name: /^Your account: / })).waitFor();
  if (await setUp.isVisible()) {
    await page.getByText("Authenticator app", { exact: true }).click();
    await page.getByText("I cannot scan it").click();
    const secret = (await page.locator(".secret").textContent()) ?? "";
    await page.getByLabel("Six-digit code").fill(await freshCode(secret));
    await page.getByRole("button", { name: "Switch on" }).click();
    await page.getByRole("button", { name: "I have kept them, continue" }).click();
  }
  await isSignedIn(page);
  const menu = await openMenu(page);
  await menu.getByText("Go on as").waitFor();
  await inspect(page, "menu with two memberships");
  const isPatient = await menu.getByRole("button", { name: /^Receptionist/ }).isVisible();
  await menu.getByRole("button", { name: isPatient ? /^Receptionist/ : "Patient" }).click();
  if (isPatient) await heading(page, /^Hello /).waitFor();
  else await page.locator(".provider-card").first().waitFor();
  await close();
});

test("a role of the clinic's own is defined, changed and deleted", async () => {
  const { page, close } = await visit(browser);
  await enter(page, demoSignIn("manager"), "/clinic/roles");
  await page.getByRole("button", { name: "Define a new role" }).click();
  const dialog = page.getByRole("dialog");
  const name = `Front desk ${Date.now().toString(36)}`;
  await dialog.getByLabel("Name of the role").fill(name);
  await dialog.getByLabel("See appointments").check();
  await dialog.getByLabel("Book appointments").check();
  await dialog.getByRole("button", { name: "Save" }).click();
  const card = page.locator(".card").filter({ hasText: name });
  await card.getByText("Book appointments").waitFor();
  await card.getByRole("button", { name: /^Edit/ }).click();
  expect(await dialog.getByLabel("See appointments").isChecked()).toBe(true);
  await dialog.getByLabel("Book appointments").uncheck();
  await dialog.getByRole("button", { name: "Save" }).click();
  await card.getByText("Book appointments").waitFor({ state: "detached" });
  await card.getByRole("button", { name: /^Delete/ }).click();
  await page.getByRole("alertdialog").getByRole("button", { name: "Delete" }).click();
  await card.waitFor({ state: "detached" });
  await close();
});

test("what is sensitive asks for the second step again, and then goes on by itself", async () => {
  const manager = demoSignIn("manager");
  const { page, close } = await visit(browser);
  await enter(page, manager, "/clinic/roles");
  await page.getByRole("button", { name: "Define a new role" }).waitFor();
  await advanceClock(STEP_UP_SECONDS);
  const define = async (name: string) => {
    await page.getByRole("button", { name: "Define a new role" }).click();
    const dialog = page.getByRole("dialog", { name: "Define a new role" });
    await dialog.getByLabel("Name of the role").fill(name);
    await dialog.getByLabel("See appointments").check();
    await dialog.getByRole("button", { name: "Save" }).click();
    return dialog;
  };
  const name = `Step ${Date.now().toString(36)}`;
  const dialog = await define(name);
  const question = page.getByRole("dialog", { name: "Please confirm that it is you" });
  await question.waitFor();
  await inspect(page, "step up");
  await question.getByRole("button", { name: "Cancel" }).click();
  await dialog.getByText("Nothing was changed").waitFor();
  await dialog.getByRole("button", { name: "Save" }).click();
  await question.waitFor();
  await showCode(page, manager.totp_secret ?? "");
  await page.locator(".card").filter({ hasText: name }).waitFor();
  // For the next minutes it does not ask again.
  await define(`${name} two`);
  await page
    .locator(".card")
    .filter({ hasText: `${name} two` })
    .waitFor();
  await close();
});

test("a nurse sees a patient's health basics, a manager does not, and the platform sees no patient", async () => {
  const ada = demoSignIn("patient");
  const path = `/clinic/patients/${ada.patient ?? ""}`;
  const own = await visit(browser);
  await enter(own.page, ada, "/account/health");
  await own.page.getByLabel("Blood type").selectOption("AB-");
  await own.page.getByLabel("Allergies").fill("Penicillin");
  await own.page.getByRole("button", { name: "Save" }).click();
  await own.page.getByText("Saved.").waitFor();
  await own.close();

  const hidden = "Your role does not include health details.";
  for (const [name, sees] of [
    ["nurse", true],
    ["manager", false],
  ] as const) {
    const { page, close } = await visit(browser);
    const reply = page.waitForResponse((response) => response.url().includes("/patients/"));
    await enter(page, demoSignIn(name), path);
    await heading(page, "Ada Lovelace").waitFor();
    await page.getByText(ada.email).waitFor();
    await inspect(page, `patient for a ${name}`);
    const shown = await page.locator("main").innerText();
    const facts = ["Blood type", "AB-", "Allergies", "Penicillin"];
    expect(facts.filter((fact) => shown.includes(fact))).toEqual(sees ? facts : []);
    expect(shown.includes(hidden)).toBe(!sees);
    // What is not shown has not been sent either.
    expect((await (await reply).text()).includes("Penicillin")).toBe(sees);
    await close();
  }

  const { page, close } = await visit(browser);
  await enter(page, demoSignIn("operator"), path);
  await heading(page, "We could not find that page").waitFor();
  await close();
});

test("whoever acts in a role of the clinic's own reads what the clinic calls it", async () => {
  const { page, close } = await visit(browser);
  await enter(page, demoSignIn("staff"), "/home");
  const name = /^Front desk lead, Lindenhof Berlin$/;
  await page.locator("main").getByText(name).waitFor();
  const menu = await openMenu(page);
  await menu.getByText(name).waitFor();
  await inspect(page, "menu in a role of the clinic's own");
  await close();
});

test("the platform's operators see how it is doing, and every clinic's team", async () => {
  const { page, close } = await visit(browser);
  await enter(page, demoSignIn("operator"), "/platform/status");
  await page.getByText("Checked at").waitFor();
  await page.getByText(/^Version \d+\.\d+\.\d+.*, environment local$/).waitFor();
  await inspect(page, "system status");
  await page.goto("/clinic/members");
  await page.getByRole("combobox", { name: "Clinic" }).selectOption({ index: 1 });
  await page.locator(".status").first().waitFor();
  await inspect(page, "team, from the platform");
  await close();
});
