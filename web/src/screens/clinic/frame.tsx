import { useQuery } from "@tanstack/react-query";
import { getRouteApi, Link, useNavigate } from "@tanstack/react-router";
import type { ReactNode } from "react";
import { clinicQuery, clinicsQuery } from "../../api/queries";
import { may, type Session, useSession } from "../../api/session";
import { t } from "../../i18n";
import { Heading } from "../../ui/heading";
import { SelectInput } from "../../ui/inside/fields";
import { Page } from "../../ui/page";
import { ErrorNotice, Skeleton } from "../../ui/states";

const route = getRouteApi("/personal/clinic");

const TABS = [
  ["members", "read-members"],
  ["invitations", "read-members"],
  ["roles", "manage-roles"],
] as const;

/** One of the screens about a clinic's staff, for the clinic that somebody acts for or, from the platform, any. */
export function ClinicPage({
  title,
  lead,
  children,
}: {
  title: string;
  lead: string;
  children: (clinic: string, session: Session) => ReactNode;
}) {
  const session = useSession();
  const search = route.useSearch();
  if (session === null) return null;
  const clinic = session.clinic ?? search.clinic;
  return (
    <Page title={title}>
      <nav className="tabs" aria-label={t("clinic.nav")}>
        {TABS.filter(([, permission]) => may(session, permission)).map(([words]) => (
          <Link key={words} to={`/clinic/${words}`} search={search} className="tab">
            {t(`clinic.${words}`)}
          </Link>
        ))}
      </nav>
      <div className="stack-small">
        <Heading>{title}</Heading>
        {clinic !== undefined && <ClinicName clinic={clinic} />}
        <p className="lead">{lead}</p>
      </div>
      {session.clinic === null && <ClinicChoice chosen={search.clinic} />}
      {clinic !== undefined && children(clinic, session)}
    </Page>
  );
}

function ClinicName({ clinic }: { clinic: string }) {
  const { data } = useQuery(clinicQuery(clinic));
  return data === undefined ? null : <p className="strong">{data.name}</p>;
}

function ClinicChoice({ chosen }: { chosen: string | undefined }) {
  const navigate = useNavigate();
  const clinics = useQuery(clinicsQuery);
  if (clinics.isPending) return <Skeleton shapes={["line"]} />;
  if (clinics.isLoadingError) {
    return <ErrorNotice error={clinics.error} retry={() => void clinics.refetch()} />;
  }
  return (
    <div className="short">
      <SelectInput
        name="clinic"
        label={t("clinic.choose")}
        defaultValue={chosen ?? ""}
        options={[
          { value: "", label: t("clinic.choose.none") },
          ...clinics.data.map(({ id, name }) => ({ value: id, label: name })),
        ]}
        onChange={(clinic) => {
          // The same screen of another clinic.
          void navigate({ to: ".", search: { clinic: clinic || undefined } });
        }}
      />
    </div>
  );
}
