import { useState } from "react";
import { hasCode } from "../../api/problem";
import type { Session } from "../../api/session";
import type { Me } from "../../api/types";
import { fieldErrors, isAtFields, TextInput } from "../../forms/fields";
import { changed, formText, plainPhone } from "../../forms/form";
import { AttemptForm } from "../../forms/attempt-form";
import { t } from "../../i18n";
import { Button } from "../../ui/button";
import { countryOptions, homeCountry } from "../../ui/inside/countries";
import { BirthDateInput, PhoneInput, SelectInput } from "../../ui/inside/fields";
import { Saved } from "../../ui/inside/saved";
import { ActionError } from "../../ui/states";
import { useChange } from "./change";
import { AccountPage } from "./frame";
import { ProfilePicture } from "./picture";

const GENDERS = ["female", "male", "other"] as const;
const ADDRESS = ["line", "postal_code", "city"] as const;

export const ProfileScreen = () => (
  <AccountPage title={t("account.profile")} lead={t("profile.lead")}>
    {(session, me) => (
      <>
        <ProfilePicture session={session} me={me} />
        <Profile session={session} me={me} />
      </>
    )}
  </AccountPage>
);

/** An address is whole or not there: half of one finds nobody. */
function addressIn(data: FormData): Me["address"] {
  const text = (name: string) => formText(data, `address.${name}`).trim();
  if (ADDRESS.every((name) => text(name) === "")) return null;
  const state = text("state");
  return {
    line: text("line"),
    city: text("city"),
    ...(state === "" ? {} : { state }),
    postal_code: text("postal_code"),
    country: text("country"),
  };
}

function missingIn(address: Me["address"]): Record<string, string> {
  const missing = address ? ADDRESS.filter((name) => address[name] === "") : [];
  return Object.fromEntries(missing.map((name) => [`address.${name}`, t("field.error.required")]));
}

function Profile({ session, me }: { session: Session; me: Me }) {
  const change = useChange(session);
  const [missing, setMissing] = useState<Record<string, string>>({});
  const save = (data: FormData) => {
    const address = addressIn(data);
    const gaps = missingIn(address);
    setMissing(gaps);
    if (Object.keys(gaps).length > 0) return;
    const phone = plainPhone(formText(data, "phone"));
    const gender = GENDERS.find((one) => one === formText(data, "gender"));
    change.mutate(
      changed(me, {
        given_name: formText(data, "given_name").trim(),
        family_name: formText(data, "family_name").trim(),
        date_of_birth: formText(data, "date_of_birth") || null,
        gender: gender ?? null,
        username: formText(data, "username").trim().toLowerCase() || null,
        phone: phone || null,
        address: address ?? null,
      }),
    );
  };
  return (
    <AttemptForm
      errors={{
        ...fieldErrors(change.error),
        ...(hasCode(change.error, "USERNAME_TAKEN") && {
          username: t("field.error.username.taken"),
        }),
        ...missing,
      }}
      attempt={change}
      onEdit={() => {
        if (Object.keys(missing).length > 0) setMissing({});
      }}
      onSubmit={(data) => {
        save(data);
      }}
    >
      <div className="field-pair">
        <TextInput
          name="given_name"
          label={t("field.given_name")}
          autoComplete="given-name"
          defaultValue={me.given_name}
        />
        <TextInput
          name="family_name"
          label={t("field.family_name")}
          autoComplete="family-name"
          defaultValue={me.family_name}
        />
        <BirthDateInput defaultValue={me.date_of_birth ?? ""} />
        <SelectInput
          name="gender"
          label={t("field.gender")}
          autoComplete="sex"
          defaultValue={me.gender ?? ""}
          options={[
            { value: "", label: t("field.gender.none") },
            ...GENDERS.map((value) => ({ value, label: t(`gender.${value}`) })),
          ]}
        />
      </div>
      <TextInput
        name="username"
        label={t("field.username")}
        autoComplete="username"
        defaultValue={me.username ?? ""}
        pattern="\s*[A-Za-z0-9][A-Za-z0-9._\-]{2,29}\s*"
        problem={t("field.error.username")}
        hint={t("field.username.hint")}
        isOptional
        isWord={false}
      />
      <PhoneInput defaultValue={me.phone ?? ""} isOptional />
      <fieldset className="choice group">
        <legend>{t("profile.address")}</legend>
        <TextInput
          name="address.line"
          label={t("field.address.line")}
          autoComplete="address-line1"
          defaultValue={me.address?.line ?? ""}
          isOptional
        />
        <div className="field-pair">
          <TextInput
            name="address.postal_code"
            label={t("field.address.postal_code")}
            autoComplete="postal-code"
            defaultValue={me.address?.postal_code ?? ""}
            isOptional
          />
          <TextInput
            name="address.city"
            label={t("field.address.city")}
            autoComplete="address-level2"
            defaultValue={me.address?.city ?? ""}
            isOptional
          />
          <TextInput
            name="address.state"
            label={t("field.address.state")}
            autoComplete="address-level1"
            defaultValue={me.address?.state ?? ""}
            isOptional
          />
          <SelectInput
            name="address.country"
            label={t("field.address.country")}
            autoComplete="country"
            defaultValue={me.address?.country ?? homeCountry()}
            options={countryOptions()}
          />
        </div>
      </fieldset>
      {change.isError && !isAtFields(change.error) && <ActionError error={change.error} />}
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
