import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { type Position, rolesQuery } from "../../api/inside/clinic";
import { providersQuery } from "../../api/queries";
import { may, type Session } from "../../api/session";
import type { ClinicRole, Member, Role } from "../../api/types";
import { formText } from "../../forms/form";
import { t } from "../../i18n";
import { SelectInput } from "../../ui/inside/fields";
import { roleName } from "../../ui/inside/role-name";
import { ErrorNotice, Skeleton } from "../../ui/states";

const keyOf = ({ id, role }: ClinicRole): string => id ?? role;

/** What a clinic calls somebody's role. Whoever may not see its roles reads that it is one of its own. */
export function useRoleName(clinic: string, session: Session) {
  const roles = useQuery({ ...rolesQuery(clinic), enabled: may(session, "manage-roles") });
  return ({ role, custom_role }: { role: Role; custom_role?: string | null }): string =>
    roleName(roles.data?.items.find(({ id }) => id !== null && id === custom_role) ?? { role });
}

/** Which role somebody has in a clinic, and for a doctor as whom patients book them. */
export function PositionFields({
  clinic,
  member,
}: {
  clinic: string;
  member?: Pick<Member, "role" | "custom_role" | "provider">;
}) {
  const roles = useQuery(rolesQuery(clinic));
  const providers = useQuery(providersQuery(clinic));
  const before = member?.custom_role ?? member?.role;
  const [chosen, setChosen] = useState(before);
  if (roles.isPending || providers.isPending) return <Skeleton shapes={["line", "line"]} />;
  if (roles.isLoadingError) {
    return <ErrorNotice error={roles.error} retry={() => void roles.refetch()} />;
  }
  if (providers.isLoadingError) {
    return <ErrorNotice error={providers.error} retry={() => void providers.refetch()} />;
  }
  const options = roles.data.items.map((role) => ({ value: keyOf(role), label: roleName(role) }));
  const role = chosen ?? options[0]?.value;
  return (
    <>
      <SelectInput
        name="role"
        label={t("member.role")}
        options={options}
        {...(role === undefined ? {} : { defaultValue: role })}
        onChange={setChosen}
      />
      {role === "practitioner" && (
        <SelectInput
          name="provider"
          label={t("member.provider")}
          hint={t("member.provider.hint")}
          defaultValue={member?.provider ?? ""}
          options={[
            { value: "", label: t("member.provider.none") },
            ...providers.data.map(({ id, name }) => ({ value: id, label: name })),
          ]}
        />
      )}
    </>
  );
}

/** A clinic's own roles are known by their id, ours by their name. */
export function positionIn(data: FormData): Position {
  const role = formText(data, "role");
  const provider = formText(data, "provider");
  if (role.startsWith("rol_")) return { custom_role: role };
  return { role: role as Role, ...(provider === "" ? {} : { provider }) };
}
