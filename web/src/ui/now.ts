import { useSyncExternalStore } from "react";
import { now } from "../time/clock";

const MINUTE = 60_000;

function subscribe(listener: () => void): () => void {
  const timer = setInterval(listener, MINUTE / 4);
  return () => {
    clearInterval(timer);
  };
}

/** The current minute: a page that stays open all night still knows which appointments are over. */
export const useNow = (): number =>
  useSyncExternalStore(subscribe, () => Math.floor(now() / MINUTE) * MINUTE);
