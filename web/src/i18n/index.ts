import { formatMessage, type Value } from "./format";
import en from "./locales/en";

/** What a first visit needs, and what is fetched with the screens behind the sign-in. */
type Inside = (typeof import("./inside/en"))["default"];
type Sources = typeof en & Inside;
export type MessageId = keyof Sources;
export type Catalogue = Readonly<Record<keyof typeof en, string>>;
export type InsideCatalogue = Readonly<Record<keyof Inside, string>>;

/** `{name}` and `{name, plural, …}` of a message, found in its type; words of a branch such as `{# minutes}` are not names. */
type Names<S extends string> = S extends `${string}{${infer Rest}`
  ? (Rest extends `${infer Name}}${string}` ? Head<Name> : never) | Names<Rest>
  : never;
type Head<S extends string> = S extends `${infer Name},${string}` ? Word<Name> : Word<S>;
type Word<S extends string> = S extends `${string}${" " | "#"}${string}` ? never : S;

type Arguments<Id extends MessageId> = [Names<Sources[Id]>] extends [never]
  ? []
  : [values: Readonly<Record<Names<Sources[Id]>, Value>>];

export type Translate = <Id extends MessageId>(id: Id, ...values: Arguments<Id>) => string;

const others = import.meta.glob<Catalogue>(["./locales/*.ts", "!./locales/en.ts"], {
  import: "default",
});
const load = new Map(
  Object.entries(others).map(([path, loader]) => [path.slice("./locales/".length, -3), loader]),
);
const insides = import.meta.glob<InsideCatalogue>("./inside/*.ts", { import: "default" });

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

let catalogue: Partial<Record<MessageId, string>> = en;
let tag = "en-GB";
let language = "en";

/** Before the first render; only a catalogue other than English is fetched. */
export async function startLanguage(preferred: readonly string[]): Promise<void> {
  const chosen = chooseLocale(preferred, new Set(["en", ...load.keys()]));
  catalogue = (await load.get(chosen.language)?.()) ?? en;
  ({ language, tag } = chosen);
  document.documentElement.lang = tag;
}

/** A screen behind the sign-in, together with its words. */
export async function withInside<M>(screen: Promise<M>): Promise<M> {
  const words = insides[`./inside/${language}.ts`] ?? insides["./inside/en.ts"];
  const [module, inside] = await Promise.all([screen, words?.()]);
  catalogue = { ...catalogue, ...inside };
  return module;
}

export const t: Translate = (id, ...values) => {
  const source = catalogue[id];
  if (source === undefined) throw new Error(`no words for ${id}`);
  return formatMessage(source, values[0] ?? {}, tag);
};

/** For Intl: the visitor's own regional habits (24 hours or AM and PM, the order of a date). */
export const localeTag = (): string => tag;
/** In which languages the client can be read. */
export const spokenLanguages = (): readonly string[] => ["en", ...load.keys()];
/** For the account: the language in which we may write to this person. */
export const languageCode = (): string => language;
