import { demo } from "./demo";

/** What the platform has sent, as its inbox lists it. */
export interface Letter {
  readonly kind: "mail" | "sms";
  readonly at: string;
  readonly to: string | readonly string[];
  readonly subject?: string | null;
  readonly text: string;
}

const PATIENCE_MS = 20_000;
const PAUSE_MS = 200;

/** Mail takes its way through queues: waits until the wanted letter is there. */
export async function newestLetter(
  to: string,
  isWanted: (letter: Letter) => boolean = () => true,
): Promise<Letter> {
  for (let waited = 0; waited < PATIENCE_MS; waited += PAUSE_MS) {
    const response = await fetch(`${demo.base_url}/inbox.json`);
    const { items } = (await response.json()) as { items: Letter[] };
    const newest = items
      .filter((letter) => [letter.to].flat().some((one) => one.includes(to)) && isWanted(letter))
      .sort((a, b) => Date.parse(a.at) - Date.parse(b.at))
      .at(-1);
    if (newest !== undefined) return newest;
    await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
  }
  throw new Error(`no such letter to ${to}`);
}

/** The link of a letter: its path with the secret, and the secret. */
export function linkIn({ text }: Letter, path: string): { path: string; token: string } {
  const match = new RegExp(`${path}#token=([\\w.~-]+)`).exec(text);
  if (match?.[1] === undefined) throw new Error(`no link to ${path} in: ${text}`);
  return { path: match[0], token: match[1] };
}

/** Six digits in a text message. */
export function codeIn({ text }: Letter): string {
  const match = /\b\d{6}\b/.exec(text);
  if (match === null) throw new Error(`no code in: ${text}`);
  return match[0];
}
