import type { Permission } from "../../api/types";

/**
 * Everything that there is, in groups as people think of it. A permission that is missing here would be one that nobody
 * can see in a role; the type makes that an error.
 */
const GROUP_OF = {
  "read-patients": "patients",
  "read-clinical-fields": "patients",
  "read-appointments": "appointments",
  "book-appointments": "appointments",
  "cancel-appointments": "appointments",
  "manage-hours": "appointments",
  "read-members": "team",
  "manage-members": "team",
  "manage-roles": "team",
  "read-accounts": "platform",
  "manage-accounts": "platform",
  "read-system-status": "platform",
  "manage-settings": "platform",
  "read-own-account": "own",
  "manage-own-account": "own",
  "manage-own-health": "own",
  "list-own-appointments": "own",
  "enrol-own-factor": "own",
  "pass-second-factor": "own",
  "remove-own-factor": "own",
  "sign-out": "own",
} as const satisfies Record<Permission, string>;

export type Group = (typeof GROUP_OF)[Permission];

/** What everybody may do with their own account is no decision, and so no checkbox. */
export const GROUPS = ["patients", "appointments", "team", "platform"] as const;

export function grouped(
  permissions: readonly Permission[],
): readonly (readonly [(typeof GROUPS)[number], readonly Permission[]])[] {
  const known = Object.keys(GROUP_OF) as Permission[];
  return GROUPS.map(
    (group) =>
      [group, known.filter((one) => GROUP_OF[one] === group && permissions.includes(one))] as const,
  ).filter(([, some]) => some.length > 0);
}

export const isOwn = (permission: Permission): boolean => GROUP_OF[permission] === "own";
