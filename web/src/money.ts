import { cached } from "./i18n/formats";

export interface Money {
  readonly minor: number;
  readonly currency: string;
}

const currencyFormat = cached(
  (locale: string, options: Intl.NumberFormatOptions) => new Intl.NumberFormat(locale, options),
);

/** Minor units become a decimal by the currency's own number of digits: yen have none, dinars have three. */
export function formatMoney(locale: string, { minor, currency }: Money): string {
  const format = currencyFormat(locale, { style: "currency", currency });
  const digits = format.resolvedOptions().maximumFractionDigits ?? 2;
  return format.format(minor / 10 ** digits);
}
