import { formatMessage, type Value } from "./format";
import en from "./locales/en";

export type MessageId = keyof typeof en;
export type Catalogue = Readonly<Record<MessageId, string>>;

/** `{name}` and `{name, plural, …}` of a message, found in its type; words of a branch such as `{# minutes}` are not names. */
type Names<S extends string> = S extends `${string}{${infer Rest}`
  ? (Rest extends `${infer Name}}${string}` ? Head<Name> : never) | Names<Rest>
  : never;
type Head<S extends string> = S extends `${infer Name},${string}` ? Word<Name> : Word<S>;
type Word<S extends string> = S extends `${string}${" " | "#"}${string}` ? never : S;

type Arguments<Id extends MessageId> = [Names<(typeof en)[Id]>] extends [never]
  ? []
  : [values: Readonly<Record<Names<(typeof en)[Id]>, Value>>];

export type Translate = <Id extends MessageId>(id: Id, ...values: Arguments<Id>) => string;

const others = import.meta.glob<Catalogue>(["./locales/*.ts", "!./locales/en.ts"], {
  import: "default",
});
const load = new Map(
  Object.entries(others).map(([path, loader]) => [path.slice("./locales/".length, -3), loader]),
);

/** What the visitor prefers among what we speak: the catalogue, and the exact tag (`en-GB`) that decides formats. */
export function chooseLocale(
  preferred: readonly string[],
  spoken: ReadonlySet<string>,
): { readonly language: string; readonly tag: string } {
  for (const tag of preferred) {
    const language = tag.split("-")[0]?.toLowerCase() ?? "";
    if (spoken.has(language)) return { language, tag };
  }
  return { language: "en", tag: "en-GB" };
}

let catalogue: Catalogue = en;
let tag = "en-GB";
let language = "en";

/** Before the first render; only a catalogue other than English is fetched. */
export async function startLanguage(preferred: readonly string[]): Promise<void> {
  const chosen = chooseLocale(preferred, new Set(["en", ...load.keys()]));
  catalogue = (await load.get(chosen.language)?.()) ?? en;
  ({ language, tag } = chosen);
  document.documentElement.lang = tag;
}

export const t: Translate = (id, ...values) => formatMessage(catalogue[id], values[0] ?? {}, tag);

/** For Intl: the visitor's own regional habits (24 hours or AM and PM, the order of a date). */
export const localeTag = (): string => tag;
/** For the account: the language in which we may write to this person. */
export const languageCode = (): string => language;
