import { heedClock } from "../time/clock";
import { Unreachable } from "./problem";

const TIMEOUT_MS = 30_000;

/** One request, as it is. Anything but an answer is `Unreachable`, unless the caller itself gave up. */
export async function overTheWire(request: Request): Promise<Response> {
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
}
