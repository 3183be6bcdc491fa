import { useState } from "react";
import {
  FieldError,
  Input,
  Label,
  Text,
  TextField,
  ToggleButton,
  type ValidationResult,
} from "react-aria-components";
import { Problem } from "../api/problem";
import { t } from "../i18n";

export const PASSWORD_MIN = 8;
export const PASSWORD_MAX = 128;

/** The browser knows what is wrong; the words are ours, in the language of the page. */
function explain({ validationDetails: v, validationErrors }: ValidationResult): string {
  if (v.valueMissing) return t("field.error.required");
  if (v.typeMismatch) return t("field.error.email");
  if (v.tooShort) return t("field.error.password.short");
  if (v.tooLong) return t("field.error.password.long");
  return validationErrors.join(" ");
}

interface FieldProps {
  readonly name: string;
  readonly label: string;
  readonly autoComplete: string;
}

export function TextInput({
  name,
  label,
  autoComplete,
  type = "text",
}: FieldProps & { type?: "text" | "email" }) {
  return (
    <TextField className="field" name={name} type={type} autoComplete={autoComplete} isRequired>
      <Label>{label}</Label>
      <Input className="input" />
      <div className="field-problem">
        <FieldError className="field-error">{explain}</FieldError>
      </div>
    </TextField>
  );
}

export function PasswordInput({
  name,
  label,
  autoComplete,
  isNew = false,
}: FieldProps & { isNew?: boolean }) {
  const [isShown, setShown] = useState(false);
  return (
    <TextField
      className="field"
      name={name}
      type={isShown ? "text" : "password"}
      autoComplete={autoComplete}
      isRequired
      {...(isNew ? { minLength: PASSWORD_MIN, maxLength: PASSWORD_MAX } : {})}
    >
      <Label>{label}</Label>
      <div className="password-box">
        <Input className="input" spellCheck={false} autoCapitalize="none" />
        <ToggleButton
          className="password-show"
          isSelected={isShown}
          onChange={setShown}
          aria-label={t("field.password.show")}
        >
          {isShown ? t("field.password.hide.short") : t("field.password.show.short")}
        </ToggleButton>
      </div>
      {isNew && (
        <Text slot="description" className="field-hint">
          {t("field.password.hint")}
        </Text>
      )}
      <div className="field-problem">
        <FieldError className="field-error">{explain}</FieldError>
      </div>
    </TextField>
  );
}

/** What the API said about single fields, for the form to show beside them: `/given_name` is the field `given_name`. */
export function fieldErrors(error: unknown): Record<string, string> {
  if (!(error instanceof Problem)) return {};
  return Object.fromEntries(
    error.fields.map(({ pointer, detail }) => [
      pointer.slice(1),
      pointer === "/email" ? t("field.error.email") : t("field.error.other", { detail }),
    ]),
  );
}
