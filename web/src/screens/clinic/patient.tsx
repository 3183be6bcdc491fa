import { useQuery } from "@tanstack/react-query";
import { getRouteApi, Link } from "@tanstack/react-router";
import { patientQuery } from "../../api/inside/clinic";
import { hasCode } from "../../api/problem";
import { useSession } from "../../api/session";
import type { Patient } from "../../api/types";
import { t } from "../../i18n";
import { Heading } from "../../ui/heading";
import { PreviousIcon } from "../../ui/icons";
import { countryName } from "../../ui/inside/countries";
import { dayMonthYear } from "../../ui/inside/dates";
import { EmailText } from "../../ui/inside/email";
import { Page } from "../../ui/page";
import { Avatar } from "../../ui/people";
import { Empty, ErrorNotice, Notice, Skeleton } from "../../ui/states";
import { Row } from "../../ui/summary";

const route = getRouteApi("/personal/clinic/patients/$patient");

export function PatientScreen() {
  const session = useSession();
  const { patient: id } = route.useParams();
  const clinic = session?.clinic ?? "";
  const patient = useQuery({ ...patientQuery(clinic, id), enabled: clinic !== "" });
  return (
    <Page title={t("patient.title")} width="narrow">
      <Link to="/home" className="back">
        <PreviousIcon />
        {t("landing.title")}
      </Link>
      <div className="panel">
        {patient.isPending ? (
          <Skeleton shapes={["title", "card"]} />
        ) : patient.isLoadingError ? (
          <>
            <Heading isHidden>{t("patient.title")}</Heading>
            {hasCode(patient.error, "NOT_FOUND", "FORBIDDEN") ? (
              <Empty title={t("patient.missing.title")} text={t("patient.missing.text")} />
            ) : (
              <ErrorNotice error={patient.error} retry={() => void patient.refetch()} />
            )}
          </>
        ) : (
          <Record patient={patient.data} />
        )}
      </div>
    </Page>
  );
}

const OPEN = "–";

function Record({ patient }: { patient: Patient }) {
  const name = `${patient.given_name} ${patient.family_name}`;
  const { address, clinical } = patient;
  return (
    <>
      <div className="person">
        <Avatar id={patient.patient} name={name} size="huge" picture={patient.picture} />
        <Heading>{name}</Heading>
      </div>
      <section aria-labelledby="about">
        <h2 id="about" className="visually-hidden">
          {t("patient.about")}
        </h2>
        <dl className="summary facts-list">
          <Row term={t("field.date_of_birth")}>
            {patient.date_of_birth ? dayMonthYear(patient.date_of_birth) : OPEN}
          </Row>
          <Row term={t("field.gender")}>
            {patient.gender ? t(`gender.${patient.gender}`) : OPEN}
          </Row>
          <Row term={t("field.phone")}>
            {patient.phone ? (
              <a className="tall" href={`tel:${patient.phone}`}>
                {patient.phone}
              </a>
            ) : (
              OPEN
            )}
          </Row>
          <Row term={t("field.email.short")}>
            <a className="tall" href={`mailto:${patient.email}`}>
              <EmailText email={patient.email} />
            </a>
          </Row>
          <Row term={t("profile.address")}>
            {address ? (
              <>
                <span>{address.line}</span>
                <span>
                  {[address.postal_code, address.city, address.state].filter(Boolean).join(" ")}
                </span>
                <span>{countryName(address.country)}</span>
              </>
            ) : (
              OPEN
            )}
          </Row>
        </dl>
      </section>
      <section className="stack" aria-labelledby="clinical">
        <h2 id="clinical">{t("patient.clinical")}</h2>
        {clinical === null ? (
          <Notice tone="info">
            <p>{t("patient.clinical.hidden")}</p>
          </Notice>
        ) : (
          <dl className="summary facts-list">
            <Row term={t("field.blood_type")}>{clinical.blood_type ?? OPEN}</Row>
            <Row term={t("field.allergies")}>
              {clinical.allergies.length === 0 ? (
                t("patient.allergies.none")
              ) : (
                <ul>
                  {clinical.allergies.map((allergy) => (
                    <li key={allergy}>{allergy}</li>
                  ))}
                </ul>
              )}
            </Row>
          </dl>
        )}
      </section>
    </>
  );
}
