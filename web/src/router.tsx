import type { QueryClient } from "@tanstack/react-query";
import {
  createRootRouteWithContext,
  createRoute,
  createRouter,
  lazyRouteComponent,
  redirect,
} from "@tanstack/react-router";
import { getSession, hasLapsed } from "./api/session";
import { clinicQuery, clinicsQuery, providerQuery, servicesQuery } from "./api/queries";
import { safePath } from "./next";
import { HomeScreen } from "./screens/home";
import { isLocalDate, isWithinReach, type LocalDate } from "./time/week";
import { MissingScreen, Shell } from "./ui/shell";
import { ErrorNotice } from "./ui/states";

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

const visitorOnly = {
  validateSearch: (search: Record<string, unknown>): SignInSearch => {
    const next = safePath(search.next);
    return { next: next === "/" ? undefined : next };
  },
  beforeLoad: ({ search }: { search: SignInSearch }) => {
    // Looked at once more where it counts: this is the one place that sends somebody to an address from outside.
    // eslint-disable-next-line @typescript-eslint/only-throw-error -- the router's way to redirect
    if (getSession() !== null) throw redirect({ href: safePath(search.next), replace: true });
  },
};

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

/** What needs a person: without a session the way leads over the sign-in page and back, nothing chosen is lost. */
const personal = createRoute({
  getParentRoute: () => root,
  id: "personal",
  beforeLoad: ({ location }) => {
    if (getSession() !== null) return;
    // eslint-disable-next-line @typescript-eslint/only-throw-error -- the router's way to redirect
    throw redirect({ to: "/sign-in", search: { next: location.href }, replace: hasLapsed() });
  },
});

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

export function makeRouter(queries: QueryClient) {
  return createRouter({
    routeTree: root.addChildren([
      home,
      provider,
      signIn,
      register,
      personal.addChildren([book, appointments, appointment]),
    ]),
    context: { queries },
    defaultPreload: "intent",
    scrollRestoration: true,
    defaultErrorComponent: ({ error, reset }) => <ErrorNotice error={error} retry={reset} />,
  });
}

declare module "@tanstack/react-router" {
  interface Register {
    router: ReturnType<typeof makeRouter>;
  }
}
