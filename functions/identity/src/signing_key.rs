//! The keys that sign tokens: which one signs, which ones are published. Pure.

use base64::{Engine as _, prelude::BASE64_URL_SAFE_NO_PAD};
use jiff::SignedDuration;
use kernel::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use store::{Entity, Key, Range, Shared};

/// What a sealed key is sealed for.
pub const PURPOSE: &str = "signing-key";

/// After this long a new key is made.
const LIFE: SignedDuration = SignedDuration::from_hours(24 * 30);

/// A new key is published this long before it signs, so that every verifier has fetched it by then.
/// Our key set may be kept for five minutes, and API Gateway keeps it for up to two hours.
const LEAD: SignedDuration = SignedDuration::from_hours(3);

/// How many keys stay published: the one that signs, the one to come, and the one before, whose last
/// token lives on for a quarter of an hour.
const PUBLISHED: u8 = 3;

/// A key that signs tokens, sealed.
///
/// Access pattern: the newest few, at sign-in and for the key set.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct SigningKey {
    /// `kid` of the tokens.
    pub kid: String,
    /// When it was made.
    pub created_at: Timestamp,
    /// RSA modulus, base64url.
    pub modulus: String,
    /// RSA exponent, base64url.
    pub exponent: String,
    /// PKCS#8, sealed by KMS, base64url.
    pub sealed: String,
}

impl Entity for SigningKey {
    const KIND: &'static str = "signing-key";
    type Scope = Shared;
    fn key(&self) -> Key<Self> {
        Key::new("signing-keys", format_args!("{}/{}", self.created_at, self.kid))
    }
}

/// One key of a JSON Web Key Set (RFC 7517).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Jwk {
    kty: String,
    #[serde(rename = "use")]
    usage: String,
    alg: String,
    kid: String,
    n: String,
    e: String,
}

impl SigningKey {
    /// A key as the table keeps it.
    pub fn new(kid: String, created_at: Timestamp, modulus: &[u8], exponent: &[u8], sealed: &[u8]) -> Self {
        let text = |bytes: &[u8]| BASE64_URL_SAFE_NO_PAD.encode(bytes);
        Self { kid, created_at, modulus: text(modulus), exponent: text(exponent), sealed: text(sealed) }
    }

    /// The newest keys, newest first.
    pub fn newest() -> (Range<Self>, store::Page) {
        let page = store::Page { limit: PUBLISHED, after: None };
        (Range::new("signing-keys", "").backwards(), page)
    }

    /// What verifiers need.
    pub fn public(&self) -> Jwk {
        Jwk {
            kty: "RSA".into(),
            usage: "sig".into(),
            alg: "RS256".into(),
            kid: self.kid.clone(),
            n: self.modulus.clone(),
            e: self.exponent.clone(),
        }
    }

    /// What KMS made of the private key.
    pub fn sealed_bytes(&self) -> Vec<u8> {
        BASE64_URL_SAFE_NO_PAD.decode(&self.sealed).unwrap_or_default()
    }
}

/// Is it time for another key? `keys` are newest first.
pub fn is_due(keys: &[SigningKey], now: Timestamp) -> bool {
    keys.first().is_none_or(|newest| now.duration_since(newest.created_at) >= LIFE)
}

/// The key that signs now: the newest that has been published long enough, or the oldest there is.
pub fn signing(keys: &[SigningKey], now: Timestamp) -> Option<&SigningKey> {
    keys.iter().find(|key| now.duration_since(key.created_at) >= LEAD).or(keys.last())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(kid: &str, created_at: &str) -> SigningKey {
        SigningKey::new(kid.into(), created_at.parse().unwrap(), &[1], &[1], &[1])
    }

    #[test]
    fn a_new_key_is_published_before_it_signs() {
        let keys = [key("new", "2027-02-01T00:00:00Z"), key("old", "2027-01-01T00:00:00Z")];
        let at = |now: &str| signing(&keys, now.parse().unwrap()).unwrap().kid.clone();
        assert_eq!(at("2027-02-01T02:59:59Z"), "old");
        assert_eq!(at("2027-02-01T03:00:00Z"), "new");
    }

    #[test]
    fn the_very_first_key_signs_at_once() {
        let keys = [key("first", "2027-02-01T00:00:00Z")];
        assert_eq!(signing(&keys, "2027-02-01T00:00:00Z".parse().unwrap()).unwrap().kid, "first");
        assert!(signing(&[], Timestamp::UNIX_EPOCH).is_none());
    }

    #[test]
    fn a_key_is_due_when_there_is_none_or_the_newest_is_a_month_old() {
        let keys = [key("only", "2027-01-01T00:00:00Z")];
        assert!(is_due(&[], Timestamp::UNIX_EPOCH));
        assert!(!is_due(&keys, "2027-01-30T23:59:59Z".parse().unwrap()));
        assert!(is_due(&keys, "2027-01-31T00:00:00Z".parse().unwrap()));
    }
}
