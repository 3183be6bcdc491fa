use std::collections::BTreeSet;

use base64::{Engine as _, prelude::*};
use jiff::SignedDuration;
use jsonwebtoken::jwk::JwkSet;
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation};
use kernel::Role;
use serde_json::{Value, json};
use testkit::{Answer, ORIGIN, TestPlatform, demo};

use crate::common::*;
use crate::ready::*;

async fn key_set(platform: &TestPlatform) -> JwkSet {
    let discovery =
        platform.anyone().http("GET", "/.well-known/openid-configuration", "", &[]).await.granted(200);
    assert_eq!(discovery["issuer"], ORIGIN);
    let path = text(&discovery["jwks_uri"]).strip_prefix(ORIGIN).expect("our own").to_owned();
    let keys = platform.anyone().http("GET", &path, "", &[]).await;
    assert_eq!(keys.header("cache-control"), "public, max-age=300");
    serde_json::from_value(keys.granted(200)).expect("a key set")
}

/// What any standard library makes of a token. The clock of the test is not the machine's.
fn verify(token: &str, keys: &JwkSet) -> Result<Value, String> {
    let header = jsonwebtoken::decode_header(token).map_err(|error| error.to_string())?;
    let key = keys.find(&header.kid.ok_or("no kid")?).ok_or("no such key")?;
    let mut validation = Validation::new(Algorithm::RS256);
    validation.set_issuer(&[ORIGIN]);
    validation.set_audience(&["careplane-api"]);
    validation.set_required_spec_claims(&["exp", "iss", "aud", "sub"]);
    validation.validate_exp = false;
    let key = DecodingKey::from_jwk(key).map_err(|error| error.to_string())?;
    Ok(jsonwebtoken::decode(token, &key, &validation).map_err(|error| error.to_string())?.claims)
}

async fn me(platform: &TestPlatform, token: &str) -> Answer {
    platform.anyone().http("GET", "/v1/me", "", &[("authorization", &format!("Bearer {token}"))]).await
}

#[tokio::test]
async fn a_token_says_who_may_what_and_is_verified_with_the_published_keys() {
    let platform = TestPlatform::open().await;
    let keys = key_set(&platform).await;
    let ada = verify(&platform.patient(1).token().await, &keys).unwrap();
    insta::assert_json_snapshot!(ada, { ".jti" => "[tok]", ".sid" => "[ses]" }, @r#"
    {
      "amr": [
        "pwd"
      ],
      "aud": "careplane-api",
      "exp": 1803888840,
      "iat": 1803887940,
      "iss": "http://127.0.0.1:8080",
      "jti": "[tok]",
      "patient": "pat_01900000000070008000000000000001",
      "role": "patient",
      "scope": "sign-out pass-second-factor enrol-own-factor remove-own-factor read-own-account manage-own-account manage-own-health list-own-appointments read-appointments book-appointments cancel-appointments read-patients read-clinical-fields",
      "sid": "[ses]",
      "sub": "usr_01900000000070008000000000000001"
    }
    "#);
    let desk = verify(&platform.as_role(Role::Receptionist).token().await, &keys).unwrap();
    insta::assert_json_snapshot!(desk, { ".jti" => "[tok]", ".sid" => "[ses]" }, @r#"
    {
      "amr": [
        "pwd",
        "otp",
        "mfa"
      ],
      "aud": "careplane-api",
      "clinic": "cln_01900000000070008000000000000001",
      "exp": 1803888840,
      "iat": 1803887940,
      "iss": "http://127.0.0.1:8080",
      "jti": "[tok]",
      "role": "receptionist",
      "scope": "sign-out pass-second-factor enrol-own-factor remove-own-factor read-own-account manage-own-account read-appointments book-appointments cancel-appointments read-patients",
      "second_factor_at": "2027-03-01T07:59:00Z",
      "sid": "[ses]",
      "sub": "usr_01900000000070008000000000000067"
    }
    "#);
    assert_eq!(ada["exp"].as_i64().unwrap() - ada["iat"].as_i64().unwrap(), 900);
}

#[tokio::test]
async fn the_published_keys_are_public_halves_alone() {
    let platform = TestPlatform::open().await;
    let keys = platform.anyone().call("get-signing-keys", json!({})).await.granted(200);
    for key in keys["keys"].as_array().unwrap() {
        let names: BTreeSet<_> = key.as_object().unwrap().keys().map(String::as_str).collect();
        assert_eq!(names, ["alg", "e", "kid", "kty", "n", "use"].into());
    }
}

#[tokio::test]
async fn a_token_is_good_for_a_quarter_of_an_hour_by_the_clock() {
    let platform = TestPlatform::open().await;
    platform.pass(SignedDuration::from_mins(10));
    let token = platform.patient(1).token().await;
    platform.pass(SignedDuration::from_secs(899));
    me(&platform, &token).await.granted(200);
    platform.pass(SignedDuration::from_secs(1));
    let refused = me(&platform, &token).await;
    assert_eq!(refused.header("www-authenticate"), "Bearer");
    refused.refused(401, "UNAUTHENTICATED");
}

#[tokio::test]
async fn tokens_from_before_and_after_a_rotation_are_good() {
    let platform = TestPlatform::open().await;
    let kid = |token: &str| jsonwebtoken::decode_header(token).unwrap().kid.unwrap();
    let first = kid(&platform.patient(1).token().await);
    let rotate = async || platform.deliver("rotate-signing-key", &json!({})).await.unwrap();

    platform.pass(SignedDuration::from_hours(24 * 30 - 1));
    rotate().await;
    assert_eq!(key_set(&platform).await.keys.len(), 1, "not due yet");
    platform.pass(SignedDuration::from_hours(1));
    rotate().await;
    rotate().await;
    assert_eq!(key_set(&platform).await.keys.len(), 2, "made once");

    // Published at once, used three hours later.
    platform.pass(SignedDuration::from_mins(179));
    let before = platform.patient(1).token().await;
    assert_eq!(kid(&before), first);
    platform.pass(SignedDuration::from_mins(10));
    let after = platform.patient(1).token().await;
    assert_ne!(kid(&after), first);
    let keys = key_set(&platform).await;
    for token in [&before, &after] {
        verify(token, &keys).unwrap();
        me(&platform, token).await.granted(200);
    }

    // Two rotations later nobody has to know the first key any more.
    for _ in 0..2 {
        platform.pass(SignedDuration::from_hours(24 * 30));
        rotate().await;
    }
    let keys = key_set(&platform).await;
    assert_eq!((keys.keys.len(), keys.find(&first).is_none()), (3, true));
    verify(&platform.patient(1).token().await, &keys).unwrap();
}

#[tokio::test]
async fn without_a_signing_key_nobody_signs_in_and_everybody_is_told_to_wait() {
    let platform = TestPlatform::open_empty().await;
    let fields =
        json!({ "email": "a@example.org", "password": "a password", "given_name": "A", "family_name": "B" });
    platform.anyone().call("register-patient", fields).await.granted(202);
    let link = platform.link("a@example.org").await;
    platform
        .anyone()
        .call("verify-email", json!({ "token": link, "password": "a password" }))
        .await
        .granted(200);
    let session = json!({ "email": "a@example.org", "password": "a password" });
    let answer = platform.anyone().call("sign-in", session.clone()).await;
    assert_eq!(answer.header("retry-after"), "5");
    answer.refused(503, "UNAVAILABLE");
    platform.deliver("rotate-signing-key", &json!({})).await.unwrap();
    platform.anyone().call("sign-in", session).await.granted(201);
}

#[tokio::test]
async fn only_our_own_tokens_open_the_door() {
    let platform = TestPlatform::open().await;
    let good = platform.patient(1).token().await;
    let header = jsonwebtoken::decode_header(&good).unwrap();
    let kid = header.kid.clone().unwrap();
    let now = platform.now().as_second();
    let claims = json!({
        "iss": ORIGIN, "aud": "careplane-api", "sub": "usr_01900000000070008000000000000001", "jti": "tok_1",
        "iat": now, "exp": now + 900, "role": "patient", "patient": demo::patient(1), "amr": ["pwd"],
        "sid": platform.patient(1).token_says().await["sid"], "scope": "read-own-account",
    });
    let [head, payload, signature]: [&str; 3] = good.split('.').collect::<Vec<_>>().try_into().unwrap();
    let base64 = |value: &Value| BASE64_URL_SAFE_NO_PAD.encode(value.to_string());
    let jwk = &platform.anyone().call("get-signing-keys", json!({})).await.granted(200)["keys"][0];
    let modulus = BASE64_URL_SAFE_NO_PAD.decode(text(&jwk["n"])).unwrap();
    let hs256 = |secret: &[u8]| {
        let header = Header { kid: Some(kid.clone()), ..Header::new(Algorithm::HS256) };
        jsonwebtoken::encode(&header, &claims, &EncodingKey::from_secret(secret)).unwrap()
    };
    let mut somebody_else: Value =
        serde_json::from_slice(&BASE64_URL_SAFE_NO_PAD.decode(payload).unwrap()).unwrap();
    somebody_else["patient"] = json!(demo::patient(2));
    let signed = async |claims: &Value| platform.sign(&header, claims).await;
    let with = |name: &str, value: Value| with(claims.clone(), name, value);

    // Our own signature on our own claims is the proof that each of the others fails for its own reason.
    me(&platform, &signed(&claims).await).await.granted(200);
    let forged = [
        ("empty", String::new()),
        ("not a token", "token".into()),
        ("three dots", "...".into()),
        ("without a signature", format!("{head}.{payload}.")),
        ("alg none", format!("{}.{payload}.", base64(&json!({ "alg": "none", "typ": "JWT", "kid": kid })))),
        (
            "alg None with our signature",
            format!("{}.{payload}.{signature}", base64(&json!({ "alg": "None", "kid": kid }))),
        ),
        ("HS256 with the modulus", hs256(&modulus)),
        ("HS256 with the key as published", hs256(text(&jwk["n"]).as_bytes())),
        ("HS256 with the whole key", hs256(jwk.to_string().as_bytes())),
        ("tampered payload", format!("{head}.{}.{signature}", base64(&somebody_else))),
        ("tampered signature", format!("{head}.{payload}.{}", &signature.chars().rev().collect::<String>())),
        (
            "a key of another name",
            platform.sign(&Header { kid: Some("tok_2".into()), ..header.clone() }, &claims).await,
        ),
        ("no name of a key", platform.sign(&Header { kid: None, ..header.clone() }, &claims).await),
        (
            "another algorithm",
            platform.sign(&Header { alg: Algorithm::RS512, ..header.clone() }, &claims).await,
        ),
        ("another issuer", signed(&with("iss", json!("https://evil.example"))).await),
        ("our issuer with a slash", signed(&with("iss", json!(format!("{ORIGIN}/")))).await),
        ("another audience", signed(&with("aud", json!("another-api"))).await),
        ("no audience", signed(&with("aud", Value::Null)).await),
        ("no issuer", signed(&with("iss", Value::Null)).await),
        ("expired", signed(&with("exp", json!(now))).await),
        ("without an end", signed(&with("exp", Value::Null)).await),
        ("issued tomorrow", signed(&with("iat", json!(now + 86_400))).await),
        ("not valid before tomorrow", signed(&with("nbf", json!(now + 86_400))).await),
        ("of the system", signed(&with("role", json!("system"))).await),
        ("of no role", signed(&with("role", Value::Null)).await),
        ("of an invented role", signed(&with("role", json!("owner"))).await),
        ("of no session", signed(&with("sid", Value::Null)).await),
        ("of a subject of another kind", signed(&with("sub", json!(demo::patient(1)))).await),
    ];
    let before = platform.dump_all().await;
    for (case, token) in forged {
        let answer = me(&platform, &token).await;
        assert_eq!(answer.status, 401, "{case}: {answer:#?}");
        answer.refused(401, "UNAUTHENTICATED");
    }
    // The same at every door, whoever it is for.
    let forged = [
        format!("{}.{payload}.", base64(&json!({ "alg": "none", "typ": "JWT", "kid": kid }))),
        hs256(&modulus),
        hs256(jwk.to_string().as_bytes()),
        format!("{head}.{}.{signature}", base64(&somebody_else)),
        signed(&with("aud", json!("another-api"))).await,
        signed(&with("iss", json!("https://evil.example"))).await,
        signed(&with("exp", json!(now))).await,
    ];
    let mut tried = 0;
    for (function, http) in guarded() {
        let method: &str = http.route.method.into();
        let path = http.route.path.replace(['{', '}'], "");
        for token in &forged {
            let bearer = format!("Bearer {token}");
            let answer = platform.anyone().http(method, &path, "{}", &[("authorization", &bearer)]).await;
            assert_eq!(answer.status, 401, "{function}: {answer:#?}");
            tried += 1;
        }
    }
    assert!(tried > 250, "{tried}");
    for scheme in ["Basic", "Digest", "Bearer Bearer"] {
        let header = format!("{scheme} {good}");
        let answer = platform.anyone().http("GET", "/v1/me", "", &[("authorization", &header)]).await;
        answer.refused(401, "UNAUTHENTICATED");
    }
    assert_eq!(platform.dump_all().await, before);
}

/// A session that has ended refreshes nothing, and nothing of the account's own is done with what is left of
/// its token. Elsewhere a token is good for the rest of its quarter of an hour, because looking would cost a
/// read at every request.
#[tokio::test]
async fn what_a_token_of_a_session_that_has_ended_still_opens() {
    let mut table = Vec::new();
    for (function, http) in guarded() {
        let platform = TestPlatform::open().await;
        let natural = natural(&platform, function, http).await;
        natural.token().await;
        let Ready { visitor, fields } = ready(&platform, natural, function).await;
        let session = visitor.token_says().await["sid"].clone();
        visitor.call("end-session", json!({ "session": session })).await.granted(200);
        let answer = visitor.call(function, fields).await;
        match http.audience {
            "personal" if answer.status != http.status => drop(answer.refused(401, "UNAUTHENTICATED")),
            _ => {
                table.push(function);
                answer.granted(http.status);
            }
        }
    }
    insta::assert_snapshot!(table.join("\n"), @"
    end-session
    invite-member
    list-invitations
    withdraw-invitation
    list-members
    change-member
    list-roles
    define-role
    change-role
    remove-role
    get-patient
    change-settings
    list-accounts
    get-account
    find-account
    change-account
    set-provider-hours
    book-appointment
    list-appointments
    get-appointment
    cancel-appointment
    get-system-status
    ");
}
