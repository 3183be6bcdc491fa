import { useState } from "react";
import type { Seen } from "../../api/inside/platform";
import type { IdentityProvider } from "../../api/types";
import { fieldErrors, PasswordInput, TextInput } from "../../forms/fields";
import { formText } from "../../forms/form";
import { AttemptForm } from "../../forms/attempt-form";
import { t } from "../../i18n";
import { Button } from "../../ui/button";
import { SelectInput } from "../../ui/inside/fields";
import { Ask } from "../../ui/inside/modal";
import { Row } from "../../ui/summary";
import { Refusal, useSave } from "./saving";
import { idFor, withProvider } from "./settings-body";

const PROTOCOLS = ["openid-connect", "github"] as const;
const GITHUB = "https://github.com";

/** Somebody who signs people in: new, or with what is known. It is saved by itself, with all the rest as it was seen. */
export function ProviderDialog({
  seen,
  provider,
  onRenew,
  onSaved,
  onClose,
}: {
  seen: Seen;
  provider: IdentityProvider | null;
  onRenew: () => void;
  onSaved: (name: string) => void;
  onClose: () => void;
}) {
  const others = seen.settings.identity_providers.filter(({ id }) => id !== provider?.id);
  const before = seen.settings.identity_providers.findIndex(({ id }) => id === provider?.id);
  const [place, setPlace] = useState(before === -1 ? others.length : before);
  const [name, setName] = useState(provider?.name ?? "");
  const id = provider?.id ?? idFor(name, others);
  const [protocol, setProtocol] = useState(provider?.protocol ?? "openid-connect");
  const saving = useSave(seen);
  // The API speaks of a place in the list, the form of its only provider.
  const mine = `identity_providers.${String(place)}.`;
  const errors = Object.fromEntries(
    Object.entries(fieldErrors(saving.error))
      .filter(([name]) => name.startsWith(mine))
      .map(([name, words]) => [name.slice(mine.length), words]),
  );
  const isSecretless = saving.variables?.identity_providers[place]?.client_secret === undefined;
  if ("client_secret" in errors && isSecretless) {
    errors.client_secret = t("provider.client_secret.needed");
  }
  return (
    <Ask
      title={
        provider === null ? t("providers.add") : t("providers.edit.label", { name: provider.name })
      }
      isBusy={saving.isPending}
      onClose={onClose}
    >
      <AttemptForm
        attempt={saving}
        errors={errors}
        onSubmit={(data) => {
          const text = (field: string) => formText(data, field).trim();
          const secret = text("client_secret");
          const changed = {
            id,
            name: text("name"),
            protocol,
            issuer: provider?.issuer ?? text("issuer").replace(/\/+$/, ""),
            client_id: text("client_id"),
            ...(secret === "" ? {} : { client_secret: secret }),
          };
          saving.mutate(withProvider(seen.settings, changed, place), {
            onSuccess: () => {
              onSaved(changed.name);
            },
          });
        }}
      >
        <div
          onInput={({ target }) => {
            if (target instanceof HTMLInputElement) setName(target.value);
          }}
        >
          <TextInput
            name="name"
            label={t("provider.name")}
            autoComplete="off"
            hint={t("provider.name.hint")}
            defaultValue={name}
          />
        </div>
        {provider === null ? (
          <>
            <SelectInput
              name="protocol"
              label={t("provider.protocol")}
              defaultValue={protocol}
              options={PROTOCOLS.map((value) => ({ value, label: t(`protocol.${value}`) }))}
              onChange={(value) => {
                setProtocol(PROTOCOLS.find((one) => one === value) ?? protocol);
              }}
            />
            <TextInput
              key={protocol}
              name="issuer"
              label={t("provider.issuer")}
              autoComplete="off"
              inputMode="url"
              hint={t(`provider.issuer.hint.${protocol}`)}
              pattern="\s*https?://[!-~]+\s*"
              problem={t("provider.issuer.problem")}
              defaultValue={protocol === "github" ? GITHUB : ""}
              isWord={false}
            />
          </>
        ) : (
          <div className="stack-small fixed">
            <dl className="summary facts-list">
              <Row term={t("provider.protocol")}>{t(`protocol.${protocol}`)}</Row>
              <Row term={t("provider.issuer")}>{provider.issuer}</Row>
            </dl>
            <p className="field-hint">{t("provider.fixed")}</p>
          </div>
        )}
        <TextInput
          name="client_id"
          label={t("provider.client_id")}
          autoComplete="off"
          defaultValue={provider?.client_id ?? ""}
          isWord={false}
        />
        <PasswordInput
          name="client_secret"
          label={t("provider.client_secret")}
          // Of an account of ours there is nothing to fill in here.
          autoComplete="new-password"
          hint={provider === null ? undefined : t("provider.client_secret.hint")}
          isOptional={provider !== null}
        />
        {others.length > 0 && (
          <SelectInput
            name="place"
            label={t("provider.place")}
            defaultValue={String(place)}
            options={[...others, null].map((_, n) => ({
              value: String(n),
              label: t("provider.place.of", { place: n + 1, count: others.length + 1 }),
            }))}
            onChange={(value) => {
              setPlace(Number(value));
            }}
          />
        )}
        {name.trim() !== "" && (
          <p className="field-hint">
            {t("provider.return")}
            <code className="secret">{`${location.origin}/sign-in/return/${id}`}</code>
          </p>
        )}
        {saving.isError && Object.keys(errors).length === 0 && (
          <Refusal error={saving.error} onRenew={onRenew} />
        )}
        <Button
          type="submit"
          look="primary"
          isWide
          busy={saving.isPending ? t("common.saving") : null}
        >
          {t("common.save")}
        </Button>
        <Button isWide isDisabled={saving.isPending} onPress={onClose}>
          {t("common.cancel")}
        </Button>
      </AttemptForm>
    </Ask>
  );
}
