import { useQuery } from "@tanstack/react-query";
import { getRouteApi, Link } from "@tanstack/react-router";
import { lazy, Suspense, useState } from "react";
import { appointmentQuery, clinicQuery, meQuery, providerQuery } from "../api/queries";
import { type Session, useSession } from "../api/session";
import type { Appointment } from "../api/types";
import { calendarFile, canCancel, stateOf } from "../booking";
import { localeTag, t } from "../i18n";
import { longDateIn } from "../time/zones";
import { Heading } from "../ui/heading";
import { Button } from "../ui/button";
import { CalendarIcon, CheckIcon, PhoneIcon, PreviousIcon } from "../ui/icons";
import { useNow } from "../ui/now";
import { Page } from "../ui/page";
import { addressLine, profession } from "../ui/people";
import { ErrorNotice, Notice, Skeleton } from "../ui/states";
import { Status } from "../ui/status";
import { Summary } from "../ui/summary";

const route = getRouteApi("/personal/appointments/$clinic/$appointment");
const CancelDialog = lazy(() => import("./cancel"));

export function AppointmentScreen() {
  const session = useSession();
  return session === null ? null : <Loaded session={session} />;
}

function Loaded({ session }: { session: Session }) {
  const { clinic, appointment: id } = route.useParams();
  const { booked } = route.useSearch();
  const appointment = useQuery(appointmentQuery(session.user, clinic, id));
  const isFresh = booked === true && appointment.data?.status === "scheduled";
  return (
    <Page title={isFresh ? t("appointment.booked.title") : t("appointment.title")} width="narrow">
      <Link to="/appointments" className="back">
        <PreviousIcon />
        {t("appointment.all")}
      </Link>
      <div className="panel">
        {appointment.isPending ? (
          <Skeleton shapes={["title", "card"]} />
        ) : appointment.isLoadingError ? (
          <>
            <Heading isHidden>{t("appointment.title")}</Heading>
            <ErrorNotice error={appointment.error} retry={() => void appointment.refetch()} />
          </>
        ) : (
          <Detail session={session} appointment={appointment.data} isFresh={isFresh} />
        )}
      </div>
    </Page>
  );
}

function Detail({
  session,
  appointment,
  isFresh,
}: {
  session: Session;
  appointment: Appointment;
  isFresh: boolean;
}) {
  const [isAsking, setAsking] = useState(false);
  const clinic = useQuery(clinicQuery(appointment.clinic));
  const provider = useQuery(providerQuery(appointment.clinic, appointment.provider));
  const me = useQuery(meQuery(session.user));
  const now = useNow();
  const state = stateOf(appointment, now);
  const isOpen = canCancel(appointment, now);
  const zone = appointment.time_zone;
  const address = clinic.data === undefined ? undefined : addressLine(clinic.data);
  return (
    <>
      {isFresh ? (
        <div className="booked">
          <span className="booked-mark">
            <CheckIcon />
          </span>
          <Heading>{t("appointment.booked.heading")}</Heading>
          <p>
            {me.data === undefined
              ? t("appointment.booked.text.plain")
              : t("appointment.booked.text", { email: me.data.email })}
          </p>
        </div>
      ) : (
        <div className="stack-small">
          <Status state={state} />
          <Heading>
            {t("appointment.heading", {
              service: appointment.service_name,
              provider: appointment.provider_name,
            })}
          </Heading>
        </div>
      )}
      <div role="status" className="live">
        {appointment.cancelled_at !== null && (
          <Notice tone="info">
            <p>
              {t("appointment.cancelled", {
                date: longDateIn(localeTag(), zone, appointment.cancelled_at),
              })}
            </p>
          </Notice>
        )}
      </div>
      <Summary
        start={appointment.start}
        end={appointment.end}
        zone={zone}
        providerId={appointment.provider}
        providerName={appointment.provider_name}
        profession={provider.data === undefined ? undefined : profession(provider.data)}
        clinicName={appointment.clinic_name}
        address={address}
        serviceName={appointment.service_name}
        minutes={appointment.minutes}
        price={appointment.price}
      />
      <div className="actions">
        {isOpen ? (
          <Button
            look="primary"
            isWide
            onPress={() => {
              saveCalendar(appointment, address);
            }}
          >
            <CalendarIcon />
            {t("appointment.calendar")}
          </Button>
        ) : (
          <Link
            to="/clinics/$clinic/providers/$provider"
            params={{ clinic: appointment.clinic, provider: appointment.provider }}
            search={{ service: appointment.service }}
            className="button"
            data-look="primary"
            data-wide
          >
            {t("appointment.again")}
          </Link>
        )}
        {clinic.data !== undefined && (
          <a
            className="button"
            data-look="secondary"
            data-wide
            href={`tel:${clinic.data.phone.replaceAll(/[^+\d]/g, "")}`}
          >
            <PhoneIcon />
            {t("provider.call", { phone: clinic.data.phone })}
          </a>
        )}
        {isOpen && (
          <Button
            look="quiet-danger"
            isWide
            onPress={() => {
              setAsking(true);
            }}
          >
            {t("appointment.cancel")}
          </Button>
        )}
      </div>
      {isAsking && (
        <Suspense>
          <CancelDialog
            session={session}
            appointment={appointment}
            onClose={() => {
              setAsking(false);
            }}
          />
        </Suspense>
      )}
    </>
  );
}

function saveCalendar(appointment: Appointment, address: string | undefined): void {
  const { clinic_name: name } = appointment;
  const place = address === undefined ? name : `${name}, ${address}`;
  const title = t("appointment.calendar.event", { clinic: name });
  const file = new Blob([calendarFile(appointment, title, place)], { type: "text/calendar" });
  const link = document.createElement("a");
  link.href = URL.createObjectURL(file);
  link.download = t("appointment.calendar.file");
  link.click();
  URL.revokeObjectURL(link.href);
}
