import { queryOptions } from "@tanstack/react-query";
import { addDays, type LocalDate, WEEK } from "../time/week";
import { answer, api, asIntent, asSecretIntent } from "./client";
import { thisDevice } from "./device";
import { forgetSession, getSession, startSession } from "./session";
import type { Appointment, Clinic, Provider, Service, Settings } from "./types";

const PAGE = 100;
const MANY_PAGES = 50;

interface Page<T> {
  readonly items: readonly T[];
  readonly next?: string | null | undefined;
}

/** A directory is small enough to be shown whole; the bound only stops a cursor that never ends. */
export async function allPages<T>(
  page: (query: { limit: number; after?: string }) => Promise<Page<T>>,
): Promise<readonly T[]> {
  const items: T[] = [];
  let after: string | null = null;
  for (let n = 0; n < MANY_PAGES; n += 1) {
    const reply: Page<T> = await page(after === null ? { limit: PAGE } : { limit: PAGE, after });
    items.push(...reply.items);
    after = reply.next ?? null;
    if (after === null) break;
  }
  return items;
}

/** For as long as the API lets an answer be kept. */
const SETTINGS_FRESH_MS = 60_000;

/** How people register and sign in, and what everybody is told. */
export const settingsQuery = queryOptions({
  queryKey: ["settings"],
  staleTime: SETTINGS_FRESH_MS,
  queryFn: ({ signal }): Promise<Settings> => answer(api.GET("/v1/settings", { signal })),
});

const DIRECTORY_FRESH_MS = 5 * 60_000;

export const clinicsQuery = queryOptions({
  queryKey: ["clinics"],
  staleTime: DIRECTORY_FRESH_MS,
  queryFn: ({ signal }): Promise<readonly Clinic[]> =>
    allPages((query) => answer(api.GET("/v1/clinics", { params: { query }, signal }))),
});

export const clinicQuery = (clinic: string) =>
  queryOptions({
    queryKey: ["clinic", clinic],
    staleTime: DIRECTORY_FRESH_MS,
    queryFn: ({ signal }): Promise<Clinic> =>
      answer(api.GET("/v1/clinics/{clinic}", { params: { path: { clinic } }, signal })),
  });

export const providersQuery = (clinic: string) =>
  queryOptions({
    queryKey: ["providers", clinic],
    staleTime: DIRECTORY_FRESH_MS,
    queryFn: ({ signal }): Promise<readonly Provider[]> =>
      allPages((query) =>
        answer(
          api.GET("/v1/clinics/{clinic}/providers", {
            params: { path: { clinic }, query },
            signal,
          }),
        ),
      ),
  });

export const providerQuery = (clinic: string, provider: string) =>
  queryOptions({
    queryKey: ["provider", clinic, provider],
    staleTime: DIRECTORY_FRESH_MS,
    queryFn: ({ signal }): Promise<Provider> =>
      answer(
        api.GET("/v1/clinics/{clinic}/providers/{provider}", {
          params: { path: { clinic, provider } },
          signal,
        }),
      ),
  });

export const servicesQuery = (clinic: string) =>
  queryOptions({
    queryKey: ["services", clinic],
    staleTime: DIRECTORY_FRESH_MS,
    queryFn: ({ signal }): Promise<readonly Service[]> =>
      allPages((query) =>
        answer(
          api.GET("/v1/clinics/{clinic}/services", { params: { path: { clinic }, query }, signal }),
        ),
      ),
  });

export interface Range {
  readonly clinic: string;
  readonly provider: string;
  readonly service: string;
  /** Today in the clinic's zone where it is not given. */
  readonly from?: LocalDate | undefined;
  readonly days: number;
}

/** Never older than the moment a screen opens: free times are what others are booking, too. */
export const availabilityQuery = ({ clinic, provider, service, from, days }: Range) =>
  queryOptions({
    queryKey: ["availability", clinic, provider, service, from ?? "today", days],
    staleTime: 0,
    queryFn: ({ signal }) =>
      answer(
        api.GET("/v1/clinics/{clinic}/providers/{provider}/availability", {
          params: {
            path: { clinic, provider },
            query: { service, days, ...(from === undefined ? {} : { from }) },
          },
          signal,
        }),
      ),
  });

const LOOK_AHEAD_DAYS = 28;

/** Where an empty week sends the patient: the first weeks after it. */
export const laterQuery = (range: Range & { readonly from: LocalDate }) =>
  availabilityQuery({ ...range, from: addDays(range.from, WEEK), days: LOOK_AHEAD_DAYS });

export const meQuery = (user: string) =>
  queryOptions({
    queryKey: ["mine", user, "me"],
    staleTime: DIRECTORY_FRESH_MS,
    queryFn: ({ signal }) => answer(api.GET("/v1/me", { signal })),
  });

export const appointmentsQuery = (user: string) =>
  queryOptions({
    queryKey: ["mine", user, "appointments"],
    queryFn: ({ signal }): Promise<readonly Appointment[]> =>
      allPages((query) => answer(api.GET("/v1/appointments", { params: { query }, signal }))),
  });

export const appointmentQuery = (user: string, clinic: string, appointment: string) =>
  queryOptions({
    queryKey: ["mine", user, "appointment", clinic, appointment],
    queryFn: ({ signal }): Promise<Appointment> =>
      answer(
        api.GET("/v1/clinics/{clinic}/appointments/{appointment}", {
          params: { path: { clinic, appointment } },
          signal,
        }),
      ),
  });

export interface Booking {
  readonly user: string;
  readonly clinic: string;
  readonly provider: string;
  readonly service: string;
  readonly start: string;
}

export function book({ user, clinic, provider, service, start }: Booking): Promise<Appointment> {
  return asIntent(["book", user, clinic, provider, service, start].join("/"), (headers) =>
    answer(
      api.POST("/v1/clinics/{clinic}/appointments", {
        params: { path: { clinic } },
        body: { provider, service, start },
        headers,
      }),
    ),
  );
}

export function cancel(clinic: string, appointment: string): Promise<Appointment> {
  return asIntent(["cancel", clinic, appointment].join("/"), (headers) =>
    answer(
      api.POST("/v1/clinics/{clinic}/appointments/{appointment}/cancellation", {
        params: { path: { clinic, appointment } },
        headers,
      }),
    ),
  );
}

export interface Credentials {
  readonly email: string;
  readonly password: string;
}

export async function signIn(credentials: Credentials): Promise<void> {
  const reply = await asSecretIntent(JSON.stringify(["sign-in", credentials]), (headers) =>
    answer(api.POST("/v1/sessions", { body: { ...credentials, device: thisDevice() }, headers })),
  );
  startSession(reply);
}

const SIGN_OUT_MS = 5_000;

/** Here it holds in any case, and in every tab; whether the API hears of it does not keep anybody waiting. */
export async function signOut(): Promise<void> {
  const session = getSession();
  if (session !== null) {
    const params = { path: { session: session.id } };
    const signal = AbortSignal.timeout(SIGN_OUT_MS);
    await api.DELETE("/v1/me/sessions/{session}", { params, signal }).catch(() => undefined);
  }
  forgetSession();
}

export interface NewPatient extends Credentials {
  readonly given_name: string;
  readonly family_name: string;
  readonly time_zone: string;
  readonly language: string;
}

/** The answer is the same for an address that is new and for one that is not: the mail says which. */
export async function register(patient: NewPatient): Promise<string> {
  const { email } = await asSecretIntent(JSON.stringify(["register", patient]), (headers) =>
    answer(api.POST("/v1/patients", { body: patient, headers })),
  );
  return email;
}

export const verifyEmail = (token: string, password: string) =>
  asSecretIntent(JSON.stringify(["verify", token, password]), (headers) =>
    answer(api.POST("/v1/email-verifications", { body: { token, password }, headers })),
  );

export const askForReset = (email: string) =>
  answer(api.POST("/v1/password-resets", { body: { email } }));

export const resetPassword = (token: string, password: string) =>
  asSecretIntent(JSON.stringify(["reset", token, password]), (headers) =>
    answer(api.POST("/v1/password-resets/redemption", { body: { token, password }, headers })),
  );

export interface Acceptance {
  readonly token: string;
  readonly given_name?: string;
  readonly family_name?: string;
  readonly password?: string;
}

export const acceptInvitation = (body: Acceptance) =>
  asSecretIntent(JSON.stringify(["accept", body]), (headers) =>
    answer(api.POST("/v1/invitations/acceptance", { body, headers })),
  );
