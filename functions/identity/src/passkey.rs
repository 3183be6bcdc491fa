//! Passkeys: WebAuthn Level 3 (W3C), as the relying party sees it.
//!
//! We ask for discoverable credentials, verified users and no attestation: whether a key lives in a phone
//! or in a stick is its owner's business, so what is signed about its make is not looked at.

use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_ASN1, ED25519, RSA_PKCS1_2048_8192_SHA256, RsaPublicKeyComponents, UnparsedPublicKey,
};
use base64::{Engine as _, prelude::BASE64_URL_SAFE_NO_PAD};
use ciborium::Value;
use jiff::SignedDuration;
use kernel::{Fault, Private, Status, Timestamp, UserId};
use runtime::{Audience, Cx};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use store::{Change, Entity, Key, Shared, StoreError};

use crate::account::Account;
use crate::factor::{PasskeyId, hex};

/// Signature algorithms that we take, the preferred one first (RFC 9053): ES256, EdDSA, RS256.
pub const ALGORITHMS: [i64; 3] = [-7, -8, -257];

/// A passkey, by which its owner is found without a name.
///
/// Access pattern: by the hash of its id with its authenticator, when it is shown.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Passkey {
    /// Its id with its authenticator, base64url.
    pub credential: String,
    /// Its id here.
    pub id: PasskeyId,
    /// Whose.
    pub user: UserId,
    /// Its public key in COSE (RFC 9052), base64url.
    pub key: String,
    /// How often it has signed, as far as it counts.
    pub sign_count: u32,
    /// When it was shown last.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_used_at: Option<Timestamp>,
}

impl Passkey {
    /// By its id with its authenticator.
    pub fn at(credential: &str) -> Key<Self> {
        Key::new(format_args!("passkey/{}", hex(&["passkey", credential])), "-")
    }
}

impl Entity for Passkey {
    const KIND: &'static str = "passkey";
    type Scope = Shared;
    fn key(&self) -> Key<Self> {
        Self::at(&self.credential)
    }
}

/// Take all of an account's passkeys away.
pub(crate) async fn forget_passkeys<A: Audience>(
    cx: &Cx<'_, A>,
    mut change: Change,
    account: &Account,
) -> Result<Change, StoreError> {
    for passkey in &account.factors.passkeys {
        if let Some(passkey) = cx.store.get(Shared, Passkey::at(&passkey.credential)).await? {
            change = change.delete(Shared, &passkey);
        }
    }
    Ok(change)
}

/// What a passkey is asked to sign, good for five minutes and once.
///
/// Access pattern: by itself.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Challenge {
    /// 256 random bits, base64url.
    pub challenge: String,
    /// Who is to sign it; nobody in particular, who signs in with it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user: Option<UserId>,
    /// Until when.
    pub until: Timestamp,
}

impl Challenge {
    const LIFE: SignedDuration = SignedDuration::from_mins(5);

    /// A new one. The bytes must be random.
    pub fn new(random: [u8; 32], user: Option<UserId>, now: Timestamp) -> Self {
        Self { challenge: BASE64_URL_SAFE_NO_PAD.encode(random), user, until: now + Self::LIFE }
    }

    /// By itself.
    pub fn at(challenge: &str) -> Key<Self> {
        Key::new(format_args!("challenge/{}", hex(&["challenge", challenge])), "-")
    }
}

impl Entity for Challenge {
    const KIND: &'static str = "challenge";
    type Scope = Shared;
    fn key(&self) -> Key<Self> {
        Self::at(&self.challenge)
    }
    fn expires_at(&self) -> Option<Timestamp> {
        Some(self.until)
    }
}

/// For whom passkeys sign: our host name, and the only origin that may ask.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RelyingParty {
    /// The host name.
    pub id: String,
    origin: String,
}

impl RelyingParty {
    /// Of the web client's origin.
    pub fn of(web_origin: &str) -> Self {
        let host = web_origin.split_once("://").map_or(web_origin, |(_, host)| host);
        let id = host.split([':', '/']).next().unwrap_or_default();
        Self { id: id.into(), origin: web_origin.into() }
    }
}

/// What an authenticator answers when a passkey is made.
#[derive(Debug, Deserialize, JsonSchema)]
pub struct Registration {
    /// `clientDataJSON`, base64url.
    pub client_data: Bytes,
    /// `attestationObject`, base64url.
    pub attestation: Bytes,
}

/// What an authenticator answers when a passkey is shown.
#[derive(Debug, Deserialize, JsonSchema)]
pub struct Assertion {
    /// `id`: which passkey, base64url.
    pub credential: Bytes,
    /// `clientDataJSON`, base64url.
    pub client_data: Bytes,
    /// `authenticatorData`, base64url.
    pub authenticator_data: Bytes,
    /// `signature`, base64url.
    pub signature: Bytes,
}

/// Bytes in base64url without padding, at most 8 kB of them.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(try_from = "String")]
#[schemars(with = "String", extend("contentEncoding" = "base64url", "maxLength" = 10923))]
pub struct Bytes(pub Private<Vec<u8>>);

/// Not base64url.
#[derive(Debug, thiserror::Error)]
#[error("Send bytes in base64url without padding.")]
pub struct NotBytes;

impl TryFrom<String> for Bytes {
    type Error = NotBytes;
    fn try_from(text: String) -> Result<Self, NotBytes> {
        let bytes = BASE64_URL_SAFE_NO_PAD.decode(text).map_err(|_| NotBytes)?;
        if bytes.len() <= 8192 { Ok(Self(Private(bytes))) } else { Err(NotBytes) }
    }
}

impl Bytes {
    /// As they were sent.
    pub fn text(&self) -> String {
        BASE64_URL_SAFE_NO_PAD.encode(self.0.as_slice())
    }
}

/// The answer of the authenticator proves nothing. Why is for nobody to know.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("This passkey does not open anything here.")]
pub struct PasskeyRefused;

impl Fault for PasskeyRefused {
    fn status(&self) -> Status {
        Status::Unauthenticated
    }
    fn code(&self) -> &'static str {
        "PASSKEY_REFUSED"
    }
}

/// The new passkey could not be taken.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("This passkey could not be added. Try again.")]
pub struct NotAPasskey;

impl Fault for NotAPasskey {
    fn status(&self) -> Status {
        Status::Unprocessable
    }
    fn code(&self) -> &'static str {
        "PASSKEY_NOT_ADDED"
    }
    fn pointer(&self) -> Option<String> {
        Some("/attestation".into())
    }
}

/// `clientDataJSON` (5.8.1).
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ClientData {
    r#type: String,
    challenge: String,
    origin: String,
    #[serde(default)]
    cross_origin: bool,
}

/// The challenge that the client's data name, before anything is known to be true of them.
pub fn challenge_of(client_data: &Bytes) -> Option<String> {
    serde_json::from_slice::<ClientData>(&client_data.0).ok().map(|data| data.challenge)
}

fn check_client(bytes: &Bytes, kind: &str, challenge: &Challenge, party: &RelyingParty) -> Option<()> {
    let data: ClientData = serde_json::from_slice(&bytes.0).ok()?;
    let fits = data.r#type == kind
        && data.challenge == challenge.challenge
        && data.origin == party.origin
        && !data.cross_origin;
    fits.then_some(())
}

/// Authenticator data (6.1), as far as we look at it.
struct AuthenticatorData<'a> {
    sign_count: u32,
    attested: Option<&'a [u8]>,
}

/// User present, user verified, attested credential data included.
const UP: u8 = 1;
const UV: u8 = 1 << 2;
const AT: u8 = 1 << 6;

impl<'a> AuthenticatorData<'a> {
    /// For us, and with a person who is present and has shown the authenticator who they are.
    fn read(bytes: &'a [u8], party: &RelyingParty) -> Option<Self> {
        let (hash, rest) = bytes.split_at_checked(32)?;
        let (&flags, rest) = rest.split_first()?;
        let (count, rest) = rest.split_at_checked(4)?;
        let is_ours = hash == Sha256::digest(&party.id).as_slice();
        let is_person = flags & UP != 0 && flags & UV != 0;
        let attested = (flags & AT != 0).then_some(rest);
        let sign_count = u32::from_be_bytes(count.try_into().ok()?);
        (is_ours && is_person).then_some(Self { sign_count, attested })
    }
}

/// What a new passkey is: its id with its authenticator, its public key, and its count.
#[derive(Debug, PartialEq, Eq)]
pub struct Credential {
    /// `credentialId`.
    pub id: Vec<u8>,
    /// In COSE.
    pub key: Vec<u8>,
    /// How often it has signed.
    pub sign_count: u32,
}

/// Verify the answer of an authenticator that has made a passkey (7.1).
pub fn register(
    answer: &Registration,
    challenge: &Challenge,
    party: &RelyingParty,
) -> Result<Credential, NotAPasskey> {
    registered(answer, challenge, party).ok_or(NotAPasskey)
}

fn registered(answer: &Registration, challenge: &Challenge, party: &RelyingParty) -> Option<Credential> {
    check_client(&answer.client_data, "webauthn.create", challenge, party)?;
    let object: Value = ciborium::from_reader(answer.attestation.0.as_slice()).ok()?;
    let data = field(&object, |key| key.as_text() == Some("authData"))?.as_bytes()?;
    let AuthenticatorData { sign_count, attested } = AuthenticatorData::read(data, party)?;
    // AAGUID, two bytes of length, the id, the key; extensions may follow.
    let (length, rest) = attested?.get(16..)?.split_at_checked(2)?;
    let length = usize::from(u16::from_be_bytes(length.try_into().ok()?));
    let (id, mut rest) = rest.split_at_checked(length).filter(|(id, _)| (1..=1023).contains(&id.len()))?;
    let key: Value = ciborium::from_reader(&mut rest).ok()?;
    let mut written = Vec::new();
    ciborium::into_writer(&key, &mut written).ok()?;
    PublicKey::read(&written)?;
    Some(Credential { id: id.to_vec(), key: written, sign_count })
}

/// Verify the answer of an authenticator that shows a passkey (7.2). The passkey's new count.
///
/// An authenticator that counts must have counted on: one that did not has a copy.
pub fn verify(
    answer: &Assertion,
    passkey: &Passkey,
    challenge: &Challenge,
    party: &RelyingParty,
) -> Result<u32, PasskeyRefused> {
    verified(answer, passkey, challenge, party).ok_or(PasskeyRefused)
}

fn verified(
    answer: &Assertion,
    passkey: &Passkey,
    challenge: &Challenge,
    party: &RelyingParty,
) -> Option<u32> {
    check_client(&answer.client_data, "webauthn.get", challenge, party)?;
    let data = &answer.authenticator_data.0;
    let AuthenticatorData { sign_count, .. } = AuthenticatorData::read(data, party)?;
    let counts = sign_count > 0 || passkey.sign_count > 0;
    if counts && sign_count <= passkey.sign_count {
        return None;
    }
    let mut signed = data.0.clone();
    signed.extend_from_slice(&Sha256::digest(answer.client_data.0.as_slice()));
    let key = BASE64_URL_SAFE_NO_PAD.decode(&passkey.key).ok()?;
    PublicKey::read(&key)?.verify(&signed, &answer.signature.0).then_some(sign_count)
}

/// A public key of one of [`ALGORITHMS`].
enum PublicKey {
    /// An uncompressed point of P-256.
    P256(Vec<u8>),
    /// A point of Ed25519.
    Ed25519(Vec<u8>),
    /// Modulus and exponent.
    Rsa(Vec<u8>, Vec<u8>),
}

impl PublicKey {
    /// From COSE: labels 1 (kty), 3 (alg), -1, -2 and -3 (RFC 9053, 7; RFC 8230, 4).
    fn read(cose: &[u8]) -> Option<Self> {
        let key: Value = ciborium::from_reader(cose).ok()?;
        let label = |label: i128| {
            field(&key, move |key| key.as_integer().is_some_and(|integer| i128::from(integer) == label))
        };
        let number = |name| label(name)?.as_integer().map(i128::from);
        let bytes = |name, length: usize| label(name)?.as_bytes().filter(|bytes| bytes.len() == length);
        match (number(1)?, number(3)?) {
            (2, -7) if number(-1)? == 1 => {
                Some(Self::P256([&[4][..], bytes(-2, 32)?, bytes(-3, 32)?].concat()))
            }
            (1, -8) if number(-1)? == 6 => bytes(-2, 32).map(|point| Self::Ed25519(point.clone())),
            (3, -257) => {
                let (modulus, exponent) = (label(-1)?.as_bytes()?, label(-2)?.as_bytes()?);
                (modulus.len() >= 256).then(|| Self::Rsa(modulus.clone(), exponent.clone()))
            }
            _ => None,
        }
    }

    fn verify(&self, message: &[u8], signature: &[u8]) -> bool {
        match self {
            Self::P256(point) => {
                UnparsedPublicKey::new(&ECDSA_P256_SHA256_ASN1, point).verify(message, signature).is_ok()
            }
            Self::Ed25519(point) => {
                UnparsedPublicKey::new(&ED25519, point).verify(message, signature).is_ok()
            }
            Self::Rsa(n, e) => RsaPublicKeyComponents { n, e }
                .verify(&RSA_PKCS1_2048_8192_SHA256, message, signature)
                .is_ok(),
        }
    }
}

fn field(map: &Value, mut wanted: impl FnMut(&Value) -> bool) -> Option<&Value> {
    map.as_map()?.iter().find(|(key, _)| wanted(key)).map(|(_, value)| value)
}

#[cfg(test)]
mod tests {
    use aws_lc_rs::rand::SystemRandom;
    use aws_lc_rs::signature::{ECDSA_P256_SHA256_ASN1_SIGNING, EcdsaKeyPair, KeyPair as _};

    use super::*;

    /// An authenticator in software, as the standard describes one.
    struct Authenticator {
        pair: EcdsaKeyPair,
        count: u32,
    }

    impl Authenticator {
        fn new() -> Self {
            let pair = EcdsaKeyPair::generate(&ECDSA_P256_SHA256_ASN1_SIGNING).unwrap();
            Self { pair, count: 0 }
        }

        fn data(&self, party: &str, flags: u8) -> Vec<u8> {
            let hash = Sha256::digest(party);
            [hash.as_slice(), &[flags], &self.count.to_be_bytes()].concat()
        }

        fn client(kind: &str, challenge: &Challenge, origin: &str) -> Bytes {
            let data = serde_json::json!({
                "type": kind, "challenge": challenge.challenge, "origin": origin, "crossOrigin": false,
            });
            Bytes(Private(data.to_string().into_bytes()))
        }

        fn make(&self, challenge: &Challenge, origin: &str, flags: u8) -> Registration {
            let point = self.pair.public_key().as_ref();
            let number = |number: i64| Value::Integer(number.into());
            let key = Value::Map(vec![
                (number(1), number(2)),
                (number(3), number(-7)),
                (number(-1), number(1)),
                (number(-2), Value::Bytes(point[1..33].to_vec())),
                (number(-3), Value::Bytes(point[33..].to_vec())),
            ]);
            let mut data = self.data("clinic.example", flags | AT);
            data.extend_from_slice(&[0; 16]);
            data.extend_from_slice(&[0, 3]);
            data.extend_from_slice(b"abc");
            ciborium::into_writer(&key, &mut data).unwrap();
            let object = Value::Map(vec![
                (Value::Text("fmt".into()), Value::Text("none".into())),
                (Value::Text("authData".into()), Value::Bytes(data)),
                (Value::Text("attStmt".into()), Value::Map(Vec::new())),
            ]);
            let mut attestation = Vec::new();
            ciborium::into_writer(&object, &mut attestation).unwrap();
            let attestation = Bytes(Private(attestation));
            Registration { client_data: Self::client("webauthn.create", challenge, origin), attestation }
        }

        fn show(&mut self, challenge: &Challenge, origin: &str, flags: u8) -> Assertion {
            self.count += 1;
            let data = self.data("clinic.example", flags);
            let client_data = Self::client("webauthn.get", challenge, origin);
            let signed = [data.as_slice(), &Sha256::digest(client_data.0.as_slice())].concat();
            let signature = self.pair.sign(&SystemRandom::new(), &signed).unwrap().as_ref().to_vec();
            Assertion {
                credential: Bytes(Private(b"abc".to_vec())),
                client_data,
                authenticator_data: Bytes(Private(data)),
                signature: Bytes(Private(signature)),
            }
        }
    }

    const ORIGIN: &str = "https://clinic.example";

    fn challenge(byte: u8) -> Challenge {
        Challenge::new([byte; 32], None, Timestamp::UNIX_EPOCH)
    }

    fn known(credential: Credential) -> Passkey {
        Passkey {
            credential: BASE64_URL_SAFE_NO_PAD.encode(&credential.id),
            id: PasskeyId::NOBODY,
            user: UserId::NOBODY,
            key: BASE64_URL_SAFE_NO_PAD.encode(&credential.key),
            sign_count: credential.sign_count,
            last_used_at: None,
        }
    }

    #[test]
    fn a_passkey_that_was_made_here_opens_the_door_here() {
        let party = RelyingParty::of(ORIGIN);
        let mut authenticator = Authenticator::new();
        let made = authenticator.make(&challenge(1), ORIGIN, UP | UV);
        let mut passkey = known(register(&made, &challenge(1), &party).unwrap());
        for byte in 2..5 {
            let shown = authenticator.show(&challenge(byte), ORIGIN, UP | UV);
            passkey.sign_count = verify(&shown, &passkey, &challenge(byte), &party).unwrap();
        }
        assert_eq!(passkey.sign_count, 3);
    }

    #[test]
    fn what_is_not_right_in_every_part_proves_nothing() {
        let party = RelyingParty::of(ORIGIN);
        let mut authenticator = Authenticator::new();
        let made = authenticator.make(&challenge(1), ORIGIN, UP | UV);
        let passkey = known(register(&made, &challenge(1), &party).unwrap());
        let refused = |answer: &Assertion, passkey: &Passkey, byte| {
            assert_eq!(verify(answer, passkey, &challenge(byte), &party), Err(PasskeyRefused));
        };
        // Another challenge, another origin, nobody present, nobody verified.
        refused(&authenticator.show(&challenge(2), ORIGIN, UP | UV), &passkey, 3);
        refused(&authenticator.show(&challenge(2), "https://evil.example", UP | UV), &passkey, 2);
        refused(&authenticator.show(&challenge(2), ORIGIN, UV), &passkey, 2);
        refused(&authenticator.show(&challenge(2), ORIGIN, UP), &passkey, 2);
        // Another key, another party, a count that stands still, a byte that was changed.
        refused(&Authenticator::new().show(&challenge(2), ORIGIN, UP | UV), &passkey, 2);
        let good = authenticator.show(&challenge(2), ORIGIN, UP | UV);
        let elsewhere = RelyingParty { id: "other.example".into(), ..party.clone() };
        assert_eq!(verify(&good, &passkey, &challenge(2), &elsewhere), Err(PasskeyRefused));
        refused(&good, &Passkey { sign_count: 1000, ..passkey.clone() }, 2);
        for place in 0..good.signature.0.len() {
            let mut bytes = good.signature.0.0.clone();
            bytes[place] ^= 1;
            let signature = Bytes(Private(bytes));
            refused(
                &Assertion { signature, ..authenticator.show(&challenge(2), ORIGIN, UP | UV) },
                &passkey,
                2,
            );
        }
        // An answer of the other kind.
        let made = authenticator.make(&challenge(2), ORIGIN, UP | UV);
        refused(&Assertion { client_data: made.client_data, ..good }, &passkey, 2);
    }

    #[test]
    fn garbage_is_no_passkey() {
        let party = RelyingParty::of(ORIGIN);
        let authenticator = Authenticator::new();
        let made = authenticator.make(&challenge(1), ORIGIN, UP | UV);
        let bytes = made.attestation.0.0.clone();
        for length in 0..bytes.len() {
            let attestation = Bytes(Private(bytes[..length].to_vec()));
            let client_data = made.client_data.clone();
            let cut = Registration { client_data, attestation };
            assert_eq!(register(&cut, &challenge(1), &party), Err(NotAPasskey), "{length}");
        }
        assert_eq!(register(&made, &challenge(2), &party), Err(NotAPasskey));
        let absent = authenticator.make(&challenge(1), ORIGIN, UP);
        assert_eq!(register(&absent, &challenge(1), &party), Err(NotAPasskey));
    }

    #[test]
    fn the_relying_party_is_the_host() {
        assert_eq!(RelyingParty::of("https://care.example").id, "care.example");
        assert_eq!(RelyingParty::of("http://localhost:8080").id, "localhost");
    }
}
