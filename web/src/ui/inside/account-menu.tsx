import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { Link, useRouter } from "@tanstack/react-router";
import { useId, useRef, useState } from "react";
import { actAs, pictureQuery } from "../../api/inside/account";
import { clinicsQuery, meQuery, signOut } from "../../api/queries";
import { may, type Session } from "../../api/session";
import type { Membership } from "../../api/types";
import { t } from "../../i18n";
import { Button } from "../button";
import { Avatar } from "../people";
import { ActionError } from "../states";
import { membershipName } from "./role-name";

/** A list of ways that opens below its button, with the browser's own means: Escape and a touch elsewhere close it. */
export function AccountMenu({ session }: { session: Session }) {
  const id = useId();
  const list = useRef<HTMLDivElement>(null);
  const router = useRouter();
  const queries = useQueryClient();
  const me = useQuery(meQuery(session.user));
  const clinics = useQuery(clinicsQuery);
  const [isOpen, setOpen] = useState(false);
  const picture = useQuery({ ...pictureQuery(session.user), enabled: isOpen });
  const close = () => {
    list.current?.hidePopover();
  };
  const change = useMutation({
    mutationFn: actAs,
    onSuccess: async () => {
      close();
      queries.removeQueries({ queryKey: ["mine"] });
      await router.navigate({ to: "/home" });
    },
  });
  const leave = useMutation({
    mutationFn: async () => {
      close();
      await router.navigate({ to: "/" });
      await signOut();
    },
  });

  const name = me.data ? `${me.data.given_name} ${me.data.family_name}` : session.givenName;
  const nameOf = (membership: Membership): string => {
    const place = clinics.data?.find(({ id }) => id === membership.clinic);
    return [membershipName(membership)].concat(place?.name ?? []).join(", ");
  };
  const memberships = me.data?.memberships.filter(({ active }) => active) ?? [];
  const current = memberships.find((one) => one.current);
  const others = memberships.filter((one) => !one.current);
  const links = [
    ["/home", "landing.title", !session.isPatient],
    ["/account", "account.title", true],
    ["/clinic/members", "clinic.members", may(session, "read-members")],
    ["/clinic/invitations", "clinic.invitations", may(session, "read-members")],
    ["/clinic/roles", "clinic.roles", may(session, "manage-roles")],
    ["/platform", "platform.accounts", may(session, "read-accounts")],
    ["/platform/status", "platform.status", may(session, "read-system-status")],
    ["/platform/settings", "platform.settings", may(session, "manage-settings")],
  ] as const;

  return (
    <>
      <button type="button" className="menu-button" popoverTarget={id}>
        <Avatar id={session.user} name={name} size="small" />
        <span className="wide-only" aria-hidden="true">
          {session.givenName}
        </span>
        <span className="visually-hidden">{t("menu.open", { name })}</span>
      </button>
      <div
        ref={list}
        id={id}
        popover="auto"
        className="menu"
        onToggle={({ newState }) => {
          setOpen(newState === "open");
        }}
      >
        <div className="menu-head">
          <Avatar id={session.user} name={name} picture={picture.data} />
          <div className="person-text">
            <p className="strong">{name}</p>
            <p className="muted">
              {current === undefined ? t(`role.${session.role}`) : nameOf(current)}
            </p>
          </div>
        </div>
        {others.length > 0 && (
          <div className="menu-group">
            <p className="menu-label">{t("menu.act_as")}</p>
            {others.map((membership) => (
              <button
                key={`${membership.role} ${membership.clinic ?? ""}`}
                type="button"
                className="menu-item"
                disabled={change.isPending}
                onClick={() => {
                  change.mutate(membership);
                }}
              >
                {nameOf(membership)}
              </button>
            ))}
            {change.isError && <ActionError error={change.error} />}
          </div>
        )}
        <ul className="menu-group">
          {links
            .filter(([, , isOffered]) => isOffered)
            .map(([to, words]) => (
              <li key={to}>
                <Link
                  to={to}
                  className="menu-item"
                  activeOptions={{ exact: true, includeSearch: false }}
                  onClick={close}
                >
                  {t(words)}
                </Link>
              </li>
            ))}
        </ul>
        <div className="menu-group">
          <Button
            look="secondary"
            isWide
            busy={leave.isPending ? t("menu.leaving") : null}
            onPress={() => {
              leave.mutate();
            }}
          >
            {t("nav.sign_out")}
          </Button>
        </div>
      </div>
    </>
  );
}
