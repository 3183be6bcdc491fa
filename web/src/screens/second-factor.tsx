import { signOut } from "../api/queries";
import { SecondFactor } from "../forms/inside/second-factor";
import { t } from "../i18n";
import { Button } from "../ui/button";
import { Heading } from "../ui/heading";
import { Page } from "../ui/page";

export function SecondFactorScreen() {
  return (
    <Page title={t("second.title")} width="narrow">
      <div className="panel">
        <div className="stack-small">
          <Heading>{t("second.heading")}</Heading>
          <p className="muted">{t("second.lead")}</p>
        </div>
        <SecondFactor />
        <div className="aside">
          <p>{t("second.lost")}</p>
          <Button look="quiet" onPress={() => void signOut()}>
            {t("second.leave")}
          </Button>
        </div>
      </div>
    </Page>
  );
}
