import { useQuery, useQueryClient } from "@tanstack/react-query";
import { getRouteApi, Link } from "@tanstack/react-router";
import { useState } from "react";
import { type AccountChange, accountQuery, changeAccount } from "../../api/inside/platform";
import { hasCode } from "../../api/problem";
import { clinicsQuery } from "../../api/queries";
import { may, type Session, useSession } from "../../api/session";
import type { Account } from "../../api/types";
import { localeTag, t } from "../../i18n";
import { longDateIn, timeIn, visitorZone } from "../../time/zones";
import { Button } from "../../ui/button";
import { Heading } from "../../ui/heading";
import { PreviousIcon } from "../../ui/icons";
import { Confirm } from "../../ui/inside/confirm";
import { EmailText } from "../../ui/inside/email";
import { Page } from "../../ui/page";
import { Avatar } from "../../ui/people";
import { Empty, ErrorNotice, Notice, Skeleton } from "../../ui/states";
import { Row } from "../../ui/summary";
import { AccountState } from "./accounts";

const route = getRouteApi("/personal/platform/accounts/$user");

const dateOf = (instant: string): string => longDateIn(localeTag(), visitorZone(), instant);

export function AccountScreen() {
  const session = useSession();
  const { user } = route.useParams();
  const search = route.useSearch();
  const account = useQuery(accountQuery(user));
  if (session === null) return null;
  return (
    <Page title={t("one_account.title")} width="narrow">
      <Link to="/platform" search={search} className="back">
        <PreviousIcon />
        {t("platform.accounts")}
      </Link>
      <div className="panel">
        {account.isPending ? (
          <Skeleton shapes={["title", "card"]} />
        ) : account.isLoadingError ? (
          <>
            <Heading isHidden>{t("one_account.title")}</Heading>
            {hasCode(account.error, "NOT_FOUND", "INVALID") ? (
              <Empty title={t("one_account.missing.title")} text={t("one_account.missing.text")} />
            ) : (
              <ErrorNotice error={account.error} retry={() => void account.refetch()} />
            )}
          </>
        ) : (
          <>
            <Facts account={account.data} />
            <Actions session={session} account={account.data} />
          </>
        )}
      </div>
    </Page>
  );
}

function Facts({ account }: { account: Account }) {
  const clinics = useQuery(clinicsQuery);
  const name = `${account.given_name} ${account.family_name}`;
  const seen = account.last_sign_in_at;
  const roleOf = ({ clinic, role }: Account["memberships"][number]): string => {
    const place = clinics.data?.find(({ id }) => id === clinic)?.name;
    const name = t(`role.${role}`);
    return place === undefined ? name : t("one_account.role", { role: name, clinic: place });
  };
  return (
    <>
      <div className="person">
        <Avatar id={account.user} name={name} size="large" />
        <div className="stack-small">
          <Heading>{name}</Heading>
          <AccountState state={account.state} />
        </div>
      </div>
      <dl className="summary facts-list">
        <Row term={t("field.email.short")}>
          <a className="tall" href={`mailto:${account.email}`}>
            <EmailText email={account.email} />
          </a>
        </Row>
        <Row term={t("one_account.roles")}>
          <ul>
            {account.patient !== null && <li>{t("role.patient")}</li>}
            {account.memberships.map((work) => (
              <li
                key={`${work.role} ${work.clinic ?? ""}`}
                className={work.active ? undefined : "muted"}
              >
                {work.active ? roleOf(work) : t("one_account.past", { role: roleOf(work) })}
              </li>
            ))}
          </ul>
        </Row>
        <Row term={t("one_account.registered")}>{dateOf(account.registered_at)}</Row>
        <Row term={t("one_account.seen")}>
          {seen === null
            ? t("one_account.seen.unknown")
            : t("one_account.seen.at", {
                date: dateOf(seen),
                time: timeIn(localeTag(), visitorZone(), seen),
              })}
        </Row>
        <Row term={t("one_account.factor")}>
          {account.has_second_factor ? t("one_account.factor.yes") : t("one_account.factor.no")}
        </Row>
      </dl>
    </>
  );
}

type Action = "deactivate" | "reactivate" | "clear" | "leave";

const CHANGES: Record<Action, AccountChange> = {
  deactivate: { active: false },
  reactivate: { active: true },
  clear: { clear_factors: true },
  leave: { leaves_platform: true },
};

/** What can be done, the gentlest first. */
function actionsFor({ state, has_second_factor, memberships }: Account): readonly Action[] {
  const worksHere = memberships.some(({ clinic, active }) => clinic === null && active);
  const actions: readonly (Action | false)[] = [
    state === "deactivated" && "reactivate",
    has_second_factor && "clear",
    worksHere && "leave",
    state === "active" && "deactivate",
  ];
  return state === "closed" ? [] : actions.filter((action) => action !== false);
}

function Actions({ session, account }: { session: Session; account: Account }) {
  const [asked, setAsked] = useState<Action | null>(null);
  if (!may(session, "manage-accounts")) return null;
  // Nobody takes the ground from under their own feet.
  if (session.user === account.user) {
    return (
      <Notice tone="info">
        <p>{t("one_account.own")}</p>
      </Notice>
    );
  }
  const actions = actionsFor(account);
  if (actions.length === 0) return null;
  return (
    <>
      <div className="actions">
        {actions.map((words) => (
          <Button
            key={words}
            look={words === "reactivate" ? "secondary" : "quiet-danger"}
            isWide
            onPress={() => {
              setAsked(words);
            }}
          >
            {t(`accounts.${words}`)}
          </Button>
        ))}
      </div>
      {asked !== null && (
        <Question
          words={asked}
          account={account}
          onClose={() => {
            setAsked(null);
          }}
        />
      )}
    </>
  );
}

function Question({
  words,
  account,
  onClose,
}: {
  words: Action;
  account: Account;
  onClose: () => void;
}) {
  const queries = useQueryClient();
  const name = `${account.given_name} ${account.family_name}`;
  return (
    <Confirm
      title={t(`accounts.${words}.heading`, { name })}
      action={t(`accounts.${words}`)}
      busy={t("common.working")}
      isDanger={words !== "reactivate"}
      onConfirm={async () => {
        await changeAccount(account.user, CHANGES[words]);
        await queries.invalidateQueries({ queryKey: ["mine", "platform", "accounts"] });
      }}
      onClose={onClose}
    >
      <p>{t(`accounts.${words}.text`)}</p>
    </Confirm>
  );
}
