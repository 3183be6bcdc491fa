import { type ReactNode, useEffect, useRef } from "react";

let isAwaited = false;

const isElsewhere = (main: HTMLElement | null): boolean =>
  document.activeElement !== document.body && document.activeElement !== main;

/** After a change of screen: to its heading, or, while that is still loading, to the content until it is there. */
export function focusHeading(main: HTMLElement | null): void {
  const heading = main?.querySelector<HTMLElement>("h1") ?? null;
  isAwaited = heading === null;
  (heading ?? main)?.focus({ preventScroll: true });
}

/** The one h1 of a screen, rendered once its words are known. */
export function Heading({
  isHidden = false,
  children,
}: {
  isHidden?: boolean;
  children: ReactNode;
}) {
  const ref = useRef<HTMLHeadingElement>(null);
  useEffect(() => {
    const wasAwaited = isAwaited;
    isAwaited = false;
    if (!wasAwaited || isElsewhere(document.querySelector("main"))) return;
    ref.current?.focus({ preventScroll: true });
  }, []);
  return (
    <h1 ref={ref} tabIndex={-1} className={isHidden ? "visually-hidden" : undefined}>
      {children}
    </h1>
  );
}
