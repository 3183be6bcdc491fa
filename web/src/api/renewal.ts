import { hasCode, Problem } from "./problem";
import type { SignedIn } from "./types";

/** What renewing a session needs of the browser and of the network. */
export interface Edge {
  readonly storage: Pick<Storage, "getItem" | "setItem" | "removeItem">;
  readonly csrf: () => string | null;
  /** One tab at a time. */
  readonly alone: <T>(run: () => Promise<T>) => Promise<T>;
  readonly send: (attempt: Attempt) => Promise<SignedIn>;
  /** Which session this tab has; another object after every renewal, also after that of another tab. */
  readonly session: () => object | null;
  readonly start: (reply: SignedIn) => void;
  readonly end: () => void;
}

export interface Attempt {
  readonly csrf: string;
  readonly key: string;
}

const KEPT = "careplane.renewal";

/**
 * The refresh token is good for one use. An answer that is lost on its way would leave the browser with a token that
 * has been used, which looks like theft: so an attempt has a name, kept over reloads until an answer has arrived, and
 * under the same name the API gives the same answer again.
 */
export class Renewal {
  private underWay: Promise<void> | null = null;

  constructor(private readonly edge: Edge) {}

  /** Afterwards there is a new session or none. Rejects where nothing was decided: nobody answered, or not now. */
  renew(): Promise<void> {
    const before = this.edge.session();
    this.underWay ??= this.edge
      .alone(async () => {
        // While this tab was waiting another one has renewed the session for all of them.
        if (this.edge.session() === before) await this.attempt();
      })
      .finally(() => {
        this.underWay = null;
      });
    return this.underWay;
  }

  private async attempt(): Promise<void> {
    const csrf = this.edge.csrf();
    if (csrf === null) {
      this.edge.end();
      return;
    }
    try {
      const reply = await this.edge.send({ csrf, key: this.key(csrf) });
      this.edge.storage.removeItem(KEPT);
      this.edge.start(reply);
    } catch (error) {
      if (!(error instanceof Problem) || error.status >= 500 || error.status === 429) throw error;
      this.edge.storage.removeItem(KEPT);
      // The cookies changed between reading one and sending the other.
      const isOutrun = hasCode(error, "CSRF_MISMATCH") && this.edge.csrf() !== csrf;
      if (isOutrun) await this.attempt();
      else this.edge.end();
    }
  }

  /** With other cookies it is another attempt: the answer did arrive, only the page was gone by then. */
  private key(csrf: string): string {
    const [keptCsrf, keptKey] = this.edge.storage.getItem(KEPT)?.split(" ") ?? [];
    if (keptCsrf === csrf && keptKey !== undefined) return keptKey;
    const key = crypto.randomUUID();
    this.edge.storage.setItem(KEPT, `${csrf} ${key}`);
    return key;
  }
}
