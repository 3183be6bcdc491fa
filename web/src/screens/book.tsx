import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { getRouteApi, Link } from "@tanstack/react-router";
import { hasCode } from "../api/problem";
import {
  appointmentQuery,
  availabilityQuery,
  book,
  clinicQuery,
  meQuery,
  providerQuery,
  servicesQuery,
} from "../api/queries";
import { type Session, useSession } from "../api/session";
import type { Clinic, Provider, Service } from "../api/types";
import { nearestTimes } from "../booking";
import { localeTag, t } from "../i18n";
import { WEEK } from "../time/week";
import { dateIn, shortDateIn, timeIn, zoneCity } from "../time/zones";
import { Heading } from "../ui/heading";
import { Button } from "../ui/button";
import { useNow } from "../ui/now";
import { Page } from "../ui/page";
import { addressLine, profession } from "../ui/people";
import { ActionError, ErrorNotice, Notice, Skeleton } from "../ui/states";
import { Summary } from "../ui/summary";

const MINUTE = 60_000;
const route = getRouteApi("/personal/clinics/$clinic/providers/$provider/book");

export function BookScreen() {
  const session = useSession();
  const params = route.useParams();
  const search = route.useSearch();
  const provider = useQuery(providerQuery(params.clinic, params.provider));
  const clinic = useQuery(clinicQuery(params.clinic));
  const services = useQuery(servicesQuery(params.clinic));
  const all = [provider, clinic, services];
  const failed = all.find((query) => query.isLoadingError);
  if (session === null) return null;

  const service = services.data?.find(({ id }) => id === search.service);
  const isKnown = service !== undefined && !Number.isNaN(Date.parse(search.start));
  return (
    <Page title={t("book.title")} width="narrow">
      <div className="panel">
        <div className="stack-small">
          <Heading>{t("book.heading")}</Heading>
          <p className="muted">{t("book.lead")}</p>
        </div>
        {failed !== undefined ? (
          <ErrorNotice
            error={failed.error}
            retry={() => {
              for (const query of all) if (query.isError) void query.refetch();
            }}
          />
        ) : !provider.data || !clinic.data || !services.data ? (
          <Skeleton shapes={["title", "card", "card"]} />
        ) : !isKnown ? (
          <>
            <Notice tone="warning" title={t("book.not_offered.title")}>
              <p>{t("book.not_offered.text")}</p>
            </Notice>
            <Link
              to="/clinics/$clinic/providers/$provider"
              params={params}
              className="button"
              data-look="primary"
            >
              {t("book.all_times")}
            </Link>
          </>
        ) : !session.isPatient ? (
          <Notice tone="info" title={t("book.staff.title")}>
            <p>{t("book.staff.text")}</p>
          </Notice>
        ) : (
          <Confirm
            // Another time is another intent: nothing of the refusal before it stays.
            key={search.start}
            session={session}
            clinic={clinic.data}
            provider={provider.data}
            service={service}
            start={search.start}
          />
        )}
      </div>
    </Page>
  );
}

interface Choice {
  readonly session: Session;
  readonly clinic: Clinic;
  readonly provider: Provider;
  readonly service: Service;
  readonly start: string;
}

function Confirm({ session, clinic, provider, service, start }: Choice) {
  const navigate = route.useNavigate();
  const queries = useQueryClient();
  const me = useQuery(meQuery(session.user));
  const booking = useMutation({
    mutationFn: () =>
      book({
        user: session.user,
        clinic: clinic.id,
        provider: provider.id,
        service: service.id,
        start,
      }),
    onSuccess: async (made) => {
      queries.setQueryData(appointmentQuery(session.user, made.clinic, made.id).queryKey, made);
      void queries.invalidateQueries({ queryKey: ["mine", session.user, "appointments"] });
      void queries.invalidateQueries({ queryKey: ["availability"] });
      await navigate({
        to: "/appointments/$clinic/$appointment",
        params: { clinic: made.clinic, appointment: made.id },
        search: { booked: true },
        replace: true,
      });
    },
  });

  const isGone = hasCode(booking.error, ...GONE);
  const isTwice = hasCode(booking.error, "USER_CONFLICT");
  const isHeld = hasCode(booking.error, "SLOT_LOCKED");
  const subject = { clinic, provider, service, start };
  if (isGone || isTwice) {
    return <Onward {...subject} error={booking.error} isTwice={isTwice} />;
  }
  return (
    <>
      <Summary
        start={start}
        end={new Date(Date.parse(start) + service.minutes * MINUTE).toISOString()}
        zone={clinic.time_zone}
        providerId={provider.id}
        providerName={provider.name}
        profession={profession(provider)}
        clinicName={clinic.name}
        address={addressLine(clinic)}
        serviceName={service.name}
        minutes={service.minutes}
        price={service.price}
        priceNote={t("book.pay")}
        patient={
          me.data === undefined ? session.givenName : `${me.data.given_name} ${me.data.family_name}`
        }
      />
      {booking.isError && <Refusal error={booking.error} />}
      <p className="muted">{t("book.cancel_policy")}</p>
      <div className="actions">
        <Button
          look="primary"
          isWide
          busy={booking.isPending ? t("book.busy") : null}
          onPress={() => {
            booking.mutate();
          }}
        >
          {booking.isError ? t("common.retry") : t("book.submit")}
        </Button>
        <OtherTimes {...subject} look={isHeld ? "secondary" : "quiet"} />
      </div>
    </>
  );
}

const GONE = ["PROVIDER_CONFLICT", "TIME_NOT_OFFERED", "START_IN_PAST"] as const;

function Refusal({ error, isFinal = false }: { error: Error | null; isFinal?: boolean }) {
  const known = (
    [
      ["PROVIDER_CONFLICT", "provider_conflict"],
      ["USER_CONFLICT", "user_conflict"],
      ["SLOT_LOCKED", "slot_locked"],
      ["START_IN_PAST", "past"],
      ["TIME_NOT_OFFERED", "not_offered"],
    ] as const
  ).find(([code]) => hasCode(error, code));
  if (known === undefined) return <ActionError error={error} isBooking />;
  const [, words] = known;
  return (
    <Notice tone="warning" title={t(`book.${words}.title`)} isAlert={!isFinal} takesFocus={isFinal}>
      <p>{t(`book.${words}.text`)}</p>
    </Notice>
  );
}

type Subject = Omit<Choice, "session">;

function OtherTimes({
  clinic,
  provider,
  service,
  start,
  look,
}: Subject & { look: "primary" | "secondary" | "quiet" }) {
  return (
    <Link
      to="/clinics/$clinic/providers/$provider"
      params={{ clinic: clinic.id, provider: provider.id }}
      search={{ service: service.id, from: dateIn(clinic.time_zone, start) }}
      className="button"
      data-look={look}
      data-wide
    >
      {look === "quiet" ? t("book.other_time") : t("book.all_times")}
    </Link>
  );
}

const NEAREST = 4;

/** A refusal never ends the way: the nearest free times, just looked up, and the whole week. */
function Onward({
  error,
  isTwice,
  ...subject
}: Subject & { error: Error | null; isTwice: boolean }) {
  const { clinic, provider, service, start } = subject;
  const zone = clinic.time_zone;
  const locale = localeTag();
  const now = useNow();
  const around = useQuery({
    ...availabilityQuery({
      clinic: clinic.id,
      provider: provider.id,
      service: service.id,
      from: dateIn(zone, Math.max(Date.parse(start), now)),
      days: WEEK,
    }),
    enabled: !isTwice,
  });
  const times = around.data === undefined ? [] : nearestTimes(around.data.days, start, NEAREST);
  return (
    <>
      <div>
        <p className="strong">
          {t("chosen.when", {
            when: `${shortDateIn(locale, zone, start)}, ${timeIn(locale, zone, start)}`,
            city: zoneCity(zone),
          })}
        </p>
        <p>{t("chosen.with", { service: service.name, provider: provider.name })}</p>
      </div>
      <Refusal error={error} isFinal />
      {times.length > 0 && (
        <section className="stack-small" aria-labelledby="nearest">
          <h2 id="nearest" className="step">
            {t("book.nearest")}
          </h2>
          <ul className="nearest">
            {times.map((time) => (
              <li key={time.start}>
                <Link
                  to="/clinics/$clinic/providers/$provider/book"
                  params={{ clinic: clinic.id, provider: provider.id }}
                  search={{ service: service.id, start: time.start }}
                  replace
                  className="slot"
                >
                  <span className="slot-time">{timeIn(locale, zone, time.start)}</span>
                  <span className="slot-yours">{shortDateIn(locale, zone, time.start)}</span>
                </Link>
              </li>
            ))}
          </ul>
        </section>
      )}
      <div className="actions">
        {isTwice && (
          <Link to="/appointments" className="button" data-look="primary" data-wide>
            {t("book.see_appointments")}
          </Link>
        )}
        <OtherTimes {...subject} look={isTwice ? "secondary" : "primary"} />
      </div>
    </>
  );
}
