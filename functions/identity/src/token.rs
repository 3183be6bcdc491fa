//! Access tokens (ID-20): what they say and how they are signed.

use base64::{Engine as _, prelude::BASE64_STANDARD};
use jiff::SignedDuration;
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use kernel::{Caller, Fault, Id, Problem, Status, Timestamp, kind};
use runtime::{Audience, Cx, Setting};
use serde::Serialize;
use store::{Shared, Stored};

use crate::signing_key::{PURPOSE, SigningKey, signing};

/// For how long a token is good.
pub(crate) const LIFE: SignedDuration = SignedDuration::from_mins(15);

/// For how long a process goes by the keys that it read. A new key is published for hours before it signs,
/// so it is never missed.
const KEYS_LIFE: SignedDuration = SignedDuration::from_mins(5);

/// The claims of an access token (RFC 7519, RFC 9068).
#[derive(Serialize)]
struct Claims<'a> {
    iss: &'a str,
    aud: &'a str,
    jti: Id<kind::Token>,
    iat: i64,
    exp: i64,
    #[serde(flatten)]
    caller: &'a Caller,
}

/// No key, or none that can be used.
#[derive(Debug, thiserror::Error)]
#[error("no usable signing key")]
struct NoKey;

impl Fault for NoKey {
    fn status(&self) -> Status {
        Status::Unavailable
    }
    fn code(&self) -> &'static str {
        "UNAVAILABLE"
    }
    fn retry_after(&self) -> Option<u32> {
        Some(5)
    }
}

/// The keys as this process read them last.
struct Known {
    at: Timestamp,
    keys: Vec<SigningKey>,
}

/// The key that this process used last, so that KMS is asked once and not at every sign-in.
struct Opened {
    kid: String,
    key: EncodingKey,
}

/// Sign a token for the caller.
pub(crate) async fn issue<A: Audience>(cx: &Cx<'_, A>, caller: &Caller) -> Result<String, Problem> {
    let known = match cx.host.kept::<Known>() {
        Some(known) if cx.now.duration_since(known.at).abs() < KEYS_LIFE => known,
        _ => {
            let (range, page) = SigningKey::newest();
            let listing = cx.store.list(Shared, range, page).await?;
            let keys: Vec<_> = listing.items.into_iter().map(Stored::into_inner).collect();
            // None at all is worth another look at the next request.
            let at = if keys.is_empty() { Timestamp::MIN } else { cx.now };
            cx.host.keep(Known { at, keys })
        }
    };
    let key = signing(&known.keys, cx.now).ok_or(NoKey)?;
    let opened = match cx.host.kept::<Opened>() {
        Some(opened) if opened.kid == key.kid => opened,
        _ => {
            let private = cx.host.vault().await.unseal(PURPOSE, key.sealed_bytes()).await?;
            let pem = format!(
                "-----BEGIN PRIVATE KEY-----\n{}\n-----END PRIVATE KEY-----\n",
                BASE64_STANDARD.encode(private)
            );
            let secret = EncodingKey::from_rsa_pem(pem.as_bytes()).map_err(|_| NoKey)?;
            cx.host.keep(Opened { kid: key.kid.clone(), key: secret })
        }
    };
    let seconds = |at: Timestamp| at.as_second();
    let claims = Claims {
        iss: cx.host.setting(Setting::Issuer),
        aud: cx.host.setting(Setting::Audience),
        jti: cx.id(),
        iat: seconds(cx.now),
        exp: seconds(cx.now + LIFE),
        caller,
    };
    let header = Header { kid: Some(opened.kid.clone()), ..Header::new(Algorithm::RS256) };
    Ok(jsonwebtoken::encode(&header, &claims, &opened.key).map_err(|_| NoKey)?)
}
