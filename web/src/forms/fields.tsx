import { useState } from "react";
import {
  FieldError,
  Input,
  Label,
  Text,
  TextField,
  type ValidationResult,
} from "react-aria-components";
import { type FieldProblem, Problem } from "../api/problem";
import { t } from "../i18n";

export const PASSWORD_MIN = 8;
export const PASSWORD_MAX = 128;

/** Whoever can see other people's records needs one that is longer. */
export const STAFF_PASSWORD_MIN = 12;

/** The browser knows what is wrong; the words are ours, in the language of the page. */
function explain(
  { validationDetails: v, validationErrors }: ValidationResult,
  { min = PASSWORD_MIN, problem }: { min?: number; problem?: string | undefined } = {},
): string {
  if (v.valueMissing) return t("field.error.required");
  if (v.typeMismatch) return t("field.error.email");
  if (v.patternMismatch && problem !== undefined) return problem;
  if (v.tooShort) return t("field.error.password.short", { min });
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
  defaultValue = "",
  inputMode,
  pattern,
  problem,
  hint,
  isOptional = false,
  isWord = true,
}: FieldProps & {
  type?: "text" | "email" | "tel";
  defaultValue?: string;
  inputMode?: "numeric" | "email" | "url";
  pattern?: string;
  /** What to say where the pattern does not match. */
  problem?: string;
  hint?: string;
  isOptional?: boolean;
  /** Otherwise no keyboard begins it with a capital or mends its spelling. */
  isWord?: boolean;
}) {
  return (
    <TextField
      className="field"
      name={name}
      type={type}
      autoComplete={autoComplete}
      defaultValue={defaultValue}
      isRequired={!isOptional}
      {...(inputMode === undefined ? {} : { inputMode })}
      {...(pattern === undefined ? {} : { pattern })}
    >
      <Label>{label}</Label>
      <Input
        className="input"
        {...(isWord ? {} : { spellCheck: false, autoCapitalize: "none", autoCorrect: "off" })}
      />
      {hint !== undefined && (
        <Text slot="description" className="field-hint">
          {hint}
        </Text>
      )}
      <div className="field-problem">
        <FieldError className="field-error">{(result) => explain(result, { problem })}</FieldError>
      </div>
    </TextField>
  );
}

export function PasswordInput({
  name,
  label,
  autoComplete,
  min,
  hint = min === undefined ? undefined : t("field.password.hint", { min }),
  isOptional = false,
}: FieldProps & {
  /** For a new password: how long it must be. */
  min?: number;
  hint?: string | undefined;
  isOptional?: boolean;
}) {
  const [isShown, setShown] = useState(false);
  return (
    <TextField
      className="field"
      name={name}
      type={isShown ? "text" : "password"}
      autoComplete={autoComplete}
      isRequired={!isOptional}
      {...(min === undefined ? {} : { minLength: min, maxLength: PASSWORD_MAX })}
    >
      <Label>{label}</Label>
      <div className="password-box">
        <Input className="input" spellCheck={false} autoCapitalize="none" />
        <button
          type="button"
          className="password-show"
          aria-pressed={isShown}
          aria-label={t("field.password.show")}
          onClick={() => {
            setShown(!isShown);
          }}
        >
          {isShown ? t("field.password.hide.short") : t("field.password.show.short")}
        </button>
      </div>
      {hint !== undefined && (
        <Text slot="description" className="field-hint">
          {hint}
        </Text>
      )}
      <div className="field-problem">
        <FieldError className="field-error">
          {(result) => explain(result, min === undefined ? {} : { min })}
        </FieldError>
      </div>
    </TextField>
  );
}

function words({ pointer, code, detail }: FieldProblem): string {
  if (pointer === "/email") return t("field.error.email");
  if (code === "WRONG_PASSWORD") return t("field.error.password.wrong");
  return t("field.error.other", { detail });
}

/** What the API said about single fields, for the form to show beside them: `/given_name` is the field `given_name`. */
export function fieldErrors(error: unknown): Record<string, string> {
  if (!(error instanceof Problem)) return {};
  return Object.fromEntries(
    error.fields.map((field) => [field.pointer.slice(1).replaceAll("/", "."), words(field)]),
  );
}

/** Is everything that is wrong said beside a field already? */
export const isAtFields = (error: unknown): boolean =>
  error instanceof Problem && error.fields.some(({ pointer }) => pointer !== "");
