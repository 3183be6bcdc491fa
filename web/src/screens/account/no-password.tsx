import { useMutation } from "@tanstack/react-query";
import { askForReset } from "../../api/queries";
import type { Me } from "../../api/types";
import { t } from "../../i18n";
import { Button } from "../../ui/button";
import { Saved } from "../../ui/inside/saved";
import { ActionError, Notice } from "../../ui/states";

export const hasPassword = ({ password_changed_at }: Me): boolean => password_changed_at !== null;

/** For an account that was made by signing in elsewhere: a mail lets its owner choose a password. */
export function NoPassword({ me, text }: { me: Me; text: string }) {
  const asking = useMutation({ mutationFn: () => askForReset(me.email) });
  return (
    <>
      <Notice tone="info">
        <p>{text}</p>
      </Notice>
      <p>{t("no_password.mail", { email: me.email })}</p>
      {asking.isError && <ActionError error={asking.error} />}
      <Button
        look={asking.isSuccess ? "secondary" : "primary"}
        isWide
        busy={asking.isPending ? t("letter.sending") : null}
        onPress={() => {
          asking.mutate();
        }}
      >
        {asking.isSuccess ? t("letter.again") : t("no_password.ask")}
      </Button>
      <Saved isShown={asking.isSuccess} text={t("letter.text", { email: me.email })} />
    </>
  );
}
