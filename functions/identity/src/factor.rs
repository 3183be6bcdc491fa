//! Second factors: an app's codes (RFC 6238), codes by text message, codes of a list, passkeys. Pure.

use std::fmt::Write as _;

use jiff::SignedDuration;
use kernel::{Fault, Id, Private, Status, Timestamp, UserId, kind};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use store::{Entity, Key, Shared};
use totp_rs::{Builder, Secret, Totp};

use crate::account::Phone;

/// What a secret of an app is sealed for.
pub const TOTP: &str = "totp";

/// What a code of a text message is sealed for, on its way.
pub const SMS_CODE: &str = "sms-code";

/// A passkey.
pub type PasskeyId = Id<kind::Passkey>;

/// Everything that somebody can show beside their password. Part of their account.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Factors {
    /// An app that shows codes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub totp: Option<AppFactor>,
    /// The app that is being added.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pending_totp: Option<AppFactor>,
    /// A telephone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub phone: Option<PhoneFactor>,
    /// Passkeys.
    #[serde(default)]
    pub passkeys: Vec<PasskeyFactor>,
    /// Hashes of the codes that are left of the list.
    #[serde(default)]
    pub recovery: Vec<String>,
}

/// An app that shows codes.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct AppFactor {
    /// The secret, sealed by KMS, base64url.
    pub sealed: String,
    /// Since when.
    pub since: Timestamp,
    /// The last step that was taken: this one and those before it are refused.
    #[serde(default)]
    pub last_step: u64,
}

/// A telephone that codes are sent to.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct PhoneFactor {
    /// Its number.
    pub number: Private<Phone>,
    /// Since when.
    pub since: Timestamp,
}

/// A passkey, as its account knows it.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct PasskeyFactor {
    /// Its id here.
    pub id: PasskeyId,
    /// Its id with its authenticator, base64url.
    pub credential: String,
    /// What its owner calls it.
    pub name: String,
    /// Since when.
    pub since: Timestamp,
}

/// The most passkeys of one person.
pub const MOST_PASSKEYS: usize = 20;

impl Factors {
    /// Is there anything to show?
    pub fn any(&self) -> bool {
        self.count() > 0
    }

    /// How many there are, without the list of codes: that only stands in for others.
    pub fn count(&self) -> usize {
        usize::from(self.totp.is_some()) + usize::from(self.phone.is_some()) + self.passkeys.len()
    }

    /// Take one off. Was it there? With the last one the list of codes goes, too.
    pub fn remove(&mut self, which: FactorName) -> bool {
        let before = self.count();
        match which {
            FactorName::Totp => self.totp = None,
            FactorName::Phone => self.phone = None,
            FactorName::Passkey(id) => self.passkeys.retain(|passkey| passkey.id != id),
        }
        if !self.any() {
            self.recovery.clear();
        }
        self.count() < before
    }
}

/// The kinds of second factors.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Shown {
    /// A code of an app.
    Totp,
    /// A code of a text message.
    Sms,
    /// A code of the list that came with the first factor. Each is good once.
    Recovery,
    /// A passkey.
    Passkey,
}

impl Shown {
    /// Those of an account, the one that we would rather see first.
    pub fn all(factors: &Factors) -> Vec<Self> {
        let has = [
            (Self::Passkey, !factors.passkeys.is_empty()),
            (Self::Totp, factors.totp.is_some()),
            (Self::Sms, factors.phone.is_some()),
            (Self::Recovery, !factors.recovery.is_empty()),
        ];
        has.into_iter().filter(|(_, has)| *has).map(|(shown, _)| shown).collect()
    }
}

/// Which factor: `totp`, `phone`, or a passkey's id.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(try_from = "String")]
#[schemars(with = "String")]
pub enum FactorName {
    /// The app.
    Totp,
    /// The telephone.
    Phone,
    /// A passkey.
    Passkey(PasskeyId),
}

/// There is no such factor.
#[derive(Debug, thiserror::Error)]
#[error("There is no such factor.")]
pub struct NoSuchFactor;

impl TryFrom<String> for FactorName {
    type Error = NoSuchFactor;
    fn try_from(text: String) -> Result<Self, NoSuchFactor> {
        match text.as_str() {
            "totp" => Ok(Self::Totp),
            "phone" => Ok(Self::Phone),
            text => text.parse().map(Self::Passkey).map_err(|_| NoSuchFactor),
        }
    }
}

impl AppFactor {
    /// Has this code not been shown before, and is it the app's within one step of now?
    ///
    /// RFC 6238, 5.2: one step of 30 seconds of drift to either side, and every code once. `secret` is
    /// what was [sealed](Self::sealed).
    pub fn accept(&mut self, secret: &[u8; 20], code: &str, now: Timestamp) -> Result<(), WrongCode> {
        let seconds = u64::try_from(now.as_second()).map_err(|_| WrongCode)?;
        let step = totp(secret).check(code, seconds).ok_or(WrongCode)?;
        if step <= self.last_step {
            return Err(WrongCode);
        }
        self.last_step = step;
        Ok(())
    }
}

/// HMAC-SHA-1, six digits, 30 seconds: the only parameters that every app understands.
fn totp(secret: &[u8; 20]) -> Totp {
    let builder = Builder::new().with_secret(Secret::new_stack(*secret)).with_skew(1);
    builder.build().expect("a secret of 160 bits is long enough")
}

/// What an app reads: the secret in base32 (RFC 4648), and the address that a picture of squares holds.
///
/// `label` is what the app shows beside our name.
pub fn provisioning(secret: &[u8; 20], label: &str) -> (String, String) {
    let secret = base32(secret);
    let label: String = label.bytes().fold(String::new(), |mut text, byte| {
        let _ = match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' | b'@' => {
                write!(text, "{}", char::from(byte))
            }
            byte => write!(text, "%{byte:02X}"),
        };
        text
    });
    let uri = format!("otpauth://totp/Careplane:{label}?secret={secret}&issuer=Careplane");
    (secret, uri)
}

fn base32(bytes: &[u8]) -> String {
    const LETTERS: &[u8; 32] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
    let mut text = String::new();
    for chunk in bytes.chunks(5) {
        let mut bits = chunk.iter().fold(0u64, |bits, byte| bits << 8 | u64::from(*byte));
        let letters = (chunk.len() * 8).div_ceil(5);
        bits <<= letters * 5 - chunk.len() * 8;
        for letter in (0..letters).rev() {
            text.push(char::from(LETTERS[(bits >> (letter * 5) & 31) as usize]));
        }
    }
    text
}

/// How many codes a list has.
const CODES: usize = 10;

/// A new list of codes from this randomness, and what is kept of it. Each has 80 bits, so that a plain
/// hash is as good as a slow one.
pub fn recovery_codes(random: [u8; CODES * 10]) -> (Vec<Private<String>>, Vec<String>) {
    let codes = random.chunks(10).map(|bytes| {
        let text = base32(bytes).to_ascii_lowercase();
        format!("{}-{}-{}-{}", &text[..4], &text[4..8], &text[8..12], &text[12..])
    });
    codes.map(|code| (Private(code.clone()), recovery_hash(&code))).unzip()
}

/// What is kept of a code of a list, however its owner writes it.
pub fn recovery_hash(code: &str) -> String {
    let plain: String = code.chars().filter(char::is_ascii_alphanumeric).collect();
    hex(&["recovery", &plain.to_ascii_lowercase()])
}

/// Hex of SHA-256 over parts of which none can be mistaken for another.
pub(crate) fn hex(parts: &[&str]) -> String {
    let mut hash = Sha256::new();
    for part in parts {
        hash.update((part.len() as u64).to_be_bytes());
        hash.update(part);
    }
    hash.finalize().iter().fold(String::with_capacity(64), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

/// A code that was sent to a telephone: the last one, for ten minutes and five tries.
///
/// Access pattern: by account.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct SmsCode {
    /// Whose.
    pub user: UserId,
    /// Hash of the code with its salt.
    pub hash: String,
    /// Makes equal codes look different.
    pub salt: String,
    /// Where it was sent.
    pub number: Private<Phone>,
    /// How often something else was typed.
    pub tries: u8,
    /// Until when it is good.
    pub until: Timestamp,
}

impl SmsCode {
    const LIFE: SignedDuration = SignedDuration::from_mins(10);
    const TRIES: u8 = 5;

    /// By account.
    pub fn at(user: UserId) -> Key<Self> {
        Key::new(format_args!("account/{user}"), "sms-code")
    }

    /// A new code from this randomness: six digits, and what is kept of them.
    pub fn new(
        user: UserId,
        number: Private<Phone>,
        random: [u8; 16],
        now: Timestamp,
    ) -> (Self, Private<String>) {
        let (digits, salt) = random.split_at(8);
        let digits = digits.iter().fold(0u64, |number, byte| number << 8 | u64::from(*byte)) % 1_000_000;
        let code = format!("{digits:06}");
        let salt = salt.iter().fold(String::new(), |mut text, byte| {
            let _ = write!(text, "{byte:02x}");
            text
        });
        let hash = hex(&["sms", &salt, &code]);
        (Self { user, hash, salt, number, tries: 0, until: now + Self::LIFE }, Private(code))
    }

    /// Is it this one? After five others it is none any more.
    pub fn accept(&mut self, code: &str) -> Result<(), WrongCode> {
        let fits = hex(&["sms", &self.salt, code]) == self.hash && self.tries < Self::TRIES;
        self.tries = self.tries.saturating_add(1);
        if fits { Ok(()) } else { Err(WrongCode) }
    }
}

impl Entity for SmsCode {
    const KIND: &'static str = "sms-code";
    type Scope = Shared;
    fn key(&self) -> Key<Self> {
        Self::at(self.user)
    }
    fn expires_at(&self) -> Option<Timestamp> {
        Some(self.until)
    }
}

/// It is another code, an old one, or one that was used.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("This code is not right, or it has been used. Try the next one.")]
pub struct WrongCode;

impl Fault for WrongCode {
    fn status(&self) -> Status {
        Status::Unprocessable
    }
    fn code(&self) -> &'static str {
        "WRONG_CODE"
    }
    fn pointer(&self) -> Option<String> {
        Some("/code".into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECRET: &[u8; 20] = b"12345678901234567890";

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_second(seconds).unwrap()
    }

    fn app() -> AppFactor {
        AppFactor { sealed: String::new(), since: at(0), last_step: 0 }
    }

    /// RFC 6238, appendix B, the last six digits of the eight that stand there.
    #[test]
    fn codes_are_those_of_the_standard() {
        for (seconds, code) in [(59, "287082"), (1_111_111_109, "081804"), (20_000_000_000, "353130")] {
            assert_eq!(app().accept(SECRET, code, at(seconds)), Ok(()), "{seconds}");
            assert_eq!(app().accept(SECRET, "000000", at(seconds)), Err(WrongCode), "{seconds}");
        }
    }

    #[test]
    fn a_code_is_good_once_and_one_step_early_or_late() {
        let mut app = app();
        assert_eq!(app.accept(SECRET, "081804", at(1_111_111_109 + 60)), Err(WrongCode));
        assert_eq!(app.accept(SECRET, "081804", at(1_111_111_109 - 60)), Err(WrongCode));
        assert_eq!(app.accept(SECRET, "081804", at(1_111_111_109 + 30)), Ok(()));
        assert_eq!(app.accept(SECRET, "081804", at(1_111_111_109 + 30)), Err(WrongCode));
        assert_eq!(app.accept(SECRET, "081804", at(1_111_111_109)), Err(WrongCode));
    }

    /// RFC 4648, section 10.
    #[test]
    fn base_32_is_that_of_the_standard() {
        for (bytes, text) in [("f", "MY"), ("fo", "MZXQ"), ("foo", "MZXW6"), ("foobar", "MZXW6YTBOI")] {
            assert_eq!(base32(bytes.as_bytes()), text);
        }
        let (secret, uri) = provisioning(SECRET, "ada@example.org");
        assert_eq!(secret, "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ");
        assert_eq!(uri, format!("otpauth://totp/Careplane:ada@example.org?secret={secret}&issuer=Careplane"));
    }

    #[test]
    fn a_code_of_a_list_is_one_however_it_is_written() {
        let (codes, hashes) = recovery_codes([7; 100]);
        assert_eq!((codes.len(), hashes.len()), (10, 10));
        let typed = codes[0].to_uppercase().replace('-', " ");
        assert_eq!(recovery_hash(&typed), hashes[0]);
        assert_eq!(codes[0].len(), 19);
    }

    #[test]
    fn a_texted_code_bears_five_tries() {
        let number = Private(Phone::try_from("+49 30 5550100".to_owned()).unwrap());
        let (mut code, digits) = SmsCode::new(UserId::NOBODY, number, [9; 16], at(0));
        assert_eq!(digits.len(), 6);
        for _ in 0..4 {
            assert_eq!(code.accept("wrong"), Err(WrongCode));
        }
        assert_eq!(code.clone().accept(&digits), Ok(()));
        assert_eq!(code.accept("wrong"), Err(WrongCode));
        assert_eq!(code.accept(&digits), Err(WrongCode), "five were enough");
    }

    #[test]
    fn the_list_goes_with_the_last_factor() {
        let mut factors = Factors { totp: Some(app()), recovery: vec!["x".into()], ..Factors::default() };
        assert!(!factors.remove(FactorName::Phone));
        assert!(!factors.recovery.is_empty());
        assert!(factors.remove(FactorName::Totp));
        assert!(factors.recovery.is_empty() && !factors.any());
    }
}
