import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useState } from "react";
import { appointmentsQuery } from "../api/queries";
import { type Session, useSession } from "../api/session";
import type { Appointment } from "../api/types";
import { diary, stateOf } from "../booking";
import { localeTag, t } from "../i18n";
import { dateIn, formatDate, timeIn, zoneCity } from "../time/zones";
import { Heading } from "../ui/heading";
import { Button } from "../ui/button";
import { NextIcon } from "../ui/icons";
import { useNow } from "../ui/now";
import { Page } from "../ui/page";
import { Empty, ErrorNotice, Skeleton } from "../ui/states";
import { Status } from "../ui/status";

const SHOWN_PAST = 5;

export function AppointmentsScreen() {
  const session = useSession();
  return session === null ? null : <Appointments session={session} />;
}

function Appointments({ session }: { session: Session }) {
  const appointments = useQuery(appointmentsQuery(session.user));
  const now = useNow();
  return (
    <Page title={t("appointments.title")} width="narrow">
      <Heading>{t("appointments.heading")}</Heading>
      {appointments.isPending ? (
        <Skeleton shapes={["card", "card"]} />
      ) : appointments.isLoadingError ? (
        <ErrorNotice error={appointments.error} retry={() => void appointments.refetch()} />
      ) : appointments.data.length === 0 ? (
        <Empty title={t("appointments.empty.title")} text={t("appointments.empty.text")}>
          <FindDoctor />
        </Empty>
      ) : (
        <Diary appointments={appointments.data} now={now} />
      )}
    </Page>
  );
}

function FindDoctor() {
  return (
    <Link to="/" className="button" data-look="primary">
      {t("appointments.book")}
    </Link>
  );
}

function Diary({ appointments, now }: { appointments: readonly Appointment[]; now: number }) {
  const [isWhole, setWhole] = useState(false);
  const { upcoming, past } = diary(appointments, now);
  return (
    <>
      <section className="stack" aria-labelledby="upcoming">
        <h2 id="upcoming">{t("appointments.upcoming")}</h2>
        {upcoming.length === 0 ? (
          <div className="empty">
            <p>{t("appointments.empty.upcoming")}</p>
            <FindDoctor />
          </div>
        ) : (
          <ul className="entries">
            {upcoming.map((one) => (
              <Entry key={one.id} appointment={one} now={now} />
            ))}
          </ul>
        )}
      </section>
      {past.length > 0 && (
        <section className="stack" aria-labelledby="past">
          <h2 id="past">{t("appointments.past")}</h2>
          <ul className="entries">
            {(isWhole ? past : past.slice(0, SHOWN_PAST)).map((one) => (
              <Entry key={one.id} appointment={one} now={now} />
            ))}
          </ul>
          {past.length > SHOWN_PAST && !isWhole && (
            <Button
              onPress={() => {
                setWhole(true);
              }}
            >
              {t("appointments.more")}
            </Button>
          )}
        </section>
      )}
    </>
  );
}

function Entry({ appointment, now }: { appointment: Appointment; now: number }) {
  const { id, clinic, start, time_zone: zone } = appointment;
  const locale = localeTag();
  const date = dateIn(zone, start);
  const state = stateOf(appointment, now);
  return (
    <li className="card entry" data-state={state}>
      <p className="entry-date" aria-hidden="true">
        <span className="entry-month">{formatDate(locale, date, { month: "short" })}</span>
        <span className="entry-day">{formatDate(locale, date, { day: "numeric" })}</span>
        <span className="entry-weekday">{formatDate(locale, date, { weekday: "short" })}</span>
      </p>
      <div className="entry-text">
        <h3>
          <Link
            to="/appointments/$clinic/$appointment"
            params={{ clinic, appointment: id }}
            className="card-link"
          >
            <span className="visually-hidden">
              {formatDate(locale, date, { weekday: "long", day: "numeric", month: "long" })},{" "}
            </span>
            {timeIn(locale, zone, start)}
            <span className="entry-what"> · {appointment.service_name}</span>
          </Link>
        </h3>
        <p>{appointment.provider_name}</p>
        <p className="muted">
          {appointment.clinic_name}, {t("chosen.zone", { city: zoneCity(zone) })}
        </p>
        <Status state={state} />
      </div>
      <NextIcon />
    </li>
  );
}
