import { useMutation, useQuery } from "@tanstack/react-query";
import { useState } from "react";
import type { leave } from "../api/inside/identities";
import { hasCode } from "../api/problem";
import { settingsQuery } from "../api/queries";
import type { IdentityProvider } from "../api/types";
import { t } from "../i18n";
import { Button } from "../ui/button";
import { ActionError, Notice } from "../ui/states";

/** Fetched with the first press: most who sign in have a password or a passkey. */
const goTo: typeof leave = async (departure) =>
  (await import("../api/inside/identities")).leave(departure);

interface Offered {
  readonly atOnce: readonly IdentityProvider[];
  readonly later: readonly IdentityProvider[];
}

/** Those that are known as the screen opens have their place in it. Others come below all the rest, which stays put. */
export function useProviders(): Offered {
  const { data } = useQuery(settingsQuery);
  const [wereKnown] = useState(data !== undefined);
  const all = data?.identity_providers ?? [];
  return wereKnown ? { atOnce: all, later: [] } : { atOnce: [], later: all };
}

export function ProviderButtons({
  providers,
  next,
}: {
  providers: readonly IdentityProvider[];
  next: string | undefined;
}) {
  const leaving = useMutation({
    mutationFn: (provider: IdentityProvider) => goTo({ provider, user: null, next }),
  });
  return (
    <>
      {leaving.isError && <LeavingError error={leaving.error} name={leaving.variables.name} />}
      {providers.map((provider) => (
        <Button
          key={provider.id}
          isWide
          busy={
            leaving.isPending && leaving.variables.id === provider.id
              ? t("provider_sign_in.busy", { name: provider.name })
              : null
          }
          onPress={() => {
            if (!leaving.isPending) leaving.mutate(provider);
          }}
        >
          {t("provider_sign_in.go", { name: provider.name })}
        </Button>
      ))}
    </>
  );
}

export function LeavingError({ error, name }: { error: unknown; name: string }) {
  if (!hasCode(error, "IDENTITY_PROVIDER_FAILS", "IDENTITY_PROVIDER_REFUSES_US"))
    return <ActionError error={error} />;
  return (
    <Notice tone="warning" isAlert>
      <p>{t("provider_sign_in.fails", { name })}</p>
    </Notice>
  );
}
