import { createRemoteJWKSet, errors, jwtVerify } from "jose";
import { describe, expect, test } from "vitest";
import { Caller, demo, demoSignIn, get } from "./support";

interface Discovery {
  readonly issuer: string;
  readonly jwks_uri: string;
}

const AUDIENCE = "careplane-api";
const discovery = await get<Discovery>("/.well-known/openid-configuration");

/** The keys are where the discovery document says, which names the platform as the world reaches it. */
const keys = createRemoteJWKSet(new URL(new URL(discovery.jwks_uri).pathname, demo.base_url));

describe("an access token, verified by a library that knows nothing of us", () => {
  test("is signed with a published key, by our issuer, for our API, for a quarter of an hour", async () => {
    const { token } = await Caller.register();
    const { payload, protectedHeader } = await jwtVerify(token, keys, {
      issuer: discovery.issuer,
      audience: AUDIENCE,
      algorithms: ["RS256"],
    });
    expect(protectedHeader.kid).toMatch(/\S/);
    expect(payload.sub).toMatch(/^usr_/);
    expect((payload.exp ?? 0) - (payload.iat ?? 0)).toBe(900);
    expect(payload).toMatchObject({ role: "patient" });
  });

  test("of staff says that more than one factor was shown", async () => {
    const { token } = await Caller.signIn(demoSignIn("nurse"));
    const { payload } = await jwtVerify(token, keys, {
      issuer: discovery.issuer,
      audience: AUDIENCE,
    });
    expect(payload.amr).toContain("mfa");
    expect(String(payload.scope).split(" ")).toContain("read-clinical-fields");
  });

  test("is worthless for another audience, or once it was tampered with", async () => {
    const { token } = await Caller.register();
    await expect(
      jwtVerify(token, keys, { issuer: discovery.issuer, audience: "somebody-else" }),
    ).rejects.toBeInstanceOf(errors.JWTClaimValidationFailed);
    const [header, payload = "", signature] = token.split(".");
    const claims = JSON.parse(Buffer.from(payload, "base64url").toString()) as object;
    const forged = Buffer.from(JSON.stringify({ ...claims, role: "operator" }));
    await expect(
      jwtVerify([header, forged.toString("base64url"), signature].join("."), keys),
    ).rejects.toBeInstanceOf(errors.JWSSignatureVerificationFailed);
  });
});
