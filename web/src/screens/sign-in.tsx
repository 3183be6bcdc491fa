import { getRouteApi, Link } from "@tanstack/react-router";
import { hasLapsed } from "../api/session";
import { ChosenTime } from "../forms/chosen";
import { SignInForm } from "../forms/sign-in-form";
import { t } from "../i18n";
import { Heading } from "../ui/heading";
import { Page } from "../ui/page";
import { Notice } from "../ui/states";

const route = getRouteApi("/sign-in");

export function SignInScreen() {
  const search = route.useSearch();
  return (
    <Page title={t("sign_in.title")} width="narrow">
      <div className="panel">
        <Heading>{t("sign_in.heading")}</Heading>
        {hasLapsed() ? (
          <Notice tone="info">
            <p>{t("sign_in.expired")}</p>
          </Notice>
        ) : null}
        <ChosenTime next={search.next} />
        <SignInForm next={search.next} />
        <div className="aside">
          <p>{t("sign_in.new")}</p>
          <Link
            to="/register"
            search={search}
            replace
            className="button"
            data-look="secondary"
            data-wide
          >
            {t("sign_in.register")}
          </Link>
        </div>
      </div>
    </Page>
  );
}
