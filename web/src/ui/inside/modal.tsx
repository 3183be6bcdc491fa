import { type ReactNode, useEffect } from "react";
import { Dialog, Heading, Modal, ModalOverlay } from "react-aria-components";
import { focusHeading } from "../heading";

const CLOSED_MS = 100;

/** The focus goes back to what opened the question. If that is gone with the answer, it goes to the screen's heading. */
function useFocusAfterwards(): void {
  useEffect(
    () => () => {
      setTimeout(() => {
        if (document.activeElement === document.body) focusHeading(document.querySelector("main"));
      }, CLOSED_MS);
    },
    [],
  );
}

/** A question over the screen that it is about. While the answer is under way it stays. */
export function Ask({
  title,
  isBusy = false,
  isAlert = false,
  onClose,
  children,
}: {
  title: string;
  isBusy?: boolean;
  /** For what cannot be undone. */
  isAlert?: boolean;
  onClose: () => void;
  children: ReactNode;
}) {
  useFocusAfterwards();
  return (
    <ModalOverlay
      className="veil"
      isOpen
      isDismissable={!isBusy && !isAlert}
      isKeyboardDismissDisabled={isBusy}
      onOpenChange={(isOpen) => {
        if (!isOpen) onClose();
      }}
    >
      <Modal className="modal">
        <Dialog role={isAlert ? "alertdialog" : "dialog"} className="dialog">
          <Heading slot="title" level={2}>
            {title}
          </Heading>
          {children}
        </Dialog>
      </Modal>
    </ModalOverlay>
  );
}
