import { useMutation } from "@tanstack/react-query";
import { getRouteApi, Link } from "@tanstack/react-router";
import { Form } from "react-aria-components";
import { hasCode } from "../api/problem";
import { signIn } from "../api/queries";
import { hasLapsed } from "../api/session";
import { t } from "../i18n";
import { Heading } from "../ui/heading";
import { Button } from "../ui/button";
import { ChosenTime } from "../forms/chosen";
import { fieldErrors, PasswordInput, TextInput } from "../forms/fields";
import { formText } from "../forms/form";
import { Page } from "../ui/page";
import { ActionError, Notice } from "../ui/states";

const route = getRouteApi("/sign-in");

export function SignInScreen() {
  const search = route.useSearch();
  // The session that begins here makes the route's guard lead on to where the person was going.
  const attempt = useMutation({ mutationFn: signIn });
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
        <Form
          className="form"
          validationErrors={fieldErrors(attempt.error)}
          onSubmit={(event) => {
            event.preventDefault();
            if (attempt.isPending) return;
            const data = new FormData(event.currentTarget);
            attempt.mutate({
              email: formText(data, "email").trim(),
              password: formText(data, "password"),
            });
          }}
        >
          <TextInput name="email" type="email" label={t("field.email")} autoComplete="username" />
          <PasswordInput
            name="password"
            label={t("field.password")}
            autoComplete="current-password"
          />
          {attempt.isError &&
            (hasCode(attempt.error, "WRONG_CREDENTIALS") ? (
              <Notice tone="warning" isAlert>
                <p>{t("sign_in.wrong")}</p>
              </Notice>
            ) : (
              <ActionError error={attempt.error} />
            ))}
          <Button
            type="submit"
            look="primary"
            isWide
            busy={attempt.isPending ? t("sign_in.busy") : null}
          >
            {t("sign_in.submit")}
          </Button>
        </Form>
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
