import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { type ReactNode, useState } from "react";
import { availabilityQuery, laterQuery } from "../api/queries";
import type { Availability } from "../api/types";
import { localeTag, t } from "../i18n";
import { addDays, type LocalDate, nextWeek, previousWeek, WEEK } from "../time/week";
import {
  clocksDiffer,
  dateIn,
  formatDate,
  formatDates,
  partOfDay,
  timeIn,
  visitorZone,
  zoneCity,
  zoneName,
} from "../time/zones";
import { Button } from "../ui/button";
import { Choice } from "../ui/choice";
import { NextIcon, PreviousIcon } from "../ui/icons";
import { useMedia } from "../ui/media";
import { Slot, type Subject, type Times } from "./slot";
import { useNow } from "../ui/now";
import { ErrorNotice, Skeleton } from "../ui/states";

/** Seven days of free times, as the clinic's own clock shows them. */
export function Week({ from, ...subject }: Subject & { from: LocalDate | undefined }) {
  const { clinic, provider, service } = subject;
  const zone = clinic.time_zone;
  const today = dateIn(zone, useNow());
  const start = from !== undefined && from > today ? from : today;
  const range = { clinic: clinic.id, provider: provider.id, service: service.id, from: start };
  const availability = useQuery(availabilityQuery({ ...range, days: WEEK }));
  const count = availability.data?.days.reduce((sum, { times }) => sum + times.length, 0) ?? 0;
  const before = previousWeek(start, today);
  const label = formatDates(localeTag(), start, addDays(start, WEEK - 1));

  return (
    <section className="week" aria-labelledby="week-heading">
      <div className="week-head">
        <h2 id="week-heading" className="step">
          {t("provider.time")}
        </h2>
        <div className="week-pager">
          <WeekLink
            {...subject}
            from={before ?? start}
            isDisabled={before === null}
            label={t("week.previous")}
            icon={<PreviousIcon />}
          />
          <p className="week-label" role="status">
            {label}
            {availability.isSuccess && (
              <span className="visually-hidden">, {t("week.day_count", { count })}</span>
            )}
          </p>
          <WeekLink
            {...subject}
            from={nextWeek(start)}
            label={t("week.next")}
            icon={<NextIcon />}
          />
        </div>
      </div>
      {availability.isPending ? (
        <Skeleton shapes={["week"]} label={t("week.loading")} />
      ) : availability.isError ? (
        <ErrorNotice error={availability.error} retry={() => void availability.refetch()} />
      ) : count === 0 ? (
        <EmptyWeek {...subject} from={start} />
      ) : (
        <FreeTimes
          key={`${start}/${service.id}`}
          subject={subject}
          availability={availability.data}
        />
      )}
    </section>
  );
}

function WeekLink({
  provider,
  service,
  from,
  label,
  icon,
  isDisabled = false,
}: Subject & {
  from: LocalDate;
  label: string;
  icon: ReactNode;
  isDisabled?: boolean;
}) {
  return (
    <Link
      to="/clinics/$clinic/providers/$provider"
      params={{ clinic: provider.clinic, provider: provider.id }}
      search={{ service: service.id, from }}
      resetScroll={false}
      replace
      disabled={isDisabled}
      // A link that turns disabled under the keyboard must keep the focus.
      tabIndex={0}
      className="button week-link"
      data-look="secondary"
      aria-label={label}
    >
      {icon}
    </Link>
  );
}

function EmptyWeek({ clinic, provider, service, from }: Subject & { from: LocalDate }) {
  const later = useQuery(
    laterQuery({ clinic: clinic.id, provider: provider.id, service: service.id, from, days: WEEK }),
  );
  const locale = localeTag();
  const date = (day: LocalDate) =>
    formatDate(locale, day, { weekday: "long", day: "numeric", month: "long" });
  const next = later.data?.days.find(({ times }) => times.length > 0);
  const first = next?.times[0];
  return (
    <div className="empty">
      <h3>{t("week.empty.title")}</h3>
      <p>{t("week.empty.text", { range: formatDates(locale, from, addDays(from, WEEK - 1)) })}</p>
      {next !== undefined && first !== undefined && (
        <p>
          {t("week.empty.found", {
            date: date(next.date),
            time: timeIn(locale, clinic.time_zone, first.start),
          })}
        </p>
      )}
      {later.isSuccess && next === undefined && (
        <p>{t("week.empty.none", { phone: clinic.phone })}</p>
      )}
      <Link
        to="/clinics/$clinic/providers/$provider"
        params={{ clinic: clinic.id, provider: provider.id }}
        search={{ service: service.id, from: next?.date ?? nextWeek(from) }}
        resetScroll={false}
        className="button"
        data-look="primary"
      >
        {next === undefined
          ? t("week.empty.next")
          : t("week.empty.jump", {
              date: formatDate(locale, next.date, { day: "numeric", month: "long" }),
            })}
      </Link>
    </div>
  );
}

const COLUMNS = "(min-width: 60rem)";

function FreeTimes({ subject, availability }: { subject: Subject; availability: Availability }) {
  const isWide = useMedia(COLUMNS);
  const { days, time_zone: zone } = availability;
  const first = days.find(({ times }) => times.length > 0)?.times[0]?.start ?? "";
  const yours = visitorZone();
  const differs = days.some(({ times }) =>
    times.some(({ start }) => clocksDiffer(zone, yours, start)),
  );
  const locale = localeTag();
  const names = { city: zoneCity(zone), zone: zoneName(locale, zone, first) };
  const props = { subject, days, zone, yours: differs ? yours : null };
  return (
    <>
      <p className="week-zone">
        {differs
          ? t("week.zone.yours", { ...names, yours: zoneCity(yours) })
          : t("week.zone", names)}
      </p>
      {isWide ? <WeekColumns {...props} /> : <WeekByDay {...props} />}
    </>
  );
}

const ROWS = 8;

/** The whole week side by side, where there is room. */
function WeekColumns({ subject, days, zone, yours }: Times) {
  const [isWhole, setWhole] = useState(false);
  const hidden = days.reduce((sum, { times }) => sum + Math.max(0, times.length - ROWS), 0);
  return (
    <>
      <ol className="columns">
        {days.map(({ date, times }) => (
          <li key={date} className="column" data-empty={times.length === 0 || undefined}>
            <h3 className="column-head">
              <span className="column-weekday">
                {formatDate(localeTag(), date, { weekday: "short" })}
              </span>
              <span className="column-date">
                {formatDate(localeTag(), date, { day: "numeric", month: "short" })}
              </span>
            </h3>
            {times.length === 0 ? (
              <p className="column-none">{t("week.no_times")}</p>
            ) : (
              <ul className="slots">
                {(isWhole ? times : times.slice(0, ROWS)).map((time) => (
                  <Slot key={time.start} {...{ subject, time, zone, yours }} />
                ))}
              </ul>
            )}
          </li>
        ))}
      </ol>
      {hidden > 0 && !isWhole && (
        <div className="columns-more">
          <Button
            onPress={() => {
              setWhole(true);
            }}
          >
            {t("week.more", { count: hidden })}
          </Button>
        </div>
      )}
    </>
  );
}

const PARTS = ["morning", "afternoon", "evening"] as const;

/** One day at a time, where there is not. */
function WeekByDay({ subject, days, zone, yours }: Times) {
  const locale = localeTag();
  const [chosen, setChosen] = useState(
    () => days.find(({ times }) => times.length > 0)?.date ?? "",
  );
  const times = days.find(({ date }) => date === chosen)?.times ?? [];
  return (
    <div className="stack">
      <Choice
        label={<span className="visually-hidden">{t("week.days")}</span>}
        className="days"
        optionClassName="day"
        value={chosen}
        onChange={setChosen}
        options={days.map((day) => ({
          value: day.date,
          isDisabled: day.times.length === 0,
          content: (
            <>
              <span className="day-weekday">
                {formatDate(locale, day.date, { weekday: "short" })}
              </span>{" "}
              <span className="day-number">{formatDate(locale, day.date, { day: "numeric" })}</span>{" "}
              <span className="visually-hidden">
                {t("week.day_count", { count: day.times.length })}
              </span>
            </>
          ),
        }))}
      />
      <h3>{formatDate(locale, chosen, { weekday: "long", day: "numeric", month: "long" })}</h3>
      {PARTS.map((part) => {
        const some = times.filter(({ start }) => partOfDay(zone, start) === part);
        if (some.length === 0) return null;
        return (
          <div key={part} className="stack-small">
            <h4>{t(`week.${part}`)}</h4>
            <ul className="slots">
              {some.map((time) => (
                <Slot key={time.start} {...{ subject, time, zone, yours }} />
              ))}
            </ul>
          </div>
        );
      })}
    </div>
  );
}
