import { readFileSync } from "node:fs";
import axe from "axe-core";
import { type Browser, type BrowserContextOptions, chromium, type Page } from "playwright-core";
import { expect } from "vitest";
import type { Appointment, Availability, Provider } from "../../src/api/types";

export interface SignIn {
  readonly email: string;
  readonly password: string;
}

interface Demo {
  readonly base_url: string;
  readonly sign_ins: Readonly<Record<string, SignIn>>;
  readonly clinics: readonly { readonly id: string; readonly name: string }[];
}

function readDemo(): Demo {
  const path = process.env.DEMO;
  if (path === undefined) {
    throw new Error("Set DEMO to the demo.json that a running platform has written (make run).");
  }
  return JSON.parse(readFileSync(path, "utf8")) as Demo;
}

export const demo = readDemo();

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
    const targets = "button, .button, .slot, .pill, .service, .day, .nav-link, .back, input";
    const isSmall = (element: Element) => {
      const { width, height } = element.getBoundingClientRect();
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

/** The API as another patient's browser would use it. */
export class Caller {
  private constructor(private readonly token: string) {}

  static async register(): Promise<Caller> {
    const patient = newPatient();
    await post("/v1/patients", patient);
    return Caller.signIn(patient);
  }

  static async signIn({ email, password }: SignIn): Promise<Caller> {
    const reply = await post<{ access_token: string }>("/v1/sessions", { email, password });
    return new Caller(reply.access_token);
  }

  book(clinic: string, body: { provider: string; service: string; start: string }) {
    return post<Appointment>(`/v1/clinics/${clinic}/appointments`, body, this.token);
  }

  async appointments(): Promise<readonly Appointment[]> {
    const { items } = await get<{ items: Appointment[] }>("/v1/appointments", this.token);
    return items;
  }
}

async function post<T>(path: string, body: unknown, token?: string): Promise<T> {
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

/** Signs in on whatever sign-in page is open. */
export async function signInAs(page: Page, { email, password }: SignIn): Promise<void> {
  const form = page.locator("form");
  await form.getByLabel("E-mail address").fill(email);
  await form.getByLabel("Password", { exact: true }).fill(password);
  await form.getByRole("button", { name: "Sign in" }).click();
}

export async function fillRegistration(page: Page): Promise<SignIn> {
  const patient = newPatient();
  await page.getByLabel("First name").fill(patient.given_name);
  await page.getByLabel("Last name").fill(patient.family_name);
  await page.getByLabel("E-mail address").fill(patient.email);
  await page.getByLabel("Password", { exact: true }).fill(patient.password);
  return patient;
}
