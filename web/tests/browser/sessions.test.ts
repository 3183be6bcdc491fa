import type { Browser, Page, Route } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import {
  Caller,
  demo,
  demoSignIn,
  inspect,
  isSignedIn,
  launch,
  registerPatient,
  showCode,
  signInAs,
  signOut,
  visit,
} from "./support";

let browser: Browser;
beforeAll(async () => {
  browser = await launch();
});
afterAll(() => browser.close());

const REFRESH = "**/v1/sessions/refresh";
const MINUTE = 60_000;

const heading = (page: Page, name: string) => page.getByRole("heading", { level: 1, name });

async function signedIn(page: Page) {
  const patient = await registerPatient();
  await page.goto("/sign-in?next=/appointments");
  await signInAs(page, patient);
  await heading(page, "My appointments").waitFor();
  return patient;
}

/** The request as the browser sent it, carried out without telling the browser anything, its cookies neither. */
async function behindItsBack(route: Route): Promise<Response> {
  const request = route.request();
  return fetch(request.url(), {
    method: request.method(),
    headers: await request.allHeaders(),
    body: request.postData(),
  });
}

test("a reload keeps a person signed in, and the token is nowhere to be read", async () => {
  const { page, close } = await visit(browser);
  await signedIn(page);
  await page.reload();
  await heading(page, "My appointments").waitFor();
  await isSignedIn(page);
  const readable = await page.evaluate(() =>
    JSON.stringify([localStorage, sessionStorage, document.cookie]),
  );
  expect(readable).not.toMatch(/eyJ[\w-]+\./);
  expect(readable).not.toContain("__Secure-refresh");
  await close();
});

test("a session is renewed a minute before its token ends, by tabs that do not get in each other's way", async () => {
  const { page, close } = await visit(browser);
  await page.clock.install();
  await signedIn(page);
  const other = await page.context().newPage();
  await other.clock.install();
  await other.goto("/appointments");
  await isSignedIn(other);

  const answers: number[] = [];
  for (const tab of [page, other]) {
    tab.on("response", (response) => {
      if (response.url().endsWith("/v1/sessions/refresh")) answers.push(response.status());
    });
  }
  await Promise.all([
    page.clock.runFor(14 * MINUTE + 5000),
    other.clock.runFor(14 * MINUTE + 5000),
  ]);
  await expect.poll(() => answers.length, { timeout: 10_000 }).toBeGreaterThan(0);
  await page.waitForTimeout(500);
  expect(new Set(answers)).toEqual(new Set([200]));
  for (const tab of [page, other]) {
    await tab.reload();
    await isSignedIn(tab);
  }
  await close();
});

test("many tabs that open at once all find the session", async () => {
  const { page, close } = await visit(browser);
  await signedIn(page);
  const tabs = await Promise.all([1, 2, 3, 4].map(() => page.context().newPage()));
  await Promise.all([page.reload(), ...tabs.map((tab) => tab.goto("/appointments"))]);
  for (const tab of [page, ...tabs]) await isSignedIn(tab);
  await close();
});

test("signing out in one tab signs out the others, and the cookies are gone", async () => {
  const { page, close } = await visit(browser);
  await signedIn(page);
  const other = await page.context().newPage();
  await other.goto("/appointments");
  await isSignedIn(other);
  await signOut(page);
  await heading(other, "Sign in").waitFor();
  expect(await other.getByText("Your session has ended").isVisible()).toBe(false);
  const names = (await page.context().cookies()).map(({ name }) => name);
  expect(names.filter((name) => name.startsWith("__Secure-"))).toEqual([]);
  await other.reload();
  await heading(other, "Sign in").waitFor();
  await close();
});

test("a lost answer does not end the session: the next try has the same name", async () => {
  const { page, close } = await visit(browser);
  await signedIn(page);
  const keys: (string | undefined)[] = [];
  await page.route(REFRESH, async (route) => {
    keys.push((await route.request().allHeaders())["idempotency-key"]);
    if (keys.length > 1) return route.continue();
    expect((await behindItsBack(route)).status).toBe(200);
    await route.abort("connectionreset");
  });
  await page.reload();
  await heading(page, "My appointments").waitFor();
  expect(keys[0]).toMatch(/^[A-Za-z0-9-]{8,64}$/);
  expect(keys.slice(0, 2)).toEqual([keys[0], keys[0]]);
  await close();
});

test("where nobody can say who is signed in, nobody is taken for a stranger", async () => {
  const { page, close } = await visit(browser);
  await signedIn(page);
  await page.route(REFRESH, (route) => route.abort("connectionreset"));
  await page.reload();
  await page.getByText("We could not reach Careplane").waitFor();
  await inspect(page, "nobody can say who is signed in");
  await page.unroute(REFRESH);
  await page.getByRole("button", { name: "Try again" }).click();
  await heading(page, "My appointments").waitFor();
  await close();
});

test("a token that is refused is renewed once, and the call made again", async () => {
  const { page, close } = await visit(browser);
  const patient = await registerPatient();
  await page.goto("/sign-in");
  await signInAs(page, patient);
  await isSignedIn(page);
  const calls: (string | undefined)[] = [];
  await page.route("**/v1/appointments*", (route) => {
    calls.push(route.request().headers().authorization);
    if (calls.length > 1) return route.continue();
    return route.fulfill({
      status: 401,
      contentType: "application/problem+json",
      body: JSON.stringify({ status: 401, code: "UNAUTHENTICATED" }),
    });
  });
  await page.getByRole("link", { name: "My appointments" }).first().click();
  await page.getByText("No appointments yet").waitFor();
  expect(calls).toHaveLength(2);
  expect(calls[1]).not.toBe(calls[0]);
  await isSignedIn(page);
  await close();
});

test("a session that was ended elsewhere leads to signing in, which says why, and back", async () => {
  const { page, close } = await visit(browser);
  const patient = await signedIn(page);
  const elsewhere = await Caller.signIn(patient);
  const response = await fetch(`${demo.base_url}/v1/me/sessions`, {
    method: "DELETE",
    headers: { Authorization: `Bearer ${elsewhere.token}` },
  });
  expect(response.ok).toBe(true);
  await page.reload();
  await heading(page, "Sign in").waitFor();
  await page.getByText("Your session has ended").waitFor();
  await inspect(page, "session ended");
  await signInAs(page, patient);
  await heading(page, "My appointments").waitFor();
  await close();
});

describe("the second step", () => {
  test("is asked of staff, with the keyboard alone, and a wrong code is said beside the field", async () => {
    const manager = demoSignIn("manager");
    const { page, close } = await visit(browser);
    const { keyboard } = page;
    await page.goto("/sign-in?next=/clinic/members");
    await page.getByLabel("E-mail address or username").focus();
    await keyboard.type(manager.email);
    await keyboard.press("Tab");
    await keyboard.type(manager.password);
    await keyboard.press("Enter");
    await heading(page, "Confirm that it is you").waitFor();
    await inspect(page, "second step");
    // Nothing else is open before it, also not by typing an address.
    await page.goto("/account");
    await heading(page, "Confirm that it is you").waitFor();
    await page.getByLabel("Six-digit code").fill("000000");
    await keyboard.press("Enter");
    await page.getByText("This code is not right").waitFor();
    await inspect(page, "wrong code");
    await showCode(page, manager.totp_secret ?? "");
    await heading(page, "Your account").waitFor();
    await page.reload();
    await heading(page, "Your account").waitFor();
    await close();
  });
});
