import { describe, expect, test } from "vitest";
import { csrfCookie } from "./api/cookies";
import { Memory } from "./api/intents";
import { Problem, Unreachable } from "./api/problem";
import { type Attempt, Renewal } from "./api/renewal";
import type { SignedIn } from "./api/types";

const reply = (csrf: string): SignedIn => ({
  access_token: `token-${csrf}`,
  token_type: "Bearer",
  expires_in: 900,
  csrf_token: csrf,
  user: "usr_1",
  session: "ses_1",
  given_name: "Ada",
  role: "patient",
  clinic: null,
  patient: "pat_1",
  permissions: [],
  second_factor: "not-needed",
  second_factors: [],
});

/**
 * The API as it is seen from a browser: a refresh token is good once, and under the same key the same answer comes
 * again. Everything on this side of the network is real.
 */
class Network {
  cookie: string | null = "csrf-0";
  readonly attempts: Attempt[] = [];
  readonly fates: ("lost" | "down" | "busy" | "refused" | "outrun")[] = [];
  private readonly answered = new Map<string, string>();
  private count = 0;

  async send(attempt: Attempt): Promise<SignedIn> {
    this.attempts.push(attempt);
    const sent = this.cookie;
    await Promise.resolve();
    const fate = this.fates.shift();
    if (fate === "down") throw new Unreachable("down");
    if (fate === "busy") throw new Problem(429, "TOO_MANY_ATTEMPTS", null);
    if (fate === "refused") throw new Problem(401, "SESSION_ENDED", null);
    if (fate === "outrun") {
      this.cookie = "csrf-other";
      throw new Problem(403, "CSRF_MISMATCH", null);
    }
    const name = `${attempt.key} ${sent ?? ""}`;
    let next = this.answered.get(name);
    if (next === undefined) {
      this.count += 1;
      next = `csrf-${String(this.count)}`;
      this.answered.set(name, next);
    }
    if (fate === "lost") throw new Unreachable("lost");
    this.cookie = next;
    return reply(next);
  }
}

/** Tabs of one browser: they share the cookies, the storage and the lock, and hear of each other's sessions. */
class Browser {
  readonly network = new Network();
  readonly storage = new Memory();
  readonly tabs: { session: SignedIn | null; ended: number }[] = [];
  private queue: Promise<unknown> = Promise.resolve();

  tab(session: SignedIn | null = null) {
    const tab = { session, ended: 0 };
    this.tabs.push(tab);
    const renewal = new Renewal({
      storage: this.storage,
      csrf: () => this.network.cookie,
      alone: <T>(run: () => Promise<T>): Promise<T> => {
        const turn = this.queue.then(run);
        this.queue = turn.catch(() => undefined);
        return turn;
      },
      send: (attempt) => this.network.send(attempt),
      session: () => tab.session,
      start: (started) => {
        for (const one of this.tabs) one.session = started;
      },
      end: () => {
        tab.ended += 1;
        this.network.cookie = null;
        for (const one of this.tabs) one.session = null;
      },
    });
    return { tab, renewal };
  }
}

describe("renewing a session", () => {
  test("gives a new one", async () => {
    const browser = new Browser();
    const { tab, renewal } = browser.tab();
    await renewal.renew();
    expect(tab.session?.access_token).toBe("token-csrf-1");
    expect(browser.network.attempts).toMatchObject([{ csrf: "csrf-0" }]);
    expect(browser.network.attempts[0]?.key).toMatch(/^[A-Za-z0-9-]{8,64}$/);
  });

  test("is asked for once, however many calls need it", async () => {
    const browser = new Browser();
    const { renewal } = browser.tab();
    await Promise.all([renewal.renew(), renewal.renew(), renewal.renew()]);
    expect(browser.network.attempts).toHaveLength(1);
    await renewal.renew();
    expect(browser.network.attempts).toHaveLength(2);
  });

  test("is done by one tab for all of them", async () => {
    const browser = new Browser();
    const [one, two] = [browser.tab(reply("csrf-0")), browser.tab(reply("csrf-0"))];
    await Promise.all([one.renewal.renew(), two.renewal.renew()]);
    expect(browser.network.attempts).toHaveLength(1);
    expect(two.tab.session?.access_token).toBe("token-csrf-1");
    expect([one.tab.ended, two.tab.ended]).toEqual([0, 0]);
  });

  test.each(["lost", "down", "busy"] as const)(
    "decides nothing where the answer is %s: the next try has the same name, also after a reload",
    async (fate) => {
      const browser = new Browser();
      browser.network.fates.push(fate);
      const before = browser.tab(reply("csrf-0"));
      await expect(before.renewal.renew()).rejects.toThrow();
      expect(before.tab.ended).toBe(0);
      const after = browser.tab();
      await after.renewal.renew();
      const [first, second] = browser.network.attempts;
      expect(second).toEqual(first);
      expect(after.tab.session?.access_token).toBe("token-csrf-1");
    },
  );

  test("has a new name once the cookies are others: that answer did arrive", async () => {
    const browser = new Browser();
    browser.network.fates.push("lost");
    const { renewal } = browser.tab();
    await expect(renewal.renew()).rejects.toThrow();
    browser.network.cookie = "csrf-1";
    await renewal.renew();
    const [first, second] = browser.network.attempts;
    expect(second?.key).not.toBe(first?.key);
  });

  test("ends it where the API says so, and forgets the attempt", async () => {
    const browser = new Browser();
    browser.network.fates.push("refused");
    const { tab, renewal } = browser.tab(reply("csrf-0"));
    await renewal.renew();
    expect(tab).toEqual({ session: null, ended: 1 });
    await renewal.renew();
    expect(browser.network.attempts, "without the cookie nobody is asked").toHaveLength(1);
  });

  test("is tried again where the cookies changed on the way", async () => {
    const browser = new Browser();
    browser.network.fates.push("outrun");
    const { tab, renewal } = browser.tab();
    await renewal.renew();
    expect(browser.network.attempts.map(({ csrf }) => csrf)).toEqual(["csrf-0", "csrf-other"]);
    expect(tab.session).not.toBeNull();
  });
});

test.each([
  ["", null],
  ["theme=dark", null],
  ["__Secure-csrf=", null],
  ["theme=dark; __Secure-csrf=abc_-1", "abc_-1"],
  ["x__Secure-csrf=no; __Secure-csrf=yes", "yes"],
])("the cookie in %o is %o", (all, expected) => {
  expect(csrfCookie(all)).toBe(expected);
});
