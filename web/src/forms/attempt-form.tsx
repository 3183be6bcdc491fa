import type { ReactNode } from "react";
import { Form } from "react-aria-components";
import { fieldErrors } from "./fields";

interface Attempt {
  readonly isPending: boolean;
  readonly isError: boolean;
  readonly error: unknown;
  readonly reset: () => void;
}

/**
 * A form whose answer takes a while. What was wrong is forgotten with the first letter that is typed: if it vanished as
 * the field is left, the button would move away from under the finger that is pressing it.
 */
export function AttemptForm({
  attempt,
  errors = fieldErrors(attempt.error),
  className = "form",
  onSubmit,
  onEdit,
  children,
}: {
  attempt: Attempt;
  /** What is wrong with single fields, if it takes more than the API's own words to say it. */
  errors?: Record<string, string>;
  className?: string;
  onSubmit: (data: FormData) => void;
  onEdit?: () => void;
  children: ReactNode;
}) {
  return (
    <div
      onInput={() => {
        if (attempt.isError) attempt.reset();
        onEdit?.();
      }}
    >
      <Form
        className={className}
        validationErrors={errors}
        onSubmit={(event) => {
          event.preventDefault();
          if (!attempt.isPending) onSubmit(new FormData(event.currentTarget));
        }}
      >
        {children}
      </Form>
    </div>
  );
}
