import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { changeMember, membersQuery } from "../../api/inside/clinic";
import { hasCode } from "../../api/problem";
import { may, type Session } from "../../api/session";
import type { Member } from "../../api/types";
import { isAtFields } from "../../forms/fields";
import { AttemptForm } from "../../forms/attempt-form";
import { localeTag, t } from "../../i18n";
import { shortDate } from "../../ui/inside/dates";
import { Button } from "../../ui/button";
import { Confirm } from "../../ui/inside/confirm";
import { EmailText } from "../../ui/inside/email";
import { Ask } from "../../ui/inside/modal";
import { useMedia } from "../../ui/media";
import { Avatar } from "../../ui/people";
import { ActionError, Empty, ErrorNotice, Notice, Skeleton } from "../../ui/states";
import { ClinicPage } from "./frame";
import { InviteButton } from "./invite";
import { PositionFields, positionIn, useRoleName } from "./position";

export const MembersScreen = () => (
  <ClinicPage title={t("members.title")} lead={t("members.lead")}>
    {(clinic, session) => <Loaded clinic={clinic} session={session} />}
  </ClinicPage>
);

const fullName = ({ given_name, family_name }: Member): string => `${given_name} ${family_name}`;

/** Those who work here by their names, then those who did. */
function inOrder(members: readonly Member[]): readonly Member[] {
  const order = new Intl.Collator(localeTag());
  return [...members].sort(
    (a, b) =>
      Number(b.active) - Number(a.active) ||
      order.compare(`${a.family_name} ${a.given_name}`, `${b.family_name} ${b.given_name}`),
  );
}

interface Asked {
  readonly kind: "role" | "active";
  readonly member: Member;
}

function Loaded({ clinic, session }: { clinic: string; session: Session }) {
  const members = useQuery(membersQuery(clinic));
  const isWide = useMedia("(width >= 52rem)");
  const roleOf = useRoleName(clinic, session);
  const queries = useQueryClient();
  // Not beside the button that asked: a tablet that is turned has another list, and the question stays.
  const [asked, setAsked] = useState<Asked | null>(null);
  const canManage = may(session, "manage-members");
  if (members.isPending) return <Skeleton shapes={["card", "card", "card"]} />;
  if (members.isLoadingError) {
    return <ErrorNotice error={members.error} retry={() => void members.refetch()} />;
  }
  const List = isWide ? Table : Cards;
  const Question = asked?.kind === "role" ? ChangeRole : ChangeActive;
  return (
    <>
      {canManage && <InviteButton clinic={clinic} />}
      {members.data.length === 0 ? (
        <Empty title={t("members.empty.title")} text={t("members.empty.text")} />
      ) : (
        <List
          members={inOrder(members.data)}
          // Nobody takes the ground from under their own feet.
          canChange={(member) => canManage && member.user !== session.user}
          roleOf={roleOf}
          self={session.user}
          onAsk={setAsked}
        />
      )}
      {asked !== null && (
        <Question
          member={asked.member}
          clinic={clinic}
          onChanged={() => queries.invalidateQueries(membersQuery(clinic))}
          onClose={() => {
            setAsked(null);
          }}
        />
      )}
    </>
  );
}

interface Listing {
  readonly members: readonly Member[];
  readonly canChange: (member: Member) => boolean;
  readonly roleOf: (member: Member) => string;
  readonly self: string;
  readonly onAsk: (asked: Asked) => void;
}

function Table({ members, canChange, roleOf, self, onAsk }: Listing) {
  return (
    <table className="table">
      <caption className="visually-hidden">{t("members.title")}</caption>
      <thead>
        <tr>
          <th scope="col">{t("member.name")}</th>
          <th scope="col">{t("member.role")}</th>
          <th scope="col">{t("member.since")}</th>
          <th scope="col">{t("member.state")}</th>
          <th scope="col">
            <span className="visually-hidden">{t("member.actions")}</span>
          </th>
        </tr>
      </thead>
      <tbody>
        {members.map((member) => (
          <tr key={member.user}>
            <th scope="row">
              <Person member={member} isSelf={member.user === self} />
            </th>
            <td>{roleOf(member)}</td>
            <td>{shortDate(member.since)}</td>
            <td>
              <State member={member} />
            </td>
            <td>{canChange(member) && <Actions member={member} onAsk={onAsk} />}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

function Cards({ members, canChange, roleOf, self, onAsk }: Listing) {
  return (
    <ul className="entries">
      {members.map((member) => (
        <li key={member.user} className="card stack">
          <Person member={member} isSelf={member.user === self} />
          <p className="inline">
            <span>{roleOf(member)}</span>
            <State member={member} />
          </p>
          {canChange(member) && <Actions member={member} onAsk={onAsk} />}
        </li>
      ))}
    </ul>
  );
}

function Person({ member, isSelf }: { member: Member; isSelf: boolean }) {
  return (
    <span className="person">
      <Avatar id={member.user} name={fullName(member)} />
      <span className="person-text">
        <span className="strong">
          {isSelf ? t("member.you", { name: fullName(member) }) : fullName(member)}
        </span>
        <span className="muted">
          <EmailText email={member.email} />
        </span>
      </span>
    </span>
  );
}

const State = ({ member }: { member: Member }) => (
  <span className="status" data-state={member.active ? "scheduled" : "passed"}>
    {member.active ? t("state.active") : t("state.deactivated")}
  </span>
);

function Actions({ member, onAsk }: { member: Member; onAsk: Listing["onAsk"] }) {
  const name = fullName(member);
  return (
    <div className="buttons">
      <Button
        label={t("member.change.label", { name })}
        onPress={() => {
          onAsk({ kind: "role", member });
        }}
      >
        {t("member.change")}
      </Button>
      <Button
        look={member.active ? "quiet-danger" : "secondary"}
        label={
          member.active
            ? t("member.deactivate.label", { name })
            : t("member.reactivate.label", { name })
        }
        onPress={() => {
          onAsk({ kind: "active", member });
        }}
      >
        {member.active ? t("member.deactivate") : t("member.reactivate")}
      </Button>
    </div>
  );
}

function ChangeActive({
  member,
  clinic,
  onChanged,
  onClose,
}: {
  member: Member;
  clinic: string;
  onChanged: () => Promise<void>;
  onClose: () => void;
}) {
  const name = fullName(member);
  return (
    <Confirm
      title={
        member.active
          ? t("member.deactivate.heading", { name })
          : t("member.reactivate.heading", { name })
      }
      action={member.active ? t("member.deactivate") : t("member.reactivate")}
      busy={t("common.working")}
      isDanger={member.active}
      explain={(error) => <Refusal error={error} />}
      onConfirm={async () => {
        await changeMember(clinic, member.user, { active: !member.active });
        await onChanged();
      }}
      onClose={onClose}
    >
      <p>{member.active ? t("member.deactivate.text") : t("member.reactivate.text")}</p>
    </Confirm>
  );
}

export function Refusal({ error }: { error: unknown }) {
  const words = hasCode(error, "NOT_YOURS_TO_GIVE")
    ? t("member.not_yours")
    : hasCode(error, "OWN_MEMBERSHIP")
      ? t("member.own")
      : null;
  if (words === null) return <ActionError error={error} />;
  return (
    <Notice tone="warning" isAlert>
      <p>{words}</p>
    </Notice>
  );
}

function ChangeRole({
  member,
  clinic,
  onChanged,
  onClose,
}: {
  member: Member;
  clinic: string;
  onChanged: () => Promise<void>;
  onClose: () => void;
}) {
  const change = useMutation({
    mutationFn: (data: FormData) => changeMember(clinic, member.user, positionIn(data)),
    onSuccess: async () => {
      await onChanged();
      onClose();
    },
  });
  return (
    <Ask
      title={t("member.change.heading", { name: fullName(member) })}
      isBusy={change.isPending}
      onClose={onClose}
    >
      <p>{t("member.change.text")}</p>
      <AttemptForm
        attempt={change}
        onSubmit={(data) => {
          change.mutate(data);
        }}
      >
        <PositionFields clinic={clinic} member={member} />
        {change.isError && !isAtFields(change.error) && <Refusal error={change.error} />}
        <Button
          type="submit"
          look="primary"
          isWide
          busy={change.isPending ? t("common.saving") : null}
        >
          {t("common.save")}
        </Button>
        <Button isWide isDisabled={change.isPending} onPress={onClose}>
          {t("common.cancel")}
        </Button>
      </AttemptForm>
    </Ask>
  );
}
