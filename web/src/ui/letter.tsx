import { useMutation } from "@tanstack/react-query";
import { type ReactNode, useEffect, useRef } from "react";
import { t } from "../i18n";
import { Button } from "./button";
import { MailIcon } from "./icons";
import { ActionError } from "./states";

/** In the place of the form that had a mail sent: the next step is in another program. */
export function LetterBox({
  email,
  text,
  onAgain,
  children,
}: {
  email: string;
  text: string;
  onAgain: () => Promise<void>;
  children?: ReactNode;
}) {
  const heading = useRef<HTMLHeadingElement>(null);
  const again = useMutation({ mutationFn: onAgain });
  useEffect(() => {
    heading.current?.focus();
  }, []);
  return (
    <div className="panel">
      <div className="booked">
        <span className="booked-mark">
          <MailIcon />
        </span>
        <h1 ref={heading} tabIndex={-1}>
          {t("letter.heading")}
        </h1>
        <p>{t("letter.text", { email })}</p>
        <p>{text}</p>
      </div>
      {children}
      <div className="aside stack-small">
        <p className="muted">{t("letter.missing")}</p>
        <div role="status" className="live">
          {again.isSuccess && <p className="strong">{t("letter.sent_again")}</p>}
        </div>
        {again.isError && <ActionError error={again.error} />}
        <Button
          look="quiet"
          isWide
          busy={again.isPending ? t("letter.sending") : null}
          onPress={() => {
            again.mutate();
          }}
        >
          {t("letter.again")}
        </Button>
      </div>
    </div>
  );
}
