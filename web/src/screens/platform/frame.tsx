import { Link } from "@tanstack/react-router";
import type { ReactNode } from "react";
import { may, useSession } from "../../api/session";
import { t } from "../../i18n";
import { Heading } from "../../ui/heading";
import { Page } from "../../ui/page";

const TABS = [
  ["/platform", "accounts", "read-accounts"],
  ["/platform/status", "status", "read-system-status"],
  ["/platform/settings", "settings", "manage-settings"],
] as const;

export function PlatformPage({
  title,
  lead,
  children,
}: {
  title: string;
  lead: string;
  children: ReactNode;
}) {
  const session = useSession();
  if (session === null) return null;
  return (
    <Page title={title}>
      <nav className="tabs" aria-label={t("platform.nav")}>
        {TABS.filter(([, , permission]) => may(session, permission)).map(([to, words]) => (
          <Link
            key={to}
            to={to}
            activeOptions={{ exact: true, includeSearch: false }}
            className="tab"
          >
            {t(`platform.${words}`)}
          </Link>
        ))}
      </nav>
      <div className="stack-small">
        <Heading>{title}</Heading>
        <p className="lead">{lead}</p>
      </div>
      {children}
    </Page>
  );
}
