import type { paths } from "../api";

type Json<R> = R extends { content: { "application/json": infer T } } ? T : never;
type Answer<
  P extends keyof paths,
  M extends keyof paths[P],
  S extends number,
> = paths[P][M] extends {
  responses: Record<S, infer R>;
}
  ? Json<R>
  : never;

export type Clinic = Answer<"/v1/clinics/{clinic}", "get", 200>;
export type Provider = Answer<"/v1/clinics/{clinic}/providers/{provider}", "get", 200>;
export type Service = Answer<"/v1/clinics/{clinic}/services/{service}", "get", 200>;
export type Availability = Answer<
  "/v1/clinics/{clinic}/providers/{provider}/availability",
  "get",
  200
>;
export type Day = Availability["days"][number];
export type Time = Day["times"][number];
export type Appointment = Answer<"/v1/clinics/{clinic}/appointments/{appointment}", "get", 200>;
export type SignedIn = Answer<"/v1/sessions", "post", 201>;
export type Role = SignedIn["role"];
export type Permission = SignedIn["permissions"][number];
export type Method = SignedIn["second_factors"][number];
export type Me = Answer<"/v1/me", "get", 200>;
export type Changes = paths["/v1/me"]["patch"]["requestBody"]["content"]["application/json"];
export type Membership = Me["memberships"][number];
export type Health = Answer<"/v1/me/health", "get", 200>;
export type Factors = Answer<"/v1/me/factors", "get", 200>;
export type Enrolled = Answer<"/v1/me/factors/totp", "put", 200>;
export type Device = Answer<"/v1/me/sessions", "get", 200>["items"][number];
export type Member = Answer<"/v1/clinics/{clinic}/members", "get", 200>["items"][number];
export type Invitation = Answer<"/v1/clinics/{clinic}/invitations", "post", 201>;
export type Roles = Answer<"/v1/clinics/{clinic}/roles", "get", 200>;
export type ClinicRole = Roles["items"][number];
export type Patient = Answer<"/v1/clinics/{clinic}/patients/{patient}", "get", 200>;
export type Account = Answer<"/v1/accounts/{user}", "get", 200>;
export type AccountFilter = Required<
  Pick<NonNullable<paths["/v1/accounts"]["get"]["parameters"]["query"]>, "group" | "state">
>;
export type Settings = Answer<"/v1/settings", "get", 200>;
export type NewSettings =
  paths["/v1/settings"]["put"]["requestBody"]["content"]["application/json"];
export type IdentityProvider = Settings["identity_providers"][number];
export type NewIdentityProvider = NonNullable<NewSettings["identity_providers"]>[number];
export type SystemStatus = Answer<"/admin/system-status", "get", 200>;
