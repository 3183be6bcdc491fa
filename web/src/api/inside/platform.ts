import { queryOptions } from "@tanstack/react-query";
import { answer, api } from "../client";
import type { Account, SystemStatus } from "../types";

export const accountsQuery = (email: string) =>
  queryOptions({
    queryKey: ["mine", "platform", "accounts", email],
    queryFn: async ({ signal }): Promise<readonly Account[]> =>
      (await answer(api.POST("/v1/account-searches", { body: { email }, signal }))).items,
  });

export const setActive = (user: string, active: boolean): Promise<Account> =>
  answer(api.PATCH("/v1/accounts/{user}", { params: { path: { user } }, body: { active } }));

/** For somebody who has lost them, and has shown in another way who they are. */
export const clearFactors = (user: string): Promise<Account> =>
  answer(
    api.PATCH("/v1/accounts/{user}", { params: { path: { user } }, body: { clear_factors: true } }),
  );

const STATUS_MS = 30_000;

export const statusQuery = queryOptions({
  queryKey: ["mine", "platform", "status"],
  refetchInterval: STATUS_MS,
  queryFn: ({ signal }): Promise<SystemStatus> =>
    answer(api.GET("/admin/system-status", { signal })),
});
