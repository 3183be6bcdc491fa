import { languageCode } from "../../i18n";
import { visitorZone } from "../../time/zones";
import { type Answer, type Attempt, keepAttempt } from "../attempt";
import { answer, api, asIntent, asSecretIntent } from "../client";
import { thisDevice } from "../device";
import { startSession } from "../session";
import type { IdentityProvider, Me } from "../types";

const LEAVING_MS = 10_000;

/** Settled once the page is looked at again: shown out of the browser's cache, or never left. */
const gone = () =>
  new Promise<void>((resolve) => {
    addEventListener(
      "pageshow",
      () => {
        resolve();
      },
      { once: true },
    );
    setTimeout(resolve, LEAVING_MS);
  });

export interface Departure {
  readonly provider: IdentityProvider;
  readonly user: string | null;
  readonly next: string | undefined;
}

/** Takes the browser to where somebody signs in. */
export async function leave({ provider, user, next }: Departure): Promise<void> {
  const body = { provider: provider.id };
  const { url, verifier } = await answer(api.POST("/v1/sign-in-attempts", { body }));
  keepAttempt({ verifier, name: provider.name, user, next: next ?? null });
  location.assign(url);
  await gone();
}

/** Whoever has come back is signed in. */
export async function arrive({ verifier }: Attempt, answered: Answer): Promise<void> {
  const body = {
    ...answered,
    verifier,
    device: thisDevice(),
    language: languageCode(),
    time_zone: visitorZone(),
  };
  startSession(await answer(api.POST("/v1/sessions/identity-provider", { body })));
}

/** Whoever was signed in already can sign in this way from now on, once they have shown that it is they. */
export async function connect(
  { verifier }: Attempt,
  answered: Answer,
  password?: string,
): Promise<Me> {
  const body = { ...answered, verifier, ...(password === undefined ? {} : { password }) };
  return asSecretIntent(JSON.stringify(["connect", body]), (headers) =>
    answer(api.POST("/v1/me/identities", { body, headers })),
  );
}

export const disconnect = (provider: string): Promise<Me> =>
  asIntent(`disconnect/${provider}`, (headers) =>
    answer(
      api.DELETE("/v1/me/identities/{provider}", {
        params: { path: { provider } },
        headers,
      }),
    ),
  );
