//! The keys that sign tokens: which one signs, which ones are published. Pure.

use base64::{Engine as _, prelude::BASE64_URL_SAFE_NO_PAD};
use jiff::SignedDuration;
use kernel::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use store::{Entity, Key, Shared};

/// What a sealed key is sealed for.
pub const PURPOSE: &str = "signing-key";

/// After this long a new key is made.
const LIFE: SignedDuration = SignedDuration::from_hours(24 * 30);

/// A new key is published this long before it signs, so that every verifier has fetched it by then.
/// Our key set may be kept for five minutes, and API Gateway keeps it for up to two hours.
const LEAD: SignedDuration = SignedDuration::from_hours(3);

/// How many keys stay published: the one that signs, the one to come, and the one before, whose last
/// token lives on for a quarter of an hour.
const PUBLISHED: usize = 3;

/// All keys that are published, in one record: whoever makes a token reads it together with the session.
///
/// Access pattern: the one there is, when a process signs for the first time in a while, and for the key set.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct KeyRing {
    /// The newest first.
    keys: Vec<SigningKey>,
}

/// A key that signs tokens, sealed.
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

impl Entity for KeyRing {
    const KIND: &'static str = "key-ring";
    type Scope = Shared;
    fn key(&self) -> Key<Self> {
        Self::at()
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

    fn public(&self) -> Jwk {
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

impl KeyRing {
    /// The one there is.
    pub fn at() -> Key<Self> {
        Key::new("signing-keys", "-")
    }

    /// Is it time for another key?
    pub fn is_due(&self, now: Timestamp) -> bool {
        self.keys.first().is_none_or(|newest| now.duration_since(newest.created_at) >= LIFE)
    }

    /// One more key, in place of the oldest where there are enough.
    pub fn add(&mut self, key: SigningKey) {
        self.keys.insert(0, key);
        self.keys.truncate(PUBLISHED);
    }

    /// The key that signs now: the newest that has been published long enough, or the oldest there is.
    pub fn signing(&self, now: Timestamp) -> Option<&SigningKey> {
        self.keys.iter().find(|key| now.duration_since(key.created_at) >= LEAD).or(self.keys.last())
    }

    /// What verifiers need.
    pub fn public(&self) -> Vec<Jwk> {
        self.keys.iter().map(SigningKey::public).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(kid: &str, created_at: &str) -> SigningKey {
        SigningKey::new(kid.into(), created_at.parse().unwrap(), &[1], &[1], &[1])
    }

    fn ring(oldest_first: &[(&str, &str)]) -> KeyRing {
        let mut ring = KeyRing::default();
        for (kid, at) in oldest_first {
            ring.add(key(kid, at));
        }
        ring
    }

    #[test]
    fn a_new_key_is_published_before_it_signs() {
        let ring = ring(&[("old", "2027-01-01T00:00:00Z"), ("new", "2027-02-01T00:00:00Z")]);
        let at = |now: &str| ring.signing(now.parse().unwrap()).unwrap().kid.clone();
        assert_eq!(at("2027-02-01T02:59:59Z"), "old");
        assert_eq!(at("2027-02-01T03:00:00Z"), "new");
    }

    #[test]
    fn the_very_first_key_signs_at_once() {
        let first = ring(&[("first", "2027-02-01T00:00:00Z")]);
        assert_eq!(first.signing("2027-02-01T00:00:00Z".parse().unwrap()).unwrap().kid, "first");
        assert!(KeyRing::default().signing(Timestamp::UNIX_EPOCH).is_none());
    }

    #[test]
    fn a_key_is_due_when_there_is_none_or_the_newest_is_a_month_old() {
        let only = ring(&[("only", "2027-01-01T00:00:00Z")]);
        assert!(KeyRing::default().is_due(Timestamp::UNIX_EPOCH));
        assert!(!only.is_due("2027-01-30T23:59:59Z".parse().unwrap()));
        assert!(only.is_due("2027-01-31T00:00:00Z".parse().unwrap()));
    }

    #[test]
    fn the_one_before_the_last_stays_published_and_older_ones_go() {
        let months = ["2027-01-01", "2027-02-01", "2027-03-01", "2027-04-01"];
        let at: Vec<_> = months.iter().map(|day| format!("{day}T00:00:00Z")).collect();
        let named: Vec<_> = months.iter().copied().zip(at.iter().map(String::as_str)).collect();
        let kids: Vec<_> = ring(&named).public().into_iter().map(|key| key.kid).collect();
        assert_eq!(kids, ["2027-04-01", "2027-03-01", "2027-02-01"]);
    }
}
