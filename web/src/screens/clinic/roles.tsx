import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { deleteRole, rolesQuery, saveRole } from "../../api/inside/clinic";
import type { ClinicRole, Permission, Roles } from "../../api/types";
import { isAtFields, TextInput } from "../../forms/fields";
import { formText } from "../../forms/form";
import { AttemptForm } from "../../forms/attempt-form";
import { t } from "../../i18n";
import { Button } from "../../ui/button";
import { CheckInput } from "../../ui/inside/fields";
import { Confirm } from "../../ui/inside/confirm";
import { Ask } from "../../ui/inside/modal";
import { roleName } from "../../ui/inside/role-name";
import { Empty, ErrorNotice, Skeleton } from "../../ui/states";
import { ClinicPage } from "./frame";
import { Refusal } from "./members";
import { grouped, isOwn } from "./permissions";

export const RolesScreen = () => (
  <ClinicPage title={t("roles.title")} lead={t("roles.lead")}>
    {(clinic) => <Loaded clinic={clinic} />}
  </ClinicPage>
);

type Asked =
  | { readonly kind: "edit"; readonly role: ClinicRole | null }
  | { readonly kind: "delete"; readonly role: ClinicRole };

function Loaded({ clinic }: { clinic: string }) {
  const roles = useQuery(rolesQuery(clinic));
  const queries = useQueryClient();
  const [asked, setAsked] = useState<Asked | null>(null);
  if (roles.isPending) return <Skeleton shapes={["card", "card", "card"]} />;
  if (roles.isLoadingError) {
    return <ErrorNotice error={roles.error} retry={() => void roles.refetch()} />;
  }
  const own = roles.data.items.filter(({ built_in }) => !built_in);
  const ours = roles.data.items.filter(({ built_in }) => built_in);
  const close = () => {
    setAsked(null);
  };
  return (
    <>
      <section className="stack" aria-labelledby="own-roles">
        <h2 id="own-roles">{t("roles.own")}</h2>
        {own.length === 0 ? (
          <Empty title={t("roles.empty.title")} text={t("roles.empty.text")} />
        ) : (
          <ul className="cards">
            {own.map((role) => (
              <li key={role.id} className="card stack">
                <h3>{roleName(role)}</h3>
                <Permissions permissions={role.permissions} />
                <div className="buttons">
                  <Button
                    label={t("roles.edit.label", { name: roleName(role) })}
                    onPress={() => {
                      setAsked({ kind: "edit", role });
                    }}
                  >
                    {t("roles.edit")}
                  </Button>
                  <Button
                    look="quiet-danger"
                    label={t("roles.delete.label", { name: roleName(role) })}
                    onPress={() => {
                      setAsked({ kind: "delete", role });
                    }}
                  >
                    {t("roles.delete")}
                  </Button>
                </div>
              </li>
            ))}
          </ul>
        )}
        <div className="buttons">
          <Button
            look="primary"
            onPress={() => {
              setAsked({ kind: "edit", role: null });
            }}
          >
            {t("roles.new")}
          </Button>
        </div>
      </section>
      <section className="stack" aria-labelledby="our-roles">
        <h2 id="our-roles">{t("roles.built_in")}</h2>
        <ul className="cards">
          {ours.map((role) => (
            <li key={role.role} className="card stack">
              <h3>{t(`role.${role.role}`)}</h3>
              <Permissions permissions={role.permissions} />
            </li>
          ))}
        </ul>
      </section>
      {asked?.kind === "edit" && (
        <Editor clinic={clinic} roles={roles.data} role={asked.role} onClose={close} />
      )}
      {asked?.kind === "delete" && (
        <Confirm
          title={t("roles.delete.heading", { name: roleName(asked.role) })}
          action={t("roles.delete")}
          busy={t("common.working")}
          explain={(error) => <Refusal error={error} />}
          onConfirm={async () => {
            await deleteRole(clinic, asked.role.id ?? "");
            await queries.invalidateQueries(rolesQuery(clinic));
          }}
          onClose={close}
        >
          <p>{t("roles.delete.text")}</p>
        </Confirm>
      )}
    </>
  );
}

function Permissions({ permissions }: { permissions: readonly Permission[] }) {
  const groups = grouped(permissions);
  if (groups.length === 0) return <p className="muted">{t("roles.nothing")}</p>;
  return (
    <ul className="bullets">
      {groups.flatMap(([, some]) =>
        some.map((permission) => <li key={permission}>{t(`permission.${permission}`)}</li>),
      )}
    </ul>
  );
}

function Editor({
  clinic,
  roles,
  role,
  onClose,
}: {
  clinic: string;
  roles: Roles;
  role: ClinicRole | null;
  onClose: () => void;
}) {
  const queries = useQueryClient();
  const had = role?.permissions ?? [];
  const saving = useMutation({
    mutationFn: (data: FormData) => {
      const chosen = roles.grantable.filter((one) => !isOwn(one) && data.has(one));
      // What is not up to whoever edits the role stays as it is.
      const kept = had.filter((one) => isOwn(one) || !roles.grantable.includes(one));
      return saveRole(clinic, role?.id ?? null, {
        name: formText(data, "name").trim(),
        permissions: [...kept, ...chosen],
      });
    },
    onSuccess: async () => {
      await queries.invalidateQueries({ queryKey: ["mine", "clinic", clinic] });
      onClose();
    },
  });
  return (
    <Ask
      title={role === null ? t("roles.new") : t("roles.edit.heading", { name: roleName(role) })}
      isBusy={saving.isPending}
      onClose={onClose}
    >
      <AttemptForm
        attempt={saving}
        onSubmit={(data) => {
          saving.mutate(data);
        }}
      >
        <TextInput
          name="name"
          label={t("roles.name")}
          autoComplete="off"
          hint={t("roles.name.hint")}
          defaultValue={role?.name ?? ""}
        />
        {grouped(roles.grantable).map(([group, permissions]) => (
          <fieldset key={group} className="choice group">
            <legend>{t(`permissions.${group}`)}</legend>
            {permissions.map((permission) => (
              <CheckInput
                key={permission}
                name={permission}
                defaultChecked={had.includes(permission)}
              >
                {t(`permission.${permission}`)}
              </CheckInput>
            ))}
          </fieldset>
        ))}
        {saving.isError && !isAtFields(saving.error) && <Refusal error={saving.error} />}
        <Button
          type="submit"
          look="primary"
          isWide
          busy={saving.isPending ? t("common.saving") : null}
        >
          {t("common.save")}
        </Button>
        <Button isWide isDisabled={saving.isPending} onPress={onClose}>
          {t("common.cancel")}
        </Button>
      </AttemptForm>
    </Ask>
  );
}
