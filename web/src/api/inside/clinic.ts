import { queryOptions } from "@tanstack/react-query";
import { answer, api, asIntent } from "../client";
import { allPages } from "../queries";
import type { ClinicRole, Invitation, Member, Patient, Permission, Role, Roles } from "../types";

export const membersQuery = (clinic: string) =>
  queryOptions({
    queryKey: ["mine", "clinic", clinic, "members"],
    queryFn: ({ signal }): Promise<readonly Member[]> =>
      allPages((query) =>
        answer(
          api.GET("/v1/clinics/{clinic}/members", { params: { path: { clinic }, query }, signal }),
        ),
      ),
  });

/** A role of ours, or one that the clinic has defined, and for a practitioner as whom patients book them. */
export interface Position {
  readonly role?: Role;
  readonly custom_role?: string;
  readonly provider?: string;
}

export const changeMember = (
  clinic: string,
  user: string,
  body: Position & { readonly active?: boolean },
): Promise<Member> =>
  answer(
    api.PATCH("/v1/clinics/{clinic}/members/{user}", { params: { path: { clinic, user } }, body }),
  );

export const invitationsQuery = (clinic: string) =>
  queryOptions({
    queryKey: ["mine", "clinic", clinic, "invitations"],
    queryFn: ({ signal }): Promise<readonly Invitation[]> =>
      allPages((query) =>
        answer(
          api.GET("/v1/clinics/{clinic}/invitations", {
            params: { path: { clinic }, query },
            signal,
          }),
        ),
      ),
  });

export const invite = (
  clinic: string,
  body: Position & { readonly email: string },
): Promise<Invitation> =>
  asIntent(["invite", clinic, JSON.stringify(body)].join("/"), (headers) =>
    answer(
      api.POST("/v1/clinics/{clinic}/invitations", { params: { path: { clinic } }, body, headers }),
    ),
  );

export const withdrawInvitation = (clinic: string, invitation: string) =>
  answer(
    api.DELETE("/v1/clinics/{clinic}/invitations/{invitation}", {
      params: { path: { clinic, invitation } },
    }),
  );

export const rolesQuery = (clinic: string) =>
  queryOptions({
    queryKey: ["mine", "clinic", clinic, "roles"],
    queryFn: ({ signal }): Promise<Roles> =>
      answer(api.GET("/v1/clinics/{clinic}/roles", { params: { path: { clinic } }, signal })),
  });

export interface RoleDraft {
  readonly name: string;
  readonly permissions: readonly Permission[];
}

export function saveRole(clinic: string, id: string | null, draft: RoleDraft): Promise<ClinicRole> {
  const body = { name: draft.name, permissions: [...draft.permissions] };
  if (id !== null) {
    return answer(
      api.PUT("/v1/clinics/{clinic}/roles/{role}", {
        params: { path: { clinic, role: id } },
        body,
      }),
    );
  }
  return asIntent(["role", clinic, JSON.stringify(body)].join("/"), (headers) =>
    answer(api.POST("/v1/clinics/{clinic}/roles", { params: { path: { clinic } }, body, headers })),
  );
}

export const deleteRole = (clinic: string, role: string) =>
  answer(api.DELETE("/v1/clinics/{clinic}/roles/{role}", { params: { path: { clinic, role } } }));

export const patientQuery = (clinic: string, patient: string) =>
  queryOptions({
    queryKey: ["mine", "clinic", clinic, "patient", patient],
    queryFn: ({ signal }): Promise<Patient> =>
      answer(
        api.GET("/v1/clinics/{clinic}/patients/{patient}", {
          params: { path: { clinic, patient } },
          signal,
        }),
      ),
  });
