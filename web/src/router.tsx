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
import { isLocalDate } from "./time/week";
import { MissingScreen, Shell } from "./ui/shell";
import { ErrorNotice } from "./ui/states";

interface Context {
  readonly queries: QueryClient;
}

const text = (value: unknown): string | undefined =>
  typeof value === "string" && value !== "" ? value : undefined;

const root = createRootRouteWithContext<Context>()({
  component: Shell,
  notFoundComponent: MissingScreen,
});

const home = createRoute({
  getParentRoute: () => root,
  path: "/",
  validateSearch: (search: Record<string, unknown>): { clinic?: string } => {
    const clinic = text(search.clinic);
    return clinic === undefined ? {} : { clinic };
  },
  loader: ({ context }) => {
    // Begun before the screen renders, and not waited for: the screen has its own loading state.
    void context.queries.query(clinicsQuery).catch(() => undefined);
  },
  component: HomeScreen,
});

const provider = createRoute({
  getParentRoute: () => root,
  path: "/clinics/$clinic/providers/$provider",
  validateSearch: (search: Record<string, unknown>): { service?: string; from?: string } => {
    const service = text(search.service);
    const from = isLocalDate(search.from) ? search.from : undefined;
    return {
      ...(service === undefined ? {} : { service }),
      ...(from === undefined ? {} : { from }),
    };
  },
  loader: ({ context: { queries }, params: { clinic, provider: id } }) => {
    // Asked for while the screen's own script is still on its way.
    void queries.query(providerQuery(clinic, id)).catch(() => undefined);
    void queries.query(clinicQuery(clinic)).catch(() => undefined);
    void queries.query(servicesQuery(clinic)).catch(() => undefined);
  },
  component: lazyRouteComponent(() => import("./screens/provider"), "ProviderScreen"),
});

interface SignInSearch {
  readonly next?: string;
}

const visitorOnly = {
  validateSearch: (search: Record<string, unknown>): SignInSearch => {
    const next = safePath(search.next);
    return next === "/" ? {} : { next };
  },
  beforeLoad: ({ search }: { search: SignInSearch }) => {
    // eslint-disable-next-line @typescript-eslint/only-throw-error -- the router's way to redirect
    if (getSession() !== null) throw redirect({ href: search.next ?? "/", replace: true });
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
  validateSearch: (search: Record<string, unknown>): { booked?: true } =>
    search.booked === true ? { booked: true } : {},
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
