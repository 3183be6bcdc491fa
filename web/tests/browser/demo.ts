import { readFileSync } from "node:fs";

export interface SignIn {
  readonly email: string;
  readonly password: string;
  /** Of those who work with other people's records: what their authenticator app knows. */
  readonly totp_secret?: string | null;
}

interface Demo {
  readonly base_url: string;
  readonly sign_ins: Readonly<Record<string, SignIn & { readonly patient?: string | null }>>;
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

/** One of the people of the demonstration. */
export function demoSignIn(name: string): SignIn & { readonly patient?: string | null } {
  const found = demo.sign_ins[name];
  if (found === undefined) throw new Error(`demo.json names no ${name}`);
  return found;
}

/** The same platform under a name, which passkeys need, instead of an address. */
export const namedOrigin = demo.base_url.replace("127.0.0.1", "localhost");
