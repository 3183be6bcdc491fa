import { useQuery, useQueryClient } from "@tanstack/react-query";
import { getRouteApi } from "@tanstack/react-router";
import { type ReactNode, useState } from "react";
import { hasPasskeys } from "../../api/device";
import { factorsQuery, newRecoveryCodes, removeFactor } from "../../api/inside/factors";
import { hasCode } from "../../api/problem";
import { meQuery } from "../../api/queries";
import { type Session, startSession } from "../../api/session";
import type { Enrolled, Factors, Me } from "../../api/types";
import { AddPasskey, AddPhone, AddTotp } from "../../forms/inside/add-factor";
import { localeTag, t } from "../../i18n";
import { longDateIn, visitorZone } from "../../time/zones";
import { Button } from "../../ui/button";
import { Confirm } from "../../ui/inside/confirm";
import { Ask } from "../../ui/inside/modal";
import { RecoveryCodes } from "../../ui/inside/recovery-codes";
import { Saved } from "../../ui/inside/saved";
import { ActionError, ErrorNotice, Notice, Skeleton } from "../../ui/states";
import { AccountPage } from "./frame";
import { Identities, JustConnected } from "./identities";

const route = getRouteApi("/personal/account-pages/account/factors");

export const FactorsScreen = () => (
  <AccountPage title={t("account.factors")} lead={t("factors.lead")}>
    {(session, me) => <Loaded session={session} me={me} />}
  </AccountPage>
);

const date = (instant: string): string => longDateIn(localeTag(), visitorZone(), instant);

function Loaded({ session, me }: { session: Session; me: Me }) {
  const { connected } = route.useSearch();
  const factors = useQuery(factorsQuery(session.user));
  const [codes, setCodes] = useState<readonly string[]>([]);
  if (codes.length > 0) {
    return (
      <RecoveryCodes
        codes={codes}
        action={t("recovery.done")}
        onDone={() => {
          setCodes([]);
        }}
      />
    );
  }
  if (factors.isPending) return <Skeleton shapes={["card", "card", "card"]} />;
  if (factors.isLoadingError) {
    return <ErrorNotice error={factors.error} retry={() => void factors.refetch()} />;
  }
  return (
    <>
      <JustConnected connected={connected} me={me} />
      <List session={session} me={me} factors={factors.data} onCodes={setCodes} />
      <Identities session={session} me={me} />
    </>
  );
}

type Dialog =
  | { readonly kind: "passkey" | "totp" | "phone" | "recovery" }
  | { readonly kind: "remove"; readonly factor: string; readonly name: string };

function List({
  session,
  me,
  factors,
  onCodes,
}: {
  session: Session;
  me: Me;
  factors: Factors;
  onCodes: (codes: readonly string[]) => void;
}) {
  const queries = useQueryClient();
  const [dialog, setDialog] = useState<Dialog | null>(null);
  const [isAdded, setAdded] = useState(false);
  const { totp, phone, passkeys, recovery_codes_left: left } = factors;
  const hasAny = totp !== null || phone !== null || passkeys.length > 0;
  const refresh = async () => {
    await queries.invalidateQueries(factorsQuery(session.user));
    void queries.invalidateQueries(meQuery(session.user));
  };
  const open = (next: Dialog) => () => {
    setAdded(false);
    setDialog(next);
  };
  const close = () => {
    setDialog(null);
  };
  const onEnrolled = ({ recovery_codes, session: renewed }: Enrolled) => {
    startSession(renewed);
    setDialog(null);
    setAdded(true);
    onCodes(recovery_codes);
    void refresh();
  };
  const remove = (factor: string, name: string) => (
    <Button
      label={t("factors.remove.label", { name })}
      onPress={open({ kind: "remove", factor, name })}
    >
      {t("factors.remove")}
    </Button>
  );

  return (
    <>
      {!hasAny && (
        <Notice tone="info">
          <p>{t("factors.none")}</p>
        </Notice>
      )}
      <Saved isShown={isAdded} text={t("factors.added")} />
      {(hasPasskeys() || passkeys.length > 0) && (
        <Section title={t("factors.passkeys")} text={t("factors.passkeys.text")}>
          {passkeys.length > 0 && (
            <ul className="entries">
              {passkeys.map(({ id, name, created_at, last_used_at }) => (
                <Entry
                  key={id}
                  name={name}
                  about={
                    last_used_at
                      ? t("factors.used", { date: date(last_used_at) })
                      : t("factors.since", { date: date(created_at) })
                  }
                >
                  {remove(id, name)}
                </Entry>
              ))}
            </ul>
          )}
          {hasPasskeys() && (
            <Button
              look={passkeys.length === 0 ? "primary" : "secondary"}
              onPress={open({ kind: "passkey" })}
            >
              {t("factors.passkeys.add")}
            </Button>
          )}
        </Section>
      )}
      <Section title={t("factors.totp")} text={t("factors.totp.text")}>
        {totp === null ? (
          <Button onPress={open({ kind: "totp" })}>{t("factors.totp.add")}</Button>
        ) : (
          <ul className="entries">
            <Entry name={t("factors.on")} about={t("factors.since", { date: date(totp.since) })}>
              {remove("totp", t("factors.totp"))}
            </Entry>
          </ul>
        )}
      </Section>
      <Section title={t("factors.phone")} text={t("factors.phone.text")}>
        {phone === null ? (
          <Button onPress={open({ kind: "phone" })}>{t("factors.phone.add")}</Button>
        ) : (
          <ul className="entries">
            <Entry
              name={t("factors.phone.number", { ending: phone.ending })}
              about={t("factors.since", { date: date(phone.since) })}
            >
              {remove("phone", t("factors.phone"))}
            </Entry>
          </ul>
        )}
      </Section>
      {hasAny && (
        <Section title={t("factors.recovery")} text={t("factors.recovery.left", { count: left })}>
          <Button onPress={open({ kind: "recovery" })}>{t("factors.recovery.new")}</Button>
        </Section>
      )}

      {dialog?.kind === "passkey" && (
        <Ask title={t("factors.passkeys.add")} onClose={close}>
          <AddPasskey onEnrolled={onEnrolled} />
          <Cancel onPress={close} />
        </Ask>
      )}
      {dialog?.kind === "totp" && (
        <Ask title={t("factors.totp.add")} onClose={close}>
          <AddTotp onEnrolled={onEnrolled} />
          <Cancel onPress={close} />
        </Ask>
      )}
      {dialog?.kind === "phone" && (
        <Ask title={t("factors.phone.add")} onClose={close}>
          <AddPhone onEnrolled={onEnrolled} phone={me.phone ?? ""} />
          <Cancel onPress={close} />
        </Ask>
      )}
      {dialog?.kind === "recovery" && (
        <Confirm
          title={t("factors.recovery.new")}
          action={t("factors.recovery.submit")}
          busy={t("common.working")}
          isDanger={false}
          onConfirm={async () => {
            onCodes(await newRecoveryCodes());
            await refresh();
          }}
          onClose={close}
        >
          <p>{t("factors.recovery.text")}</p>
        </Confirm>
      )}
      {dialog?.kind === "remove" && (
        <Confirm
          title={t("factors.remove.heading", { name: dialog.name })}
          action={t("factors.remove")}
          busy={t("common.working")}
          explain={(error) =>
            hasCode(error, "LAST_FACTOR") ? (
              <Notice tone="warning" isAlert>
                <p>{t("factors.last")}</p>
              </Notice>
            ) : (
              <ActionError error={error} />
            )
          }
          onConfirm={async () => {
            await removeFactor(dialog.factor);
            await refresh();
          }}
          onClose={close}
        >
          <p>{t("factors.remove.text")}</p>
        </Confirm>
      )}
    </>
  );
}

const Cancel = ({ onPress }: { onPress: () => void }) => (
  <Button isWide onPress={onPress}>
    {t("common.cancel")}
  </Button>
);

function Section({ title, text, children }: { title: string; text: string; children: ReactNode }) {
  return (
    <section className="section">
      <h2>{title}</h2>
      <p className="muted">{text}</p>
      {children}
    </section>
  );
}

function Entry({ name, about, children }: { name: string; about: string; children: ReactNode }) {
  return (
    <li className="entry-row">
      <div className="entry-text">
        <p className="strong">{name}</p>
        <p className="muted">{about}</p>
      </div>
      {children}
    </li>
  );
}
