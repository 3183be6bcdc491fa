import type { ReactNode } from "react";
import { Button as AriaButton, type ButtonProps, type PressEvent } from "react-aria-components";

export type Look = "primary" | "secondary" | "danger" | "quiet" | "quiet-danger";

/**
 * While something is under way the button keeps the focus and ignores presses; what it is doing is read out once.
 */
export function Button({
  look = "secondary",
  isWide = false,
  busy = null,
  onPress,
  children,
  ...props
}: Pick<ButtonProps, "type" | "isDisabled"> & {
  look?: Look;
  isWide?: boolean;
  /** The words for what is under way. */
  busy?: string | null;
  onPress?: (event: PressEvent) => void;
  children: ReactNode;
}) {
  return (
    <>
      <AriaButton
        {...props}
        className="button"
        data-look={look}
        data-wide={isWide || undefined}
        data-busy={busy !== null || undefined}
        onPress={(event) => {
          if (busy === null) onPress?.(event);
        }}
      >
        {busy ?? children}
      </AriaButton>
      <span className="visually-hidden" role="status">
        {busy}
      </span>
    </>
  );
}
