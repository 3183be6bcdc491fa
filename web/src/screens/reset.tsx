import { useMutation } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { hasCode } from "../api/problem";
import { resetPassword } from "../api/queries";
import { isAtFields, PASSWORD_MIN, PasswordInput } from "../forms/fields";
import { formText } from "../forms/form";
import { SignInForm } from "../forms/sign-in-form";
import { useLinkToken } from "../forms/token";
import { AttemptForm } from "../forms/attempt-form";
import { t } from "../i18n";
import { Button } from "../ui/button";
import { Heading } from "../ui/heading";
import { Page } from "../ui/page";
import { ActionError, Notice } from "../ui/states";

export function ResetScreen() {
  const token = useLinkToken();
  const reset = useMutation({
    mutationFn: (password: string) => resetPassword(token ?? "", password),
  });
  const isSpent = token === null || hasCode(reset.error, "LINK_INVALID");
  return (
    <Page title={t("reset.title")} width="narrow">
      <div className="panel">
        {reset.isSuccess ? (
          <>
            <Heading>{t("reset.done")}</Heading>
            <Notice tone="success" isAlert>
              <p>{t("reset.done.text")}</p>
            </Notice>
            <SignInForm email={reset.data.email} next={undefined} />
          </>
        ) : isSpent ? (
          <>
            <Heading>{t("reset.heading")}</Heading>
            <Notice tone="warning" title={t("link.invalid.title")} isAlert>
              <p>{t("reset.invalid")}</p>
            </Notice>
            <Link to="/forgot" className="button" data-look="primary" data-wide>
              {t("reset.again")}
            </Link>
          </>
        ) : (
          <>
            <div className="stack-small">
              <Heading>{t("reset.heading")}</Heading>
              <p className="muted">{t("reset.lead")}</p>
            </div>
            <AttemptForm
              attempt={reset}
              onSubmit={(data) => {
                reset.mutate(formText(data, "password"));
              }}
            >
              <PasswordInput
                name="password"
                label={t("field.password.new")}
                autoComplete="new-password"
                min={PASSWORD_MIN}
              />
              {reset.isError && !isAtFields(reset.error) && <ActionError error={reset.error} />}
              <Button
                type="submit"
                look="primary"
                isWide
                busy={reset.isPending ? t("common.saving") : null}
              >
                {t("reset.submit")}
              </Button>
            </AttemptForm>
          </>
        )}
      </div>
    </Page>
  );
}
