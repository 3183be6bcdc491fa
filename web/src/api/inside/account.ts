import { queryOptions } from "@tanstack/react-query";
import { answer, api, asIntent, asSecretIntent } from "../client";
import { Problem } from "../problem";
import { startSession } from "../session";
import type { Changes, Device, Health, Me, Membership } from "../types";

/** Only what was changed is sent: two devices that change different things do not undo each other. */
export const changeMe = (body: Changes): Promise<Me> => answer(api.PATCH("/v1/me", { body }));

const PICTURE_FRESH_MS = 5 * 60_000;

/** What somebody looks like: a square JPEG in base64, or nothing. */
export const pictureQuery = (user: string) =>
  queryOptions({
    queryKey: ["mine", user, "picture"],
    staleTime: PICTURE_FRESH_MS,
    queryFn: async ({ signal }): Promise<string | null> => {
      try {
        return (await answer(api.GET("/v1/me/picture", { signal }))).jpeg;
      } catch (error) {
        if (error instanceof Problem && error.status === 404) return null;
        throw error;
      }
    },
  });

export const setPicture = async (image: string): Promise<string> =>
  (await answer(api.PUT("/v1/me/picture", { body: { image } }))).jpeg;

export const removePicture = () => answer(api.DELETE("/v1/me/picture"));

export const healthQuery = (user: string) =>
  queryOptions({
    queryKey: ["mine", user, "health"],
    queryFn: ({ signal }): Promise<Health> => answer(api.GET("/v1/me/health", { signal })),
  });

export const changeHealth = (body: Health): Promise<Health> =>
  answer(api.PUT("/v1/me/health", { body }));

export const changePassword = (current: string, password: string) =>
  asSecretIntent(JSON.stringify(["password", current, password]), (headers) =>
    answer(api.PUT("/v1/me/password", { body: { current, password }, headers })),
  );

/** Whoever has a second factor, or no password, shows in another way that it is they. */
export const closeAccount = (password: string | undefined) =>
  answer(api.POST("/v1/me/closure", { body: password === undefined ? {} : { password } }));

export async function actAs({ role, clinic }: Pick<Membership, "role" | "clinic">): Promise<void> {
  const body = { role, ...(clinic ? { clinic } : {}) };
  startSession(await answer(api.PUT("/v1/me/membership", { body })));
}

export const devicesQuery = (user: string) =>
  queryOptions({
    queryKey: ["mine", user, "devices"],
    queryFn: async ({ signal }): Promise<readonly Device[]> =>
      (await answer(api.GET("/v1/me/sessions", { signal }))).items,
  });

export const endDevice = (session: string) =>
  asIntent(`end/${session}`, () =>
    answer(api.DELETE("/v1/me/sessions/{session}", { params: { path: { session } } })),
  );

export const endOtherDevices = () => answer(api.DELETE("/v1/me/sessions"));
