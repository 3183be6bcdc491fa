import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { invitationsQuery, withdrawInvitation } from "../../api/inside/clinic";
import { may, type Session } from "../../api/session";
import type { Invitation } from "../../api/types";
import { t } from "../../i18n";
import { now } from "../../time/clock";
import { Button } from "../../ui/button";
import { Confirm } from "../../ui/inside/confirm";
import { shortDate } from "../../ui/inside/dates";
import { EmailText } from "../../ui/inside/email";
import { Empty, ErrorNotice, Skeleton } from "../../ui/states";
import { ClinicPage } from "./frame";
import { InviteButton } from "./invite";
import { useRoleName } from "./position";

export const InvitationsScreen = () => (
  <ClinicPage title={t("invitations.title")} lead={t("invitations.lead")}>
    {(clinic, session) => <Loaded clinic={clinic} session={session} />}
  </ClinicPage>
);

function Loaded({ clinic, session }: { clinic: string; session: Session }) {
  const invitations = useQuery(invitationsQuery(clinic));
  const nameOf = useRoleName(clinic, session);
  const queries = useQueryClient();
  const [withdrawn, setWithdrawn] = useState<Invitation | null>(null);
  const canManage = may(session, "manage-members");
  if (invitations.isPending) return <Skeleton shapes={["card", "card"]} />;
  if (invitations.isLoadingError) {
    return <ErrorNotice error={invitations.error} retry={() => void invitations.refetch()} />;
  }
  return (
    <>
      {canManage && <InviteButton clinic={clinic} />}
      {invitations.data.length === 0 ? (
        <Empty title={t("invitations.empty.title")} text={t("invitations.empty.text")} />
      ) : (
        <ul className="entries">
          {invitations.data.map((invitation) => (
            <li key={invitation.id} className="entry-row">
              <div className="entry-text">
                <p className="strong">
                  <EmailText email={invitation.email} />
                </p>
                <p>{nameOf(invitation)}</p>
                <p className="muted">
                  {Date.parse(invitation.expires_at) <= now()
                    ? t("invitations.expired", { date: shortDate(invitation.expires_at) })
                    : t("invitations.until", {
                        from: shortDate(invitation.invited_at),
                        to: shortDate(invitation.expires_at),
                      })}
                </p>
              </div>
              {canManage && (
                <Button
                  label={t("invitations.withdraw.label", { email: invitation.email })}
                  onPress={() => {
                    setWithdrawn(invitation);
                  }}
                >
                  {t("invitations.withdraw")}
                </Button>
              )}
            </li>
          ))}
        </ul>
      )}
      {withdrawn !== null && (
        <Confirm
          title={t("invitations.withdraw.heading")}
          action={t("invitations.withdraw")}
          busy={t("common.working")}
          onConfirm={async () => {
            await withdrawInvitation(clinic, withdrawn.id);
            await queries.invalidateQueries(invitationsQuery(clinic));
          }}
          onClose={() => {
            setWithdrawn(null);
          }}
        >
          <p>{t("invitations.withdraw.text", { email: withdrawn.email })}</p>
        </Confirm>
      )}
    </>
  );
}
