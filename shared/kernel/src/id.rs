//! Typed ids: `apt_0192…` cannot be passed where `pat_0192…` is meant.

use std::{borrow::Cow, cmp::Ordering, fmt, hash, marker::PhantomData, str::FromStr};

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use uuid::Uuid;

/// What an [`Id`] identifies, and the prefix it wears outside the process.
pub trait Kind: 'static {
    /// Three letters, unique among all kinds.
    const PREFIX: &'static str;
}

macro_rules! kinds {
    ($($name:ident = $prefix:literal),* $(,)?) => {
        /// One empty type per kind of record.
        pub mod kind {
            $(
            /// See [`super::Id`].
            pub enum $name {}
            impl super::Kind for $name {
                const PREFIX: &'static str = $prefix;
            })*
        }
    };
}

kinds! {
    Appointment = "apt",
    Audit = "aud",
    AuditChain = "chn",
    Clinic = "cln",
    Event = "evt",
    Invitation = "inv",
    Organization = "org",
    Passkey = "psk",
    Patient = "pat",
    Provider = "prv",
    Role = "rol",
    Service = "svc",
    Session = "ses",
    Token = "tok",
    User = "usr",
}

/// A UUIDv7, so ids sort by creation time.
pub struct Id<K> {
    uuid: Uuid,
    kind: PhantomData<fn() -> K>,
}

impl<K: Kind> Id<K> {
    /// The id of nothing that exists: a look-up that must find nothing uses it.
    pub const NOBODY: Self = Self::from_uuid(Uuid::nil());

    /// Wears the kind's prefix from here on.
    pub const fn from_uuid(uuid: Uuid) -> Self {
        Self { uuid, kind: PhantomData }
    }
}

impl<K: Kind> fmt::Display for Id<K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}_{}", K::PREFIX, self.uuid.simple())
    }
}

/// Not an id of this kind.
#[derive(Debug, thiserror::Error)]
#[error("Enter an id like {0}_0192f0c17a5b7c3e8d21a4b6c8d0e2f4.")]
pub struct ParseIdError(&'static str);

impl<K: Kind> FromStr for Id<K> {
    type Err = ParseIdError;

    fn from_str(text: &str) -> Result<Self, ParseIdError> {
        text.strip_prefix(K::PREFIX)
            .and_then(|rest| rest.strip_prefix('_'))
            // One spelling and no other: whoever compares texts compares ids.
            .filter(|hex| hex.len() == 32 && !hex.bytes().any(|byte| byte.is_ascii_uppercase()))
            .and_then(|hex| Uuid::try_parse(hex).ok())
            .map(Self::from_uuid)
            .ok_or(ParseIdError(K::PREFIX))
    }
}

impl<K: Kind> Serialize for Id<K> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de, K: Kind> Deserialize<'de> for Id<K> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Cow::<'de, str>::deserialize(deserializer)?.parse().map_err(de::Error::custom)
    }
}

impl<K: Kind> JsonSchema for Id<K> {
    fn inline_schema() -> bool {
        true
    }
    fn schema_name() -> Cow<'static, str> {
        format!("{}_id", K::PREFIX).into()
    }
    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "string", "pattern": format!("^{}_[0-9a-f]{{32}}$", K::PREFIX) })
    }
}

// Written out because `derive` would demand the same traits of `K`.
impl<K> Clone for Id<K> {
    fn clone(&self) -> Self {
        *self
    }
}
impl<K> Copy for Id<K> {}
impl<K> PartialEq for Id<K> {
    fn eq(&self, other: &Self) -> bool {
        self.uuid == other.uuid
    }
}
impl<K> Eq for Id<K> {}
impl<K> Ord for Id<K> {
    fn cmp(&self, other: &Self) -> Ordering {
        self.uuid.cmp(&other.uuid)
    }
}
impl<K> PartialOrd for Id<K> {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}
impl<K> hash::Hash for Id<K> {
    fn hash<H: hash::Hasher>(&self, state: &mut H) {
        self.uuid.hash(state);
    }
}
impl<K: Kind> fmt::Debug for Id<K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

#[cfg(test)]
mod tests {
    use crate::{AppointmentId, ClinicId, PatientId};

    #[test]
    fn an_id_has_one_spelling() {
        let id = "cln_0192f0c17a5b7c3e8d21a4b6c8d0e2f4";
        assert_eq!(id.parse::<ClinicId>().unwrap().to_string(), id);
        for other in [
            "cln_0192F0C17A5B7C3E8D21A4B6C8D0E2F4",
            "cln_0192f0c1-7a5b-7c3e-8d21-a4b6c8d0e2f4",
            "CLN_0",
            "cln_",
        ] {
            assert!(other.parse::<ClinicId>().is_err(), "{other}");
        }
    }

    #[test]
    fn an_id_of_another_kind_is_refused() {
        let patient = PatientId::from_uuid(uuid::Uuid::nil()).to_string();
        let error = patient.parse::<AppointmentId>().unwrap_err();
        assert!(error.to_string().contains("like apt_"), "{error}");
    }
}
