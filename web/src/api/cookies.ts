const CSRF = "__Secure-csrf";

/**
 * The half of the session's cookies that scripts may read. It comes and goes with the other half, so where it is
 * somebody may be signed in, and where it is not nobody is.
 */
export function csrfCookie(all: string = document.cookie): string | null {
  for (const cookie of all.split("; ")) {
    const [name, value] = cookie.split("=", 2);
    if (name === CSRF && value) return decodeURIComponent(value);
  }
  return null;
}

/** Without it the other half refreshes nothing: signing out holds even where the API could not be told. */
export function forgetCsrfCookie(): void {
  document.cookie = `${CSRF}=; Max-Age=0; Path=/; Secure; SameSite=Strict`;
}
