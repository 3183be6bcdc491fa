import { type ReactNode, useId } from "react";

interface Option {
  readonly value: string;
  readonly content: ReactNode;
  readonly isDisabled?: boolean;
}

/** One of several, all in sight: native radio buttons in clothes of ours. */
export function Choice({
  label,
  options,
  value,
  onChange,
  className,
  optionClassName,
}: {
  label: ReactNode;
  options: readonly Option[];
  value: string;
  onChange: (value: string) => void;
  className: string;
  optionClassName: string;
}) {
  const name = useId();
  return (
    <fieldset className="choice">
      <legend>{label}</legend>
      <div className={className}>
        {options.map((option) => (
          <label key={option.value} className={optionClassName}>
            <input
              type="radio"
              className="visually-hidden"
              name={name}
              value={option.value}
              checked={option.value === value}
              disabled={option.isDisabled}
              onChange={() => {
                onChange(option.value);
              }}
            />
            {option.content}
          </label>
        ))}
      </div>
    </fieldset>
  );
}
