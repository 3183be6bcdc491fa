import { getRouteApi, Link } from "@tanstack/react-router";
import { hasLapsed } from "../api/session";
import { ChosenTime } from "../forms/chosen";
import { ProviderButtons, useProviders } from "../forms/providers";
import { RegistrationClosed, useIsRegistrationClosed } from "../forms/registration-closed";
import { SignInForm } from "../forms/sign-in-form";
import { t } from "../i18n";
import { Heading } from "../ui/heading";
import { Page } from "../ui/page";
import { Notice } from "../ui/states";

const route = getRouteApi("/sign-in");

export function SignInScreen() {
  const search = route.useSearch();
  const { atOnce, later } = useProviders();
  const isClosed = useIsRegistrationClosed();
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
        <SignInForm next={search.next} providers={atOnce} />
        {isClosed ? (
          <RegistrationClosed />
        ) : (
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
        )}
        {later.length > 0 && (
          <div className="stack">
            <ProviderButtons providers={later} next={search.next} />
          </div>
        )}
      </div>
    </Page>
  );
}
