import type { ReactNode } from "react";

export type Look = "primary" | "secondary" | "danger" | "quiet" | "quiet-danger";

/**
 * A native button: it is on every screen, and React Aria's would cost each first visit a seventh of its script.
 * While something is under way it keeps the focus and ignores presses; what it is doing is read out once.
 */
export function Button({
  look = "secondary",
  isWide = false,
  busy = null,
  type = "button",
  isDisabled = false,
  onPress,
  children,
}: {
  look?: Look;
  isWide?: boolean;
  /** The words for what is under way. */
  busy?: string | null;
  type?: "button" | "submit";
  isDisabled?: boolean;
  onPress?: () => void;
  children: ReactNode;
}) {
  return (
    <>
      <button
        type={type}
        className="button"
        data-look={look}
        data-wide={isWide || undefined}
        data-busy={busy !== null || undefined}
        disabled={isDisabled}
        onClick={() => {
          if (busy === null) onPress?.();
        }}
      >
        {busy ?? children}
      </button>
      <span className="visually-hidden" role="status">
        {busy}
      </span>
    </>
  );
}
