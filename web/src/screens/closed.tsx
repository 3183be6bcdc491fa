import { Link } from "@tanstack/react-router";
import { t } from "../i18n";
import { Heading } from "../ui/heading";
import { Page } from "../ui/page";

export const ClosedScreen = () => (
  <Page title={t("closed.title")} width="narrow">
    <div className="panel">
      <div className="booked">
        <Heading>{t("closed.title")}</Heading>
        <p>{t("closed.text")}</p>
      </div>
      <Link to="/" className="button" data-look="secondary" data-wide>
        {t("missing.action")}
      </Link>
    </div>
  </Page>
);
