import createClient from "openapi-fetch";
import type { paths } from "../api";
import { Intents, Memory } from "./intents";
import { renewSession } from "./keep";
import { isTransient, Problem, toProblem } from "./problem";
import { endSession, getSession, type Session } from "./session";
import { stepUp } from "./step-up";
import { overTheWire } from "./wire";

/** These are about what somebody typed or showed, not about the token that the call came with. */
const NOT_THE_TOKEN = ["WRONG_CREDENTIALS", "PASSKEY_REFUSED", "NOT_IDENTIFIED"];

async function codeOf(response: Response): Promise<string> {
  const body: unknown = await response
    .clone()
    .json()
    .catch(() => null);
  return toProblem(response, body).code;
}

function call(request: Request, session: Session | null): Promise<Response> {
  // The original stays unread: it may have to be sent once more.
  const copy = request.clone();
  if (session !== null) copy.headers.set("Authorization", `Bearer ${session.token}`);
  return overTheWire(copy);
}

/** A call of whoever is signed in: with a token that is good, and with a second factor where the API asks for one. */
async function personally(request: Request): Promise<Response> {
  const before = getSession();
  if (before !== null && before.expiresAt <= Date.now()) await renewSession();
  const session = getSession();
  let response = await call(request, session);
  if (session === null) return response;
  if (response.status === 401 && !NOT_THE_TOKEN.includes(await codeOf(response))) {
    // Unless somebody has renewed it in the meantime.
    if (getSession() === session) await renewSession();
    const renewed = getSession();
    // What one person began is not finished in the name of another, who has signed in meanwhile in another tab.
    if (renewed?.user !== session.user) return response;
    response = await call(request, renewed);
  }
  if (response.status === 403 && (await codeOf(response)) === "STEP_UP_REQUIRED") {
    if (await stepUp()) return call(request, getSession());
  }
  return response;
}

/** Same origin: one address for the client and the API, locally as behind CloudFront. */
export const api = createClient<paths>({ baseUrl: "/", fetch: personally });

/** The body of a good answer, or the problem thrown. A refused token ends the session wherever it is noticed. */
export async function answer<T>(
  call: Promise<{ data?: T; error?: unknown; response: Response }>,
): Promise<T> {
  const { data, error, response } = await call;
  if (response.ok && data !== undefined) return data;
  const problem = toProblem(response, error);
  const isRefused = problem.status === 401 && !NOT_THE_TOKEN.includes(problem.code);
  if (isRefused && getSession() !== null) endSession();
  throw problem;
}

const stored = new Intents(sessionStorage);
const secret = new Intents(new Memory());

/** Calls with the intent's idempotency key, and lets go of the key once the outcome is known. */
async function withKey<T>(
  intents: Intents,
  intent: string,
  call: (headers: { "Idempotency-Key": string }) => Promise<T>,
): Promise<T> {
  try {
    const reply = await call({ "Idempotency-Key": intents.key(intent) });
    intents.settle(intent);
    return reply;
  } catch (error) {
    // A lapsed sign-in decides nothing about the intent: it is taken up again after signing in.
    const undecided = isTransient(error) || (error instanceof Problem && error.status === 401);
    if (!undecided) intents.settle(intent);
    throw error;
  }
}

export const asIntent = withKey.bind(null, stored) as <T>(
  intent: string,
  call: (headers: { "Idempotency-Key": string }) => Promise<T>,
) => Promise<T>;

export const asSecretIntent = withKey.bind(null, secret) as typeof asIntent;
