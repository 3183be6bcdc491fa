import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { invitationsQuery, invite } from "../../api/inside/clinic";
import { isAtFields, TextInput } from "../../forms/fields";
import { formText } from "../../forms/form";
import { AttemptForm } from "../../forms/attempt-form";
import { t } from "../../i18n";
import { Button } from "../../ui/button";
import { Ask } from "../../ui/inside/modal";
import { Saved } from "../../ui/inside/saved";
import { Refusal } from "./members";
import { PositionFields, positionIn } from "./position";

export function InviteButton({ clinic }: { clinic: string }) {
  const [isAsking, setAsking] = useState(false);
  const [invited, setInvited] = useState<string | null>(null);
  return (
    <div className="stack-small">
      <div className="buttons">
        <Button
          look="primary"
          onPress={() => {
            setInvited(null);
            setAsking(true);
          }}
        >
          {t("invite.open")}
        </Button>
      </div>
      <Saved
        isShown={invited !== null}
        text={invited === null ? "" : t("invite.done", { email: invited })}
      />
      {isAsking && (
        <InviteDialog
          clinic={clinic}
          onInvited={setInvited}
          onClose={() => {
            setAsking(false);
          }}
        />
      )}
    </div>
  );
}

function InviteDialog({
  clinic,
  onInvited,
  onClose,
}: {
  clinic: string;
  onInvited: (email: string) => void;
  onClose: () => void;
}) {
  const queries = useQueryClient();
  const inviting = useMutation({
    mutationFn: (data: FormData) =>
      invite(clinic, { email: formText(data, "email").trim(), ...positionIn(data) }),
    onSuccess: (invitation) => {
      void queries.invalidateQueries(invitationsQuery(clinic));
      onInvited(invitation.email);
      onClose();
    },
  });
  return (
    <Ask title={t("invite.heading")} isBusy={inviting.isPending} onClose={onClose}>
      <p>{t("invite.text")}</p>
      <AttemptForm
        attempt={inviting}
        onSubmit={(data) => {
          inviting.mutate(data);
        }}
      >
        <TextInput name="email" type="email" label={t("field.email")} autoComplete="off" />
        <PositionFields clinic={clinic} />
        {inviting.isError && !isAtFields(inviting.error) && <Refusal error={inviting.error} />}
        <Button
          type="submit"
          look="primary"
          isWide
          busy={inviting.isPending ? t("letter.sending") : null}
        >
          {t("invite.submit")}
        </Button>
        <Button isWide isDisabled={inviting.isPending} onPress={onClose}>
          {t("common.cancel")}
        </Button>
      </AttemptForm>
    </Ask>
  );
}
