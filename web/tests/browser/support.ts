import axe from "axe-core";
import {
  type Browser,
  type BrowserContextOptions,
  chromium,
  type Locator,
  type Page,
} from "playwright-core";
import { expect } from "vitest";
import type { Appointment, Availability, Provider } from "../../src/api/types";
import { demo, type SignIn } from "./demo";
import { linkIn, newestLetter } from "./inbox";
import { freshCode } from "./totp";

export { demo, demoSignIn, namedOrigin, type SignIn } from "./demo";

export const launch = (): Promise<Browser> =>
  chromium.launch({
    executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
    // Without these Chromium calls home at every start; as root it has no sandbox.
    args: [
      "--no-sandbox",
      "--disable-gpu",
      "--disable-quic",
      "--no-first-run",
      "--disable-background-networking",
      "--disable-component-update",
      "--disable-sync",
    ],
  });

export interface Visit {
  readonly page: Page;
  readonly close: () => Promise<void>;
}

/** A person with a fresh browser. Closing checks that nothing went wrong behind the screen. */
export async function visit(browser: Browser, options: BrowserContextOptions = {}): Promise<Visit> {
  const context = await browser.newContext({
    baseURL: demo.base_url,
    locale: "en-GB",
    timezoneId: "Europe/Berlin",
    reducedMotion: "reduce",
    ...options,
  });
  const page = await context.newPage();
  const wrong: string[] = [];
  page.on("pageerror", (error) => wrong.push(error.message));
  page.on("console", (message) => {
    // Chromium reports every refusal of the API, too; those are what some tests are about.
    const isRefusal = message.text().startsWith("Failed to load resource");
    if (message.type() === "error" && !isRefusal) wrong.push(message.text());
  });
  return {
    page,
    close: async () => {
      await context.close();
      expect(wrong, "errors in the browser's console").toEqual([]);
    },
  };
}

interface Finding {
  readonly id: string;
  readonly where: readonly string[];
}

/** Every screen is held to the same: no serious finding of axe, one heading, a title, big targets, no sideways scroll. */
export async function inspect(page: Page, screen: string): Promise<void> {
  await page.evaluate(axe.source);
  const findings = await page.evaluate(async (): Promise<Finding[]> => {
    const tool = (globalThis as unknown as { axe: typeof axe }).axe;
    const { violations } = await tool.run(document);
    return violations
      .filter(({ impact }) => impact === "serious" || impact === "critical")
      .map(({ id, nodes }) => ({ id, where: nodes.map(({ html }) => html) }));
  });
  expect(findings, `axe on ${screen}`).toEqual([]);

  const facts = await page.evaluate(() => {
    const targets =
      "button, .button, .slot, .pill, .service, .day, .nav-link, .back, input, select, summary, .tab, .side-link, " +
      ".menu-entry, .menu-item";
    const isSmall = (element: Element) => {
      // A box to tick is as big as the words beside it.
      const target = element.matches("[type=checkbox]") ? element.closest("label") : element;
      const { width, height } = (target ?? element).getBoundingClientRect();
      const isHidden = element.closest(".visually-hidden, [aria-hidden], [inert]") !== null;
      const isNative =
        element.matches("[tabindex='-1']:not([role])") ||
        (element instanceof HTMLInputElement && element.type === "radio");
      return !isHidden && !isNative && width > 1 && height < 44;
    };
    return {
      headings: document.querySelectorAll("h1").length,
      title: document.title,
      language: document.documentElement.lang,
      overflow: document.documentElement.scrollWidth - document.documentElement.clientWidth,
      small: [...document.querySelectorAll(targets)].filter(isSmall).map((e) => e.outerHTML),
    };
  });
  expect(facts, screen).toMatchObject({ headings: 1, language: "en-GB", overflow: 0, small: [] });
  expect(facts.title, screen).toMatch(/^\S.* · Careplane$/);
}

let count = 0;

export const newPatient = (): SignIn & { given_name: string; family_name: string } => {
  count += 1;
  return {
    email: `browser-${Date.now().toString(36)}-${String(count)}@example.org`,
    password: "four quiet words here",
    given_name: "Ada",
    family_name: "Okonkwo",
  };
};

/** What a person does with the mail: without it there is no account to sign in to. */
export async function confirmAddress({ email, password }: SignIn): Promise<void> {
  const letter = await newestLetter(email, ({ text }) => text.includes("/verify#"));
  await post("/v1/email-verifications", { token: linkIn(letter, "/verify").token, password });
}

export async function registerPatient(): Promise<ReturnType<typeof newPatient>> {
  const patient = newPatient();
  const { email, password, given_name, family_name } = patient;
  await post("/v1/patients", { email, password, given_name, family_name });
  await confirmAddress(patient);
  return patient;
}

/** The API as another person's browser would use it. */
export class Caller {
  private constructor(readonly token: string) {}

  static async register(): Promise<Caller> {
    return Caller.signIn(await registerPatient());
  }

  static async signIn({ email, password, totp_secret }: SignIn): Promise<Caller> {
    const begun = await post<{ access_token: string }>("/v1/sessions", { email, password });
    if (!totp_secret) return new Caller(begun.access_token);
    const shown = { method: "totp", code: await freshCode(totp_secret) };
    const whole = await post<{ access_token: string }>(
      "/v1/me/second-factor",
      shown,
      begun.access_token,
    );
    return new Caller(whole.access_token);
  }

  book(clinic: string, body: { provider: string; service: string; start: string }) {
    return post<Appointment>(`/v1/clinics/${clinic}/appointments`, body, this.token);
  }

  async appointments(): Promise<readonly Appointment[]> {
    const { items } = await get<{ items: Appointment[] }>("/v1/appointments", this.token);
    return items;
  }
}

export async function post<T>(path: string, body: unknown, token?: string): Promise<T> {
  const response = await fetch(demo.base_url + path, {
    method: "POST",
    headers: {
      "Content-Type": "application/json",
      "Idempotency-Key": crypto.randomUUID(),
      ...(token === undefined ? {} : { Authorization: `Bearer ${token}` }),
    },
    body: JSON.stringify(body),
  });
  expect(response.ok, `POST ${path} ${String(response.status)}`).toBe(true);
  return (await response.json()) as T;
}

export async function get<T>(path: string, token?: string): Promise<T> {
  const headers: HeadersInit = token === undefined ? {} : { Authorization: `Bearer ${token}` };
  const response = await fetch(demo.base_url + path, { headers });
  expect(response.ok, `GET ${path} ${String(response.status)}`).toBe(true);
  return (await response.json()) as T;
}

export interface Opening {
  readonly clinic: string;
  readonly provider: Provider;
  readonly service: string;
  readonly start: string;
  readonly end: string;
}

/** Free times of a clinic, provider by provider. */
export async function* openings(clinic: string): AsyncGenerator<Opening> {
  const { items } = await get<{ items: Provider[] }>(`/v1/clinics/${clinic}/providers`);
  for (const provider of items) {
    for (const service of provider.services) {
      const { days } = await get<Availability>(
        `/v1/clinics/${clinic}/providers/${provider.id}/availability?service=${service}&days=14`,
      );
      for (const { start, end } of days.flatMap(({ times }) => times)) {
        yield { clinic, provider, service, start, end };
      }
    }
  }
}

export async function firstOpening(
  clinic: string,
  wanted: (opening: Opening) => boolean = () => true,
): Promise<Opening> {
  for await (const opening of openings(clinic)) if (wanted(opening)) return opening;
  throw new Error(`no such free time at ${clinic}`);
}

/** Free times of two doctors that overlap. Which ones do depends on the weekday, so all are looked through. */
export async function atOnce(clinic: string): Promise<{ first: Opening; second: Opening }> {
  const seen: Opening[] = [];
  for await (const second of openings(clinic)) {
    const first = seen.find(
      ({ provider, start, end }) =>
        provider.id !== second.provider.id && start < second.end && end > second.start,
    );
    if (first !== undefined) return { first, second };
    seen.push(second);
  }
  throw new Error(`no two doctors are free at once at ${clinic}`);
}

export const bookPath = ({ clinic, provider, service, start }: Opening): string =>
  `/clinics/${clinic}/providers/${provider.id}/book?${new URLSearchParams({ service, start }).toString()}`;

/** Signs in on whatever sign-in page is open, with the second step where the account has one. */
export async function signInAs(
  page: Page,
  { email, password, totp_secret }: SignIn,
): Promise<void> {
  const form = page.locator("form");
  await form.getByLabel("E-mail address or username").fill(email);
  await form.getByLabel("Password", { exact: true }).fill(password);
  await form.getByRole("button", { name: "Sign in", exact: true }).click();
  if (totp_secret) await showCode(page, totp_secret);
}

/** The second step, on its own page or in a dialog. */
export async function showCode(page: Page, secret: string): Promise<void> {
  const field = page.getByLabel("Six-digit code");
  await field.or(page.getByText("How do you want to confirm?")).first().waitFor();
  const app = page.getByText("Authenticator app", { exact: true });
  if (await app.isVisible()) await app.click();
  await field.fill(await freshCode(secret));
  await page.getByRole("button", { name: "Continue" }).click();
}

/** Everything that is good for some minutes, a code or a confirmation, is over after that. */
export async function advanceClock(seconds: number): Promise<void> {
  const response = await fetch(`${demo.base_url}/local/clock`, {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify({ advance_seconds: seconds }),
  });
  expect(response.ok).toBe(true);
}

/** What is in the menu behind the person's own name. */
export async function openMenu(page: Page): Promise<Locator> {
  await page.getByRole("button", { name: /^Your account: / }).click();
  const menu = page.locator(".menu");
  await menu.waitFor();
  return menu;
}

export async function signOut(page: Page): Promise<void> {
  const menu = await openMenu(page);
  await menu.getByRole("button", { name: "Sign out" }).click();
  await page.getByRole("link", { name: "Sign in" }).waitFor();
}

/** Signs in on the way to a screen. */
export async function enter(page: Page, who: SignIn, path: string): Promise<void> {
  await page.goto(`/sign-in?${new URLSearchParams({ next: path }).toString()}`);
  await signInAs(page, who);
  await isSignedIn(page);
}

/** Somebody is signed in, and the page knows. */
export const isSignedIn = (page: Page): Promise<void> =>
  page.getByRole("button", { name: /^Your account: / }).waitFor({ timeout: 10_000 });

export async function fillRegistration(page: Page): Promise<SignIn> {
  const patient = newPatient();
  await page.getByLabel("First name").fill(patient.given_name);
  await page.getByLabel("Last name").fill(patient.family_name);
  await page.getByLabel("E-mail address").fill(patient.email);
  await page.getByLabel("Password", { exact: true }).fill(patient.password);
  return patient;
}

/** From the screen that asks to look into the mail: opens the link in it, and signs in. */
export async function confirmAndSignIn(page: Page, patient: SignIn): Promise<void> {
  await page.getByRole("heading", { level: 1, name: "Look into your mail" }).waitFor();
  const letter = await newestLetter(patient.email, ({ text }) => text.includes("/verify#"));
  const { path } = linkIn(letter, "/verify");
  // By hand the address would only change behind the #, and nothing would be loaded.
  await page.goto("about:blank");
  await page.goto(new URL(path, demo.base_url).href);
  await page.getByRole("heading", { level: 1, name: "Confirm your address" }).waitFor();
  expect(page.url()).not.toContain("token");
  await page.getByLabel("Password", { exact: true }).fill(patient.password);
  await page.getByRole("button", { name: "Confirm and sign in" }).click();
}

/** Presses Tab until the wanted thing has the focus, which everybody can see there. */
export async function tabTo(page: Page, target: Locator): Promise<void> {
  await target.waitFor();
  for (let presses = 0; presses < 80; presses += 1) {
    await page.keyboard.press("Tab");
    if (!(await target.evaluate((element) => element === document.activeElement))) continue;
    const outline = await target.evaluate((element) => {
      const shown = element.closest("label") ?? element;
      const { outlineStyle } = getComputedStyle(shown);
      return outlineStyle === "none"
        ? getComputedStyle(element, "::after").outlineStyle
        : outlineStyle;
    });
    expect(outline, `the focus on ${String(target)} can be seen`).not.toBe("none");
    return;
  }
  throw new Error(`Tab never reached ${String(target)}`);
}
