/** A refusal of the API, RFC 9457. Screens decide by `code`; `detail` is for people who debug. */
export class Problem extends Error {
  override readonly name = "Problem";

  constructor(
    readonly status: number,
    readonly code: string,
    readonly requestId: string | null,
    readonly fields: readonly FieldProblem[] = [],
    /** Seconds until another try is worth it, where the API says so. */
    readonly retryAfter: number | null = null,
  ) {
    super(`${String(status)} ${code}`);
  }
}

export interface FieldProblem {
  readonly pointer: string;
  readonly code: string;
  readonly detail: string;
}

/** No answer at all: offline, a broken connection, a time-out. Whether an unsafe call took effect is unknown. */
export class Unreachable extends Error {
  override readonly name = "Unreachable";
}

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null;

const text = (value: unknown): string => (typeof value === "string" ? value : "");

export function toProblem(response: Response, body: unknown): Problem {
  const document = isRecord(body) ? body : {};
  const errors: unknown[] = Array.isArray(document.errors) ? document.errors : [];
  return new Problem(
    response.status,
    text(document.code) || "UNKNOWN",
    response.headers.get("x-request-id"),
    errors.filter(isRecord).map((error) => ({
      pointer: text(error.pointer),
      code: text(error.code),
      detail: text(error.detail),
    })),
    typeof document.retry_after === "number" ? document.retry_after : null,
  );
}

export const hasCode = (error: unknown, ...codes: readonly string[]): error is Problem =>
  error instanceof Problem && codes.includes(error.code);

/** A second try of the very same call may help: nobody answered, or the server says that it could not. */
export const isTransient = (error: unknown): boolean =>
  error instanceof Unreachable || (error instanceof Problem && error.status >= 500);
