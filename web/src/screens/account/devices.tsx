import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { deviceName } from "../../api/device";
import { devicesQuery, endDevice, endOtherDevices } from "../../api/inside/account";
import type { Session } from "../../api/session";
import type { Device } from "../../api/types";
import { t } from "../../i18n";
import { now } from "../../time/clock";
import { Button } from "../../ui/button";
import { ago } from "../../ui/inside/ago";
import { Confirm } from "../../ui/inside/confirm";
import { DeviceIcon } from "../../ui/inside/icons";
import { ErrorNotice, Skeleton } from "../../ui/states";
import { AccountPage } from "./frame";

export const DevicesScreen = () => (
  <AccountPage title={t("account.devices")} lead={t("devices.lead")}>
    {(session) => <Devices session={session} />}
  </AccountPage>
);

/** A client that did not say what it runs on may be known by what its browser says. */
function nameOf({ device_name, user_agent }: Device): string {
  if (device_name) return device_name;
  return deviceName(user_agent) ?? t("devices.unknown");
}

function Devices({ session }: { session: Session }) {
  const devices = useQuery(devicesQuery(session.user));
  const queries = useQueryClient();
  const [ending, setEnding] = useState<Device | "others" | null>(null);
  if (devices.isPending) return <Skeleton shapes={["card", "card"]} />;
  if (devices.isLoadingError) {
    return <ErrorNotice error={devices.error} retry={() => void devices.refetch()} />;
  }
  // This one first, then the one that was used last.
  const inOrder = [...devices.data].sort(
    (a, b) => Number(b.current) - Number(a.current) || b.last_seen_at.localeCompare(a.last_seen_at),
  );
  const refresh = () => queries.invalidateQueries(devicesQuery(session.user));
  return (
    <>
      <ul className="entries">
        {inOrder.map((device) => (
          <li key={device.id} className="entry-row">
            <DeviceIcon />
            <div className="entry-text">
              <p className="strong">{nameOf(device)}</p>
              <p className="muted">
                {[
                  device.current
                    ? null
                    : t("devices.seen", { ago: ago(device.last_seen_at, now()) }),
                  device.address,
                ]
                  .filter(Boolean)
                  .join("\u00a0· ")}
              </p>
              {device.current && (
                <span className="status" data-state="scheduled">
                  {t("devices.this")}
                </span>
              )}
            </div>
            {!device.current && (
              <Button
                label={t("devices.end.label", { device: nameOf(device) })}
                onPress={() => {
                  setEnding(device);
                }}
              >
                {t("devices.end")}
              </Button>
            )}
          </li>
        ))}
      </ul>
      {inOrder.length > 1 ? (
        <Button
          look="quiet-danger"
          isWide
          onPress={() => {
            setEnding("others");
          }}
        >
          {t("devices.end_others")}
        </Button>
      ) : (
        <p className="muted">{t("devices.only")}</p>
      )}
      {ending !== null && (
        <Confirm
          title={ending === "others" ? t("devices.others.heading") : t("devices.end.heading")}
          action={ending === "others" ? t("devices.end_others") : t("devices.end")}
          busy={t("devices.busy")}
          onConfirm={async () => {
            await (ending === "others" ? endOtherDevices() : endDevice(ending.id));
            await refresh();
          }}
          onClose={() => {
            setEnding(null);
          }}
        >
          <p>
            {ending === "others"
              ? t("devices.others.text")
              : t("devices.end.text", { device: nameOf(ending) })}
          </p>
        </Confirm>
      )}
    </>
  );
}
