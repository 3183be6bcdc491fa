import type { ReactNode } from "react";
import { Button as AriaButton, type ButtonProps } from "react-aria-components";

export type Look = "primary" | "secondary" | "danger" | "quiet" | "quiet-danger";

export function Button({
  look = "secondary",
  isWide = false,
  children,
  ...props
}: Omit<ButtonProps, "children" | "className"> & {
  look?: Look;
  isWide?: boolean;
  children: ReactNode;
}) {
  return (
    <AriaButton {...props} className="button" data-look={look} data-wide={isWide || undefined}>
      {children}
    </AriaButton>
  );
}
