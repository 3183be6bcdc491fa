import { queryOptions } from "@tanstack/react-query";
import { answer, api } from "../client";
import { startSession } from "../session";
import type { Enrolled, Factors, Method } from "../types";
import { fromBase64Url, toBase64Url } from "./base64url";
import { type Challenge, showPasskey } from "./passkeys";

export const factorsQuery = (user: string) =>
  queryOptions({
    queryKey: ["mine", user, "factors"],
    queryFn: ({ signal }): Promise<Factors> => answer(api.GET("/v1/me/factors", { signal })),
  });

export type CodeMethod = Exclude<Method, "passkey">;

export async function showCode(method: CodeMethod, code: string): Promise<void> {
  startSession(await answer(api.POST("/v1/me/second-factor", { body: { method, code } })));
}

/** The last digits of the number that the code is on its way to. */
export async function sendCode(): Promise<string | null> {
  const reply = await answer(
    api.POST("/v1/me/second-factor/challenges", { body: { method: "sms" } }),
  );
  return reply.phone_ending ?? null;
}

export async function showOwnPasskey(): Promise<void> {
  const reply = await answer(
    api.POST("/v1/me/second-factor/challenges", { body: { method: "passkey" } }),
  );
  const { challenge, rp_id, credentials } = reply;
  const asked: Challenge = {
    challenge: challenge ?? "",
    rp_id: rp_id ?? location.hostname,
    credentials,
  };
  const body = { method: "passkey" as const, ...(await showPasskey(asked)) };
  startSession(await answer(api.POST("/v1/me/second-factor", { body })));
}

/*
 * Whoever adds a factor has shown it, too, and the answer carries the session that goes on with it. It is begun by the
 * screen, once the recovery codes have been seen: on the way in a session that is whole leads to the next screen.
 */

export const beginTotp = () => answer(api.POST("/v1/me/factors/totp"));

export const confirmTotp = (code: string): Promise<Enrolled> =>
  answer(api.PUT("/v1/me/factors/totp", { body: { code } }));

export const beginPhone = (phone: string) =>
  answer(api.POST("/v1/me/factors/phone", { body: { phone } }));

export const confirmPhone = (code: string): Promise<Enrolled> =>
  answer(api.PUT("/v1/me/factors/phone", { body: { code } }));

export async function addPasskey(name: string): Promise<Enrolled> {
  const asked = await answer(api.POST("/v1/me/passkey-challenges"));
  const credential = await navigator.credentials.create({
    publicKey: {
      challenge: fromBase64Url(asked.challenge),
      rp: asked.rp,
      user: {
        id: fromBase64Url(asked.user.id),
        name: asked.user.name,
        displayName: asked.user.display_name,
      },
      pubKeyCredParams: asked.algorithms.map((alg) => ({ type: "public-key", alg })),
      excludeCredentials: asked.exclude.map((id) => ({
        type: "public-key",
        id: fromBase64Url(id),
      })),
      // Found by the browser without an e-mail address, and never without its owner's finger, face or PIN.
      authenticatorSelection: {
        residentKey: "required",
        requireResidentKey: true,
        userVerification: "required",
      },
      attestation: "none",
    },
  });
  if (
    !(credential instanceof PublicKeyCredential) ||
    !(credential.response instanceof AuthenticatorAttestationResponse)
  ) {
    throw new DOMException("no passkey was made", "NotAllowedError");
  }
  const body = {
    name,
    credential: toBase64Url(credential.rawId),
    client_data: toBase64Url(credential.response.clientDataJSON),
    attestation: toBase64Url(credential.response.attestationObject),
  };
  return answer(api.POST("/v1/me/passkeys", { body }));
}

export const removeFactor = (factor: string) =>
  answer(api.DELETE("/v1/me/factors/{factor}", { params: { path: { factor } } }));

export const newRecoveryCodes = async (): Promise<readonly string[]> =>
  (await answer(api.POST("/v1/me/recovery-codes"))).recovery_codes;
