import { useQuery } from "@tanstack/react-query";
import { clinicQuery, providerQuery, servicesQuery } from "../api/queries";
import { localeTag, t } from "../i18n";
import { choiceIn, type Choice } from "../next";
import { longDateIn, timeIn, zoneCity } from "../time/zones";
import { CalendarIcon } from "../ui/icons";

/** Beside the sign-in form: the time that was chosen is not lost. */
export function ChosenTime({ next }: { next: string | undefined }) {
  const choice = next === undefined ? null : choiceIn(next);
  return choice === null ? null : <Chosen {...choice} />;
}

function Chosen({ clinic, provider, service, start }: Choice) {
  const place = useQuery(clinicQuery(clinic));
  const person = useQuery(providerQuery(clinic, provider));
  const services = useQuery(servicesQuery(clinic));
  const what = services.data?.find(({ id }) => id === service);
  if (!place.data || !person.data || what === undefined) return null;
  const zone = place.data.time_zone;
  const locale = localeTag();
  return (
    <section className="chosen" aria-label={t("chosen.label")}>
      <CalendarIcon />
      <div>
        <p className="chosen-when">
          {longDateIn(locale, zone, start)}, {timeIn(locale, zone, start)}
        </p>
        <p>{t("chosen.with", { service: what.name, provider: person.data.name })}</p>
        <p className="muted">
          {place.data.name}, {t("chosen.zone", { city: zoneCity(zone) })}
        </p>
      </div>
    </section>
  );
}
