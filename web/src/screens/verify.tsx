import { useMutation } from "@tanstack/react-query";
import { Link, useNavigate } from "@tanstack/react-router";
import { useState } from "react";
import { hasCode } from "../api/problem";
import { signIn, verifyEmail } from "../api/queries";
import { AttemptForm } from "../forms/attempt-form";
import { ChosenTime } from "../forms/chosen";
import { isAtFields, PasswordInput } from "../forms/fields";
import { formText } from "../forms/form";
import { useIsRegistrationClosed } from "../forms/registration-closed";
import { SignInForm } from "../forms/sign-in-form";
import { useLinkToken } from "../forms/token";
import { t } from "../i18n";
import { rememberedNext } from "../next";
import { Button } from "../ui/button";
import { Heading } from "../ui/heading";
import { Page } from "../ui/page";
import { ActionError, Notice } from "../ui/states";

/** The link shows that the address is theirs, the password that it was they who registered; both together sign in. */
export function VerifyScreen() {
  const token = useLinkToken();
  const [next] = useState(rememberedNext);
  const isClosed = useIsRegistrationClosed();
  const navigate = useNavigate();
  const entry = useMutation({
    mutationFn: signIn,
    onSuccess: () => navigate({ to: "/sign-in", search: { next }, replace: true }),
  });
  const verification = useMutation({
    mutationFn: (password: string) => verifyEmail(token ?? "", password),
    onSuccess: ({ email }, password) => {
      entry.mutate({ email, password });
    },
  });

  return (
    <Page title={t("verify.title")} width="narrow">
      <div className="panel">
        {verification.isSuccess && entry.isError ? (
          <>
            <div className="stack-small">
              <Heading>{t("verify.done", { name: verification.data.given_name })}</Heading>
              <p>{t("verify.done.text")}</p>
            </div>
            <ChosenTime next={next} />
            <SignInForm email={verification.data.email} next={next} />
          </>
        ) : token === null || hasCode(verification.error, "LINK_INVALID") ? (
          <>
            <Heading>{t("verify.heading")}</Heading>
            <Notice tone="warning" title={t("link.invalid.title")} isAlert>
              <p>{t("verify.invalid")}</p>
            </Notice>
            <div className="actions">
              <Link to="/sign-in" className="button" data-look="primary" data-wide>
                {t("nav.sign_in")}
              </Link>
              {!isClosed && (
                <Link to="/register" className="button" data-look="secondary" data-wide>
                  {t("sign_in.register")}
                </Link>
              )}
            </div>
          </>
        ) : (
          <>
            <div className="stack-small">
              <Heading>{t("verify.heading")}</Heading>
              <p className="muted">{t("verify.lead")}</p>
            </div>
            <ChosenTime next={next} />
            <AttemptForm
              attempt={verification}
              onSubmit={(data) => {
                verification.mutate(formText(data, "password"));
              }}
            >
              <PasswordInput
                name="password"
                label={t("field.password")}
                autoComplete="current-password"
              />
              {verification.isError && !isAtFields(verification.error) && (
                <ActionError error={verification.error} />
              )}
              <Button
                type="submit"
                look="primary"
                isWide
                busy={verification.isPending || entry.isPending ? t("verify.busy") : null}
              >
                {t("verify.submit")}
              </Button>
            </AttemptForm>
          </>
        )}
      </div>
    </Page>
  );
}
