import { useQuery } from "@tanstack/react-query";
import { settingsQuery } from "../api/queries";
import { t } from "../i18n";
import { Notice } from "../ui/states";

/** As long as it is not known, the way is open: the API has the last word. */
export const useIsRegistrationClosed = (): boolean =>
  useQuery(settingsQuery).data?.registration_open === false;

/** In the place of the form, or of the way to it. */
export function RegistrationClosed({ takesFocus = false }: { takesFocus?: boolean }) {
  const { data } = useQuery(settingsQuery);
  return (
    <Notice tone="info" title={t("register.closed.title")} takesFocus={takesFocus}>
      <p>{t("register.closed.text")}</p>
      {data?.support_email != null && (
        <p>
          {t("register.closed.support")}{" "}
          <a className="tall" href={`mailto:${data.support_email}`}>
            {data.support_email}
          </a>
        </p>
      )}
    </Notice>
  );
}
