//! Access tokens (ID-20): what they say and how they are signed.

use std::sync::Arc;

use base64::{Engine as _, prelude::BASE64_STANDARD};
use jiff::SignedDuration;
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use kernel::{Caller, Fault, Id, Problem, Status, Timestamp, kind};
use runtime::{Audience, Cx, Setting};
use serde::Serialize;
use store::{Batch, Found, Shared, Stored, Wanted};

use crate::signing_key::{KeyRing, PURPOSE};

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
    ring: KeyRing,
}

/// Those of them that are recent enough to go by.
fn known<A: Audience>(cx: &Cx<'_, A>) -> Option<Arc<Known>> {
    cx.host.kept::<Known>().filter(|known| cx.now.duration_since(known.at).abs() < KEYS_LIFE)
}

fn learn<A: Audience>(cx: &Cx<'_, A>, ring: Option<Stored<KeyRing>>) -> Arc<Known> {
    // None at all is worth another look at the next request.
    let at = if ring.is_some() { cx.now } else { Timestamp::MIN };
    cx.host.keep(Known { at, ring: ring.map(Stored::into_inner).unwrap_or_default() })
}

/// The keys, as part of a batch that is read anyway, where this process does not know them.
pub(crate) struct Keys(Option<Wanted<KeyRing>>);

impl Keys {
    /// Also read them.
    pub(crate) fn want<A: Audience>(cx: &Cx<'_, A>, batch: &mut Batch<'_>) -> Self {
        Self(known(cx).is_none().then(|| batch.want(Shared, KeyRing::at())))
    }

    /// They have been read: keep them for the token that is to be signed.
    pub(crate) fn keep<A: Audience>(self, cx: &Cx<'_, A>, found: &mut Found) -> Result<(), Problem> {
        if let Some(wanted) = self.0 {
            learn(cx, found.take(&wanted)?);
        }
        Ok(())
    }
}

/// The key that this process used last, so that KMS is asked once and not at every sign-in.
struct Opened {
    kid: String,
    key: EncodingKey,
}

/// Sign a token for the caller.
pub(crate) async fn issue<A: Audience>(cx: &Cx<'_, A>, caller: &Caller) -> Result<String, Problem> {
    let known = match known(cx) {
        Some(known) => known,
        None => learn(cx, cx.store.get(Shared, KeyRing::at()).await?),
    };
    let key = known.ring.signing(cx.now).ok_or(NoKey)?;
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
