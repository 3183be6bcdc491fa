import { useMutation, type UseMutationResult } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useState } from "react";
import { hasCode } from "../api/problem";
import { type Acceptance, acceptInvitation } from "../api/queries";
import {
  fieldErrors,
  isAtFields,
  PasswordInput,
  STAFF_PASSWORD_MIN,
  TextInput,
} from "../forms/fields";
import { formText } from "../forms/form";
import { SignInForm } from "../forms/sign-in-form";
import { useLinkToken } from "../forms/token";
import { AttemptForm } from "../forms/attempt-form";
import { t } from "../i18n";
import { Button } from "../ui/button";
import { Heading } from "../ui/heading";
import { Page } from "../ui/page";
import { ActionError, Notice } from "../ui/states";

export function InvitationScreen() {
  const token = useLinkToken();
  // Nobody knows yet whether the address has an account: the first answer tells which details are wanting.
  const [wanted, setWanted] = useState<readonly string[]>([]);
  const acceptance = useMutation({
    mutationFn: acceptInvitation,
    onError: (refusal) => {
      if (!hasCode(refusal, "DETAILS_NEEDED")) return;
      setWanted(refusal.fields.map(({ pointer }) => pointer.slice(1)));
    },
  });
  const { error } = acceptance;
  if (acceptance.isSuccess) {
    return (
      <Page title={t("invitation.title")} width="narrow">
        <div className="panel">
          <Heading>{t("invitation.done")}</Heading>
          <Notice tone="success" isAlert>
            <p>{t("invitation.done.text", { role: t(`role.${acceptance.data.role}`) })}</p>
          </Notice>
          <SignInForm email={acceptance.data.email} next={undefined} />
        </div>
      </Page>
    );
  }
  const isSpent = token === null || hasCode(error, "LINK_INVALID");
  return (
    <Page title={t("invitation.title")} width="narrow">
      <div className="panel">
        {isSpent ? (
          <>
            <Heading>{t("invitation.heading")}</Heading>
            <Notice tone="warning" title={t("link.invalid.title")} isAlert>
              <p>{t("invitation.invalid")}</p>
            </Notice>
            <Link to="/sign-in" className="button" data-look="primary" data-wide>
              {t("nav.sign_in")}
            </Link>
          </>
        ) : (
          <Accept token={token} fields={wanted} acceptance={acceptance} />
        )}
      </div>
    </Page>
  );
}

function Accept({
  token,
  fields,
  acceptance,
}: {
  token: string;
  fields: readonly string[];
  acceptance: UseMutationResult<unknown, Error, Acceptance>;
}) {
  const { error, isPending } = acceptance;
  const isAsking = fields.length > 0;
  const isNew = fields.includes("given_name") || fields.includes("family_name");
  return (
    <>
      <div className="stack-small">
        <Heading>{t("invitation.heading")}</Heading>
        <p className="muted">
          {!isAsking
            ? t("invitation.lead")
            : isNew
              ? t("invitation.lead.new")
              : t("invitation.lead.password")}
        </p>
      </div>
      <AttemptForm
        errors={hasCode(error, "DETAILS_NEEDED") ? {} : fieldErrors(error)}
        attempt={acceptance}
        onSubmit={(data) => {
          const given = (name: string) => data.has(name);
          acceptance.mutate({
            token,
            ...(given("given_name") && { given_name: formText(data, "given_name").trim() }),
            ...(given("family_name") && { family_name: formText(data, "family_name").trim() }),
            ...(given("password") && { password: formText(data, "password") }),
          });
        }}
      >
        {isNew && (
          <div className="field-pair">
            <TextInput name="given_name" label={t("field.given_name")} autoComplete="given-name" />
            <TextInput
              name="family_name"
              label={t("field.family_name")}
              autoComplete="family-name"
            />
          </div>
        )}
        {isAsking && (
          <PasswordInput
            name="password"
            label={t("field.password.new")}
            autoComplete="new-password"
            min={STAFF_PASSWORD_MIN}
          />
        )}
        {error !== null && !isAtFields(error) && <ActionError error={error} />}
        <Button type="submit" look="primary" isWide busy={isPending ? t("invitation.busy") : null}>
          {isAsking ? t("invitation.submit.details") : t("invitation.submit")}
        </Button>
      </AttemptForm>
    </>
  );
}
