import { useMutation, useQuery } from "@tanstack/react-query";
import { type ReactNode, useState } from "react";
import { deviceName, isDeclined } from "../../api/device";
import {
  addPasskey,
  beginPhone,
  beginTotp,
  confirmPhone,
  confirmTotp,
} from "../../api/inside/factors";
import { hasCode } from "../../api/problem";
import type { Enrolled } from "../../api/types";
import { AttemptForm } from "../attempt-form";
import { t } from "../../i18n";
import { Button } from "../../ui/button";
import { KeyIcon } from "../../ui/icons";
import { CodeInput, PhoneInput } from "../../ui/inside/fields";
import { QrCode } from "../../ui/inside/qr";
import { ActionError, ErrorNotice, Notice, Skeleton } from "../../ui/states";
import { fieldErrors, isAtFields, TextInput } from "../fields";
import { formText, plainCode, plainPhone } from "../form";

interface Adding {
  readonly onEnrolled: (enrolled: Enrolled) => void;
}

export function AddPasskey({ onEnrolled }: Adding) {
  const adding = useMutation({ mutationFn: addPasskey, onSuccess: onEnrolled });
  const isTwice = adding.error instanceof DOMException && adding.error.name === "InvalidStateError";
  return (
    <AttemptForm
      attempt={adding}
      onSubmit={(data) => {
        adding.mutate(formText(data, "name").trim());
      }}
    >
      <p>{t("passkey.text")}</p>
      <TextInput
        name="name"
        label={t("passkey.name")}
        autoComplete="off"
        defaultValue={deviceName() ?? ""}
        hint={t("passkey.name.hint")}
      />
      {isTwice ? (
        <Notice tone="info" isAlert>
          <p>{t("passkey.twice")}</p>
        </Notice>
      ) : (
        adding.isError &&
        !isDeclined(adding.error) &&
        !isAtFields(adding.error) && <ActionError error={adding.error} />
      )}
      <Button
        type="submit"
        look="primary"
        isWide
        busy={adding.isPending ? t("passkey.busy") : null}
      >
        <KeyIcon />
        {t("passkey.submit")}
      </Button>
    </AttemptForm>
  );
}

/** The code that shows that the new factor works. */
function ConfirmCode({
  confirm,
  onEnrolled,
  action,
  children,
}: Adding & {
  confirm: (code: string) => Promise<Enrolled>;
  action: string;
  children: (input: ReactNode) => ReactNode;
}) {
  const adding = useMutation({ mutationFn: confirm, onSuccess: onEnrolled });
  const isWrong = hasCode(adding.error, "WRONG_CODE");
  return (
    <AttemptForm
      attempt={adding}
      errors={isWrong ? { code: t("second.wrong") } : fieldErrors(adding.error)}
      onSubmit={(data) => {
        adding.mutate(plainCode(formText(data, "code")));
      }}
    >
      {children(<CodeInput label={t("second.code")} />)}
      {adding.isError && !isWrong && !isAtFields(adding.error) && (
        <ActionError error={adding.error} />
      )}
      <Button type="submit" look="primary" isWide busy={adding.isPending ? t("second.busy") : null}>
        {action}
      </Button>
    </AttemptForm>
  );
}

export function AddTotp({ onEnrolled }: Adding) {
  // One secret for as long as this stands on the screen: a second request would make the first useless.
  const secret = useQuery({
    queryKey: ["mine", "new-totp"],
    queryFn: beginTotp,
    staleTime: Infinity,
    gcTime: 0,
    retry: false,
    refetchOnWindowFocus: false,
  });
  if (secret.isPending) return <Skeleton shapes={["card"]} />;
  if (secret.isLoadingError) {
    return <ErrorNotice error={secret.error} retry={() => void secret.refetch()} />;
  }
  return (
    <ConfirmCode confirm={confirmTotp} onEnrolled={onEnrolled} action={t("totp.submit")}>
      {(input) => (
        <ol className="steps">
          <li>
            <p>{t("totp.app")}</p>
          </li>
          <li>
            <p>{t("totp.scan")}</p>
            <QrCode text={secret.data.uri} />
            <details className="more">
              <summary>{t("totp.cannot")}</summary>
              <p>{t("totp.type")}</p>
              <code className="secret">{secret.data.secret.replaceAll(/(.{4})(?=.)/g, "$1 ")}</code>
            </details>
          </li>
          <li>
            <p>{t("totp.code")}</p>
            {input}
          </li>
        </ol>
      )}
    </ConfirmCode>
  );
}

export function AddPhone({ onEnrolled, phone }: Adding & { phone: string }) {
  const [number, setNumber] = useState(phone);
  const sending = useMutation({ mutationFn: beginPhone });
  if (!sending.isSuccess) {
    return (
      <AttemptForm
        attempt={sending}
        onSubmit={(data) => {
          const typed = formText(data, "phone");
          setNumber(typed);
          sending.mutate(plainPhone(typed));
        }}
      >
        <p>{t("phone.text")}</p>
        <PhoneInput defaultValue={number} />
        {sending.isError && !isAtFields(sending.error) && <ActionError error={sending.error} />}
        <Button
          type="submit"
          look="primary"
          isWide
          busy={sending.isPending ? t("second.sms.busy") : null}
        >
          {t("second.sms.send")}
        </Button>
      </AttemptForm>
    );
  }
  return (
    <>
      <ConfirmCode confirm={confirmPhone} onEnrolled={onEnrolled} action={t("phone.submit")}>
        {(input) => (
          <>
            <p role="status">{t("second.sms.sent_to", { ending: sending.data.phone_ending })}</p>
            {input}
          </>
        )}
      </ConfirmCode>
      <Button
        look="quiet"
        isWide
        onPress={() => {
          sending.reset();
        }}
      >
        {t("phone.other")}
      </Button>
    </>
  );
}
