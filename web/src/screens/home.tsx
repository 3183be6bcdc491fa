import { useQueries, useQuery } from "@tanstack/react-query";
import { getRouteApi, Link } from "@tanstack/react-router";
import { useId, useRef, useState } from "react";
import { clinicsQuery, providersQuery, servicesQuery } from "../api/queries";
import type { Clinic, Provider, Service } from "../api/types";
import { localeTag, t } from "../i18n";
import { formatMoney } from "../money";
import { Heading } from "../ui/heading";
import { Button } from "../ui/button";
import { Choice } from "../ui/choice";
import { CloseIcon, NextIcon, PhoneIcon, PinIcon, SearchIcon, SpeechIcon } from "../ui/icons";
import { Page } from "../ui/page";
import { addressLine, Avatar, languageNames, profession } from "../ui/people";
import { Empty, ErrorNotice, Skeleton } from "../ui/states";

const SHOWN_SERVICES = 3;
const EVERY_CLINIC = "all";
const route = getRouteApi("/");

interface Staffed {
  readonly clinic: Clinic;
  readonly providers: readonly Provider[];
  readonly services: readonly Service[];
}

const fold = (text: string): string =>
  text
    .normalize("NFD")
    .replace(/\p{Diacritic}/gu, "")
    .toLocaleLowerCase();

function matches(provider: Provider, search: string): boolean {
  const about = fold(
    [provider.name, provider.title, provider.specialty, languageNames(provider.languages)].join(
      " ",
    ),
  );
  return fold(search)
    .split(/\s+/)
    .every((word) => about.includes(word));
}

export function HomeScreen() {
  const clinics = useQuery(clinicsQuery);
  return (
    <Page title={t("home.title")}>
      <div className="hero">
        <Heading>{t("home.heading")}</Heading>
        <p className="lead">{t("home.lead")}</p>
      </div>
      {clinics.isPending ? (
        <Skeleton shapes={["line", "card", "card", "card"]} />
      ) : clinics.isLoadingError ? (
        <ErrorNotice error={clinics.error} retry={() => void clinics.refetch()} />
      ) : clinics.data.length === 0 ? (
        <Empty title={t("home.empty.title")} text={t("home.empty.text")} />
      ) : (
        <Directory clinics={clinics.data} />
      )}
    </Page>
  );
}

function Directory({ clinics }: { clinics: readonly Clinic[] }) {
  const navigate = route.useNavigate();
  const { clinic: wanted } = route.useSearch();
  const [search, setSearch] = useState("");
  const searchId = useId();
  const searchBox = useRef<HTMLInputElement>(null);
  const chosen = clinics.some((clinic) => clinic.id === wanted) ? wanted : undefined;
  const shown = clinics.filter((clinic) => chosen === undefined || clinic.id === chosen);
  const providers = useQueries({ queries: shown.map((clinic) => providersQuery(clinic.id)) });
  const services = useQueries({ queries: shown.map((clinic) => servicesQuery(clinic.id)) });

  const all = [...providers, ...services];
  const failed = all.find((query) => query.isLoadingError);
  const isPending = all.some((query) => query.isPending);
  const staffed: readonly Staffed[] = shown.map((clinic, n) => ({
    clinic,
    providers: (providers[n]?.data ?? []).filter((provider) => matches(provider, search)),
    services: services[n]?.data ?? [],
  }));
  const found = staffed.reduce((sum, { providers: some }) => sum + some.length, 0);

  const choose = (clinic: string) =>
    void navigate({
      search: clinic === EVERY_CLINIC ? {} : { clinic },
      replace: true,
      resetScroll: false,
    });

  return (
    <>
      <search className="filters">
        <div className="search">
          <label htmlFor={searchId}>{t("home.search")}</label>
          <div className="search-box">
            <SearchIcon />
            <input
              ref={searchBox}
              id={searchId}
              type="search"
              className="input"
              autoComplete="off"
              enterKeyHint="search"
              value={search}
              onChange={(event) => {
                setSearch(event.target.value);
              }}
            />
            {search !== "" && (
              <button
                type="button"
                className="search-clear"
                aria-label={t("home.search.clear")}
                onClick={() => {
                  setSearch("");
                  searchBox.current?.focus();
                }}
              >
                <CloseIcon />
              </button>
            )}
          </div>
        </div>
        {clinics.length > 1 && (
          <Choice
            label={t("home.clinic")}
            className="pills"
            optionClassName="pill"
            value={chosen ?? EVERY_CLINIC}
            onChange={choose}
            options={[
              { value: EVERY_CLINIC, content: t("home.clinic.all") },
              ...clinics.map(({ id, name }) => ({ value: id, content: name })),
            ]}
          />
        )}
      </search>
      <p className="visually-hidden" role="status">
        {isPending ? "" : t("home.found", { count: found })}
      </p>
      {failed !== undefined ? (
        <ErrorNotice
          error={failed.error}
          retry={() => {
            for (const query of all) if (query.isError) void query.refetch();
          }}
        />
      ) : isPending ? (
        <Skeleton shapes={["line", "card", "card", "card"]} />
      ) : found === 0 && search !== "" ? (
        <Empty title={t("home.none.title")} text={t("home.none.text")}>
          <Button
            look="primary"
            onPress={() => {
              setSearch("");
              choose(EVERY_CLINIC);
            }}
          >
            {t("home.none.action")}
          </Button>
        </Empty>
      ) : (
        staffed
          .filter(({ providers: some }) => search === "" || some.length > 0)
          .map((one) => <ClinicSection key={one.clinic.id} {...one} />)
      )}
    </>
  );
}

function ClinicSection({ clinic, providers, services }: Staffed) {
  return (
    <section className="clinic" aria-labelledby={clinic.id}>
      <div className="clinic-head">
        <h2 id={clinic.id}>{clinic.name}</h2>
        {clinic.about !== "" && <p className="clinic-about">{clinic.about}</p>}
        <ul className="facts">
          <li>
            <PinIcon />
            {addressLine(clinic)}
          </li>
          <li>
            <PhoneIcon />
            <a href={`tel:${clinic.phone.replaceAll(/[^+\d]/g, "")}`}>{clinic.phone}</a>
          </li>
          <li>
            <SpeechIcon />
            {languageNames(clinic.languages)}
          </li>
        </ul>
      </div>
      {providers.length === 0 ? (
        <p className="muted">{t("home.clinic.no_doctors")}</p>
      ) : (
        <ul className="cards">
          {providers.map((provider) => (
            <ProviderCard
              key={provider.id}
              provider={provider}
              services={services.filter(({ id }) => provider.services.includes(id))}
            />
          ))}
        </ul>
      )}
    </section>
  );
}

function ProviderCard({
  provider,
  services,
}: {
  provider: Provider;
  services: readonly Service[];
}) {
  const locale = localeTag();
  const hidden = services.length - SHOWN_SERVICES;
  return (
    <li className="card provider-card">
      <div className="person">
        <Avatar id={provider.id} name={provider.name} />
        <div>
          <h3>
            <Link
              to="/clinics/$clinic/providers/$provider"
              params={{ clinic: provider.clinic, provider: provider.id }}
              className="card-link"
            >
              {provider.name}
            </Link>
          </h3>
          <p className="specialty">{profession(provider)}</p>
        </div>
      </div>
      <p className="muted with-icon">
        <SpeechIcon />
        {t("common.speaks", { languages: languageNames(provider.languages) })}
      </p>
      <ul className="price-list" aria-label={t("home.services")}>
        {services.slice(0, SHOWN_SERVICES).map((service) => (
          <li key={service.id}>
            <span>
              {service.name}{" "}
              <span className="muted">
                {t("common.minutes.short", { minutes: service.minutes })}
              </span>
            </span>
            <span className="price">{formatMoney(locale, service.price)}</span>
          </li>
        ))}
        {hidden > 0 && <li className="muted">{t("home.more_services", { count: hidden })}</li>}
      </ul>
      <p className="card-action" aria-hidden="true">
        {t("home.see_times")}
        <NextIcon />
      </p>
    </li>
  );
}
