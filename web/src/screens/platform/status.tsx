import { useQuery } from "@tanstack/react-query";
import { statusQuery } from "../../api/inside/platform";
import { localeTag, t } from "../../i18n";
import { timeIn, visitorZone } from "../../time/zones";
import { Button } from "../../ui/button";
import { ErrorNotice, Notice, Skeleton } from "../../ui/states";
import { PlatformPage } from "./frame";

const TONES = { ok: "scheduled", degraded: "passed", down: "cancelled" } as const;

/** A part that is newer than this client keeps the name that it has among engineers. */
const partName = (name: string): string =>
  name === "records" || name === "events" ? t(`system.part.${name}`) : name;

export function StatusScreen() {
  const status = useQuery(statusQuery);
  return (
    <PlatformPage title={t("system.title")} lead={t("system.lead")}>
      {status.isPending ? (
        <Skeleton shapes={["card", "card"]} />
      ) : status.isLoadingError ? (
        <ErrorNotice error={status.error} retry={() => void status.refetch()} />
      ) : (
        <>
          <div role="status">
            <Notice tone={status.data.status === "ok" ? "success" : "warning"}>
              <p className="strong">
                {status.data.status === "ok" ? t("system.good") : t("system.bad")}
              </p>
              {status.data.active_sessions != null && (
                <p>{t("system.sessions", { count: status.data.active_sessions })}</p>
              )}
            </Notice>
          </div>
          <ul className="entries">
            {status.data.components.map(({ name, status: state, latency_ms, lag_seconds }) => (
              <li key={name} className="entry-row">
                <div className="entry-text">
                  <p className="strong">{partName(name)}</p>
                  <p className="muted">
                    {[
                      latency_ms == null
                        ? null
                        : t("system.latency", { ms: Math.round(latency_ms) }),
                      lag_seconds == null ? null : t("system.lag", { seconds: lag_seconds }),
                    ]
                      .filter(Boolean)
                      .join("\u00a0· ")}
                  </p>
                </div>
                <span className="status" data-state={TONES[state]}>
                  {t(`system.state.${state}`)}
                </span>
              </li>
            ))}
          </ul>
          <p className="muted">
            {t("system.version", {
              version: status.data.version,
              environment: status.data.environment,
            })}
          </p>
          <div className="inline">
            <span className="muted">
              {t("system.checked", {
                time: timeIn(localeTag(), visitorZone(), status.data.checked_at),
              })}
            </span>
            <Button
              busy={status.isFetching ? t("common.loading") : null}
              onPress={() => void status.refetch()}
            >
              {t("system.again")}
            </Button>
          </div>
        </>
      )}
    </PlatformPage>
  );
}
