import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { disconnect, leave } from "../../api/inside/identities";
import { hasCode } from "../../api/problem";
import { meQuery, settingsQuery } from "../../api/queries";
import type { Session } from "../../api/session";
import type { IdentityProvider, Me } from "../../api/types";
import { LeavingError } from "../../forms/providers";
import { localeTag, t } from "../../i18n";
import { longDateIn, visitorZone } from "../../time/zones";
import { Button } from "../../ui/button";
import { Confirm } from "../../ui/inside/confirm";
import { Saved } from "../../ui/inside/saved";
import { ActionError, ErrorNotice, Notice } from "../../ui/states";

interface SignIn {
  readonly id: string;
  readonly name: string;
  /** Nothing for one that was connected once and that nobody offers any more. */
  readonly provider: IdentityProvider | undefined;
  readonly since: string | undefined;
}

function signInsOf(providers: readonly IdentityProvider[], { identities }: Me): readonly SignIn[] {
  const since = new Map(identities.map((one) => [one.provider, one.connected_at]));
  const offered = providers.map((provider) => {
    const { id, name } = provider;
    return { id, name, provider, since: since.get(id) };
  });
  const others = identities
    .filter(({ provider }) => !providers.some(({ id }) => id === provider))
    .map(({ provider: id, connected_at }) => {
      return { id, name: id, provider: undefined, since: connected_at };
    });
  return [...offered, ...others];
}

/** Where else somebody can show who they are. Where nobody offers that, nobody hears of it. */
export function Identities({ session, me }: { session: Session; me: Me }) {
  const queries = useQueryClient();
  const settings = useQuery(settingsQuery);
  const [ending, setEnding] = useState<SignIn | null>(null);
  const [ended, setEnded] = useState<string | null>(null);
  const leaving = useMutation({
    mutationFn: (provider: IdentityProvider) =>
      leave({ provider, user: session.user, next: undefined }),
  });
  const signIns = signInsOf(settings.data?.identity_providers ?? [], me);
  if (signIns.length === 0 && !settings.isLoadingError) return null;
  return (
    <section className="section">
      <h2>{t("identities.heading")}</h2>
      <p className="muted">{t("identities.text")}</p>
      {settings.isLoadingError && (
        <ErrorNotice error={settings.error} retry={() => void settings.refetch()} />
      )}
      {leaving.isError && <LeavingError error={leaving.error} name={leaving.variables.name} />}
      <ul className="entries">
        {signIns.map((one) => (
          <li key={one.id} className="entry-row">
            <div className="entry-text">
              <p className="strong">{one.name}</p>
              <p className="muted">
                {one.since === undefined
                  ? t("identities.none")
                  : t("identities.since", {
                      date: longDateIn(localeTag(), visitorZone(), one.since),
                    })}
              </p>
            </div>
            {one.since !== undefined ? (
              <Button
                label={t("identities.disconnect.label", { name: one.name })}
                onPress={() => {
                  setEnded(null);
                  setEnding(one);
                }}
              >
                {t("identities.disconnect")}
              </Button>
            ) : one.provider !== undefined ? (
              <Connect
                provider={one.provider}
                isLeaving={leaving.isPending && leaving.variables.id === one.id}
                onPress={leaving.mutate}
              />
            ) : null}
          </li>
        ))}
      </ul>
      <Saved
        isShown={ended !== null}
        text={ended === null ? "" : t("identities.disconnected", { name: ended })}
      />
      {ending !== null && (
        <Confirm
          title={t("identities.disconnect.heading", { name: ending.name })}
          action={t("identities.disconnect")}
          busy={t("common.working")}
          explain={(error) =>
            hasCode(error, "LAST_WAY_IN") ? (
              <Notice tone="warning" isAlert>
                <p>{t("identities.last")}</p>
              </Notice>
            ) : (
              <ActionError error={error} />
            )
          }
          onConfirm={async () => {
            const changed = await disconnect(ending.id);
            queries.setQueryData(meQuery(session.user).queryKey, changed);
            setEnded(ending.name);
          }}
          onClose={() => {
            setEnding(null);
          }}
        >
          <p>{t("identities.disconnect.text", { name: ending.name })}</p>
        </Confirm>
      )}
    </section>
  );
}

function Connect({
  provider,
  isLeaving,
  onPress,
}: {
  provider: IdentityProvider;
  isLeaving: boolean;
  onPress: (provider: IdentityProvider) => void;
}) {
  const { name } = provider;
  return (
    <Button
      label={t("identities.connect.label", { name })}
      busy={isLeaving ? t("provider_sign_in.busy", { name }) : null}
      onPress={() => {
        onPress(provider);
      }}
    >
      {t("identities.connect")}
    </Button>
  );
}

/** At the top of the screen to which somebody comes back. */
export function JustConnected({ connected, me }: { connected: string | undefined; me: Me }) {
  const settings = useQuery(settingsQuery);
  if (!me.identities.some(({ provider }) => provider === connected)) return null;
  const name = settings.data?.identity_providers.find(({ id }) => id === connected)?.name;
  return (
    <Notice tone="success" isAlert>
      <p>{t("identities.connected", { name: name ?? connected ?? "" })}</p>
    </Notice>
  );
}
