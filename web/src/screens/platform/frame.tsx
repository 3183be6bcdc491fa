import { Link } from "@tanstack/react-router";
import type { ReactNode } from "react";
import { t } from "../../i18n";
import { Heading } from "../../ui/heading";
import { Page } from "../../ui/page";

export function PlatformPage({
  title,
  lead,
  children,
}: {
  title: string;
  lead: string;
  children: ReactNode;
}) {
  return (
    <Page title={title}>
      <nav className="tabs" aria-label={t("platform.nav")}>
        <Link to="/platform" activeOptions={{ exact: true }} className="tab">
          {t("platform.accounts")}
        </Link>
        <Link to="/platform/status" className="tab">
          {t("platform.status")}
        </Link>
      </nav>
      <div className="stack-small">
        <Heading>{title}</Heading>
        <p className="lead">{lead}</p>
      </div>
      {children}
    </Page>
  );
}
