import { useSyncExternalStore } from "react";
import { forgetCsrfCookie } from "./cookies";
import type { Method, Permission, Role, SignedIn } from "./types";

/**
 * The access token lives in this page's memory and nowhere else. What outlives a reload is a cookie that no script can
 * read; `keep.ts` turns it into a new access token. The tabs of a browser share that cookie and so the session, too.
 */
export interface Session {
  readonly token: string;
  readonly expiresAt: number;
  readonly id: string;
  readonly user: string;
  readonly givenName: string;
  readonly role: Role;
  readonly clinic: string | null;
  readonly isPatient: boolean;
  readonly permissions: readonly Permission[];
  readonly secondFactor: SignedIn["second_factor"];
  /** While the second step is still to be taken: with what it can be. */
  readonly secondFactors: readonly Method[];
}

interface Ended {
  readonly isLapsed: boolean;
}

const listeners = new Set<() => void>();
const tabs = new BroadcastChannel("careplane.session");

let lapsed = false;
let current: Session | null = null;

function replace(next: Session | null, isLapsed: boolean): void {
  current = next;
  lapsed = isLapsed;
  for (const listener of listeners) listener();
}

tabs.onmessage = ({ data }: MessageEvent<Session | Ended>) => {
  if ("token" in data) replace(data, false);
  else if (current !== null) replace(null, data.isLapsed);
};

function end(isLapsed: boolean): void {
  forgetCsrfCookie();
  tabs.postMessage({ isLapsed } satisfies Ended);
  replace(null, isLapsed);
}

type WholeSession = Session & { readonly secondFactor: "done" | "not-needed" };

export const getSession = (): Session | null => current;

/** A session that may do what its role allows; before the second step it may do nothing but take it. */
export const isWhole = (session: Session | null): session is WholeSession =>
  session?.secondFactor === "done" || session?.secondFactor === "not-needed";

export const may = (session: Session, permission: Permission): boolean =>
  session.permissions.includes(permission);

/** True after a session that ended without the person asking for it: the sign-in page then says why it is shown. */
export const hasLapsed = (): boolean => lapsed;

export function startSession(reply: SignedIn): void {
  const session: Session = {
    token: reply.access_token,
    expiresAt: Date.now() + reply.expires_in * 1000,
    id: reply.session,
    user: reply.user,
    givenName: reply.given_name,
    role: reply.role,
    clinic: reply.clinic,
    isPatient: Boolean(reply.patient),
    permissions: reply.permissions,
    secondFactor: reply.second_factor,
    secondFactors: reply.second_factors,
  };
  tabs.postMessage(session);
  replace(session, false);
}

/** The API refused the token and would not renew it. */
export function endSession(): void {
  end(true);
}

export function forgetSession(): void {
  end(false);
}

export function onSessionChange(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

const wholeSession = (): Session | null => (isWhole(current) ? current : null);

/** Whoever is signed in, with the second step behind them. */
export const useSession = (): Session | null => useSyncExternalStore(onSessionChange, wholeSession);

/** Somebody who still has the second step before them is no visitor either. */
export const useIsVisitor = (): boolean =>
  useSyncExternalStore(onSessionChange, () => current === null);
