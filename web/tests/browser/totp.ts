import { createHmac } from "node:crypto";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { demo } from "./demo";

const ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
const STEP_SECONDS = 30;

function fromBase32(text: string): Buffer {
  const bits = Array.from(text.replaceAll(/[\s=]/g, "").toUpperCase())
    .map((c) => ALPHABET.indexOf(c).toString(2).padStart(5, "0"))
    .join("");
  const bytes = bits.match(/.{8}/g) ?? [];
  return Buffer.from(bytes.map((byte) => Number.parseInt(byte, 2)));
}

/** RFC 6238 with SHA-1, six digits and half a minute, as every authenticator app does it. */
export function totp(secret: string, step: number): string {
  const counter = Buffer.alloc(8);
  counter.writeBigUInt64BE(BigInt(step));
  const mac = createHmac("sha1", fromBase32(secret)).update(counter).digest();
  const offset = (mac.at(-1) ?? 0) & 15;
  const number = mac.readUInt32BE(offset) & 0x7fffffff;
  return (number % 1_000_000).toString().padStart(6, "0");
}

/** Beside demo.json, as each file of tests is a process of its own and a code is good once for all of them. */
const ledger = `${process.env.DEMO ?? ""}.totp`;

function used(): Record<string, number> {
  return existsSync(ledger)
    ? (JSON.parse(readFileSync(ledger, "utf8")) as Record<string, number>)
    : {};
}

/** What the platform's clock says, which tests may have moved. */
async function platformSeconds(): Promise<number> {
  const response = await fetch(`${demo.base_url}/local/clock`);
  const { now } = (await response.json()) as { now: string };
  return Date.parse(now) / 1000;
}

/** A code that was not used before. The platform takes that of the next half minute, too; beyond it one has to wait. */
export async function freshCode(secret: string): Promise<string> {
  for (;;) {
    const step = Math.floor((await platformSeconds()) / STEP_SECONDS);
    const next = Math.max(step, (used()[secret] ?? 0) + 1);
    if (next <= step + 1) {
      writeFileSync(ledger, JSON.stringify({ ...used(), [secret]: next }));
      return totp(secret, next);
    }
    await new Promise((resolve) => setTimeout(resolve, 1000));
  }
}
