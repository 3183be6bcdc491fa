import { Link, Outlet, useRouter } from "@tanstack/react-router";
import { lazy, Suspense, useEffect, useState, useSyncExternalStore } from "react";
import { findSession, mayBeSignedIn } from "../api/keep";
import { useIsVisitor, useSession } from "../api/session";
import { useIsStepUpAsked } from "../api/step-up";
import { t } from "../i18n";
import { inside } from "../inside";
import { Announcement } from "./announcement";
import { focusHeading, Heading } from "./heading";
import { CalendarIcon, Mark } from "./icons";
import { Page } from "./page";
import { Empty, ErrorNotice, Notice } from "./states";

const CONTENT = "content";

const AccountMenu = lazy(
  inside(async () => ({ default: (await import("./inside/account-menu")).AccountMenu })),
);
const StepUpDialog = lazy(
  inside(async () => ({ default: (await import("./inside/step-up-dialog")).StepUpDialog })),
);

function subscribeOnline(listener: () => void): () => void {
  addEventListener("online", listener);
  addEventListener("offline", listener);
  return () => {
    removeEventListener("online", listener);
    removeEventListener("offline", listener);
  };
}

/** After a change of screen the focus is at its heading: screen readers read it, and Tab goes on from there. */
function useFocusOnNavigation(): void {
  const router = useRouter();
  useEffect(
    () =>
      router.subscribe("onRendered", ({ fromLocation, pathChanged }) => {
        if (fromLocation === undefined || !pathChanged) return;
        focusHeading(document.getElementById(CONTENT));
      }),
    [router],
  );
}

/** Until the cookies have been asked it is open who is here, and the header offers neither way. */
function useIsFound(): boolean {
  const [isFound, setFound] = useState(() => !mayBeSignedIn());
  useEffect(() => {
    void findSession()
      .catch(() => undefined)
      .then(() => {
        setFound(true);
      });
  }, []);
  return isFound;
}

export function Shell() {
  const session = useSession();
  const isVisitor = useIsVisitor();
  const isFound = useIsFound();
  const isStepUpAsked = useIsStepUpAsked();
  const isOnline = useSyncExternalStore(subscribeOnline, () => navigator.onLine);
  useFocusOnNavigation();

  return (
    <>
      <a className="skip-link" href={`#${CONTENT}`}>
        {t("app.skip")}
      </a>
      <header className="header">
        <div className="header-inner">
          <Link to="/" className="brand" aria-label={t("app.home")}>
            <Mark />
            <span className="brand-name">{t("app.name")}</span>
          </Link>
          <nav className="nav" aria-label={t("nav.label")}>
            <Link
              to="/"
              activeOptions={{ exact: true, includeSearch: false }}
              className="nav-link wide-only"
            >
              {t("nav.doctors")}
            </Link>
            {session === null || session.isPatient ? (
              <Link to="/appointments" className="nav-link">
                <CalendarIcon />
                <span className="wide-only">{t("nav.appointments")}</span>
                <span className="narrow-only">{t("nav.appointments.short")}</span>
              </Link>
            ) : (
              <Link to="/home" className="nav-link">
                {t("nav.workplace")}
              </Link>
            )}
            {session !== null ? (
              <Suspense fallback={<span className="menu-button" aria-hidden="true" />}>
                <AccountMenu session={session} />
              </Suspense>
            ) : (
              isFound &&
              isVisitor && (
                <Link to="/sign-in" className="button nav-button" data-look="secondary">
                  {t("nav.sign_in")}
                </Link>
              )
            )}
          </nav>
        </div>
      </header>
      <Announcement />
      <div className="banner" role="status">
        {!isOnline && (
          <Notice tone="warning">
            <p>{t("app.offline")}</p>
          </Notice>
        )}
      </div>
      <main id={CONTENT} tabIndex={-1} className="main">
        <Outlet />
      </main>
      <footer className="footer">
        <p>{t("app.footer")}</p>
        <p>{t("app.emergency")}</p>
      </footer>
      {isStepUpAsked ? (
        <Suspense>
          <StepUpDialog />
        </Suspense>
      ) : null}
    </>
  );
}

export function MissingScreen() {
  return (
    <Page title={t("missing.title")} width="narrow">
      <Heading isHidden>{t("missing.title")}</Heading>
      <Empty title={t("missing.title")} text={t("missing.text")}>
        <Link to="/" className="button" data-look="primary">
          {t("missing.action")}
        </Link>
      </Empty>
    </Page>
  );
}

/** Where a screen could not even begin: its script did not arrive, or nobody could say who is signed in. */
export function FailedScreen({ error, reset }: { error: unknown; reset: () => void }) {
  const router = useRouter();
  return (
    <Page title={t("error.title")} width="narrow">
      <Heading isHidden>{t("error.title")}</Heading>
      <ErrorNotice
        error={error}
        retry={() => {
          void router.invalidate().then(reset);
        }}
      />
    </Page>
  );
}
