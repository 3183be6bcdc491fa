import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { RouterProvider } from "@tanstack/react-router";
import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { takeReturn } from "./api/attempt";
import { isTransient, Problem, Unreachable } from "./api/problem";
import { keepSession } from "./api/keep";
import { settingsQuery } from "./api/queries";
import { getSession, onSessionChange } from "./api/session";
import { startLanguage } from "./i18n";
import { makeRouter } from "./router";
import "./styles/index.css";

const RETRIES = 2;
const PATIENCE_MS = 300;

const queries = new QueryClient({
  defaultOptions: {
    queries: {
      retry: (failures, error) => failures < RETRIES && isTransient(error),
      staleTime: 30_000,
    },
    // An unsafe call is never queued for later behind a person's back: it fails at once, and the person decides.
    mutations: { networkMode: "always" },
  },
});

takeReturn();
const router = makeRouter(queries);

/**
 * What the settings put on a page is there with the first render, or it would push the rest aside. They were asked for
 * with the scripts (see index.html) and so are mostly here; for a network that is slow nobody waits.
 */
const settings = Promise.race([
  queries.query(settingsQuery).catch(() => undefined),
  new Promise((resolve) => setTimeout(resolve, PATIENCE_MS)),
]);

/** Who somebody is, and how far they have shown it. A session that was merely renewed has both as before. */
function standing(): { readonly who: string; readonly step: string } {
  const session = getSession();
  if (session === null) return { who: "", step: "" };
  const { user, role, clinic, secondFactor } = session;
  return { who: [user, role, clinic].join(" "), step: secondFactor };
}

let before = standing();

onSessionChange(() => {
  const { who, step } = standing();
  if (who === before.who && step === before.step) return;
  // What belonged to one person is not shown to the next; the second step changes nothing about whose it is.
  if (before.who !== "" && who !== before.who) queries.removeQueries({ queryKey: ["mine"] });
  before = { who, step };
  // The guards decide anew: away from a personal screen, or on from the sign-in page.
  void router.invalidate();
});
keepSession();

const element = document.getElementById("root");
if (element === null) throw new Error("the page has no #root");

await Promise.all([startLanguage(navigator.languages), settings]);
createRoot(element, {
  // What the API refused, or could not say, is on the screen and no fault of the page.
  onCaughtError: (error) => {
    if (!(error instanceof Problem || error instanceof Unreachable)) console.error(error);
  },
}).render(
  <StrictMode>
    <QueryClientProvider client={queries}>
      <RouterProvider router={router} />
    </QueryClientProvider>
  </StrictMode>,
);
