import type { ReactNode } from "react";
import type { Money } from "../money";
import { formatMoney } from "../money";
import { localeTag, t } from "../i18n";
import {
  clocksDiffer,
  longDateIn,
  shortDateIn,
  timeIn,
  visitorZone,
  zoneCity,
  zoneName,
} from "../time/zones";
import { Avatar } from "./people";

interface Subject {
  readonly start: string;
  readonly end: string;
  readonly zone: string;
  readonly providerId: string;
  readonly providerName: string;
  readonly profession?: string | undefined;
  readonly clinicName: string;
  readonly address?: string | undefined;
  readonly serviceName: string;
  readonly minutes: number;
  readonly price: Money;
  readonly priceNote?: string;
  readonly patient?: string | undefined;
}

export function Row({ term, children }: { term: string; children: ReactNode }) {
  return (
    <div className="row">
      <dt>{term}</dt>
      <dd>{children}</dd>
    </div>
  );
}

/** Everything that a patient needs to know about an appointment, the time first. */
export function Summary(props: Subject) {
  const { start, end, zone } = props;
  const locale = localeTag();
  const yours = visitorZone();
  return (
    <dl className="summary">
      <Row term={t("summary.when")}>
        <span className="summary-date">{longDateIn(locale, zone, start)}</span>
        <span className="summary-time">
          {t("summary.time", { from: timeIn(locale, zone, start), to: timeIn(locale, zone, end) })}
        </span>
        <span className="muted">
          {t("summary.zone", { city: zoneCity(zone), zone: zoneName(locale, zone, start) })}
        </span>
        {clocksDiffer(zone, yours, start) && (
          <span className="summary-yours">
            {t("summary.your_time", {
              city: zoneCity(yours),
              when: `${shortDateIn(locale, yours, start)}, ${timeIn(locale, yours, start)}`,
            })}
          </span>
        )}
      </Row>
      <Row term={t("summary.who")}>
        <span className="person">
          <Avatar id={props.providerId} name={props.providerName} />
          <span>
            <span className="strong">{props.providerName}</span>
            {props.profession !== undefined && <span className="muted">{props.profession}</span>}
          </span>
        </span>
      </Row>
      <Row term={t("summary.where")}>
        <span className="strong">{props.clinicName}</span>
        {props.address !== undefined && <span className="muted">{props.address}</span>}
      </Row>
      <Row term={t("summary.what")}>
        <span className="strong">{props.serviceName}</span>
        <span className="muted">{t("common.minutes", { minutes: props.minutes })}</span>
      </Row>
      <Row term={t("summary.price")}>
        <span className="strong price">{formatMoney(locale, props.price)}</span>
        {props.priceNote !== undefined && <span className="muted">{props.priceNote}</span>}
      </Row>
      {props.patient !== undefined && (
        <Row term={t("summary.patient")}>
          <span className="strong">{props.patient}</span>
        </Row>
      )}
    </dl>
  );
}
