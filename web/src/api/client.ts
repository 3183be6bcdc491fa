import createClient, { type Middleware } from "openapi-fetch";
import type { paths } from "../api";
import { heedClock } from "../time/clock";
import { Intents, Memory } from "./intents";
import { isTransient, Problem, toProblem, Unreachable } from "./problem";
import { endSession, getSession } from "./session";

const TIMEOUT_MS = 30_000;

/** Same origin: one address for the client and the API, locally as behind CloudFront. */
export const api = createClient<paths>({
  baseUrl: "/",
  fetch: async (request) => {
    try {
      const response = await fetch(request, {
        signal: AbortSignal.any([request.signal, AbortSignal.timeout(TIMEOUT_MS)]),
      });
      heedClock(response);
      return response;
    } catch (error) {
      if (request.signal.aborted) throw error;
      throw new Unreachable("no answer", { cause: error });
    }
  },
});

const bearer: Middleware = {
  onRequest({ request }) {
    const session = getSession();
    if (session !== null) request.headers.set("Authorization", `Bearer ${session.token}`);
    return request;
  },
};
api.use(bearer);

/** The body of a good answer, or the problem thrown. A refused token ends the session wherever it is noticed. */
export async function answer<T>(
  call: Promise<{ data?: T; error?: unknown; response: Response }>,
): Promise<T> {
  const { data, error, response } = await call;
  if (response.ok && data !== undefined) return data;
  const problem = toProblem(response, error);
  if (problem.status === 401 && problem.code !== "WRONG_CREDENTIALS") endSession();
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
