import { useMutation, useQueryClient } from "@tanstack/react-query";
import { changeSettings, type Seen, seenSettingsQuery } from "../../api/inside/platform";
import { hasCode } from "../../api/problem";
import { settingsQuery } from "../../api/queries";
import type { NewSettings } from "../../api/types";
import { t } from "../../i18n";
import { Button } from "../../ui/button";
import { ActionError, Notice } from "../../ui/states";

/** Saves all of them: whoever sends a part says what the rest was when they looked. */
export function useSave(seen: Seen) {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: (body: NewSettings) => changeSettings(seen, body),
    onSuccess: (saved) => {
      queries.setQueryData(seenSettingsQuery.queryKey, saved);
      queries.setQueryData(settingsQuery.queryKey, saved.settings);
    },
  });
}

export function Refusal({ error, onRenew }: { error: unknown; onRenew: () => void }) {
  if (!hasCode(error, "CHANGED_MEANWHILE")) return <ActionError error={error} />;
  return (
    <Notice tone="warning" title={t("settings.changed.title")} isAlert>
      <p>{t("settings.changed.text")}</p>
      <Button onPress={onRenew}>{t("settings.changed.renew")}</Button>
    </Notice>
  );
}
