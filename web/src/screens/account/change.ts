import { useMutation, useQueryClient } from "@tanstack/react-query";
import { changeMe } from "../../api/inside/account";
import { meQuery } from "../../api/queries";
import type { Session } from "../../api/session";
import type { Changes, Me } from "../../api/types";

/** Saves what was changed of the account, and shows it everywhere at once. */
export function useChange(session: Session) {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: (changes: Changes): Promise<Me> => changeMe(changes),
    onSuccess: (me) => {
      queries.setQueryData(meQuery(session.user).queryKey, me);
    },
  });
}
