import { useMutation, useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { hasPasskeys, isDeclined } from "../../api/device";
import {
  type CodeMethod,
  factorsQuery,
  sendCode,
  showCode,
  showOwnPasskey,
} from "../../api/inside/factors";
import { hasCode } from "../../api/problem";
import { getSession, isWhole } from "../../api/session";
import type { Factors, Method } from "../../api/types";
import { AttemptForm } from "../attempt-form";
import { t } from "../../i18n";
import { Button } from "../../ui/button";
import { Choice } from "../../ui/choice";
import { KeyIcon } from "../../ui/icons";
import { CodeInput } from "../../ui/inside/fields";
import { ActionError, ErrorNotice, Notice, Skeleton } from "../../ui/states";
import { isAtFields, TextInput } from "../fields";
import { formText, plainCode } from "../form";

/** Passkeys first: nothing to type, and nothing that a false page could ask for. */
const METHODS: readonly Method[] = ["passkey", "totp", "sms", "recovery"];

const methodsOf = ({ passkeys, totp, phone, recovery_codes_left }: Factors): readonly Method[] => {
  const has: Record<Method, boolean> = {
    passkey: passkeys.length > 0,
    totp: totp !== null,
    sms: phone !== null,
    recovery: recovery_codes_left > 0,
  };
  return METHODS.filter((method) => has[method]);
};

/** Asks for one of the factors that the account has. The session that comes of it is begun; `onDone` hears of it. */
export function SecondFactor({ onDone }: { onDone?: () => void }) {
  const session = getSession();
  // Before the second step nothing of the account can be read, its factors neither: the session names them.
  const factors = useQuery({ ...factorsQuery(session?.user ?? ""), enabled: isWhole(session) });
  const [chosen, setChosen] = useState<Method | null>(null);
  if (factors.isFetching && factors.isPending) return <Skeleton shapes={["line", "line"]} />;
  if (factors.isLoadingError) {
    return <ErrorNotice error={factors.error} retry={() => void factors.refetch()} />;
  }
  const own = factors.data ? methodsOf(factors.data) : (session?.secondFactors ?? []);
  const methods = METHODS.filter(
    (method) => own.includes(method) && (method !== "passkey" || hasPasskeys()),
  );
  const method = chosen ?? methods[0];
  if (method === undefined) {
    return (
      <Notice tone="info">
        <p>{own.length === 0 ? t("second.none") : t("second.elsewhere")}</p>
      </Notice>
    );
  }
  return (
    <div className="stack">
      {methods.length > 1 && (
        <Choice
          label={t("second.method")}
          className="pills"
          optionClassName="pill"
          value={method}
          onChange={(value) => {
            setChosen(methods.find((one) => one === value) ?? null);
          }}
          options={methods.map((value) => ({ value, content: t(`second.${value}`) }))}
        />
      )}
      {method === "passkey" ? (
        <ByPasskey onDone={onDone} />
      ) : method === "sms" ? (
        <BySms onDone={onDone} />
      ) : (
        <ByCode key={method} method={method} onDone={onDone} />
      )}
    </div>
  );
}

interface Way {
  readonly onDone: (() => void) | undefined;
}

function ByPasskey({ onDone }: Way) {
  const showing = useMutation({
    mutationFn: showOwnPasskey,
    onSuccess: () => onDone?.(),
  });
  return (
    <>
      <p>{t("second.passkey.text")}</p>
      {showing.isError && !isDeclined(showing.error) && <Refusal error={showing.error} />}
      <Button
        look="primary"
        isWide
        busy={showing.isPending ? t("second.passkey.busy") : null}
        onPress={() => {
          showing.mutate();
        }}
      >
        <KeyIcon />
        {t("second.passkey.submit")}
      </Button>
    </>
  );
}

function BySms({ onDone }: Way) {
  const sending = useMutation({ mutationFn: sendCode });
  const send = (
    <Button
      look={sending.isSuccess ? "quiet" : "primary"}
      isWide
      busy={sending.isPending ? t("second.sms.busy") : null}
      onPress={() => {
        sending.mutate();
      }}
    >
      {sending.isSuccess ? t("second.sms.again") : t("second.sms.send")}
    </Button>
  );
  return (
    <>
      <p role="status">
        {!sending.isSuccess
          ? t("second.sms.text")
          : sending.data === null
            ? t("second.sms.sent")
            : t("second.sms.sent_to", { ending: sending.data })}
      </p>
      {sending.isError && <Refusal error={sending.error} />}
      {sending.isSuccess && <ByCode method="sms" onDone={onDone} />}
      {send}
    </>
  );
}

function ByCode({ method, onDone }: Way & { method: CodeMethod }) {
  const showing = useMutation({
    mutationFn: (code: string) => showCode(method, code),
    onSuccess: () => onDone?.(),
  });
  return (
    <AttemptForm
      errors={hasCode(showing.error, "WRONG_CODE") ? { code: t("second.wrong") } : {}}
      attempt={showing}
      onSubmit={(data) => {
        showing.mutate(plainCode(formText(data, "code")));
      }}
    >
      {method === "totp" && <p>{t("second.totp.text")}</p>}
      {method === "recovery" ? (
        <TextInput
          name="code"
          label={t("second.recovery.label")}
          autoComplete="off"
          hint={t("second.recovery.hint")}
        />
      ) : (
        <CodeInput label={t("second.code")} />
      )}
      {showing.isError && !isAtFields(showing.error) && !hasCode(showing.error, "WRONG_CODE") && (
        <Refusal error={showing.error} />
      )}
      <Button
        type="submit"
        look="primary"
        isWide
        busy={showing.isPending ? t("second.busy") : null}
      >
        {t("second.submit")}
      </Button>
    </AttemptForm>
  );
}

const MINUTE = 60;

function Refusal({ error }: { error: Error }) {
  const isMissing = hasCode(error, "NO_SUCH_FACTOR", "NOT_FOUND");
  const isLocked = hasCode(error, "LOCKED_OUT");
  const isRefused = hasCode(error, "PASSKEY_REFUSED", "WRONG_CODE");
  if (!isMissing && !isLocked && !isRefused) return <ActionError error={error} />;
  return (
    <Notice tone="warning" isAlert>
      <p>
        {isLocked
          ? t("second.locked", {
              minutes: Math.max(1, Math.ceil((error.retryAfter ?? MINUTE) / MINUTE)),
            })
          : isMissing
            ? t("second.missing")
            : t("second.passkey.refused")}
      </p>
    </Notice>
  );
}
