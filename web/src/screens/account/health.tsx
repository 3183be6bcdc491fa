import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { FieldError, Label, Text, TextArea, TextField } from "react-aria-components";
import { changeHealth, healthQuery } from "../../api/inside/account";
import type { Session } from "../../api/session";
import type { Health } from "../../api/types";
import { isAtFields } from "../../forms/fields";
import { formText } from "../../forms/form";
import { AttemptForm } from "../../forms/attempt-form";
import { t } from "../../i18n";
import { Button } from "../../ui/button";
import { SelectInput } from "../../ui/inside/fields";
import { Saved } from "../../ui/inside/saved";
import { ActionError, ErrorNotice, Skeleton } from "../../ui/states";
import { AccountPage } from "./frame";

const BLOOD_TYPES = ["A+", "A-", "B+", "B-", "AB+", "AB-", "O+", "O-"] as const;

export const HealthScreen = () => (
  <AccountPage title={t("account.health")} lead={t("health.lead")}>
    {(session) => <Loaded session={session} />}
  </AccountPage>
);

function Loaded({ session }: { session: Session }) {
  const health = useQuery(healthQuery(session.user));
  if (health.isPending) return <Skeleton shapes={["card", "card"]} />;
  if (health.isLoadingError) {
    return <ErrorNotice error={health.error} retry={() => void health.refetch()} />;
  }
  return <Basics session={session} health={health.data} />;
}

const linesOf = (text: string): string[] =>
  text
    .split("\n")
    .map((line) => line.trim())
    .filter((line) => line !== "");

function Basics({ session, health }: { session: Session; health: Health }) {
  const queries = useQueryClient();
  const change = useMutation({
    mutationFn: changeHealth,
    onSuccess: (saved) => {
      queries.setQueryData(healthQuery(session.user).queryKey, saved);
    },
  });
  return (
    <AttemptForm
      attempt={change}
      onSubmit={(data) => {
        change.mutate({
          blood_type: BLOOD_TYPES.find((one) => one === formText(data, "blood_type")) ?? null,
          allergies: linesOf(formText(data, "allergies")),
        });
      }}
    >
      <SelectInput
        name="blood_type"
        label={t("field.blood_type")}
        defaultValue={health.blood_type ?? ""}
        options={[
          { value: "", label: t("field.blood_type.none") },
          ...BLOOD_TYPES.map((value) => ({ value, label: value })),
        ]}
      />
      <TextField
        className="field"
        name="allergies"
        defaultValue={health.allergies.join("\n")}
        autoComplete="off"
      >
        <Label>{t("field.allergies")}</Label>
        <TextArea className="input area" rows={4} />
        <Text slot="description" className="field-hint">
          {t("field.allergies.hint")}
        </Text>
        <div className="field-problem">
          <FieldError className="field-error" />
        </div>
      </TextField>
      {change.isError && !isAtFields(change.error) && <ActionError error={change.error} />}
      <Button
        type="submit"
        look="primary"
        isWide
        busy={change.isPending ? t("common.saving") : null}
      >
        {t("common.save")}
      </Button>
      <Saved isShown={change.isSuccess} />
    </AttemptForm>
  );
}
