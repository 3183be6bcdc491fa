import type { IdentityProvider, NewIdentityProvider, NewSettings, Settings } from "../../api/types";

/** The settings as they are, to be sent with a change. What a provider knows us by is told to nobody, and stays. */
export const bodyOf = ({
  registration_open,
  support_email,
  announcement,
  identity_providers,
}: Settings): NewSettings => ({
  registration_open,
  support_email,
  announcement,
  identity_providers: [...identity_providers],
});

const ID_MOST = 30;

/** What we call a new one: its name in the letters that an id may have, and not what another one is called. */
export function idFor(name: string, others: readonly Pick<IdentityProvider, "id">[]): string {
  const plain = name
    .normalize("NFD")
    .toLowerCase()
    .replaceAll(/\p{Diacritic}/gu, "")
    .replaceAll(/[^a-z0-9]+/g, "-")
    .replace(/^-/, "");
  const taken = new Set(others.map(({ id }) => id));
  for (let n = 1; ; n += 1) {
    const end = n === 1 ? "" : `-${String(n)}`;
    const id = (plain.slice(0, ID_MOST - end.length).replace(/-$/, "") || "sign-in") + end;
    if (!taken.has(id)) return id;
  }
}

/** With one more or, under the id that it has, a changed one, at a place in the order, counted from 0. */
export function withProvider(
  settings: Settings,
  provider: NewIdentityProvider,
  place: number,
): NewSettings {
  const others = settings.identity_providers.filter(({ id }) => id !== provider.id);
  return {
    ...bodyOf(settings),
    identity_providers: [...others.slice(0, place), provider, ...others.slice(place)],
  };
}

export const withoutProvider = (settings: Settings, gone: string): NewSettings => ({
  ...bodyOf(settings),
  identity_providers: settings.identity_providers.filter(({ id }) => id !== gone),
});

/** As a field for date and time has it, by the clock of whoever types. */
export function toLocalTime(instant: string): string {
  const at = new Date(instant);
  return new Date(at.getTime() - at.getTimezoneOffset() * 60_000).toISOString().slice(0, 16);
}

export const fromLocalTime = (local: string): string => new Date(local).toISOString();
