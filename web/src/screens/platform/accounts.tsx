import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { Form } from "react-aria-components";
import { accountsQuery, clearFactors, setActive } from "../../api/inside/platform";
import { may, useSession } from "../../api/session";
import type { Account } from "../../api/types";
import { TextInput } from "../../forms/fields";
import { formText } from "../../forms/form";
import { t } from "../../i18n";
import { Button } from "../../ui/button";
import { Confirm } from "../../ui/inside/confirm";
import { shortDate } from "../../ui/inside/dates";
import { EmailText } from "../../ui/inside/email";
import { Avatar } from "../../ui/people";
import { Empty, ErrorNotice, Skeleton } from "../../ui/states";
import { PlatformPage } from "./frame";

export function AccountsScreen() {
  const [email, setEmail] = useState("");
  return (
    <PlatformPage title={t("accounts.title")} lead={t("accounts.lead")}>
      <Form
        className="form short"
        onSubmit={(event) => {
          event.preventDefault();
          setEmail(formText(new FormData(event.currentTarget), "email").trim());
        }}
      >
        <TextInput name="email" type="email" label={t("field.email")} autoComplete="off" />
        <Button type="submit" look="primary">
          {t("accounts.search")}
        </Button>
      </Form>
      {email !== "" && <Found email={email} />}
    </PlatformPage>
  );
}

function Found({ email }: { email: string }) {
  const accounts = useQuery(accountsQuery(email));
  if (accounts.isPending) return <Skeleton shapes={["card"]} />;
  if (accounts.isLoadingError) {
    return <ErrorNotice error={accounts.error} retry={() => void accounts.refetch()} />;
  }
  return (
    <div className="stack">
      <p role="status" className="muted">
        {t("accounts.found", { count: accounts.data.length })}
      </p>
      {accounts.data.length === 0 ? (
        <Empty title={t("accounts.empty.title")} text={t("accounts.empty.text", { email })} />
      ) : (
        <ul className="entries">
          {accounts.data.map((account) => (
            <Entry key={account.user} account={account} email={email} />
          ))}
        </ul>
      )}
    </div>
  );
}

function Entry({ account, email }: { account: Account; email: string }) {
  const session = useSession();
  const queries = useQueryClient();
  const [isAsking, setAsking] = useState(false);
  const [isClearing, setClearing] = useState(false);
  const name = `${account.given_name} ${account.family_name}`;
  const active = account.state === "active";
  const roles = account.memberships.filter((one) => one.active).map(({ role }) => role);
  const canChange =
    session !== null &&
    may(session, "manage-accounts") &&
    session.user !== account.user &&
    account.state !== "closed";
  return (
    <li className="card stack">
      <span className="person">
        <Avatar id={account.user} name={name} />
        <span className="person-text">
          <span className="strong">{name}</span>
          <span className="muted">
            <EmailText email={account.email} />
          </span>
        </span>
      </span>
      <p className="inline">
        <span className="status" data-state={active ? "scheduled" : "passed"}>
          {t(`state.${account.state}`)}
        </span>
        <span>
          {[...new Set(account.patient ? ["patient" as const, ...roles] : roles)]
            .map((role) => t(`role.${role}`))
            .join(", ")}
        </span>
        <span className="muted">
          {t("accounts.since", { date: shortDate(account.registered_at) })}
        </span>
      </p>
      {canChange && (
        <div className="buttons">
          <Button
            look={active ? "quiet-danger" : "secondary"}
            onPress={() => {
              setAsking(true);
            }}
          >
            {active ? t("accounts.deactivate") : t("accounts.reactivate")}
          </Button>
          {account.has_second_factor && (
            <Button
              look="quiet-danger"
              onPress={() => {
                setClearing(true);
              }}
            >
              {t("accounts.clear")}
            </Button>
          )}
        </div>
      )}
      {isClearing && (
        <Confirm
          title={t("accounts.clear.heading", { name })}
          action={t("accounts.clear")}
          busy={t("common.working")}
          isDanger
          onConfirm={async () => {
            await clearFactors(account.user);
            await queries.invalidateQueries(accountsQuery(email));
          }}
          onClose={() => {
            setClearing(false);
          }}
        >
          <p>{t("accounts.clear.text")}</p>
        </Confirm>
      )}
      {isAsking && (
        <Confirm
          title={
            active
              ? t("accounts.deactivate.heading", { name })
              : t("accounts.reactivate.heading", { name })
          }
          action={active ? t("accounts.deactivate") : t("accounts.reactivate")}
          busy={t("common.working")}
          isDanger={active}
          onConfirm={async () => {
            await setActive(account.user, !active);
            await queries.invalidateQueries(accountsQuery(email));
          }}
          onClose={() => {
            setAsking(false);
          }}
        >
          <p>{active ? t("accounts.deactivate.text") : t("accounts.reactivate.text")}</p>
        </Confirm>
      )}
    </li>
  );
}
