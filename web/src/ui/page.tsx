import type { ReactNode } from "react";
import { t } from "../i18n";

export function Page({
  title,
  width = "wide",
  children,
}: {
  title: string;
  width?: "wide" | "narrow";
  children: ReactNode;
}) {
  return (
    <div className="page" data-width={width}>
      <title>{t("app.title", { page: title })}</title>
      {children}
    </div>
  );
}
