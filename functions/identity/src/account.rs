//! Who can sign in. Pure: no I/O, no clock.

use kernel::{ClinicId, Event, Fault, PatientId, Private, Role, Status, Timestamp, UserId, Zone};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use store::{Entity, Key, Shared};

/// A person who can sign in.
///
/// Access pattern: by id, at sign-in and for the person themselves.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Account {
    /// The account's id.
    pub user: UserId,
    /// Where they are reached, and what they sign in with.
    pub email: Private<Email>,
    /// As they like to be called.
    pub given_name: Private<Name>,
    /// Family name.
    pub family_name: Private<Name>,
    /// In which role they act.
    pub role: Role,
    /// Staff: for which clinic.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub clinic: Option<ClinicId>,
    /// Patients: whose record is theirs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub patient: Option<PatientId>,
    /// Argon2id, in PHC string format.
    pub password: Private<String>,
    /// In which zone they want to read times, if another than the clinic's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub time_zone: Option<Zone>,
    /// In which language they want to be addressed.
    pub language: Language,
    /// When the account came into being.
    pub registered_at: Timestamp,
}

impl Account {
    /// By id.
    pub fn at(user: UserId) -> Key<Self> {
        Key::new(format_args!("account/{user}"), "-")
    }
}

impl Entity for Account {
    const KIND: &'static str = "account";
    type Scope = Shared;
    fn key(&self) -> Key<Self> {
        Self::at(self.user)
    }
}

/// An email address in use. Its key is its meaning: the table cannot hold it twice.
///
/// Access pattern: by blind index, at registration and sign-in.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct EmailInUse {
    /// HMAC of the address under a key that never leaves KMS.
    pub blind: String,
    /// Whose it is.
    pub user: UserId,
}

impl EmailInUse {
    /// What the blind index is for, so that equal texts of other purposes do not look equal.
    pub const PURPOSE: &'static str = "email";

    /// By blind index.
    pub fn at(blind: &str) -> Key<Self> {
        Key::new(format_args!("email/{blind}"), "-")
    }
}

impl Entity for EmailInUse {
    const KIND: &'static str = "email-in-use";
    type Scope = Shared;
    fn key(&self) -> Key<Self> {
        Self::at(&self.blind)
    }
}

/// Somebody registered as a patient.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct PatientRegistered {
    /// The new patient.
    pub patient: PatientId,
    /// Where they are reached.
    pub email: Private<Email>,
    /// As they like to be called.
    pub given_name: Private<Name>,
    /// In which language.
    pub language: Language,
}

impl Event for PatientRegistered {
    const NAME: &'static str = "patient-registered";
}

/// An email address, trimmed and in lower case (ID-07).
///
/// Whether it exists only a mail can tell; this keeps out what cannot be one (RFC 5321, 4.5.3.1).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(try_from = "String", into = "String")]
#[schemars(with = "String", extend("format" = "email", "maxLength" = 254))]
pub struct Email(String);

/// Given or family name: 1 to 100 characters, in any script.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(try_from = "String", into = "String")]
#[schemars(with = "String", extend("minLength" = 1, "maxLength" = 100))]
pub struct Name(String);

/// A BCP 47 language tag such as `de` or `pt-BR`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(try_from = "String", into = "String")]
#[schemars(with = "String", extend("maxLength" = 35))]
pub struct Language(String);

/// Why a text is not what it should be.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum Malformed {
    /// Not an address.
    #[error("Enter an email address such as ada@example.org.")]
    Email,
    /// Not a name.
    #[error("Enter a name of 1 to 100 characters.")]
    Name,
    /// Not a language tag.
    #[error("Enter a language tag such as en or pt-BR.")]
    Language,
}

impl TryFrom<String> for Email {
    type Error = Malformed;
    fn try_from(text: String) -> Result<Self, Malformed> {
        let address = text.trim().to_lowercase();
        let fits = address.split_once('@').is_some_and(|(local, domain)| {
            (1..=64).contains(&local.len())
                && domain.contains('.')
                && !domain.contains('@')
                && domain.split('.').all(is_label)
                && local.is_ascii()
        });
        let clean =
            !address.chars().any(|c| c.is_whitespace() || c.is_control() || "<>,;:\"()[]\\".contains(c));
        if fits && clean && address.len() <= 254 { Ok(Self(address)) } else { Err(Malformed::Email) }
    }
}

/// A label of a host name (RFC 1123, 2.1). Names in other scripts are written in their ASCII form.
fn is_label(label: &str) -> bool {
    (1..=63).contains(&label.len())
        && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
        && !label.starts_with('-')
        && !label.ends_with('-')
}

impl TryFrom<String> for Name {
    type Error = Malformed;
    fn try_from(text: String) -> Result<Self, Malformed> {
        let name = text.trim();
        // U+202A to U+202E and U+2066 to U+2069 turn the writing direction and could disguise a name.
        let clean = !name
            .chars()
            .any(|c| c.is_control() || matches!(c, '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}'));
        let speaks = name.chars().any(char::is_alphanumeric);
        if clean && speaks && (1..=100).contains(&name.chars().count()) {
            Ok(Self(name.into()))
        } else {
            Err(Malformed::Name)
        }
    }
}

impl TryFrom<String> for Language {
    type Error = Malformed;
    fn try_from(tag: String) -> Result<Self, Malformed> {
        let mut subtags = tag.split('-');
        let first = subtags.next().unwrap_or_default();
        let fits = (2..=3).contains(&first.len())
            && first.bytes().all(|byte| byte.is_ascii_alphabetic())
            && subtags
                .all(|tag| (1..=8).contains(&tag.len()) && tag.bytes().all(|b| b.is_ascii_alphanumeric()));
        if fits && tag.len() <= 35 { Ok(Self(tag)) } else { Err(Malformed::Language) }
    }
}

impl Default for Language {
    fn default() -> Self {
        Self("en".into())
    }
}

macro_rules! text {
    ($($name:ident),*) => { $(
        impl From<$name> for String {
            fn from(value: $name) -> Self {
                value.0
            }
        }
        impl AsRef<str> for $name {
            fn as_ref(&self) -> &str {
                &self.0
            }
        }
    )* };
}
text!(Email, Name, Language);

/// Why somebody cannot register or sign in.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// There is an account already.
    #[error("There is already an account with this email address. Sign in instead.")]
    EmailTaken,
    /// One answer for a wrong password and for no account, so that neither tells about the other.
    #[error("The email address and the password do not belong together.")]
    WrongCredentials,
}

impl Fault for Refusal {
    fn status(&self) -> Status {
        match self {
            Refusal::EmailTaken => Status::Conflict,
            Refusal::WrongCredentials => Status::Unauthenticated,
        }
    }
    fn code(&self) -> &'static str {
        match self {
            Refusal::EmailTaken => "EMAIL_TAKEN",
            Refusal::WrongCredentials => "WRONG_CREDENTIALS",
        }
    }
    fn pointer(&self) -> Option<String> {
        (*self == Refusal::EmailTaken).then(|| "/email".into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_one_whatever_its_spelling() {
        let parse = |text: &str| Email::try_from(text.to_owned());
        assert_eq!(parse(" Ada@Example.ORG "), parse("ada@example.org"));
        for wrong in [
            "",
            "ada",
            "@example.org",
            "ada@example",
            "a@b@c.d",
            "a b@c.d",
            "ada@.org",
            "a@b..c",
            "x@y.z\n<script>",
        ] {
            assert_eq!(parse(wrong), Err(Malformed::Email), "{wrong:?}");
        }
        assert_eq!(parse(&format!("{}@example.org", "a".repeat(65))), Err(Malformed::Email));
    }

    #[test]
    fn names_come_in_every_script_but_not_in_disguise() {
        for name in ["Ada", "李", "Ó Súilleabháin", "أحمد"] {
            assert!(Name::try_from(name.to_owned()).is_ok(), "{name}");
        }
        for wrong in ["", "   ", "a\u{0}b", "\u{202E}adA", "\u{200B}", "..."] {
            assert_eq!(Name::try_from(wrong.to_owned()), Err(Malformed::Name), "{wrong:?}");
        }
        assert_eq!(Name::try_from("x".repeat(101)), Err(Malformed::Name));
    }
}
