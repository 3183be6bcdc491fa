import type { Session } from "../../api/session";
import type { Me } from "../../api/types";
import { changed, formText } from "../../forms/form";
import { AttemptForm } from "../../forms/attempt-form";
import { localeTag, spokenLanguages, t } from "../../i18n";
import { visitorZone, zoneCity } from "../../time/zones";
import { Button } from "../../ui/button";
import { CheckInput, SelectInput, type SelectOption } from "../../ui/inside/fields";
import { Saved } from "../../ui/inside/saved";
import { languageNames } from "../../ui/people";
import { ActionError } from "../../ui/states";
import { useChange } from "./change";
import { AccountPage } from "./frame";

const CHANNELS = ["email", "sms", "push"] as const;

export const PreferencesScreen = () => (
  <AccountPage title={t("account.preferences")} lead={t("preferences.lead")}>
    {(session, me) => <Preferences session={session} me={me} />}
  </AccountPage>
);

/** By continent, as the names of zones are; a zone of the account that this browser does not know stays. */
function zoneOptions(own: string): readonly (readonly [string, readonly SelectOption[]])[] {
  const regions = new Map<string, SelectOption[]>();
  const all = new Set([...Intl.supportedValuesOf("timeZone"), own]);
  for (const zone of [...all].sort()) {
    const region = zone.split("/")[0] ?? zone;
    const place = zone.split("/").slice(1, -1).join(", ").replaceAll("_", " ");
    const label = place === "" ? zoneCity(zone) : `${zoneCity(zone)}, ${place}`;
    const options = regions.get(region) ?? [];
    options.push({ value: zone, label });
    regions.set(region, options);
  }
  return [...regions];
}

function Preferences({ session, me }: { session: Session; me: Me }) {
  const change = useChange(session);
  const zone = me.time_zone ?? visitorZone();
  const languages = [...new Set([...spokenLanguages(), me.language])];
  return (
    <AttemptForm
      attempt={change}
      onSubmit={(data) => {
        const [email, sms, push] = CHANNELS.map((channel) => data.has(channel));
        change.mutate(
          changed(me, {
            language: formText(data, "language"),
            time_zone: formText(data, "time_zone"),
            channels: { email: email ?? true, sms: sms ?? false, push: push ?? false },
          }),
        );
      }}
    >
      <SelectInput
        name="language"
        label={t("field.language")}
        autoComplete="language"
        hint={t("field.language.hint")}
        defaultValue={me.language}
        options={languages.map((value) => ({ value, label: languageNames([value]) }))}
      />
      <SelectInput
        name="time_zone"
        label={t("field.time_zone")}
        hint={t("field.time_zone.hint", {
          time: new Intl.DateTimeFormat(localeTag(), {
            timeStyle: "short",
            timeZone: zone,
          }).format(),
        })}
        defaultValue={zone}
        options={zoneOptions(zone)}
      />
      <fieldset className="choice group">
        <legend>{t("preferences.channels")}</legend>
        {CHANNELS.map((channel) => (
          <CheckInput
            key={channel}
            name={channel}
            defaultChecked={me.channels[channel]}
            hint={t(`channel.hint.${channel}`)}
          >
            {t(`channel.${channel}`)}
          </CheckInput>
        ))}
        <p className="field-hint">{t("preferences.always")}</p>
      </fieldset>
      {change.isError && <ActionError error={change.error} />}
      <Button
        type="submit"
        look="primary"
        isWide
        busy={change.isPending ? t("common.saving") : null}
      >
        {t("common.save")}
      </Button>
      <Saved isShown={change.isSuccess} />
    </AttemptForm>
  );
}
