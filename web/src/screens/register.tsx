import { useMutation } from "@tanstack/react-query";
import { getRouteApi, Link } from "@tanstack/react-router";
import { hasCode } from "../api/problem";
import { type NewPatient, register } from "../api/queries";
import { ChosenTime } from "../forms/chosen";
import { isAtFields, PASSWORD_MIN, PasswordInput, TextInput } from "../forms/fields";
import { formText } from "../forms/form";
import { AttemptForm } from "../forms/attempt-form";
import { ProviderButtons, useProviders } from "../forms/providers";
import { RegistrationClosed, useIsRegistrationClosed } from "../forms/registration-closed";
import { languageCode, t } from "../i18n";
import { rememberNext } from "../next";
import { visitorZone } from "../time/zones";
import { Button } from "../ui/button";
import { Heading } from "../ui/heading";
import { LetterBox } from "../ui/letter";
import { Page } from "../ui/page";
import { ActionError } from "../ui/states";

const route = getRouteApi("/register");

export function RegisterScreen() {
  const search = route.useSearch();
  const attempt = useMutation({
    mutationFn: (patient: NewPatient) => register(patient),
    onSuccess: () => {
      rememberNext(search.next);
    },
  });
  const { atOnce, later } = useProviders();
  const isClosed = useIsRegistrationClosed();
  const isRefused = hasCode(attempt.error, "REGISTRATION_CLOSED");
  if (attempt.isSuccess) {
    return (
      <Page title={t("letter.title")} width="narrow">
        <LetterBox
          email={attempt.data}
          text={search.next === undefined ? t("letter.verify") : t("letter.verify.continue")}
          onAgain={async () => {
            await register(attempt.variables);
          }}
        >
          <ChosenTime next={search.next} />
          <Link
            to="/sign-in"
            search={search}
            replace
            className="button"
            data-look="secondary"
            data-wide
          >
            {t("letter.confirmed")}
          </Link>
        </LetterBox>
      </Page>
    );
  }
  return (
    <Page title={t("register.title")} width="narrow">
      <div className="panel">
        <div className="stack-small">
          <Heading>{t("register.heading")}</Heading>
          <p className="muted">{t("register.lead")}</p>
        </div>
        <ChosenTime next={search.next} />
        {isClosed || isRefused ? (
          <RegistrationClosed takesFocus={isRefused} />
        ) : (
          <>
            <AttemptForm
              attempt={attempt}
              onSubmit={(data) => {
                attempt.mutate({
                  given_name: formText(data, "given_name").trim(),
                  family_name: formText(data, "family_name").trim(),
                  email: formText(data, "email").trim(),
                  password: formText(data, "password"),
                  time_zone: visitorZone(),
                  language: languageCode(),
                });
              }}
            >
              <div className="field-pair">
                <TextInput
                  name="given_name"
                  label={t("field.given_name")}
                  autoComplete="given-name"
                />
                <TextInput
                  name="family_name"
                  label={t("field.family_name")}
                  autoComplete="family-name"
                />
              </div>
              <TextInput name="email" type="email" label={t("field.email")} autoComplete="email" />
              <PasswordInput
                name="password"
                label={t("field.password")}
                autoComplete="new-password"
                min={PASSWORD_MIN}
              />
              {attempt.isError && !isAtFields(attempt.error) && (
                <ActionError error={attempt.error} />
              )}
              <Button
                type="submit"
                look="primary"
                isWide
                busy={attempt.isPending ? t("register.busy") : null}
              >
                {search.next === undefined ? t("register.submit") : t("register.submit.continue")}
              </Button>
            </AttemptForm>
            {atOnce.length > 0 && (
              <div className="stack">
                <p className="or">{t("sign_in.or")}</p>
                <ProviderButtons providers={atOnce} next={search.next} />
              </div>
            )}
          </>
        )}
        <p className="aside">
          {t("register.have")}{" "}
          <Link to="/sign-in" search={search} replace>
            {t("register.sign_in")}
          </Link>
        </p>
        {later.length > 0 && !isClosed && (
          <div className="stack">
            <ProviderButtons providers={later} next={search.next} />
          </div>
        )}
      </div>
    </Page>
  );
}
