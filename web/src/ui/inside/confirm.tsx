import { useMutation } from "@tanstack/react-query";
import type { ReactNode } from "react";
import { t } from "../../i18n";
import { Button } from "../button";
import { ActionError } from "../states";
import { Ask } from "./modal";

/** "Are you sure?", in the words of what will happen. */
export function Confirm({
  title,
  action,
  busy,
  isDanger = true,
  explain,
  onConfirm,
  onClose,
  children,
}: {
  title: string;
  action: string;
  busy: string;
  isDanger?: boolean;
  /** What a refusal means here, where the screen knows. */
  explain?: (error: unknown) => ReactNode;
  onConfirm: () => Promise<unknown>;
  onClose: () => void;
  children: ReactNode;
}) {
  const work = useMutation({ mutationFn: onConfirm, onSuccess: onClose });
  return (
    <Ask title={title} isAlert isBusy={work.isPending} onClose={onClose}>
      {children}
      {work.isError && (explain?.(work.error) ?? <ActionError error={work.error} />)}
      <div className="actions">
        <Button
          look={isDanger ? "danger" : "primary"}
          isWide
          busy={work.isPending ? busy : null}
          onPress={() => {
            work.mutate();
          }}
        >
          {action}
        </Button>
        <Button isWide isDisabled={work.isPending} onPress={onClose}>
          {t("common.cancel")}
        </Button>
      </div>
    </Ask>
  );
}
