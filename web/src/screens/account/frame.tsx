import { useQuery } from "@tanstack/react-query";
import { Link, Outlet } from "@tanstack/react-router";
import type { ReactNode } from "react";
import { meQuery } from "../../api/queries";
import { type Session, useSession } from "../../api/session";
import type { Me } from "../../api/types";
import { t } from "../../i18n";
import { Heading } from "../../ui/heading";
import { NextIcon, PreviousIcon } from "../../ui/icons";
import { Page } from "../../ui/page";
import { ErrorNotice, Skeleton } from "../../ui/states";
import { pagesOf } from "./pages";

export function AccountScreen() {
  const session = useSession();
  if (session === null) return null;
  return (
    <Page title={t("account.title")} width="narrow">
      <Heading>{t("account.heading")}</Heading>
      <ul className="menu-list">
        {pagesOf(session).map(({ words, icon: PageIcon }) => (
          <li key={words}>
            <Link to={`/account/${words}`} className="menu-entry">
              <PageIcon />
              <span>
                <span className="strong">{t(`account.${words}`)}</span>
                <span className="muted">{t(`account.about.${words}`)}</span>
              </span>
              <NextIcon />
            </Link>
          </li>
        ))}
      </ul>
    </Page>
  );
}

/** At a desk the other pages stand beside this one; on a phone they are one step back. */
export function AccountFrame() {
  const session = useSession();
  if (session === null) return null;
  return (
    <div className="with-side">
      <nav className="side" aria-label={t("account.title")}>
        <ul>
          {pagesOf(session).map(({ words, icon: PageIcon }) => (
            <li key={words}>
              <Link to={`/account/${words}`} className="side-link">
                <PageIcon />
                {t(`account.${words}`)}
              </Link>
            </li>
          ))}
        </ul>
      </nav>
      <Outlet />
    </div>
  );
}

export function AccountPage({
  title,
  lead,
  children,
}: {
  title: string;
  lead?: string;
  children: (session: Session, me: Me) => ReactNode;
}) {
  const session = useSession();
  const me = useQuery({ ...meQuery(session?.user ?? ""), enabled: session !== null });
  return (
    <Page title={title} width="narrow">
      <Link to="/account" className="back beside-side">
        <PreviousIcon />
        {t("account.title")}
      </Link>
      <div className="panel">
        <div className="stack-small">
          <Heading>{title}</Heading>
          {lead !== undefined && <p className="muted">{lead}</p>}
        </div>
        {session === null || me.isPending ? (
          <Skeleton shapes={["card", "card"]} />
        ) : me.isLoadingError ? (
          <ErrorNotice error={me.error} retry={() => void me.refetch()} />
        ) : (
          children(session, me.data)
        )}
      </div>
    </Page>
  );
}
