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
export type Me = Answer<"/v1/me", "get", 200>;
export type SignedIn = Answer<"/v1/sessions", "post", 201>;
