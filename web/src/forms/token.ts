import { useEffect, useState } from "react";
import { tokenIn } from "../next";

/** The secret of the link that led here, gone from the address bar and the history as soon as it is read. */
export function useLinkToken(): string | null {
  const [token] = useState(() => tokenIn(location.hash));
  useEffect(() => {
    if (location.hash === "") return;
    history.replaceState(history.state, "", location.pathname + location.search);
  }, []);
  return token;
}
