import { useMutation, useQueryClient } from "@tanstack/react-query";
import { Dialog, Heading, Modal, ModalOverlay } from "react-aria-components";
import { hasCode } from "../api/problem";
import { appointmentQuery, cancel } from "../api/queries";
import type { Session } from "../api/session";
import type { Appointment } from "../api/types";
import { localeTag, t } from "../i18n";
import { shortDateIn, timeIn } from "../time/zones";
import { Button } from "../ui/button";
import { ActionError, Notice } from "../ui/states";

export default function CancelDialog({
  session,
  appointment,
  onClose,
}: {
  session: Session;
  appointment: Appointment;
  onClose: () => void;
}) {
  const queries = useQueryClient();
  const { id, clinic, start, time_zone: zone } = appointment;
  const query = appointmentQuery(session.user, clinic, id);
  const cancellation = useMutation({
    mutationFn: () => cancel(clinic, id),
    onSuccess: (cancelled) => {
      queries.setQueryData(query.queryKey, cancelled);
      void queries.invalidateQueries({ queryKey: ["mine", session.user, "appointments"] });
      void queries.invalidateQueries({ queryKey: ["availability"] });
      onClose();
    },
    onError: (error) => {
      // Somebody else decided: show what is true now behind the dialog.
      if (hasCode(error, "ALREADY_CANCELLED", "APPOINTMENT_STARTED"))
        void queries.invalidateQueries({ queryKey: ["mine"] });
    },
  });
  const isSettled = hasCode(cancellation.error, "ALREADY_CANCELLED", "APPOINTMENT_STARTED");
  const when = `${shortDateIn(localeTag(), zone, start)}, ${timeIn(localeTag(), zone, start)}`;
  return (
    <ModalOverlay
      className="veil"
      isOpen
      isDismissable={!cancellation.isPending}
      isKeyboardDismissDisabled={cancellation.isPending}
      onOpenChange={(isOpen) => {
        if (!isOpen) onClose();
      }}
    >
      <Modal className="modal">
        <Dialog role="alertdialog" className="dialog">
          <Heading slot="title" level={2}>
            {t("cancel.heading")}
          </Heading>
          <p>
            {t("cancel.text", {
              service: appointment.service_name,
              provider: appointment.provider_name,
              when,
            })}
          </p>
          {cancellation.isError &&
            (isSettled ? (
              <Notice tone="warning" isAlert>
                <p>
                  {hasCode(cancellation.error, "ALREADY_CANCELLED")
                    ? t("cancel.already")
                    : t("cancel.started")}
                </p>
              </Notice>
            ) : (
              <ActionError error={cancellation.error} />
            ))}
          <div className="actions">
            {!isSettled && (
              <Button
                look="danger"
                isWide
                busy={cancellation.isPending ? t("cancel.busy") : null}
                onPress={() => {
                  cancellation.mutate();
                }}
              >
                {t("cancel.confirm")}
              </Button>
            )}
            <Button look="secondary" isWide onPress={onClose} isDisabled={cancellation.isPending}>
              {isSettled ? t("cancel.close") : t("cancel.keep")}
            </Button>
          </div>
        </Dialog>
      </Modal>
    </ModalOverlay>
  );
}
