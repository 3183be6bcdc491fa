import { useMutation } from "@tanstack/react-query";
import { Link, useRouter } from "@tanstack/react-router";
import { useState } from "react";
import { closeAccount } from "../../api/inside/account";
import { forgetSession } from "../../api/session";
import type { Me } from "../../api/types";
import { isAtFields, PasswordInput } from "../../forms/fields";
import { formText } from "../../forms/form";
import { AttemptForm } from "../../forms/attempt-form";
import { t } from "../../i18n";
import { Button } from "../../ui/button";
import { Ask } from "../../ui/inside/modal";
import { ActionError } from "../../ui/states";
import { AccountPage } from "./frame";
import { hasPassword, NoPassword } from "./no-password";

export const ClosingScreen = () => (
  <AccountPage title={t("account.closing")} lead={t("closing.lead")}>
    {(_, me) => <Closing me={me} />}
  </AccountPage>
);

function Closing({ me }: { me: Me }) {
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
        {hasPassword(me) && (
          <Button
            look="quiet-danger"
            isWide
            onPress={() => {
              setAsking(true);
            }}
          >
            {t("closing.open")}
          </Button>
        )}
      </div>
      {!hasPassword(me) && <NoPassword me={me} text={t("closing.no_password")} />}
      {isAsking && (
        <CloseDialog
          onClose={() => {
            setAsking(false);
          }}
        />
      )}
    </>
  );
}

function CloseDialog({ onClose }: { onClose: () => void }) {
  const router = useRouter();
  const closing = useMutation({
    mutationFn: closeAccount,
    onSuccess: async () => {
      await router.navigate({ to: "/closed", replace: true });
      forgetSession();
    },
  });
  return (
    <Ask title={t("closing.heading")} isAlert isBusy={closing.isPending} onClose={onClose}>
      <p>{t("closing.text")}</p>
      <AttemptForm
        attempt={closing}
        onSubmit={(data) => {
          closing.mutate(formText(data, "password"));
        }}
      >
        <PasswordInput
          name="password"
          label={t("field.password")}
          autoComplete="current-password"
        />
        {closing.isError && !isAtFields(closing.error) && <ActionError error={closing.error} />}
        <Button
          type="submit"
          look="danger"
          isWide
          busy={closing.isPending ? t("closing.busy") : null}
        >
          {t("closing.submit")}
        </Button>
        <Button isWide isDisabled={closing.isPending} onPress={onClose}>
          {t("closing.keep")}
        </Button>
      </AttemptForm>
    </Ask>
  );
}
