export interface Money {
  readonly minor: number;
  readonly currency: string;
}

/** Minor units become a decimal by the currency's own number of digits: yen have none, dinars have three. */
export function formatMoney(locale: string, { minor, currency }: Money): string {
  const format = new Intl.NumberFormat(locale, { style: "currency", currency });
  const digits = format.resolvedOptions().maximumFractionDigits ?? 2;
  return format.format(minor / 10 ** digits);
}
