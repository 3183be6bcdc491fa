import { type ReactNode, useEffect, useRef } from "react";
import { isTransient, Problem, Unreachable } from "../api/problem";
import { t } from "../i18n";
import { AlertIcon, CheckIcon } from "./icons";
import { Button } from "./button";

export function Notice({
  tone,
  title,
  children,
  isAlert = false,
  takesFocus = false,
}: {
  tone: "info" | "warning" | "success";
  title?: string;
  children?: ReactNode;
  /** For what happens in answer to an action; read out at once. */
  isAlert?: boolean;
  /** For what takes the place of the button that was pressed; the focus would be lost with it. */
  takesFocus?: boolean;
}) {
  const ref = useRef<HTMLDivElement>(null);
  useEffect(() => {
    if (takesFocus) ref.current?.focus();
  }, [takesFocus]);
  return (
    <div
      ref={ref}
      className="notice"
      data-tone={tone}
      role={isAlert ? "alert" : undefined}
      tabIndex={takesFocus ? -1 : undefined}
    >
      {tone === "success" ? <CheckIcon /> : <AlertIcon />}
      <div className="stack-small">
        {title !== undefined && <p className="notice-title">{title}</p>}
        {children}
      </div>
    </div>
  );
}

function explain(error: unknown): { title: string; text: string; reference: string | null } {
  if (error instanceof Unreachable) {
    return { title: t("error.network.title"), text: t("error.network.text"), reference: null };
  }
  if (error instanceof Problem && error.status === 404) {
    return { title: t("missing.title"), text: t("missing.text"), reference: null };
  }
  const busy = error instanceof Problem && error.status === 429;
  return {
    title: t("error.title"),
    text: busy ? t("error.busy.text") : t("error.text"),
    reference: error instanceof Problem ? error.requestId : null,
  };
}

/** In the place of something that could not be loaded. */
export function ErrorNotice({ error, retry }: { error: unknown; retry: () => void }) {
  const { title, text, reference } = explain(error);
  const isMissing = error instanceof Problem && error.status === 404;
  return (
    <Notice tone="warning" title={title} isAlert>
      <p>{text}</p>
      {reference !== null && <p className="fine">{t("error.reference", { id: reference })}</p>}
      {!isMissing && <Button onPress={retry}>{t("common.retry")}</Button>}
    </Notice>
  );
}

/** Under a button whose action failed for a reason that the screen does not know better. */
export function ActionError({ error, isBooking = false }: { error: unknown; isBooking?: boolean }) {
  const { text, reference } = explain(error);
  const isBusy = error instanceof Problem && error.status === 429;
  const isUnconfirmed = error instanceof Problem && error.code === "STEP_UP_REQUIRED";
  // Without an answer a booking may have been made. The next try carries the same key and finds out.
  const isUnknown = isBooking && isTransient(error);
  return (
    <Notice tone="warning" isAlert>
      <p>
        {isUnknown
          ? t("error.unknown_outcome")
          : isBusy || error instanceof Unreachable
            ? text
            : isUnconfirmed
              ? t("error.step_up")
              : t("error.action")}
      </p>
      {reference !== null && <p className="fine">{t("error.reference", { id: reference })}</p>}
    </Notice>
  );
}

export function Empty({
  title,
  text,
  children,
}: {
  title: string;
  text: string;
  children?: ReactNode;
}) {
  return (
    <div className="empty">
      <h2>{title}</h2>
      <p>{text}</p>
      {children}
    </div>
  );
}

/** Grey shapes where content will be; one word for those who do not see them. */
export function Skeleton({ shapes, label }: { shapes: readonly Shape[]; label?: string }) {
  return (
    <div className="skeletons" role="status">
      <span className="visually-hidden">{label ?? t("common.loading")}</span>
      {shapes.map((shape, n) => (
        // The shapes never change their order.
        <span key={n} className="skeleton" data-shape={shape} aria-hidden="true" />
      ))}
    </div>
  );
}

export type Shape = "title" | "line" | "card" | "week";
