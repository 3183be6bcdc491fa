import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { FieldError, Input, Label, Text, TextArea, TextField } from "react-aria-components";
import { type Seen, seenSettingsQuery } from "../../api/inside/platform";
import type { IdentityProvider } from "../../api/types";
import { isAtFields, TextInput } from "../../forms/fields";
import { formText } from "../../forms/form";
import { AttemptForm } from "../../forms/attempt-form";
import { t } from "../../i18n";
import { now } from "../../time/clock";
import { visitorZone, zoneCity } from "../../time/zones";
import { Button } from "../../ui/button";
import { Confirm } from "../../ui/inside/confirm";
import { CheckInput } from "../../ui/inside/fields";
import { Saved } from "../../ui/inside/saved";
import { Empty, ErrorNotice, Skeleton } from "../../ui/states";
import { PlatformPage } from "./frame";
import { ProviderDialog } from "./provider";
import { Refusal, useSave } from "./saving";
import { bodyOf, fromLocalTime, toLocalTime, withoutProvider } from "./settings-body";

const MOST_WORDS = 300;
const MOST_PROVIDERS = 10;

export const SettingsScreen = () => (
  <PlatformPage title={t("settings.title")} lead={t("settings.lead")}>
    <Loaded />
  </PlatformPage>
);

function Loaded() {
  const known = useQuery(seenSettingsQuery);
  // What somebody else has changed meanwhile is shown in new forms: nothing of the old ones may cover it.
  const [round, setRound] = useState(0);
  if (known.isPending) return <Skeleton shapes={["line", "card", "card"]} />;
  if (known.isLoadingError) {
    return <ErrorNotice error={known.error} retry={() => void known.refetch()} />;
  }
  const renew = () => {
    void known.refetch().then(() => {
      setRound((n) => n + 1);
    });
  };
  return (
    <div key={round} className="stack-large">
      <Basics seen={known.data} onRenew={renew} />
      <Providers seen={known.data} onRenew={renew} />
    </div>
  );
}

interface Part {
  readonly seen: Seen;
  readonly onRenew: () => void;
}

function Basics({ seen, onRenew }: Part) {
  const { settings } = seen;
  const saving = useSave(seen);
  return (
    <AttemptForm
      className="form settings-form"
      attempt={saving}
      onSubmit={(data) => {
        const words = formText(data, "announcement.text").replaceAll(/\s+/g, " ").trim();
        const until = formText(data, "announcement.until");
        saving.mutate({
          ...bodyOf(settings),
          registration_open: data.has("registration_open"),
          support_email: formText(data, "support_email").trim() || null,
          announcement:
            words === ""
              ? null
              : { text: words, until: until === "" ? null : fromLocalTime(until) },
        });
      }}
    >
      <h2>{t("settings.registration")}</h2>
      <CheckInput
        name="registration_open"
        defaultChecked={settings.registration_open}
        hint={t("settings.registration.hint")}
      >
        {t("settings.registration.open")}
      </CheckInput>
      <TextInput
        name="support_email"
        type="email"
        label={t("settings.support")}
        autoComplete="off"
        defaultValue={settings.support_email ?? ""}
        hint={t("settings.support.hint")}
        isOptional
      />
      <h2>{t("settings.announcement")}</h2>
      <TextField
        className="field"
        name="announcement.text"
        autoComplete="off"
        defaultValue={settings.announcement?.text ?? ""}
        maxLength={MOST_WORDS}
      >
        <Label>{t("settings.announcement.text")}</Label>
        <TextArea className="input area" rows={3} />
        <Text slot="description" className="field-hint">
          {t("settings.announcement.hint")}
        </Text>
        <div className="field-problem">
          <FieldError className="field-error" />
        </div>
      </TextField>
      <EndInput until={settings.announcement?.until ?? null} />
      {saving.isError && !isAtFields(saving.error) && (
        <Refusal error={saving.error} onRenew={onRenew} />
      )}
      <Button type="submit" look="primary" busy={saving.isPending ? t("common.saving") : null}>
        {t("common.save")}
      </Button>
      <Saved isShown={saving.isSuccess} />
    </AttemptForm>
  );
}

/** In the browser's own control: it writes date and time as the person does. */
function EndInput({ until }: { until: string | null }) {
  return (
    <TextField
      className="field"
      name="announcement.until"
      type="datetime-local"
      autoComplete="off"
      defaultValue={until === null ? "" : toLocalTime(until)}
    >
      <Label>{t("settings.until")}</Label>
      <Input className="input" min={toLocalTime(new Date(now()).toISOString())} />
      <Text slot="description" className="field-hint">
        {t("settings.until.hint", { city: zoneCity(visitorZone()) })}
      </Text>
      <div className="field-problem">
        <FieldError className="field-error">
          {({ validationDetails, validationErrors }) =>
            validationDetails.rangeUnderflow ? t("settings.until.past") : validationErrors.join(" ")
          }
        </FieldError>
      </div>
    </TextField>
  );
}

type Asked =
  | { readonly kind: "edit"; readonly provider: IdentityProvider | null }
  | { readonly kind: "remove"; readonly provider: IdentityProvider };

function Providers({ seen, onRenew }: Part) {
  const { identity_providers: providers } = seen.settings;
  const removing = useSave(seen);
  const [asked, setAsked] = useState<Asked | null>(null);
  const [done, setDone] = useState<string | null>(null);
  const close = () => {
    setAsked(null);
  };
  const ask = (next: Asked) => () => {
    setDone(null);
    setAsked(next);
  };
  return (
    <section className="section" aria-labelledby="providers">
      <h2 id="providers">{t("providers.heading")}</h2>
      <p className="muted">{t("providers.text")}</p>
      {providers.length === 0 ? (
        <Empty title={t("providers.empty.title")} text={t("providers.empty.text")} />
      ) : (
        <ol className="entries">
          {providers.map((provider) => {
            const { id, name, protocol, issuer } = provider;
            return (
              <li key={id} className="entry-row">
                <div className="entry-text">
                  <p className="strong">{name}</p>
                  <p className="muted">
                    {t("providers.about", { protocol: t(`protocol.${protocol}`), issuer })}
                  </p>
                </div>
                <div className="buttons">
                  <Button
                    label={t("providers.edit.label", { name })}
                    onPress={ask({ kind: "edit", provider })}
                  >
                    {t("providers.edit")}
                  </Button>
                  <Button
                    look="quiet-danger"
                    label={t("providers.remove.label", { name })}
                    onPress={ask({ kind: "remove", provider })}
                  >
                    {t("providers.remove")}
                  </Button>
                </div>
              </li>
            );
          })}
        </ol>
      )}
      {providers.length < MOST_PROVIDERS && (
        <Button onPress={ask({ kind: "edit", provider: null })}>{t("providers.add")}</Button>
      )}
      <Saved isShown={done !== null} text={done ?? ""} />
      {asked?.kind === "edit" && (
        <ProviderDialog
          seen={seen}
          provider={asked.provider}
          onRenew={onRenew}
          onSaved={(name) => {
            setDone(t("providers.saved", { name }));
            close();
          }}
          onClose={close}
        />
      )}
      {asked?.kind === "remove" && (
        <Confirm
          title={t("providers.remove.heading", { name: asked.provider.name })}
          action={t("providers.remove")}
          busy={t("common.working")}
          explain={(error) => <Refusal error={error} onRenew={onRenew} />}
          onConfirm={async () => {
            await removing.mutateAsync(withoutProvider(seen.settings, asked.provider.id));
            setDone(t("providers.removed", { name: asked.provider.name }));
          }}
          onClose={close}
        >
          <p>{t("providers.remove.text")}</p>
        </Confirm>
      )}
    </section>
  );
}
