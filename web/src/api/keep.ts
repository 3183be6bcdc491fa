import createClient from "openapi-fetch";
import type { paths } from "../api";
import { csrfCookie } from "./cookies";
import { deviceId } from "./device";
import { toProblem } from "./problem";
import { Renewal } from "./renewal";
import { endSession, getSession, onSessionChange, type Session, startSession } from "./session";
import { overTheWire } from "./wire";

const EARLY_MS = 60_000;
const AGAIN_MS = 10_000;

/** Without a token of its own: what renews a session must not wait for one. */
const plain = createClient<paths>({ baseUrl: "/", fetch: overTheWire });

const renewal = new Renewal({
  storage: localStorage,
  csrf: csrfCookie,
  alone: async (run) => navigator.locks.request("careplane.renewal", run),
  send: async ({ csrf, key }) => {
    const { data, error, response } = await plain.POST("/v1/sessions/refresh", {
      headers: { "X-CSRF-Token": csrf, "Idempotency-Key": key },
      body: { device_id: deviceId() },
    });
    if (data === undefined) throw toProblem(response, error);
    return data;
  },
  session: getSession,
  start: startSession,
  end: endSession,
});

export const renewSession = (): Promise<void> => renewal.renew();

/** Who is signed in, also just after the page was loaded: nobody, only once the cookies have been asked. */
export async function findSession(): Promise<Session | null> {
  if (getSession() === null && csrfCookie() !== null) await renewSession();
  return getSession();
}

export const mayBeSignedIn = (): boolean => getSession() !== null || csrfCookie() !== null;

const isDue = (session: Session): boolean => session.expiresAt - Date.now() <= EARLY_MS;

let timer: ReturnType<typeof setTimeout> | undefined;

function again(delay: number): void {
  clearTimeout(timer);
  timer = setTimeout(stayFresh, delay);
}

function stayFresh(): void {
  const session = getSession();
  const work =
    session === null ? findSession() : isDue(session) ? renewSession() : Promise.resolve();
  work.catch(() => {
    again(AGAIN_MS);
  });
}

/** From the first render on. A tab that slept through its timer makes up for it as it wakes. */
export function keepSession(): void {
  onSessionChange(() => {
    const session = getSession();
    if (session === null) clearTimeout(timer);
    else again(Math.max(AGAIN_MS, session.expiresAt - EARLY_MS - Date.now()));
  });
  document.addEventListener("visibilitychange", () => {
    if (document.visibilityState === "visible") stayFresh();
  });
  addEventListener("online", stayFresh);
  stayFresh();
}
