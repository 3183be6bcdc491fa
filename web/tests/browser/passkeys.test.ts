import type { Browser, CDPSession, Page } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import {
  inspect,
  isSignedIn,
  launch,
  namedOrigin,
  registerPatient,
  signInAs,
  signOut,
  visit,
} from "./support";

let browser: Browser;
beforeAll(async () => {
  browser = await launch();
});
afterAll(() => browser.close());

interface Authenticator {
  readonly client: CDPSession;
  readonly id: string;
}

/** A device with a sensor for its owner's finger, as Chromium can pretend to have one. */
async function withAuthenticator(page: Page): Promise<Authenticator> {
  const client = await page.context().newCDPSession(page);
  await client.send("WebAuthn.enable", { enableUI: false });
  const { authenticatorId } = await client.send("WebAuthn.addVirtualAuthenticator", {
    options: {
      protocol: "ctap2",
      transport: "internal",
      hasResidentKey: true,
      hasUserVerification: true,
      isUserVerified: true,
      automaticPresenceSimulation: true,
    },
  });
  return { client, id: authenticatorId };
}

const setPresence = ({ client, id }: Authenticator, enabled: boolean) =>
  client.send("WebAuthn.setAutomaticPresenceSimulation", { authenticatorId: id, enabled });

const setVerified = ({ client, id }: Authenticator, isUserVerified: boolean) =>
  client.send("WebAuthn.setUserVerified", { authenticatorId: id, isUserVerified });

test("a passkey is made, signs its owner in alone, and can be taken away", async () => {
  const { page, close } = await visit(browser, { baseURL: namedOrigin });
  const authenticator = await withAuthenticator(page);
  // Otherwise the offer at the e-mail field would be taken at once, before anybody looked.
  await setPresence(authenticator, false);
  const patient = await registerPatient();
  await page.goto("/sign-in?next=/account/factors");
  await inspect(page, "sign in with passkeys");
  await signInAs(page, patient);
  await isSignedIn(page);

  await setPresence(authenticator, true);
  await page.getByRole("button", { name: "Add a passkey" }).click();
  const dialog = page.getByRole("dialog");
  await inspect(page, "add a passkey");
  await dialog.getByLabel("A name for it").fill("My test device");
  await dialog.getByRole("button", { name: "Create a passkey" }).click();
  await page.getByRole("heading", { name: "Keep your recovery codes" }).waitFor();
  await page.getByRole("button", { name: "I have kept them" }).click();
  await page.getByText("My test device").waitFor();
  await inspect(page, "a passkey");
  const { credentials } = await authenticator.client.send("WebAuthn.getCredentials", {
    authenticatorId: authenticator.id,
  });
  expect(credentials).toHaveLength(1);
  expect(credentials[0]).toMatchObject({ isResidentCredential: true, rpId: "localhost" });

  // The same device does not get a second one.
  await page.getByRole("button", { name: "Add a passkey" }).click();
  await dialog.getByRole("button", { name: "Create a passkey" }).click();
  await dialog.getByText("This device has a passkey for your account already.").waitFor();
  await dialog.getByRole("button", { name: "Cancel" }).click();
  await setPresence(authenticator, false);
  await signOut(page);

  // Two factors in one: the device, and the finger of its owner.
  await page.goto("/sign-in?next=/account/factors");
  await page.getByRole("button", { name: "Sign in with a passkey" }).waitFor();
  await setPresence(authenticator, true);
  const button = page.getByRole("button", { name: "Sign in with a passkey" });
  if (await button.isVisible()) await button.click().catch(() => undefined);
  await page.getByText("My test device").waitFor();

  await page.getByRole("button", { name: "Remove My test device" }).click();
  const sure = page.getByRole("alertdialog");
  await sure.getByRole("button", { name: "Remove" }).click();
  await page.getByText("You have no second step yet").waitFor();
  await close();
});

test("a passkey is the second step after a password, and a finger that is not known is not taken", async () => {
  const { page, close } = await visit(browser, { baseURL: namedOrigin });
  const authenticator = await withAuthenticator(page);
  await setPresence(authenticator, false);
  const patient = await registerPatient();
  await page.goto("/sign-in?next=/account/factors");
  await signInAs(page, patient);
  await setPresence(authenticator, true);
  await page.getByRole("button", { name: "Add a passkey" }).click();
  await page.getByRole("button", { name: "Create a passkey" }).click();
  await page.getByRole("button", { name: "I have kept them" }).click();
  await setPresence(authenticator, false);
  await signOut(page);

  await page.goto("/sign-in");
  await signInAs(page, patient);
  await page.getByRole("heading", { level: 1, name: "Confirm that it is you" }).waitFor();
  // What the account has, and nothing else; a passkey comes first.
  expect(await page.locator(".pill").allInnerTexts()).toEqual(["Passkey", "Recovery code"]);
  await setPresence(authenticator, true);
  await setVerified(authenticator, false);
  await page.getByRole("button", { name: "Use a passkey" }).click();
  await page.getByRole("button", { name: "Use a passkey" }).waitFor();
  await inspect(page, "passkey not shown");
  await setVerified(authenticator, true);
  await page.getByRole("button", { name: "Use a passkey" }).click();
  await isSignedIn(page);
  await close();
});

test("where passkeys cannot work nobody hears of them", async () => {
  const { page, close } = await visit(browser);
  await page.goto("/sign-in");
  await page.getByRole("button", { name: "Sign in", exact: true }).waitFor();
  expect(await page.getByRole("button", { name: /passkey/ }).count()).toBe(0);
  await close();
});
