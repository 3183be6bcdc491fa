import { useEffect, useEffectEvent, useRef, useState } from "react";
import { isDeclined, offersPasskeys } from "../api/device";
import type { signInWithPasskey } from "../api/inside/passkeys";
import { hasCode } from "../api/problem";

/** Before the challenge runs out, the browser's list of passkeys is opened with a new one. */
const OFFER_MS = 4 * 60_000;

/** Fetched where it is used: most who sign in have none. */
const showPasskey: typeof signInWithPasskey = async (options) =>
  (await import("../api/inside/passkeys")).signInWithPasskey(options);

/**
 * Passkeys on the sign-in page: offered by the browser at the e-mail field for as long as the page is open, and behind
 * a button. A browser holds one such request at a time, so the button takes the place of the offer.
 */
export function usePasskeySignIn(onSignedIn: () => Promise<void>) {
  const [round, setRound] = useState(0);
  const [error, setError] = useState<unknown>(null);
  const [isPending, setPending] = useState(false);
  const offer = useRef<AbortController | null>(null);
  const leadOn = useEffectEvent(onSignedIn);

  useEffect(() => {
    const over = new AbortController();
    offer.current = over;
    const again = () => {
      if (!over.signal.aborted) setRound((n) => n + 1);
    };
    const keepOffering = async () => {
      if (!(await offersPasskeys()) || over.signal.aborted) return;
      const until = AbortSignal.any([over.signal, AbortSignal.timeout(OFFER_MS)]);
      try {
        await showPasskey({ mediation: "conditional", signal: until });
        await leadOn();
      } catch (refusal) {
        // That the offer could not be made is nobody's concern; that a passkey was refused is.
        const isRefused = hasCode(refusal, "PASSKEY_REFUSED");
        if (isRefused) setError(refusal);
        if (isRefused || (isDeclined(refusal) && until.aborted)) again();
      }
    };
    void keepOffering();
    return () => {
      over.abort();
    };
  }, [round]);

  const signIn = async () => {
    if (isPending) return;
    offer.current?.abort();
    setError(null);
    setPending(true);
    try {
      await showPasskey();
      await onSignedIn();
    } catch (refusal) {
      if (!isDeclined(refusal)) setError(refusal);
      setRound((n) => n + 1);
    } finally {
      setPending(false);
    }
  };

  return { error, isPending, signIn };
}
