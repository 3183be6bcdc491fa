import type { Membership, Role } from "../../api/types";
import { t } from "../../i18n";

/** Ours under the name that the client's language has for it, a clinic's own under the name that it was given. */
export const roleName = ({ role, name }: { role: Role; name?: string | null }): string =>
  name && role === "staff" ? name : t(`role.${role}`);

export const membershipName = ({ role, role_name }: Membership): string =>
  roleName({ role, name: role_name });
