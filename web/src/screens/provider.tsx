import { useQuery, useQueryClient } from "@tanstack/react-query";
import { getRouteApi, Link } from "@tanstack/react-router";
import { Choice } from "../ui/choice";
import { clinicQuery, providerQuery, providersQuery, servicesQuery } from "../api/queries";
import type { Clinic, Provider, Service } from "../api/types";
import { localeTag, t } from "../i18n";
import { formatMoney } from "../money";
import { Heading } from "../ui/heading";
import { PhoneIcon, PinIcon, PreviousIcon, SpeechIcon } from "../ui/icons";
import { Page } from "../ui/page";
import { addressLine, Avatar, languageNames, profession } from "../ui/people";
import { ErrorNotice, Notice, Skeleton } from "../ui/states";
import { Week } from "./week";

const route = getRouteApi("/clinics/$clinic/providers/$provider");

export function ProviderScreen() {
  const params = route.useParams();
  const queries = useQueryClient();
  const provider = useQuery({
    ...providerQuery(params.clinic, params.provider),
    // Whoever comes from the list of doctors has this one already.
    placeholderData: () =>
      queries
        .getQueryData(providersQuery(params.clinic).queryKey)
        ?.find(({ id }) => id === params.provider),
  });
  const clinic = useQuery(clinicQuery(params.clinic));
  const services = useQuery(servicesQuery(params.clinic));
  const all = [provider, clinic, services];
  const failed = all.find((query) => query.isLoadingError);

  return (
    <Page
      title={
        provider.data === undefined
          ? t("common.loading")
          : t("provider.title", { provider: provider.data.name })
      }
    >
      <Link to="/" className="back">
        <PreviousIcon />
        {t("common.back_to_doctors")}
      </Link>
      {failed !== undefined ? (
        <>
          <Heading isHidden>{t("home.title")}</Heading>
          <ErrorNotice
            error={failed.error}
            retry={() => {
              for (const query of all) if (query.isError) void query.refetch();
            }}
          />
        </>
      ) : !provider.data || !clinic.data || !services.data ? (
        <Skeleton shapes={["title", "card", "week"]} label={t("week.loading")} />
      ) : (
        <Booking
          clinic={clinic.data}
          provider={provider.data}
          services={services.data.filter(({ id }) => provider.data.services.includes(id))}
        />
      )}
    </Page>
  );
}

function Booking({
  clinic,
  provider,
  services,
}: {
  clinic: Clinic;
  provider: Provider;
  services: readonly Service[];
}) {
  const search = route.useSearch();
  const navigate = route.useNavigate();
  const service = services.find(({ id }) => id === search.service) ?? services[0];
  const locale = localeTag();
  return (
    <>
      <header className="profile">
        <Avatar id={provider.id} name={provider.name} size="large" />
        <div className="stack-small">
          <Heading>{provider.name}</Heading>
          <p className="specialty">{profession(provider)}</p>
          {provider.about !== "" && <p className="profile-about">{provider.about}</p>}
          <ul className="facts">
            <li>
              <SpeechIcon />
              {t("common.speaks", { languages: languageNames(provider.languages) })}
            </li>
            <li>
              <PinIcon />
              <span>
                {clinic.name}, {addressLine(clinic)}
              </span>
            </li>
            <li>
              <PhoneIcon />
              <a href={`tel:${clinic.phone.replaceAll(/[^+\d]/g, "")}`}>{clinic.phone}</a>
            </li>
          </ul>
        </div>
      </header>
      {service === undefined ? (
        <Notice tone="info">
          <p>{t("provider.no_services")}</p>
        </Notice>
      ) : (
        <>
          <Choice
            label={<h2 className="step">{t("provider.service")}</h2>}
            className="services"
            optionClassName="service"
            value={service.id}
            onChange={(id) =>
              void navigate({
                search: ({ from }) => ({ service: id, ...(from === undefined ? {} : { from }) }),
                replace: true,
                resetScroll: false,
              })
            }
            options={services.map(({ id, name, description, minutes, price }) => ({
              value: id,
              content: (
                <>
                  <span className="service-dot" aria-hidden="true" />
                  <span className="service-text">
                    <span className="service-name">{name}</span>
                    <span className="muted">{description}</span>
                    <span className="service-terms">
                      <span>{t("common.minutes", { minutes })}</span>
                      <span className="price">{formatMoney(locale, price)}</span>
                    </span>
                  </span>
                </>
              ),
            }))}
          />
          <Week clinic={clinic} provider={provider} service={service} from={search.from} />
        </>
      )}
    </>
  );
}
