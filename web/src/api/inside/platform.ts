import { infiniteQueryOptions, queryOptions } from "@tanstack/react-query";
import { answer, api, asSecretIntent } from "../client";
import type { Account, AccountFilter, NewSettings, Settings, SystemStatus } from "../types";

const PAGE = 20;

/** Page by page: nobody reads thousands of accounts, and one that is wanted is found by its address. */
export const accountsQuery = ({ group, state }: AccountFilter) =>
  infiniteQueryOptions({
    queryKey: ["mine", "platform", "accounts", group, state],
    initialPageParam: null as string | null,
    queryFn: ({ pageParam: after, signal }) =>
      answer(
        api.GET("/v1/accounts", {
          params: { query: { group, state, limit: PAGE, ...(after === null ? {} : { after }) } },
          signal,
        }),
      ),
    getNextPageParam: ({ next }) => next,
  });

export const foundQuery = (email: string) =>
  queryOptions({
    queryKey: ["mine", "platform", "accounts", "found", email],
    queryFn: async ({ signal }): Promise<readonly Account[]> =>
      (await answer(api.POST("/v1/account-searches", { body: { email }, signal }))).items,
  });

export const accountQuery = (user: string) =>
  queryOptions({
    queryKey: ["mine", "platform", "accounts", "one", user],
    queryFn: ({ signal }): Promise<Account> =>
      answer(api.GET("/v1/accounts/{user}", { params: { path: { user } }, signal })),
  });

export interface AccountChange {
  readonly active?: boolean;
  /** For somebody who has lost them, and has shown in another way who they are. */
  readonly clear_factors?: true;
  readonly leaves_platform?: true;
}

export const changeAccount = (user: string, body: AccountChange): Promise<Account> =>
  answer(api.PATCH("/v1/accounts/{user}", { params: { path: { user } }, body }));

const STATUS_MS = 30_000;

export const statusQuery = queryOptions({
  queryKey: ["mine", "platform", "status"],
  refetchInterval: STATUS_MS,
  queryFn: ({ signal }): Promise<SystemStatus> =>
    answer(api.GET("/admin/system-status", { signal })),
});

/** The settings, and which version of them: whoever changes them says which ones they have seen. */
export interface Seen {
  readonly settings: Settings;
  readonly version: string;
}

type Call = Promise<{ data?: Settings; error?: unknown; response: Response }>;

async function seen(call: Call): Promise<Seen> {
  const settings = await answer(call);
  return { settings, version: (await call).response.headers.get("etag") ?? "" };
}

/** Read anew whenever the screen opens, and then left alone: nothing changes under the hands of whoever is typing. */
export const seenSettingsQuery = queryOptions({
  queryKey: ["mine", "platform", "settings"],
  queryFn: ({ signal }) => seen(api.GET("/v1/settings", { cache: "no-cache", signal })),
  staleTime: Infinity,
  gcTime: 0,
  refetchOnMount: "always",
  refetchOnWindowFocus: false,
  refetchOnReconnect: false,
});

export const changeSettings = ({ version }: Seen, body: NewSettings): Promise<Seen> =>
  asSecretIntent(JSON.stringify(["settings", version, body]), (headers) =>
    seen(api.PUT("/v1/settings", { body, headers: { ...headers, "If-Match": version } })),
  );
