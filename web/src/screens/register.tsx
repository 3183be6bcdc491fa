import { useMutation } from "@tanstack/react-query";
import { getRouteApi, Link } from "@tanstack/react-router";
import { Form } from "react-aria-components";
import { hasCode } from "../api/problem";
import { register } from "../api/queries";
import { languageCode, t } from "../i18n";
import { visitorZone } from "../time/zones";
import { Heading } from "../ui/heading";
import { Button } from "../ui/button";
import { ChosenTime } from "../forms/chosen";
import { fieldErrors, PasswordInput, TextInput } from "../forms/fields";
import { formText } from "../forms/form";
import { Page } from "../ui/page";
import { ActionError, Notice } from "../ui/states";

const route = getRouteApi("/register");

export function RegisterScreen() {
  const search = route.useSearch();
  const attempt = useMutation({ mutationFn: register });
  const errors = fieldErrors(attempt.error);
  const isTaken = hasCode(attempt.error, "EMAIL_TAKEN");
  return (
    <Page title={t("register.title")} width="narrow">
      <div className="panel">
        <div className="stack-small">
          <Heading>{t("register.heading")}</Heading>
          <p className="muted">{t("register.lead")}</p>
        </div>
        <ChosenTime next={search.next} />
        <Form
          className="form"
          validationErrors={errors}
          onSubmit={(event) => {
            event.preventDefault();
            if (attempt.isPending) return;
            const data = new FormData(event.currentTarget);
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
            <TextInput name="given_name" label={t("field.given_name")} autoComplete="given-name" />
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
            isNew
          />
          {isTaken ? (
            <Notice tone="warning" isAlert>
              <p>{t("register.taken")}</p>
              <Link to="/sign-in" search={search} replace>
                {t("register.sign_in")}
              </Link>
            </Notice>
          ) : (
            attempt.isError &&
            Object.keys(errors).length === 0 && <ActionError error={attempt.error} />
          )}
          <Button
            type="submit"
            look="primary"
            isWide
            busy={attempt.isPending ? t("register.busy") : null}
          >
            {search.next === undefined ? t("register.submit") : t("register.submit.continue")}
          </Button>
        </Form>
        <p className="aside">
          {t("register.have")}{" "}
          <Link to="/sign-in" search={search} replace>
            {t("register.sign_in")}
          </Link>
        </p>
      </div>
    </Page>
  );
}
