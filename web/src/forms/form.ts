/** A form has files, too, but ours has not. */
export function formText(data: FormData, name: string): string {
  const value = data.get(name);
  return typeof value === "string" ? value : "";
}

/** As the API wants it (E.164): the plus and the digits. */
export const plainPhone = (typed: string): string => typed.replaceAll(/[^+\d]/g, "");

/** Codes are read out in groups, and typed so. */
export const plainCode = (typed: string): string => typed.replaceAll(/\s/g, "");

/** What differs from before, and nothing else. */
export function changed<T extends object>(
  before: { readonly [K in keyof T]?: unknown },
  after: T,
): Partial<T> {
  const isOther = (key: keyof T) =>
    JSON.stringify(before[key] ?? null) !== JSON.stringify(after[key]);
  return Object.fromEntries(
    Object.entries(after).filter(([key]) => isOther(key as keyof T)),
  ) as Partial<T>;
}
