import { useSyncExternalStore } from "react";
import type { SignedIn } from "./types";

/**
 * The access token lives in this tab's session storage: a reload in the middle of a booking must not sign anybody
 * out, yet nothing may outlive the tab on a shared computer. It is good for 15 minutes and there is no refresh token;
 * the content security policy admits no foreign script that could read it.
 */
export interface Session {
  readonly token: string;
  readonly expiresAt: number;
  readonly user: string;
  readonly givenName: string;
  readonly isPatient: boolean;
}

const KEY = "careplane.session";
const listeners = new Set<() => void>();

let lapsed = false;
let current: Session | null = read();
let timer: ReturnType<typeof setTimeout> | undefined;
schedule();

function read(): Session | null {
  try {
    const stored = sessionStorage.getItem(KEY);
    if (stored === null) return null;
    const session = JSON.parse(stored) as Session;
    lapsed = session.expiresAt <= Date.now();
    return lapsed ? null : session;
  } catch {
    return null;
  }
}

/** At the end of its life the session ends by itself, so that no screen shows personal data to whoever comes next. */
function schedule(): void {
  clearTimeout(timer);
  if (current !== null) timer = setTimeout(endSession, Math.max(0, current.expiresAt - Date.now()));
}

function replace(next: Session | null): void {
  current = next;
  if (next === null) sessionStorage.removeItem(KEY);
  else sessionStorage.setItem(KEY, JSON.stringify(next));
  schedule();
  for (const listener of listeners) listener();
}

export const getSession = (): Session | null => current;

/** True after a session that ended without the person asking for it: the sign-in page then says why it is shown. */
export const hasLapsed = (): boolean => lapsed;

export function startSession(reply: SignedIn): void {
  lapsed = false;
  replace({
    token: reply.access_token,
    expiresAt: Date.now() + reply.expires_in * 1000,
    user: reply.user,
    givenName: reply.given_name,
    isPatient: Boolean(reply.patient),
  });
}

/** The 15 minutes are over, or the API refused the token. */
export function endSession(): void {
  if (current === null) return;
  lapsed = true;
  replace(null);
}

export function signOut(): void {
  lapsed = false;
  replace(null);
}

export function onSessionChange(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

export const useSession = (): Session | null => useSyncExternalStore(onSessionChange, getSession);
