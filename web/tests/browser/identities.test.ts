import type { Browser, BrowserContextOptions, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { linkIn, newestLetter } from "./inbox";
import {
  advanceClock,
  bookPath,
  demo,
  demoSignIn,
  enter,
  firstOpening,
  inspect,
  isSignedIn,
  launch,
  namedOrigin,
  registerPatient,
  showCode,
  signInAs,
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
const STEP_UP_SECONDS = 5 * 60 + 1;
const SETTINGS = "**/v1/settings";
const EXCHANGE = "/v1/sessions/identity-provider";

const looks: [string, BrowserContextOptions][] = [
  ["on a phone", { viewport: phone, hasTouch: true }],
  ["at a desk in the dark", { viewport: desktop, colorScheme: "dark" }],
  ["with colours of one's own", { viewport: desktop, forcedColors: "active" }],
  ["at twice the size", { viewport: { width: 640, height: 450 } }],
];

const heading = (page: Page, name: string | RegExp) =>
  page.getByRole("heading", { level: 1, name });

/** People come back to the name of the platform, and only there their browser knows what they left with. */
const visitNamed = (options: BrowserContextOptions = {}) =>
  visit(browser, { baseURL: namedOrigin, ...options });

interface Claimed {
  readonly email: string;
  readonly given?: string;
  readonly isProved?: boolean;
}

let count = 0;
const newcomer = (): Claimed => {
  count += 1;
  return { email: `elsewhere-${Date.now().toString(36)}-${String(count)}@example.org` };
};

/** On the page of whoever signs people in. */
async function say(page: Page, { email, given = "Nora", isProved = true }: Claimed): Promise<void> {
  const field = page.getByLabel("Email address");
  await field.waitFor();
  expect(new URL(page.url()).pathname).toMatch(/^\/example-(id|hub)\//);
  await field.fill(email);
  await page.getByLabel("First name").fill(given);
  await page.getByLabel("Last name").fill("Newcomer");
  await page.getByLabel("The address is proved").setChecked(isProved);
  await page.getByRole("button", { name: "Go on" }).click();
}

async function continueWith(page: Page, name: string, claimed: Claimed): Promise<void> {
  await page.getByRole("button", { name: `Continue with ${name}` }).click();
  await say(page, claimed);
}

/** Neither in the address nor in what a script could read later. */
async function nothingIsLeft(page: Page): Promise<void> {
  expect(page.url()).not.toMatch(/code=|state=/);
  const kept = await page.evaluate(() => JSON.stringify([localStorage, sessionStorage]));
  expect(kept).not.toContain("verifier");
}

function postsOf(page: Page, path: string): string[] {
  const posts: string[] = [];
  page.on("request", (request) => {
    if (request.method() === "POST" && request.url().endsWith(path)) posts.push(request.url());
  });
  return posts;
}

describe("the ways to sign in with somebody else", () => {
  test.each(looks)("%s", async (_, options) => {
    const { page, close } = await visitNamed(options);
    for (const path of ["/sign-in", "/register"]) {
      await page.goto(path);
      await page.getByRole("button", { name: "Continue with Example Hub" }).waitFor();
      await inspect(page, path);
    }
    await page.goto("/sign-in/return/example-id?code=made-up&state=made-up");
    await heading(page, "Please begin again").waitFor();
    await inspect(page, "nothing to come back to");
    await page.getByRole("link", { name: "Begin again" }).click();
    await continueWith(page, "Example ID", newcomer());
    await isSignedIn(page);
    for (const [path, ready] of [
      ["/account/factors", "Connected on"],
      ["/account/password", "You have no password"],
    ] as const) {
      await page.goto(path);
      await page.getByText(ready).waitFor();
      await inspect(page, path);
    }
    await close();
  });
});

test("a newcomer registers on the way, and comes back as the same person", async () => {
  const { page, close } = await visitNamed();
  const posts = postsOf(page, EXCHANGE);
  const person = newcomer();
  await page.goto("/sign-in?next=/account/profile");
  await continueWith(page, "Example ID", person);
  await heading(page, "Personal details").waitFor();
  await nothingIsLeft(page);
  expect(await page.getByLabel("First name").inputValue()).toBe("Nora");
  await page.getByLabel("First name").fill("Norah");
  await page.getByRole("button", { name: "Save" }).click();
  await page.getByText("Saved.").waitFor();
  await signOut(page);

  await page.goto("/register?next=/account/profile");
  await continueWith(page, "Example ID", person);
  await page.getByLabel("First name").waitFor();
  expect(await page.getByLabel("First name").inputValue()).toBe("Norah");
  expect(posts, "what somebody comes back with is sent once").toHaveLength(2);
  await signOut(page);

  // Somewhere else the same address is another sign-in, and an account has it already.
  await page.goto("/sign-in");
  await continueWith(page, "Example Hub", person);
  await heading(page, "You have an account already").waitFor();
  await close();
});

test("the chosen time comes along, with the keyboard alone", async () => {
  const { page, close } = await visitNamed({ viewport: phone });
  const { keyboard } = page;
  const opening = await firstOpening(demo.clinics[0]?.id ?? "");
  await page.goto(bookPath(opening));
  await page.getByRole("region", { name: "Your chosen time" }).waitFor();
  await tabTo(page, page.getByRole("button", { name: "Continue with Example Hub" }));
  await keyboard.press("Enter");
  await page.getByLabel("Email address").focus();
  await keyboard.type(newcomer().email);
  await keyboard.press("Tab");
  await keyboard.type("Nora");
  await keyboard.press("Tab");
  await keyboard.type("Newcomer");
  await keyboard.press("Enter");
  await heading(page, "Check and confirm").waitFor();
  await page.locator(".summary").getByText("Nora Newcomer").waitFor();
  await tabTo(page, page.getByRole("button", { name: "Book this appointment" }));
  await keyboard.press("Enter");
  await heading(page, "Your appointment is booked").waitFor();
  await close();
});

test("whoever has an account connects it, signs in with it, and takes it apart again", async () => {
  const ada = demoSignIn("patient");
  const claimed = { email: ada.email, given: "Ada" };
  const { page, close } = await visitNamed();
  await page.goto("/sign-in");
  await continueWith(page, "Example ID", claimed);
  await heading(page, "You have an account already").waitFor();
  await inspect(page, "an account exists");
  await nothingIsLeft(page);
  await page.locator("main").getByRole("link", { name: "Sign in" }).click();
  await signInAs(page, ada);

  await heading(page, "Sign-in security").waitFor();
  await tabTo(page, page.getByRole("button", { name: "Connect Example ID" }));
  await page.keyboard.press("Enter");
  await say(page, claimed);
  await heading(page, "Connecting Example ID").waitFor();
  await nothingIsLeft(page);
  await inspect(page, "confirm with a password");
  const password = page.getByLabel("Password", { exact: true });
  await tabTo(page, password);
  await page.keyboard.type("not my password");
  await page.keyboard.press("Enter");
  await page.getByText("This is not your password.").waitFor();
  await inspect(page, "a wrong password");
  await password.fill(ada.password);
  await page.keyboard.press("Enter");
  await page.getByText("Example ID is connected. From now on you can sign in with it.").waitFor();
  await inspect(page, "connected");
  await nothingIsLeft(page);
  const letter = await newestLetter(ada.email, ({ text }) => text.includes("Example ID"));
  expect(letter.kind).toBe("mail");
  await signOut(page);

  await page.goto("/sign-in?next=/account/factors");
  await continueWith(page, "Example ID", claimed);
  const disconnect = page.getByRole("button", { name: "Disconnect Example ID" });
  await tabTo(page, disconnect);
  await page.keyboard.press("Enter");
  const dialog = page.getByRole("alertdialog", { name: "Disconnect Example ID?" });
  await inspect(page, "disconnect");
  await tabTo(page, dialog.getByRole("button", { name: "Disconnect" }));
  await page.keyboard.press("Enter");
  await page.getByText("Example ID is disconnected.").waitFor();
  await page.getByRole("button", { name: "Connect Example ID" }).waitFor();
  await inspect(page, "disconnected");
  await signOut(page);

  await page.goto("/sign-in");
  await continueWith(page, "Example ID", claimed);
  await heading(page, "You have an account already").waitFor();
  await close();
});

test("the only way in stays until there is another: a password, chosen over a mail", async () => {
  const { page, close } = await visitNamed();
  const person = newcomer();
  await page.goto("/sign-in?next=/account/factors");
  await continueWith(page, "Example ID", person);
  await page.getByRole("button", { name: "Disconnect Example ID" }).click();
  const dialog = page.getByRole("alertdialog");
  await dialog.getByRole("button", { name: "Disconnect" }).click();
  await dialog.getByText("This is your only way to sign in.").waitFor();
  await inspect(page, "the only way in");
  await dialog.getByRole("button", { name: "Cancel" }).click();

  await page.goto("/account/password");
  await page.getByRole("button", { name: "Send me a link" }).click();
  await page.getByText(`We have sent a mail to ${person.email}.`).waitFor();
  await inspect(page, "a link to choose a password");
  const letter = await newestLetter(person.email, ({ text }) => text.includes("/reset#"));
  await page.goto("about:blank");
  await page.goto(linkIn(letter, "/reset").path);
  const password = "five other quiet words";
  await page.getByLabel("New password", { exact: true }).fill(password);
  await page.getByRole("button", { name: "Set new password" }).click();
  await heading(page, "Your new password is set").waitFor();

  await page.goto("/sign-in?next=/account/factors");
  await signInAs(page, { email: person.email, password });
  // Whoever asks for a mail may have lost more than a password.
  await page.getByRole("button", { name: "Connect Example ID" }).waitFor();
  await close();
});

test("an account without a password is closed by whoever has just signed in", async () => {
  const { page, close } = await visitNamed();
  const person = newcomer();
  await page.goto("/sign-in?next=/account/closing");
  await continueWith(page, "Example ID", person);
  const open = page.getByRole("button", { name: "Close my account" });
  await open.waitFor();
  await advanceClock(STEP_UP_SECONDS);
  await open.click();
  const dialog = page.getByRole("alertdialog");
  const submit = dialog.getByRole("button", { name: "Close my account for good" });
  await submit.waitFor();
  expect(await dialog.getByLabel("Password").count()).toBe(0);
  await submit.click();
  await dialog.getByText("It is a while ago that you signed in.").waitFor();
  await inspect(page, "closing wants a new sign-in");
  await dialog.getByRole("button", { name: "Sign in again" }).click();
  await heading(page, "Sign in").waitFor();
  await continueWith(page, "Example ID", person);
  await open.click();
  await submit.click();
  await heading(page, "Your account is closed").waitFor();
  await close();
});

test("a sign-in of somebody else cannot be connected, and one that nobody proved opens nothing", async () => {
  const { page, close } = await visitNamed();
  const person = newcomer();
  await page.goto("/sign-in");
  await continueWith(page, "Example Hub", { ...person, isProved: false });
  await heading(page, "Your e-mail address is not confirmed").waitFor();
  await inspect(page, "an address that nobody proved");
  await page.getByRole("link", { name: "Begin again" }).click();
  await continueWith(page, "Example Hub", person);
  await isSignedIn(page);
  await signOut(page);

  const patient = await registerPatient();
  await enter(page, patient, "/account/factors");
  await page.getByRole("button", { name: "Connect Example Hub" }).click();
  await say(page, person);
  await page.getByLabel("Password", { exact: true }).fill(patient.password);
  await page.locator("form").getByRole("button", { name: "Connect Example Hub" }).click();
  await heading(page, "Example Hub is not connected").waitFor();
  await inspect(page, "a sign-in of somebody else");
  await page.getByRole("link", { name: "Begin again" }).click();
  await page.getByRole("button", { name: "Connect Example Hub" }).waitFor();
  await close();
});

describe("coming back with nothing that is good", () => {
  test("because one did not go on there", async () => {
    const { page, close } = await visitNamed();
    await page.goto("/sign-in?next=/appointments");
    await page.getByRole("button", { name: "Continue with Example ID" }).click();
    await page.getByLabel("Email address").waitFor();
    const state = new URL(page.url()).searchParams.get("state") ?? "";
    const query = new URLSearchParams({ error: "access_denied", state });
    await page.goto(`/sign-in/return/example-id?${query.toString()}`);
    await heading(page, "You came back without signing in").waitFor();
    await inspect(page, "one did not go on");
    await nothingIsLeft(page);
    await page.getByRole("link", { name: "Begin again" }).click();
    await heading(page, "Sign in").waitFor();
    await continueWith(page, "Example ID", newcomer());
    await heading(page, "My appointments").waitFor();
    await close();
  });

  test("because somebody made the link up, or because it was used", async () => {
    const { page, close } = await visitNamed();
    const posts = postsOf(page, EXCHANGE);
    // Nothing was begun in this browser: whatever the link says is told to nobody.
    await page.goto("/sign-in/return/example-id?code=0123456789&state=1e5");
    await heading(page, "Please begin again").waitFor();
    await nothingIsLeft(page);
    expect(posts).toEqual([]);

    await page.goto("/sign-in");
    await page.getByRole("button", { name: "Continue with Example ID" }).click();
    await page.getByLabel("Email address").waitFor();
    const sent: unknown[] = [];
    await page.route(`**${EXCHANGE}`, (route) => {
      sent.push(route.request().postDataJSON());
      return route.continue();
    });
    await page.goto("/sign-in/return/example-id?code=0123456789&state=1e5");
    await heading(page, "Example ID did not tell us who you are").waitFor();
    expect(sent).toMatchObject([{ code: "0123456789", state: "1e5" }]);
    await inspect(page, "a return that was made up");
    await page.reload();
    await heading(page, "Please begin again").waitFor();
    await page.getByRole("link", { name: "Begin again" }).click();
    await heading(page, "Sign in").waitFor();
    await page.goBack();
    await heading(page, "Please begin again").waitFor();
    expect(posts).toHaveLength(1);
    await close();
  });

  test("because nobody answered: the second try is the person's own", async () => {
    const { page, close } = await visitNamed();
    const posts = postsOf(page, EXCHANGE);
    await page.route(`**${EXCHANGE}`, (route) => route.abort("connectionreset"));
    await page.goto("/sign-in");
    await continueWith(page, "Example ID", newcomer());
    await page.getByText("We could not reach Careplane").waitFor();
    await inspect(page, "nobody answered");
    expect(posts).toHaveLength(1);
    await page.unroute(`**${EXCHANGE}`);
    await page.getByRole("button", { name: "Try again" }).click();
    await isSignedIn(page);
    expect(posts).toHaveLength(2);
    await close();
  });

  test("because they do not work there", async () => {
    const { page, close } = await visitNamed();
    const fails = {
      status: 424,
      contentType: "application/problem+json",
      body: JSON.stringify({ status: 424, code: "IDENTITY_PROVIDER_FAILS" }),
    };
    await page.route("**/v1/sign-in-attempts", (route) => route.fulfill(fails));
    await page.goto("/sign-in");
    await page.getByRole("button", { name: "Continue with Example ID" }).click();
    await page.getByText("Example ID cannot be reached at the moment.").waitFor();
    await inspect(page, "nobody to go to");
    await page.unroute("**/v1/sign-in-attempts");
    await page.route(`**${EXCHANGE}`, (route) => route.fulfill(fails));
    await continueWith(page, "Example ID", newcomer());
    await heading(page, "Example ID cannot be reached").waitFor();
    await inspect(page, "nobody who could say");
    await close();
  });

  test("because one was signed out in the meantime", async () => {
    const { page, close } = await visitNamed();
    await enter(page, await registerPatient(), "/account/factors");
    await page.getByRole("button", { name: "Connect Example ID" }).click();
    await page.getByLabel("Email address").waitFor();
    await page.context().clearCookies();
    await say(page, newcomer());
    await heading(page, "Example ID is not connected yet").waitFor();
    await inspect(page, "signed out in the meantime");
    await page.getByRole("link", { name: "Begin again" }).click();
    await heading(page, "Sign in").waitFor();
    await close();
  });

  test("because somebody else has signed in in the meantime", async () => {
    const { page, close } = await visitNamed();
    await enter(page, await registerPatient(), "/account/factors");
    await page.getByRole("button", { name: "Connect Example ID" }).click();
    await page.getByLabel("Email address").waitFor();
    const other = await page.context().newPage();
    await other.goto("/appointments");
    await isSignedIn(other);
    await signOut(other);
    await enter(other, await registerPatient(), "/account/factors");
    await say(page, newcomer());
    await heading(page, "Example ID is not connected yet").waitFor();
    await other.reload();
    await other.getByRole("button", { name: "Connect Example ID" }).waitFor();
    await close();
  });

  test("because one signed in too long ago, and has nothing else to show", async () => {
    const { page, close } = await visitNamed();
    const person = newcomer();
    await page.goto("/sign-in?next=/account/factors");
    await continueWith(page, "Example ID", person);
    await page.getByRole("button", { name: "Connect Example Hub" }).waitFor();
    await advanceClock(STEP_UP_SECONDS);
    await page.getByRole("button", { name: "Connect Example Hub" }).click();
    await say(page, person);
    await page.getByText("It is a while ago that you signed in.").waitFor();
    await inspect(page, "connecting wants a new sign-in");
    await page.getByRole("button", { name: "Sign in again" }).click();
    await continueWith(page, "Example ID", person);
    await page.getByRole("button", { name: "Connect Example Hub" }).click();
    await say(page, person);
    await page.getByText("Example Hub is connected.").waitFor();
    await close();
  });
});

test("staff show their second step before they connect, and after they come back", async () => {
  const staff = demoSignIn("pharmacist");
  const { page, close } = await visitNamed();
  await enter(page, staff, "/account/factors");
  await page.getByRole("button", { name: "Connect Example ID" }).waitFor();
  await advanceClock(STEP_UP_SECONDS);
  const connect = async () => {
    await page.getByRole("button", { name: "Connect Example ID" }).click();
    await say(page, { email: staff.email });
  };
  await connect();
  const question = page.getByRole("dialog", { name: "Please confirm that it is you" });
  await question.waitFor();
  await inspect(page, "the second step before connecting");
  await question.getByRole("button", { name: "Cancel" }).click();
  await page.getByText("Nothing was changed").waitFor();
  await inspect(page, "not confirmed");
  await page.getByRole("button", { name: "Try again" }).click();
  await question.waitFor();
  await showCode(page, staff.totp_secret ?? "");
  await page.getByText("Example ID is connected.").waitFor();
  await signOut(page);

  await advanceClock(STEP_UP_SECONDS);
  await page.goto("/sign-in?next=/account/factors");
  await continueWith(page, "Example ID", { email: staff.email });
  await heading(page, "Confirm that it is you").waitFor();
  await showCode(page, staff.totp_secret ?? "");
  await page.getByRole("button", { name: "Disconnect Example ID" }).click();
  await page.getByRole("alertdialog").getByRole("button", { name: "Disconnect" }).click();
  await page.getByText("Example ID is disconnected.").waitFor();
  await close();
});

describe("what the settings say", () => {
  test("late moves nothing: those who come late come last", async () => {
    const { page, close } = await visitNamed({ viewport: phone });
    const answers: (() => void)[] = [];
    await page.route(SETTINGS, async (route) => {
      await new Promise<void>((resolve) => answers.push(resolve));
      await route.continue();
    });
    await page.goto("/sign-in");
    const register = page.getByRole("link", { name: "Create an account" });
    await register.waitFor();
    const before = await register.boundingBox();
    expect(await page.getByRole("button", { name: /^Continue with/ }).count()).toBe(0);
    for (const answer of answers) answer();
    const late = page.getByRole("button", { name: "Continue with Example ID" });
    await late.waitFor();
    expect(await register.boundingBox()).toEqual(before);
    expect((await late.boundingBox())?.y).toBeGreaterThan(before?.y ?? 0);
    await inspect(page, "late settings");
    await close();
  });

  test("not at all, or nobody in them: everybody signs in as always", async () => {
    const nobody = await fetch(`${demo.base_url}/v1/settings`);
    const settings = { ...((await nobody.json()) as object), identity_providers: [] };
    for (const reply of [{ json: settings }, { status: 500, body: "" }]) {
      const { page, close } = await visit(browser);
      await page.route(SETTINGS, (route) => route.fulfill(reply));
      for (const path of ["/register", "/sign-in"]) {
        await page.goto(path);
        await page.getByRole("heading", { level: 1 }).waitFor();
        await page.waitForTimeout(500);
        expect(await page.getByRole("button", { name: /^Continue with/ }).count()).toBe(0);
        expect(await page.getByText("or", { exact: true }).count()).toBe(0);
      }
      await signInAs(page, demoSignIn("patient"));
      await isSignedIn(page);
      await close();
    }
  });
});
