import type { QueryClient } from "@tanstack/react-query";
import {
  createRootRouteWithContext,
  createRoute,
  createRouter,
  lazyRouteComponent,
  notFound,
  redirect,
} from "@tanstack/react-router";
import { findSession } from "./api/keep";
import { hasLapsed, isWhole, may, type Session } from "./api/session";
import {
  clinicQuery,
  clinicsQuery,
  providerQuery,
  servicesQuery,
  settingsQuery,
} from "./api/queries";
import type { AccountFilter, Permission } from "./api/types";
import { inside } from "./inside";
import { rememberNext, safePath } from "./next";
import { HomeScreen } from "./screens/home";
import { isLocalDate, isWithinReach, type LocalDate } from "./time/week";
import { FailedScreen, MissingScreen, Shell } from "./ui/shell";

interface Context {
  readonly queries: QueryClient;
}

const text = (value: unknown): string | undefined =>
  typeof value === "string" && value !== "" ? value : undefined;

/*
 * The router lays what `validateSearch` returns over the address as it was typed. A key that is left out keeps
 * whatever is there, so each of them names all of its keys, those without a good value as undefined.
 */

const root = createRootRouteWithContext<Context>()({
  loader: ({ context }) => {
    // An announcement reaches a tab that stays open for days, too.
    void context.queries.query(settingsQuery).catch(() => undefined);
  },
  component: Shell,
  notFoundComponent: MissingScreen,
});

const home = createRoute({
  getParentRoute: () => root,
  path: "/",
  validateSearch: (search: Record<string, unknown>): { clinic?: string | undefined } => ({
    clinic: text(search.clinic),
  }),
  loader: ({ context }) => {
    // Begun before the screen renders, and not waited for: the screen has its own loading state.
    void context.queries.query(clinicsQuery).catch(() => undefined);
  },
  component: HomeScreen,
});

const provider = createRoute({
  getParentRoute: () => root,
  path: "/clinics/$clinic/providers/$provider",
  validateSearch: (
    search: Record<string, unknown>,
  ): { service?: string | undefined; from?: LocalDate | undefined } => ({
    service: text(search.service),
    from: isLocalDate(search.from) && isWithinReach(search.from) ? search.from : undefined,
  }),
  loader: ({ context: { queries }, params: { clinic, provider: id } }) => {
    // Asked for while the screen's own script is still on its way.
    void queries.query(providerQuery(clinic, id)).catch(() => undefined);
    void queries.query(clinicQuery(clinic)).catch(() => undefined);
    void queries.query(servicesQuery(clinic)).catch(() => undefined);
  },
  component: lazyRouteComponent(() => import("./screens/provider"), "ProviderScreen"),
});

interface SignInSearch {
  readonly next?: string | undefined;
}

const nextIn = (search: Record<string, unknown>): SignInSearch => {
  const next = safePath(search.next);
  return { next: next === "/" ? undefined : next };
};

/** Where somebody goes on who has just shown who they are: over the second step, if there is one left. */
function onward(session: Session, next: string | undefined) {
  if (!isWhole(session)) {
    const isNew = session.secondFactor === "enrolment-required";
    return redirect({
      to: isNew ? "/enrolment" : "/second-factor",
      search: { next },
      replace: true,
    });
  }
  rememberNext(undefined);
  // Looked at once more where it counts: this is the one place that sends somebody to an address from outside.
  const path = safePath(next);
  return redirect({ href: path === "/" && !session.isPatient ? "/home" : path, replace: true });
}

/* eslint-disable @typescript-eslint/only-throw-error -- the router's ways to redirect and to say that nothing is here */

const visitorOnly = {
  validateSearch: nextIn,
  beforeLoad: async ({ search }: { search: SignInSearch }) => {
    const session = await findSession();
    if (session !== null) throw onward(session, search.next);
  },
};

const secondStep = (step: Session["secondFactor"]) => ({
  validateSearch: nextIn,
  beforeLoad: async ({ search }: { search: SignInSearch }) => {
    const session = await findSession();
    if (session === null) throw redirect({ to: "/sign-in", search, replace: true });
    if (session.secondFactor !== step) throw onward(session, search.next);
  },
});

const signIn = createRoute({
  getParentRoute: () => root,
  path: "/sign-in",
  ...visitorOnly,
  component: lazyRouteComponent(() => import("./screens/sign-in"), "SignInScreen"),
});

const register = createRoute({
  getParentRoute: () => root,
  path: "/register",
  ...visitorOnly,
  component: lazyRouteComponent(() => import("./screens/register"), "RegisterScreen"),
});

/** Where people come back to who have signed in elsewhere. */
const signInReturn = createRoute({
  getParentRoute: () => root,
  path: "/sign-in/return/$provider",
  component: lazyRouteComponent(
    inside(() => import("./screens/return")),
    "ReturnScreen",
  ),
});

const secondFactor = createRoute({
  getParentRoute: () => root,
  path: "/second-factor",
  ...secondStep("required"),
  component: lazyRouteComponent(
    inside(() => import("./screens/second-factor")),
    "SecondFactorScreen",
  ),
});

const enrolment = createRoute({
  getParentRoute: () => root,
  path: "/enrolment",
  ...secondStep("enrolment-required"),
  component: lazyRouteComponent(
    inside(() => import("./screens/enrolment")),
    "EnrolmentScreen",
  ),
});

/** What the links in our mails open. Who is signed in when they do is of no importance. */
const verify = createRoute({
  getParentRoute: () => root,
  path: "/verify",
  component: lazyRouteComponent(
    inside(() => import("./screens/verify")),
    "VerifyScreen",
  ),
});

const forgot = createRoute({
  getParentRoute: () => root,
  path: "/forgot",
  component: lazyRouteComponent(
    inside(() => import("./screens/forgot")),
    "ForgotScreen",
  ),
});

const reset = createRoute({
  getParentRoute: () => root,
  path: "/reset",
  component: lazyRouteComponent(
    inside(() => import("./screens/reset")),
    "ResetScreen",
  ),
});

const invitation = createRoute({
  getParentRoute: () => root,
  path: "/invitation",
  component: lazyRouteComponent(
    inside(() => import("./screens/invitation")),
    "InvitationScreen",
  ),
});

const closed = createRoute({
  getParentRoute: () => root,
  path: "/closed",
  component: lazyRouteComponent(
    inside(() => import("./screens/closed")),
    "ClosedScreen",
  ),
});

/** What needs a person: without a session the way leads over the sign-in page and back, nothing chosen is lost. */
const personal = createRoute({
  getParentRoute: () => root,
  id: "personal",
  beforeLoad: async ({ location }) => {
    const session = await findSession();
    if (session === null) {
      throw redirect({ to: "/sign-in", search: { next: location.href }, replace: hasLapsed() });
    }
    if (!isWhole(session)) throw onward(session, location.href);
    return { session };
  },
});

/** For a role that has no use for it a screen is not there. */
const only =
  (permission: Permission) =>
  ({ context: { session } }: { context: { session: Session } }) => {
    if (!may(session, permission)) throw notFound();
  };

/* eslint-enable @typescript-eslint/only-throw-error */

const book = createRoute({
  getParentRoute: () => personal,
  path: "/clinics/$clinic/providers/$provider/book",
  validateSearch: (search: Record<string, unknown>): { service: string; start: string } => ({
    service: text(search.service) ?? "",
    start: text(search.start) ?? "",
  }),
  component: lazyRouteComponent(() => import("./screens/book"), "BookScreen"),
});

const appointments = createRoute({
  getParentRoute: () => personal,
  path: "/appointments",
  component: lazyRouteComponent(() => import("./screens/appointments"), "AppointmentsScreen"),
});

const appointment = createRoute({
  getParentRoute: () => personal,
  path: "/appointments/$clinic/$appointment",
  validateSearch: (search: Record<string, unknown>): { booked?: true | undefined } => ({
    booked: search.booked === true ? true : undefined,
  }),
  component: lazyRouteComponent(() => import("./screens/appointment"), "AppointmentScreen"),
});

const landing = createRoute({
  getParentRoute: () => personal,
  path: "/home",
  beforeLoad: ({ context: { session } }) => {
    // eslint-disable-next-line @typescript-eslint/only-throw-error -- the router's way to redirect
    if (session.isPatient) throw redirect({ to: "/", replace: true });
  },
  component: lazyRouteComponent(
    inside(() => import("./screens/landing")),
    "LandingScreen",
  ),
});

const accountArea = inside(() => import("./screens/account/area"));

const account = createRoute({
  getParentRoute: () => personal,
  path: "/account",
  component: lazyRouteComponent(accountArea, "AccountScreen"),
});

const accountFrame = createRoute({
  getParentRoute: () => personal,
  id: "account-pages",
  component: lazyRouteComponent(accountArea, "AccountFrame"),
});

const accountPages = [
  createRoute({
    getParentRoute: () => accountFrame,
    path: "/account/profile",
    component: lazyRouteComponent(accountArea, "ProfileScreen"),
  }),
  createRoute({
    getParentRoute: () => accountFrame,
    path: "/account/preferences",
    component: lazyRouteComponent(accountArea, "PreferencesScreen"),
  }),
  createRoute({
    getParentRoute: () => accountFrame,
    path: "/account/health",
    beforeLoad: only("manage-own-health"),
    component: lazyRouteComponent(accountArea, "HealthScreen"),
  }),
  createRoute({
    getParentRoute: () => accountFrame,
    path: "/account/password",
    component: lazyRouteComponent(accountArea, "PasswordScreen"),
  }),
  createRoute({
    getParentRoute: () => accountFrame,
    path: "/account/factors",
    validateSearch: (search: Record<string, unknown>): { connected?: string | undefined } => ({
      connected: text(search.connected),
    }),
    component: lazyRouteComponent(accountArea, "FactorsScreen"),
  }),
  createRoute({
    getParentRoute: () => accountFrame,
    path: "/account/devices",
    component: lazyRouteComponent(accountArea, "DevicesScreen"),
  }),
  createRoute({
    getParentRoute: () => accountFrame,
    path: "/account/closing",
    component: lazyRouteComponent(accountArea, "ClosingScreen"),
  }),
] as const;

const clinicArea = inside(() => import("./screens/clinic/area"));

const clinic = createRoute({
  getParentRoute: () => personal,
  path: "/clinic",
  // For those who belong to no clinic and look after all of them.
  validateSearch: (search: Record<string, unknown>): { clinic?: string | undefined } => ({
    clinic: text(search.clinic),
  }),
});

const clinicPages = [
  createRoute({
    getParentRoute: () => clinic,
    path: "/members",
    beforeLoad: only("read-members"),
    component: lazyRouteComponent(clinicArea, "MembersScreen"),
  }),
  createRoute({
    getParentRoute: () => clinic,
    path: "/invitations",
    beforeLoad: only("read-members"),
    component: lazyRouteComponent(clinicArea, "InvitationsScreen"),
  }),
  createRoute({
    getParentRoute: () => clinic,
    path: "/roles",
    beforeLoad: only("manage-roles"),
    component: lazyRouteComponent(clinicArea, "RolesScreen"),
  }),
  createRoute({
    getParentRoute: () => clinic,
    path: "/patients/$patient",
    beforeLoad: only("read-patients"),
    component: lazyRouteComponent(clinicArea, "PatientScreen"),
  }),
] as const;

const platformArea = inside(() => import("./screens/platform/area"));

/** Which accounts are listed, as far as it is said; also while one of them is open. */
interface AccountSearch {
  readonly group?: AccountFilter["group"] | undefined;
  readonly state?: AccountFilter["state"] | undefined;
}

const filterIn = (search: Record<string, unknown>): AccountSearch => ({
  group: search.group === "patients" ? search.group : undefined,
  state: search.state === "deactivated" || search.state === "closed" ? search.state : undefined,
});

const platformPages = [
  createRoute({
    getParentRoute: () => personal,
    path: "/platform",
    validateSearch: filterIn,
    beforeLoad: only("read-accounts"),
    component: lazyRouteComponent(platformArea, "AccountsScreen"),
  }),
  createRoute({
    getParentRoute: () => personal,
    path: "/platform/accounts/$user",
    validateSearch: filterIn,
    beforeLoad: only("read-accounts"),
    component: lazyRouteComponent(platformArea, "AccountScreen"),
  }),
  createRoute({
    getParentRoute: () => personal,
    path: "/platform/settings",
    beforeLoad: only("manage-settings"),
    component: lazyRouteComponent(platformArea, "SettingsScreen"),
  }),
  createRoute({
    getParentRoute: () => personal,
    path: "/platform/status",
    beforeLoad: only("read-system-status"),
    component: lazyRouteComponent(platformArea, "StatusScreen"),
  }),
] as const;

export function makeRouter(queries: QueryClient) {
  return createRouter({
    routeTree: root.addChildren([
      home,
      provider,
      signIn,
      register,
      signInReturn,
      secondFactor,
      enrolment,
      verify,
      forgot,
      reset,
      invitation,
      closed,
      personal.addChildren([
        book,
        appointments,
        appointment,
        landing,
        account,
        accountFrame.addChildren([...accountPages]),
        clinic.addChildren([...clinicPages]),
        ...platformPages,
      ]),
    ]),
    context: { queries },
    defaultPreload: "intent",
    scrollRestoration: true,
    defaultErrorComponent: FailedScreen,
  });
}

declare module "@tanstack/react-router" {
  interface Register {
    router: ReturnType<typeof makeRouter>;
  }
}
