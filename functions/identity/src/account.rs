//! Who can sign in. Pure: no I/O, no clock.

use jiff::civil::Date;
use kernel::{PatientId, Private, Timestamp, UserId, Zone};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use store::{Entity, Index, IndexEntry, Key, Range, Shared};

use crate::factor::Factors;
use crate::identity_provider::IdentityProviderId;
use crate::membership::Membership;

/// A person who can sign in.
///
/// Access patterns: by id, at sign-in, at every refresh and for the person themselves; for whoever runs the
/// platform those of staff or of patients, in one state, the newest first.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Account {
    /// The account's id.
    pub user: UserId,
    /// Where they are reached, and what they sign in with.
    pub email: Private<Email>,
    /// What they may sign in with instead (ID-07).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub username: Option<Private<Username>>,
    /// As they like to be called.
    pub given_name: Private<Name>,
    /// Family name.
    pub family_name: Private<Name>,
    /// What else they say of themselves.
    #[serde(default)]
    pub profile: Profile,
    /// How they want to be addressed and reached.
    pub preferences: Preferences,
    /// Their own patient record, if they have one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub patient: Option<PatientId>,
    /// Where they work, and as what.
    #[serde(default)]
    pub memberships: Vec<Membership>,
    /// What they sign in with, unless only others sign them in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub password: Option<Password>,
    /// Who else signs them in (ID-10).
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub identities: Vec<Identity>,
    /// What they show beside it.
    #[serde(default)]
    pub factors: Factors,
    /// Devices that they have signed in on, the latest last.
    #[serde(default)]
    pub devices: Vec<String>,
    /// Sessions of another epoch are over. It grows when all of them are to end.
    #[serde(default)]
    pub epoch: u32,
    /// Has a mail of ours proved the address? Others may have said so; until then whatever opens the account
    /// may be somebody else's.
    #[serde(default = "yes")]
    pub address_proved: bool,
    /// May they sign in?
    #[serde(default)]
    pub state: State,
    /// When the account came into being.
    pub registered_at: Timestamp,
}

const fn yes() -> bool {
    true
}

/// May somebody sign in?
#[derive(
    Clone,
    Copy,
    Debug,
    Default,
    PartialEq,
    Eq,
    Serialize,
    Deserialize,
    JsonSchema,
    strum::EnumIter,
    strum::IntoStaticStr,
)]
#[serde(rename_all = "kebab-case")]
#[strum(serialize_all = "kebab-case")]
pub enum State {
    /// They may.
    #[default]
    Active,
    /// Whoever runs the platform has said no (ID-05).
    Deactivated,
    /// They have closed their account themselves.
    Closed,
}

/// Somebody else who signs a person in, and as whom.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Identity {
    /// Who.
    pub provider: IdentityProviderId,
    /// Blind index of what they call the person: the key of a [`Handle`].
    pub blind: String,
    /// Since when.
    pub connected_at: Timestamp,
}

/// A password, and what must be known of it without knowing it.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Password {
    /// Argon2id, in PHC string format.
    pub hash: Private<String>,
    /// Is it long enough for somebody who works with other people's records?
    pub suits_staff: bool,
    /// Since when it is this one (ID-08).
    pub changed_at: Timestamp,
}

/// What a person says of themselves beside their name (ID-11).
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Profile {
    /// In the calendar of their papers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub date_of_birth: Option<Private<Date>>,
    /// Administrative gender.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub gender: Option<Private<Gender>>,
    /// Where they are called.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub phone: Option<Private<Phone>>,
    /// Where they live.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub address: Option<Private<Address>>,
}

/// Administrative gender (HL7 FHIR R4, AdministrativeGender, without `unknown`: that is no answer).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Gender {
    /// Male.
    Male,
    /// Female.
    Female,
    /// Neither, or both.
    Other,
}

/// A postal address.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[schemars(rename = "PostalAddress")]
pub struct Address {
    /// Street and number.
    pub line: Line,
    /// City or village.
    pub city: Line,
    /// State, canton or province, where addresses have one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub state: Option<Line>,
    /// As the country writes it.
    pub postal_code: Line,
    /// ISO 3166-1 alpha-2.
    pub country: Country,
}

/// How somebody wants to be addressed and reached (ID-12).
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Preferences {
    /// In which language.
    pub language: Language,
    /// In which zone they want to read times, if another than the clinic's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub time_zone: Option<Zone>,
    /// By what.
    #[serde(default)]
    pub channels: Channels,
}

/// By what somebody wants to hear of what can wait. What concerns their safety always comes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Channels {
    /// Mail.
    pub email: bool,
    /// Text messages.
    pub sms: bool,
    /// Notices of the device.
    pub push: bool,
}

impl Default for Channels {
    fn default() -> Self {
        Self { email: true, sms: false, push: false }
    }
}

impl Account {
    /// By id.
    pub fn at(user: UserId) -> Key<Self> {
        Key::new(format_args!("account/{user}"), "-")
    }

    /// All of a group in a state, the newest first.
    pub fn all(group: Group, state: State) -> Range<Self> {
        Range::new(listed(group, state), "").through(&BY_REGISTRATION).backwards()
    }

    /// The account of somebody who has just proved that the address is theirs.
    pub fn new(
        user: UserId,
        email: Private<Email>,
        (given_name, family_name): (Private<Name>, Private<Name>),
        preferences: Preferences,
        password: Option<Password>,
        registered_at: Timestamp,
    ) -> Self {
        Self {
            user,
            email,
            username: None,
            given_name,
            family_name,
            profile: Profile::default(),
            preferences,
            patient: None,
            memberships: Vec::new(),
            password,
            identities: Vec::new(),
            factors: Factors::default(),
            devices: Vec::new(),
            epoch: 0,
            address_proved: true,
            state: State::Active,
            registered_at,
        }
    }

    /// Do they work anywhere, or have they?
    pub fn is_staff(&self) -> bool {
        !self.memberships.is_empty()
    }

    /// Can anybody sign in to it, without a mail of ours?
    pub fn has_way_in(&self) -> bool {
        self.password.is_some() || !self.identities.is_empty() || !self.factors.passkeys.is_empty()
    }

    /// A device that they sign in on. Was it new, and not their very first one?
    pub fn meet(&mut self, device: &str) -> bool {
        if self.devices.iter().any(|known| known == device) {
            return false;
        }
        let is_first = self.devices.is_empty();
        if self.devices.len() == DEVICES {
            self.devices.remove(0);
        }
        self.devices.push(device.to_owned());
        !is_first
    }
}

/// How many devices are remembered. Signing in on an older one is noticed as if it were new.
const DEVICES: usize = 20;

impl Entity for Account {
    const KIND: &'static str = "account";
    type Scope = Shared;
    fn key(&self) -> Key<Self> {
        Self::at(self.user)
    }
    fn index(&self) -> Option<IndexEntry> {
        let group = if self.is_staff() { Group::Staff } else { Group::Patients };
        let partition = listed(group, self.state);
        Some(IndexEntry::new(&BY_REGISTRATION, "shared", partition, self.user))
    }
}

/// Accounts of one group and state; their ids begin with when they came into being. One partition takes a
/// thousand new accounts a second.
pub static BY_REGISTRATION: Index =
    Index { name: "by-registration", attribute: "by_registration", keys_only: true };

/// Whom a list of accounts is of.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema, strum::IntoStaticStr,
)]
#[serde(rename_all = "kebab-case")]
#[strum(serialize_all = "kebab-case")]
pub enum Group {
    /// Those who work anywhere, or have.
    #[default]
    Staff,
    /// Everybody else.
    Patients,
}

fn listed(group: Group, state: State) -> String {
    let (group, state): (&str, &str) = (group.into(), state.into());
    format!("accounts/{group}/{state}")
}

/// An email address, a username or an identity with somebody else, in use. Its key is its meaning: the table cannot hold it twice.
///
/// Access pattern: by blind index, at registration and sign-in.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Handle {
    /// HMAC of it under a key that never leaves KMS.
    pub blind: String,
    /// Whose it is.
    pub user: UserId,
}

impl Handle {
    /// What the blind index of an address is for, so that equal texts of other purposes do not look equal.
    pub const EMAIL: &'static str = "email";

    /// What the blind index of a username is for.
    pub const USERNAME: &'static str = "username";

    /// What the blind index of an identity with somebody else is for.
    pub const IDENTITY: &'static str = "identity";

    /// By blind index.
    pub fn at(blind: &str) -> Key<Self> {
        Key::new(format_args!("handle/{blind}"), "-")
    }
}

impl Entity for Handle {
    const KIND: &'static str = "handle";
    type Scope = Shared;
    fn key(&self) -> Key<Self> {
        Self::at(&self.blind)
    }
}

/// An email address, trimmed and in lower case (ID-07).
///
/// Whether it exists only a mail can tell; this keeps out what cannot be one (RFC 5321, 4.5.3.1).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(try_from = "String", into = "String")]
#[schemars(with = "String", extend("format" = "email", "maxLength" = 254))]
pub struct Email(String);

/// A username: 3 to 30 letters, digits, dots, dashes and underscores, in lower case.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(try_from = "String", into = "String")]
#[schemars(with = "String", extend("pattern" = "^[A-Za-z0-9][A-Za-z0-9._-]{2,29}$"))]
pub struct Username(String);

impl TryFrom<String> for Username {
    type Error = Malformed;
    fn try_from(text: String) -> Result<Self, Malformed> {
        let name = text.trim().to_ascii_lowercase();
        let fits = (3..=30).contains(&name.len())
            && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"._-".contains(&byte))
            && name.starts_with(|first: char| first.is_ascii_alphanumeric());
        if fits { Ok(Self(name)) } else { Err(Malformed::Username) }
    }
}

/// What somebody signs in with, as they typed it: an address, or else a username.
pub(crate) enum Typed {
    /// An address.
    Email(Email),
    /// A username.
    Username(Username),
}

impl Typed {
    /// Nothing for what can be neither.
    pub(crate) fn read(text: String) -> Option<Self> {
        if text.contains('@') {
            Email::try_from(text).ok().map(Self::Email)
        } else {
            Username::try_from(text).ok().map(Self::Username)
        }
    }

    /// For a blind index: what for, and of what.
    pub(crate) fn identifier(&self) -> (&'static str, &str) {
        match self {
            Self::Email(email) => (Handle::EMAIL, email.as_ref()),
            Self::Username(name) => (Handle::USERNAME, name.as_ref()),
        }
    }
}

/// Given or family name: 1 to 100 characters, in any script.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(try_from = "String", into = "String")]
#[schemars(with = "String", extend("minLength" = 1, "maxLength" = 100))]
pub struct Name(String);

/// A telephone number in the form of ITU-T E.164: `+493055501234`. Spaces, dots, dashes and brackets that
/// people write between the digits are left out.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(try_from = "String", into = "String")]
#[schemars(with = "String", extend("maxLength" = 40))]
pub struct Phone(String);

/// A line of an address: 1 to 100 characters.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(try_from = "String", into = "String")]
#[schemars(with = "String", extend("minLength" = 1, "maxLength" = 100))]
pub struct Line(String);

/// A country's two letters (ISO 3166-1 alpha-2).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(try_from = "String", into = "String")]
#[schemars(with = "String", extend("minLength" = 2, "maxLength" = 2))]
pub struct Country(String);

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
    /// Not a telephone number.
    #[error("Enter a telephone number with its country code, such as +49 30 5550100.")]
    Phone,
    /// Not a line of an address.
    #[error("Enter 1 to 100 characters.")]
    Line,
    /// Not a username.
    #[error("Choose 3 to 30 letters, digits, dots, dashes or underscores.")]
    Username,
    /// Not a country.
    #[error("Enter a country's two letters, such as DE.")]
    Country,
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
        line(&text, 100).map(Self).ok_or(Malformed::Name)
    }
}

/// A text on one line that says something and does not pretend to be another.
pub(crate) fn line(text: &str, most: usize) -> Option<String> {
    let text = text.trim();
    // U+202A to U+202E and U+2066 to U+2069 turn the writing direction and could disguise a name.
    let is_odd = |c: char| c.is_control() || matches!(c, '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}');
    let speaks = text.chars().any(char::is_alphanumeric);
    let fits = speaks && !text.chars().any(is_odd) && text.chars().count() <= most;
    fits.then(|| text.to_owned())
}

impl TryFrom<String> for Line {
    type Error = Malformed;
    fn try_from(text: String) -> Result<Self, Malformed> {
        line(&text, 100).map(Self).ok_or(Malformed::Line)
    }
}

impl TryFrom<String> for Country {
    type Error = Malformed;
    fn try_from(text: String) -> Result<Self, Malformed> {
        let code = text.trim().to_ascii_uppercase();
        let fits = code.len() == 2 && code.bytes().all(|byte| byte.is_ascii_uppercase());
        if fits { Ok(Self(code)) } else { Err(Malformed::Country) }
    }
}

impl TryFrom<String> for Phone {
    type Error = Malformed;
    fn try_from(text: String) -> Result<Self, Malformed> {
        let number: String = text.chars().filter(|c| !" .-()/\u{a0}".contains(*c)).collect();
        let digits = number.strip_prefix('+').unwrap_or_default();
        let fits = (8..=15).contains(&digits.len())
            && digits.bytes().all(|byte| byte.is_ascii_digit())
            && !digits.starts_with('0');
        if fits { Ok(Self(number)) } else { Err(Malformed::Phone) }
    }
}

impl Phone {
    /// The last two digits: enough for its owner to know it by.
    pub fn ending(&self) -> String {
        self.0[self.0.len() - 2..].into()
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
text!(Email, Username, Name, Language, Phone, Line, Country);

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

    #[test]
    fn a_telephone_number_is_one_however_it_is_written() {
        let parse = |text: &str| Phone::try_from(text.to_owned()).map(String::from);
        assert_eq!(parse("+49 (30) 555-01.00"), Ok("+49305550100".into()));
        for wrong in ["", "+", "030 5550100", "+0305550100", "+49 30", "+1234567890123456", "+49 30 555x100"]
        {
            assert_eq!(parse(wrong), Err(Malformed::Phone), "{wrong:?}");
        }
        assert_eq!(Phone::try_from("+49305550142".to_owned()).unwrap().ending(), "42");
    }
}
