import { useState } from "react";
import { hasPasskeys } from "../api/device";
import { signOut } from "../api/queries";
import { startSession } from "../api/session";
import type { Enrolled } from "../api/types";
import { AddPasskey, AddPhone, AddTotp } from "../forms/inside/add-factor";
import { t } from "../i18n";
import { Button } from "../ui/button";
import { Choice } from "../ui/choice";
import { Heading } from "../ui/heading";
import { RecoveryCodes } from "../ui/inside/recovery-codes";
import { Page } from "../ui/page";

type Method = "passkey" | "totp" | "sms";

/** The first second factor of somebody who works with other people's records: before it there is nothing else to do. */
export function EnrolmentScreen() {
  const methods: readonly Method[] = hasPasskeys() ? ["passkey", "totp", "sms"] : ["totp", "sms"];
  const [method, setMethod] = useState<Method>(methods[0] ?? "totp");
  const [enrolled, setEnrolled] = useState<Enrolled | null>(null);
  const onEnrolled = (reply: Enrolled) => {
    if (reply.recovery_codes.length > 0) setEnrolled(reply);
    else startSession(reply.session);
  };
  return (
    <Page title={t("enrolment.title")} width="narrow">
      <div className="panel">
        {enrolled !== null ? (
          <>
            <Heading>{t("enrolment.done")}</Heading>
            <RecoveryCodes
              codes={enrolled.recovery_codes}
              action={t("recovery.continue")}
              onDone={() => {
                startSession(enrolled.session);
              }}
            />
          </>
        ) : (
          <>
            <div className="stack-small">
              <Heading>{t("enrolment.heading")}</Heading>
              <p className="muted">{t("enrolment.lead")}</p>
            </div>
            <Choice
              label={t("enrolment.method")}
              className="pills"
              optionClassName="pill"
              value={method}
              onChange={(value) => {
                setMethod(methods.find((one) => one === value) ?? method);
              }}
              options={methods.map((value) => ({ value, content: t(`second.${value}`) }))}
            />
            {method === "passkey" ? (
              <AddPasskey onEnrolled={onEnrolled} />
            ) : method === "totp" ? (
              <AddTotp onEnrolled={onEnrolled} />
            ) : (
              <AddPhone onEnrolled={onEnrolled} phone="" />
            )}
            <div className="aside">
              <Button look="quiet" onPress={() => void signOut()}>
                {t("nav.sign_out")}
              </Button>
            </div>
          </>
        )}
      </div>
    </Page>
  );
}
