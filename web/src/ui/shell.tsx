import { Link, Outlet, useRouter } from "@tanstack/react-router";
import { useEffect, useSyncExternalStore } from "react";
import { signOut, useSession } from "../api/session";
import { t } from "../i18n";
import { focusHeading, Heading } from "./heading";
import { Button } from "./button";
import { CalendarIcon, Mark } from "./icons";
import { Page } from "./page";
import { Empty, Notice } from "./states";

const CONTENT = "content";

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

export function Shell() {
  const session = useSession();
  const router = useRouter();
  const isOnline = useSyncExternalStore(subscribeOnline, () => navigator.onLine);
  useFocusOnNavigation();

  const leave = async () => {
    await router.navigate({ to: "/" });
    signOut();
  };

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
            <Link to="/appointments" className="nav-link">
              <CalendarIcon />
              <span className="wide-only">{t("nav.appointments")}</span>
              <span className="narrow-only">{t("nav.appointments.short")}</span>
            </Link>
            {session === null ? (
              <Link to="/sign-in" className="button nav-button" data-look="secondary">
                {t("nav.sign_in")}
              </Link>
            ) : (
              <>
                <span className="nav-name wide-only">
                  {t("nav.signed_in_as", { name: session.givenName })}
                </span>
                <Button look="secondary" onPress={() => void leave()}>
                  {t("nav.sign_out")}
                </Button>
              </>
            )}
          </nav>
        </div>
      </header>
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
