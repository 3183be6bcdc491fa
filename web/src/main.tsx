import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { RouterProvider } from "@tanstack/react-router";
import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { isTransient } from "./api/problem";
import { getSession, onSessionChange } from "./api/session";
import { startLanguage } from "./i18n";
import { makeRouter } from "./router";
import "./styles/index.css";

const RETRIES = 2;

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

const router = makeRouter(queries);

onSessionChange(() => {
  if (getSession() === null) queries.removeQueries({ queryKey: ["mine"] });
  // The guards decide anew: away from a personal screen, or on from the sign-in page.
  void router.invalidate();
});

const element = document.getElementById("root");
if (element === null) throw new Error("the page has no #root");

await startLanguage(navigator.languages);
createRoot(element).render(
  <StrictMode>
    <QueryClientProvider client={queries}>
      <RouterProvider router={router} />
    </QueryClientProvider>
  </StrictMode>,
);
