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
  label,
  onPress,
  children,
}: {
  look?: Look;
  isWide?: boolean;
  /** The words for what is under way. */
  busy?: string | null;
  type?: "button" | "submit";
  isDisabled?: boolean;
  /** What is read out where the words alone could belong to several things on the screen. */
  label?: string;
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
        aria-label={busy === null ? label : undefined}
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
