import { useQuery } from "@tanstack/react-query";
import { Link, useNavigate } from "@tanstack/react-router";
import type { ReactNode } from "react";
import { Form } from "react-aria-components";
import { clinicQuery, meQuery } from "../api/queries";
import { may, type Session, useSession } from "../api/session";
import { TextInput } from "../forms/fields";
import { formText } from "../forms/form";
import { t } from "../i18n";
import { Button } from "../ui/button";
import { Heading } from "../ui/heading";
import { NextIcon } from "../ui/icons";
import { PeopleIcon, PersonIcon, PulseIcon, ShieldIcon, SlidersIcon } from "../ui/inside/icons";
import { membershipName } from "../ui/inside/role-name";
import { Page } from "../ui/page";

/** Where staff arrive: what their role may do, and nothing that would only refuse them. */
export function LandingScreen() {
  const session = useSession();
  return session === null ? null : <Landing session={session} />;
}

function Landing({ session }: { session: Session }) {
  const clinic = useQuery({
    ...clinicQuery(session.clinic ?? ""),
    enabled: session.clinic !== null,
  });
  const me = useQuery(meQuery(session.user));
  const current = me.data?.memberships.find((one) => one.current);
  const role = current === undefined ? t(`role.${session.role}`) : membershipName(current);
  const cards: readonly ReactNode[] = [
    may(session, "read-members") && (
      <Card key="team" icon={<PeopleIcon />} text={t("landing.team.text")}>
        <Link to="/clinic/members" className="card-link">
          {t("landing.team")}
        </Link>
      </Card>
    ),
    may(session, "manage-roles") && (
      <Card key="roles" icon={<ShieldIcon />} text={t("landing.roles.text")}>
        <Link to="/clinic/roles" className="card-link">
          {t("landing.roles")}
        </Link>
      </Card>
    ),
    may(session, "read-accounts") && (
      <Card key="accounts" icon={<PersonIcon />} text={t("landing.accounts.text")}>
        <Link to="/platform" className="card-link">
          {t("landing.accounts")}
        </Link>
      </Card>
    ),
    may(session, "read-system-status") && (
      <Card key="status" icon={<PulseIcon />} text={t("landing.status.text")}>
        <Link to="/platform/status" className="card-link">
          {t("landing.status")}
        </Link>
      </Card>
    ),
    may(session, "manage-settings") && (
      <Card key="settings" icon={<SlidersIcon />} text={t("landing.settings.text")}>
        <Link to="/platform/settings" className="card-link">
          {t("landing.settings")}
        </Link>
      </Card>
    ),
  ];
  return (
    <Page title={t("landing.title")}>
      <div className="stack-small">
        <Heading>{t("landing.heading", { name: session.givenName })}</Heading>
        <p className="lead">
          {clinic.data === undefined ? role : t("landing.lead", { role, clinic: clinic.data.name })}
        </p>
      </div>
      {may(session, "read-patients") && session.clinic !== null && <OpenPatient />}
      <ul className="cards">
        {cards.filter(Boolean)}
        <Card icon={<PersonIcon />} text={t("landing.account.text")}>
          <Link to="/account" className="card-link">
            {t("account.title")}
          </Link>
        </Card>
      </ul>
    </Page>
  );
}

function Card({ icon, text, children }: { icon: ReactNode; text: string; children: ReactNode }) {
  return (
    <li className="card landing-card">
      {icon}
      <div>
        <h2>{children}</h2>
        <p className="muted">{text}</p>
      </div>
      <NextIcon />
    </li>
  );
}

function OpenPatient() {
  const navigate = useNavigate();
  return (
    <section className="card stack" aria-labelledby="open-patient">
      <h2 id="open-patient">{t("landing.patient")}</h2>
      <Form
        className="form short"
        onSubmit={(event) => {
          event.preventDefault();
          const patient = formText(new FormData(event.currentTarget), "patient").trim();
          void navigate({ to: "/clinic/patients/$patient", params: { patient } });
        }}
      >
        <TextInput
          name="patient"
          label={t("landing.patient.number")}
          autoComplete="off"
          pattern="\s*pat_[0-9a-f]{32}\s*"
          problem={t("landing.patient.problem")}
          hint={t("landing.patient.hint")}
        />
        <Button type="submit" look="secondary">
          {t("landing.patient.open")}
        </Button>
      </Form>
    </section>
  );
}
