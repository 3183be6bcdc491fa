import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { changePassword } from "../../api/inside/account";
import type { Session } from "../../api/session";
import type { Me } from "../../api/types";
import { isAtFields, PASSWORD_MIN, PasswordInput, STAFF_PASSWORD_MIN } from "../../forms/fields";
import { formText } from "../../forms/form";
import { AttemptForm } from "../../forms/attempt-form";
import { localeTag, t } from "../../i18n";
import { longDateIn, visitorZone } from "../../time/zones";
import { Button } from "../../ui/button";
import { Saved } from "../../ui/inside/saved";
import { ActionError } from "../../ui/states";
import { AccountPage } from "./frame";
import { hasPassword, NoPassword } from "./no-password";

export const PasswordScreen = () => (
  <AccountPage title={t("account.password")}>
    {(session, me) =>
      hasPassword(me) ? (
        <Password session={session} me={me} />
      ) : (
        <NoPassword me={me} text={t("password.none")} />
      )
    }
  </AccountPage>
);

const isStaff = ({ memberships }: Me): boolean =>
  memberships.some(({ role, active }) => role !== "patient" && active);

function Password({ session, me }: { session: Session; me: Me }) {
  const queries = useQueryClient();
  // A form that did its work is a new one: nothing of a password stays in the page.
  const [round, setRound] = useState(0);
  const change = useMutation({
    mutationFn: ({ current, password }: { current: string; password: string }) =>
      changePassword(current, password),
    onSuccess: () => {
      setRound((n) => n + 1);
      void queries.invalidateQueries({ queryKey: ["mine", session.user] });
    },
  });
  return (
    <>
      <div className="stack-small">
        <p className="muted">{t("password.lead")}</p>
        {me.password_changed_at && (
          <p>
            {t("password.changed_at", {
              date: longDateIn(localeTag(), visitorZone(), me.password_changed_at),
            })}
          </p>
        )}
      </div>
      <AttemptForm
        key={round}
        attempt={change}
        onSubmit={(data) => {
          change.mutate({
            current: formText(data, "current"),
            password: formText(data, "password"),
          });
        }}
      >
        {/* For password managers, which would not know otherwise whose password this is. */}
        <input
          type="text"
          name="username"
          autoComplete="username"
          value={me.email}
          readOnly
          hidden
        />
        <PasswordInput
          name="current"
          label={t("field.password.current")}
          autoComplete="current-password"
        />
        <PasswordInput
          name="password"
          label={t("field.password.new")}
          autoComplete="new-password"
          min={isStaff(me) ? STAFF_PASSWORD_MIN : PASSWORD_MIN}
        />
        {change.isError && !isAtFields(change.error) && <ActionError error={change.error} />}
        <Button
          type="submit"
          look="primary"
          isWide
          busy={change.isPending ? t("common.saving") : null}
        >
          {t("password.submit")}
        </Button>
      </AttemptForm>
      <Saved isShown={change.isSuccess} text={t("password.saved")} />
    </>
  );
}
