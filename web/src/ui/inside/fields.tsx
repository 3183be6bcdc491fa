import { type ReactNode, useId } from "react";
import { TextInput } from "../../forms/fields";
import { t } from "../../i18n";

export interface SelectOption {
  readonly value: string;
  readonly label: string;
}

/** Native: on a phone it is the wheel that people know, at a desk it finds an entry by its first letters. */
export function SelectInput({
  name,
  label,
  autoComplete = "off",
  options,
  defaultValue,
  hint,
  onChange,
}: {
  name: string;
  label: string;
  autoComplete?: string;
  options: readonly SelectOption[] | readonly (readonly [string, readonly SelectOption[]])[];
  defaultValue?: string;
  hint?: string;
  onChange?: (value: string) => void;
}) {
  const id = useId();
  return (
    <div className="field">
      <label htmlFor={id}>{label}</label>
      <select
        id={id}
        name={name}
        className="input select"
        autoComplete={autoComplete}
        defaultValue={defaultValue}
        aria-describedby={hint === undefined ? undefined : `${id}-hint`}
        onChange={(event) => {
          onChange?.(event.target.value);
        }}
      >
        {options.map((option) =>
          "value" in option ? (
            <Choice key={option.value} {...option} />
          ) : (
            <optgroup key={option[0]} label={option[0]}>
              {option[1].map((one) => (
                <Choice key={one.value} {...one} />
              ))}
            </optgroup>
          ),
        )}
      </select>
      <div className="field-problem">
        {hint !== undefined && (
          <span id={`${id}-hint`} className="field-hint">
            {hint}
          </span>
        )}
      </div>
    </div>
  );
}

const Choice = ({ value, label }: SelectOption) => <option value={value}>{label}</option>;

/** A date of birth, in the browser's own control: it writes the date as the person does. */
export function BirthDateInput({ defaultValue }: { defaultValue: string }) {
  const id = useId();
  return (
    <div className="field">
      <label htmlFor={id}>{t("field.date_of_birth")}</label>
      <input
        id={id}
        type="date"
        name="date_of_birth"
        className="input"
        autoComplete="bday"
        min="1900-01-01"
        max={new Date().toISOString().slice(0, 10)}
        defaultValue={defaultValue}
      />
      <div className="field-problem" />
    </div>
  );
}

export function CheckInput({
  name,
  value = "on",
  defaultChecked,
  isDisabled = false,
  children,
  hint,
}: {
  name: string;
  value?: string;
  defaultChecked: boolean;
  isDisabled?: boolean;
  children: ReactNode;
  hint?: string;
}) {
  const id = useId();
  return (
    <label className="check">
      <input
        type="checkbox"
        name={name}
        value={value}
        defaultChecked={defaultChecked}
        disabled={isDisabled}
        aria-describedby={hint === undefined ? undefined : id}
      />
      <span>
        <span>{children}</span>
        {hint !== undefined && (
          <span id={id} className="field-hint">
            {hint}
          </span>
        )}
      </span>
    </label>
  );
}

/** Six digits of an app or a message, which the browser may fill in. */
export const CodeInput = ({ label }: { label: string }) => (
  <TextInput
    name="code"
    label={label}
    autoComplete="one-time-code"
    inputMode="numeric"
    pattern="\s*[0-9]{3}\s*[0-9]{3}\s*"
    problem={t("field.error.code")}
  />
);

/** `+49 30 5550100`, with whatever people put between the digits. */
export const PhoneInput = ({
  defaultValue = "",
  isOptional = false,
}: {
  defaultValue?: string;
  isOptional?: boolean;
}) => (
  <TextInput
    name="phone"
    type="tel"
    label={t("field.phone")}
    autoComplete="tel"
    defaultValue={defaultValue}
    pattern="\s*\+[0-9][0-9 \(\)\/.\-]{5,24}"
    problem={t("field.error.phone")}
    hint={t("field.phone.hint")}
    isOptional={isOptional}
  />
);
