import type { Clinic, Provider } from "../api/types";
import { localeTag } from "../i18n";
import { cached } from "../i18n/formats";

/** Degrees such as MD or PhD follow a name, forms of address such as Dr. come before it. */
const isDegree = (title: string): boolean => /^[A-Z][A-Za-z]*[A-Z]$/.test(title);

export function fullName({ title, name }: Pick<Provider, "title" | "name">): string {
  if (title === "") return name;
  return isDegree(title) ? `${name}, ${title}` : `${title} ${name}`;
}

const TONES = 6;

/** The same person always has the same colour, on every screen. */
function toneOf(id: string): number {
  let sum = 0;
  for (const c of id) sum = (sum * 31 + (c.codePointAt(0) ?? 0)) % 9973;
  return sum % TONES;
}

export function initials(name: string): string {
  const words = name
    .split(/[\s,]+/)
    .filter((word) => word !== "" && !word.endsWith(".") && !isDegree(word));
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
}: {
  id: string;
  name: string;
  size?: "medium" | "large";
}) {
  return (
    <span className="avatar" data-tone={toneOf(id)} data-size={size} aria-hidden="true">
      {initials(name)}
    </span>
  );
}

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
