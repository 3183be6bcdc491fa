/**
 * One idempotency key per intent ("book this time", "cancel this appointment"), not per request. It is kept while the
 * outcome is unknown, so that a second try after a lost answer cannot act twice, and dropped with any real answer,
 * so that a later, separate wish is a new one. Session storage lets it survive a reload in between.
 */
export class Intents {
  constructor(private readonly storage: Pick<Storage, "getItem" | "setItem" | "removeItem">) {}

  key(intent: string): string {
    const kept = this.storage.getItem(name(intent));
    if (kept !== null) return kept;
    const made = crypto.randomUUID();
    this.storage.setItem(name(intent), made);
    return made;
  }

  settle(intent: string): void {
    this.storage.removeItem(name(intent));
  }
}

const name = (intent: string): string => `careplane.intent.${intent}`;

/** For intents that name a password: never written to storage. */
export class Memory {
  private readonly entries = new Map<string, string>();

  getItem(key: string): string | null {
    return this.entries.get(key) ?? null;
  }

  setItem(key: string, value: string): void {
    this.entries.set(key, value);
  }

  removeItem(key: string): void {
    this.entries.delete(key);
  }
}
