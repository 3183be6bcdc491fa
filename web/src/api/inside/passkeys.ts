import { answer, api } from "../client";
import { thisDevice } from "../device";
import { startSession } from "../session";
import { fromBase64Url, toBase64Url } from "./base64url";

export interface Challenge {
  readonly challenge: string;
  readonly rp_id: string;
  readonly credentials?: readonly string[];
}

/** What the API checks: everything in base64url. */
export interface Assertion {
  readonly credential: string;
  readonly client_data: string;
  readonly authenticator_data: string;
  readonly signature: string;
  readonly user_handle?: string;
}

export async function showPasskey(
  { challenge, rp_id, credentials = [] }: Challenge,
  options: Pick<CredentialRequestOptions, "mediation" | "signal"> = {},
): Promise<Assertion> {
  const credential = await navigator.credentials.get({
    ...options,
    publicKey: {
      challenge: fromBase64Url(challenge),
      rpId: rp_id,
      userVerification: "required",
      allowCredentials: credentials.map((id) => ({ type: "public-key", id: fromBase64Url(id) })),
    },
  });
  if (
    !(credential instanceof PublicKeyCredential) ||
    !(credential.response instanceof AuthenticatorAssertionResponse)
  ) {
    throw new DOMException("no passkey was shown", "NotAllowedError");
  }
  const { clientDataJSON, authenticatorData, signature, userHandle } = credential.response;
  return {
    credential: toBase64Url(credential.rawId),
    client_data: toBase64Url(clientDataJSON),
    authenticator_data: toBase64Url(authenticatorData),
    signature: toBase64Url(signature),
    ...(userHandle === null ? {} : { user_handle: toBase64Url(userHandle) }),
  };
}

export async function signInWithPasskey(
  options: Pick<CredentialRequestOptions, "mediation" | "signal"> = {},
): Promise<void> {
  const challenge = await answer(api.POST("/v1/passkey-challenges"));
  const assertion = await showPasskey(challenge, options);
  const body = { ...assertion, device: thisDevice() };
  startSession(await answer(api.POST("/v1/sessions/passkey", { body })));
}
