export { MembersScreen } from "./members";
export { InvitationsScreen } from "./invitations";
export { RolesScreen } from "./roles";
export { PatientScreen } from "./patient";
