import { useMutation } from "@tanstack/react-query";
import { Link, useRouter } from "@tanstack/react-router";
import { useState } from "react";
import { closeAccount } from "../../api/inside/account";
import { hasCode } from "../../api/problem";
import { forgetSession, type Session } from "../../api/session";
import type { Me } from "../../api/types";
import { isAtFields, PasswordInput } from "../../forms/fields";
import { formText } from "../../forms/form";
import { AttemptForm } from "../../forms/attempt-form";
import { t } from "../../i18n";
import { Button } from "../../ui/button";
import { Ask } from "../../ui/inside/modal";
import { ActionError } from "../../ui/states";
import { AccountPage } from "./frame";
import { hasPassword } from "./no-password";
import { SignInAgain } from "./sign-in-again";

export const ClosingScreen = () => (
  <AccountPage title={t("account.closing")} lead={t("closing.lead")}>
    {(session, me) => <Closing session={session} me={me} />}
  </AccountPage>
);

function Closing({ session, me }: { session: Session; me: Me }) {
  const [isAsking, setAsking] = useState(false);
  return (
    <>
      <ul className="bullets">
        <li>{t("closing.first")}</li>
        <li>{t("closing.second")}</li>
        <li>{t("closing.third")}</li>
      </ul>
      <div className="actions">
        <Link to="/appointments" className="button" data-look="secondary" data-wide>
          {t("closing.appointments")}
        </Link>
        <Button
          look="quiet-danger"
          isWide
          onPress={() => {
            setAsking(true);
          }}
        >
          {t("closing.open")}
        </Button>
      </div>
      {isAsking && (
        <CloseDialog
          // Whoever has a second factor is asked for that instead.
          hasToConfirm={hasPassword(me) && session.secondFactor === "not-needed"}
          onClose={() => {
            setAsking(false);
          }}
        />
      )}
    </>
  );
}

function CloseDialog({ hasToConfirm, onClose }: { hasToConfirm: boolean; onClose: () => void }) {
  const router = useRouter();
  // Their last second factor may be gone since they have shown it.
  const [isAsked, setAsked] = useState(hasToConfirm);
  const closing = useMutation({
    mutationFn: closeAccount,
    onSuccess: async () => {
      await router.navigate({ to: "/closed", replace: true });
      forgetSession();
    },
    onError: (refusal) => {
      if (hasCode(refusal, "PASSWORD_NEEDED")) setAsked(true);
    },
  });
  const isTooLate = hasCode(closing.error, "SIGN_IN_AGAIN");
  return (
    <Ask title={t("closing.heading")} isAlert isBusy={closing.isPending} onClose={onClose}>
      <p>
        {t("closing.text")} {isAsked && t("closing.password")}
      </p>
      <AttemptForm
        attempt={closing}
        onSubmit={(data) => {
          closing.mutate(isAsked ? formText(data, "password") : undefined);
        }}
      >
        {isAsked && (
          <PasswordInput
            name="password"
            label={t("field.password")}
            autoComplete="current-password"
          />
        )}
        {isTooLate ? (
          <SignInAgain next="/account/closing" />
        ) : (
          <>
            {closing.isError && !isAtFields(closing.error) && <ActionError error={closing.error} />}
            <Button
              type="submit"
              look="danger"
              isWide
              busy={closing.isPending ? t("closing.busy") : null}
            >
              {t("closing.submit")}
            </Button>
          </>
        )}
        <Button isWide isDisabled={closing.isPending} onPress={onClose}>
          {t("closing.keep")}
        </Button>
      </AttemptForm>
    </Ask>
  );
}
