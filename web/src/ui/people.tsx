import type { Clinic, Provider } from "../api/types";
import { localeTag, t } from "../i18n";
import { cached } from "../i18n/formats";

const TONES = 6;

/** The same person always has the same colour, on every screen. */
function toneOf(id: string): number {
  let sum = 0;
  for (const c of id) sum = (sum * 31 + (c.codePointAt(0) ?? 0)) % 9973;
  return sum % TONES;
}

/** `Dr.`, `Prof`, and degrees such as `MD` are no part of a name. */
const isTitle = (word: string): boolean =>
  /\.$|^(Dr|Prof|Mr|Mrs|Ms|Mx)$|^[A-Z][A-Za-z]*[A-Z]$/.test(word);

export function initials(name: string): string {
  const words = name.split(/[\s,]+/).filter((word) => word !== "" && !isTitle(word));
  const first = words[0] ?? "";
  const last = words.length > 1 ? (words.at(-1) ?? "") : "";
  return [first, last]
    .map((word) => String.fromCodePoint(word.codePointAt(0) ?? 0x20).trim())
    .join("")
    .toLocaleUpperCase();
}

export function Avatar({
  id,
  name,
  size = "medium",
  picture,
}: {
  id: string;
  name: string;
  size?: "small" | "medium" | "large" | "huge";
  /** A square JPEG in base64. */
  picture?: string | null | undefined;
}) {
  return picture ? (
    <img className="avatar" data-size={size} src={`data:image/jpeg;base64,${picture}`} alt="" />
  ) : (
    <span className="avatar" data-tone={toneOf(id)} data-size={size} aria-hidden="true">
      {initials(name)}
    </span>
  );
}

const STEM = 5;

/** `Dermatologist` says dermatology already, `Consultant` does not: do all words of the field begin like one of the title's? */
export function namesField(title: string, specialty: string): boolean {
  const words = (text: string) => text.toLocaleLowerCase().match(/\p{L}+/gu) ?? [];
  const said = words(title);
  return words(specialty).every((word) =>
    said.some((other) => other.startsWith(word.slice(0, STEM))),
  );
}

/** What stands under a doctor's name, the same on every screen. */
export const profession = ({ title, specialty }: Pick<Provider, "title" | "specialty">): string =>
  namesField(title, specialty) ? title : t("provider.profession", { title, specialty });

const displayNames = cached(
  (locale: string, options: Intl.DisplayNamesOptions) => new Intl.DisplayNames(locale, options),
);
const lists = cached(
  (locale: string, options: Intl.ListFormatOptions) => new Intl.ListFormat(locale, options),
);

export function languageNames(codes: readonly string[]): string {
  const names = displayNames(localeTag(), { type: "language" });
  return lists(localeTag(), { type: "unit", style: "short" }).format(
    codes.map((code) => {
      try {
        return names.of(code) ?? code;
      } catch {
        return code;
      }
    }),
  );
}

export const addressLine = ({ address }: Pick<Clinic, "address">): string =>
  `${address.line}, ${[address.postal_code, address.city].filter(Boolean).join(" ")}`;
