import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { getRouteApi, Link } from "@tanstack/react-router";
import { useEffect, useRef, useState } from "react";
import { Form } from "react-aria-components";
import { accountsQuery, foundQuery } from "../../api/inside/platform";
import type { Account, AccountFilter } from "../../api/types";
import { TextInput } from "../../forms/fields";
import { formText } from "../../forms/form";
import { t } from "../../i18n";
import { Button } from "../../ui/button";
import { Choice } from "../../ui/choice";
import { NextIcon } from "../../ui/icons";
import { shortDate } from "../../ui/inside/dates";
import { EmailText } from "../../ui/inside/email";
import { Avatar } from "../../ui/people";
import { ActionError, Empty, ErrorNotice, Skeleton } from "../../ui/states";
import { PlatformPage } from "./frame";

const route = getRouteApi("/personal/platform");

const GROUPS = ["staff", "patients"] as const satisfies readonly AccountFilter["group"][];
const STATES = ["active", "deactivated", "closed"] as const satisfies readonly Account["state"][];

export function AccountsScreen() {
  const { group = "staff", state = "active" } = route.useSearch();
  return (
    <PlatformPage title={t("accounts.title")} lead={t("accounts.lead")}>
      <Search />
      <section className="section" aria-labelledby="all-accounts">
        <h2 id="all-accounts">{t("accounts.all")}</h2>
        <Filters group={group} state={state} />
        <Listed group={group} state={state} />
      </section>
    </PlatformPage>
  );
}

/** By the address, which has no place in the browser's history and in logs and so stays out of the page's own. */
function Search() {
  const [email, setEmail] = useState("");
  return (
    <search className="stack">
      <Form
        className="form beside"
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
    </search>
  );
}

function Found({ email }: { email: string }) {
  const accounts = useQuery(foundQuery(email));
  if (accounts.isPending) return <Skeleton shapes={["line"]} />;
  if (accounts.isLoadingError) {
    return <ErrorNotice error={accounts.error} retry={() => void accounts.refetch()} />;
  }
  return (
    <>
      <p role="status" className="muted">
        {t("accounts.found", { count: accounts.data.length })}
      </p>
      {accounts.data.length === 0 ? (
        <Empty title={t("accounts.empty.title")} text={t("accounts.empty.text", { email })} />
      ) : (
        <ul className="entries">
          {accounts.data.map((account) => (
            <Entry key={account.user} account={account} />
          ))}
        </ul>
      )}
    </>
  );
}

function Filters({ group, state }: AccountFilter) {
  const navigate = route.useNavigate();
  const show = (search: { group?: AccountFilter["group"]; state?: Account["state"] }) =>
    // The way back leads out of the list, and not through every filter that was tried.
    void navigate({ search: { group, state, ...search }, replace: true, resetScroll: false });
  return (
    <div className="filters">
      <Choice
        label={t("accounts.group")}
        className="pills"
        optionClassName="pill"
        value={group}
        onChange={(value) => {
          show({ group: GROUPS.find((one) => one === value) ?? group });
        }}
        options={GROUPS.map((value) => ({ value, content: t(`accounts.group.${value}`) }))}
      />
      <Choice
        label={t("accounts.state")}
        className="pills"
        optionClassName="pill"
        value={state}
        onChange={(value) => {
          show({ state: STATES.find((one) => one === value) ?? state });
        }}
        options={STATES.map((value) => ({ value, content: t(`state.${value}`) }))}
      />
    </div>
  );
}

function Listed(filter: AccountFilter) {
  const pages = useInfiniteQuery(accountsQuery(filter));
  const list = useRef<HTMLUListElement>(null);
  // Where those begin that were asked for last: reading goes on there, also once there are no more to ask for.
  const newest = useRef<number | null>(null);
  const accounts = pages.data?.pages.flatMap(({ items }) => items) ?? [];
  const count = accounts.length;
  useEffect(() => {
    if (newest.current === null || count <= newest.current) return;
    list.current?.querySelectorAll<HTMLElement>(".card-link")[newest.current]?.focus();
    newest.current = null;
  }, [count]);
  return (
    <>
      <p role="status" className="visually-hidden">
        {pages.data === undefined ? "" : t("accounts.shown", { count })}
      </p>
      {pages.isPending ? (
        <Skeleton shapes={["line", "line", "line"]} />
      ) : pages.isLoadingError ? (
        <ErrorNotice error={pages.error} retry={() => void pages.refetch()} />
      ) : count === 0 ? (
        <Empty title={t("accounts.none.title")} text={t("accounts.none.text")} />
      ) : (
        <ul ref={list} className="entries">
          {accounts.map((account) => (
            <Entry key={account.user} account={account} />
          ))}
        </ul>
      )}
      {pages.isFetchNextPageError && <ActionError error={pages.error} />}
      {pages.hasNextPage && (
        <Button
          busy={pages.isFetchingNextPage ? t("common.loading") : null}
          onPress={() => {
            newest.current = count;
            void pages.fetchNextPage();
          }}
        >
          {t("accounts.more")}
        </Button>
      )}
    </>
  );
}

function Entry({ account }: { account: Account }) {
  const search = route.useSearch();
  const name = `${account.given_name} ${account.family_name}`;
  return (
    <li className="card account-entry">
      <span className="person">
        <Avatar id={account.user} name={name} />
        <span className="person-text">
          <Link
            to="/platform/accounts/$user"
            params={{ user: account.user }}
            search={search}
            className="card-link strong"
          >
            {name}
          </Link>
          <span className="muted">
            <EmailText email={account.email} />
          </span>
        </span>
      </span>
      <span className="account-facts">
        <span>{rolesOf(account)}</span>
        <span className="muted">
          {t("accounts.since", { date: shortDate(account.registered_at) })}
        </span>
      </span>
      <AccountState state={account.state} />
      <NextIcon />
    </li>
  );
}

/** What they are, each of it once, wherever they are it. */
function rolesOf({ patient, memberships }: Account): string {
  const roles = memberships.filter(({ active }) => active).map(({ role }) => role);
  return [...new Set(patient === null ? roles : ["patient" as const, ...roles])]
    .map((role) => t(`role.${role}`))
    .join(", ");
}

export const AccountState = ({ state }: Pick<Account, "state">) => (
  <span className="status" data-state={state === "active" ? "scheduled" : "passed"}>
    {t(`state.${state}`)}
  </span>
);
