import { useMutation } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useEffect, useState } from "react";
import { hasCode } from "../api/problem";
import { verifyEmail } from "../api/queries";
import { ChosenTime } from "../forms/chosen";
import { SignInForm } from "../forms/sign-in-form";
import { useLinkToken } from "../forms/token";
import { t } from "../i18n";
import { rememberedNext } from "../next";
import { Heading } from "../ui/heading";
import { Page } from "../ui/page";
import { ErrorNotice, Notice, Skeleton } from "../ui/states";

export function VerifyScreen() {
  const token = useLinkToken();
  const [next] = useState(rememberedNext);
  const verification = useMutation({ mutationFn: verifyEmail });
  const { mutate } = verification;
  useEffect(() => {
    if (token !== null) mutate(token);
  }, [token, mutate]);

  return (
    <Page title={t("verify.title")} width="narrow">
      <div className="panel">
        {verification.isSuccess ? (
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
              <Link to="/register" className="button" data-look="secondary" data-wide>
                {t("sign_in.register")}
              </Link>
            </div>
          </>
        ) : verification.isError ? (
          <>
            <Heading>{t("verify.heading")}</Heading>
            <ErrorNotice
              error={verification.error}
              retry={() => {
                mutate(token);
              }}
            />
          </>
        ) : (
          <Skeleton shapes={["title", "card"]} label={t("verify.busy")} />
        )}
      </div>
    </Page>
  );
}
