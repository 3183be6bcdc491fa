//! Links in mails: whoever has one has read the mail, and may do one thing once. Pure.

use base64::{Engine as _, prelude::BASE64_URL_SAFE_NO_PAD};
use jiff::SignedDuration;
use kernel::{
    ClinicId, ClinicScope, Fault, Id, Private, ProviderId, Role, RoleId, Status, Timestamp, UserId, kind,
};
use serde::{Deserialize, Serialize};
use store::{Entity, Key, Range, Shared};

use crate::account::{Email, Name, Password, Preferences};
use crate::factor::hex;

/// What the token of a link is sealed for, on its way into the mail.
pub const SEAL: &str = "mail-link";

/// An invitation to work in a clinic.
pub type InvitationId = Id<kind::Invitation>;

/// A link that was sent and not used yet. Of its token only the hash is kept.
///
/// Access pattern: by the hash of its token, when it is used.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Link {
    /// Of the token.
    pub hash: String,
    /// What it is for.
    pub purpose: Purpose,
    /// Until when.
    pub until: Timestamp,
}

/// What a link does.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(tag = "for", rename_all = "kebab-case")]
pub enum Purpose {
    /// It finishes a registration.
    Registration(Box<Pending>),
    /// It lets somebody choose a new password.
    Reset {
        /// Whose.
        user: UserId,
        /// That of the account: a password that was changed meanwhile makes older links useless.
        epoch: u32,
    },
    /// It takes up an invitation.
    Invitation {
        /// Of which clinic.
        clinic: ClinicId,
        /// Which one.
        invitation: InvitationId,
    },
    /// It takes up an appointment to work for the platform.
    Appointment {
        /// Whom.
        email: Private<Email>,
        /// As what.
        role: Role,
        /// When they were appointed.
        at: Timestamp,
    },
}

/// A registration whose address has not been proved yet. There is no account until then.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Pending {
    /// The address.
    pub email: Private<Email>,
    /// Its blind index.
    pub blind: String,
    /// As they like to be called.
    pub given_name: Private<Name>,
    /// Family name.
    pub family_name: Private<Name>,
    /// How they want to be addressed.
    pub preferences: Preferences,
    /// What they chose.
    pub password: Password,
}

impl Purpose {
    /// For how long a link is good: as long as people take to read such a mail, and not longer.
    const fn life(&self) -> SignedDuration {
        match self {
            Purpose::Registration(_) => SignedDuration::from_hours(24),
            Purpose::Reset { .. } => SignedDuration::from_hours(1),
            Purpose::Invitation { .. } | Purpose::Appointment { .. } => INVITATION_LIFE,
        }
    }
}

/// For how long an invitation stands.
pub const INVITATION_LIFE: SignedDuration = SignedDuration::from_hours(24 * 7);

impl Link {
    /// A new one, and its token. The bytes must be random.
    pub fn new(random: [u8; 32], purpose: Purpose, now: Timestamp) -> (Self, Private<String>) {
        let token = BASE64_URL_SAFE_NO_PAD.encode(random);
        (Self { hash: Self::hash(&token), until: now + purpose.life(), purpose }, Private(token))
    }

    /// What is kept of a token.
    pub fn hash(token: &str) -> String {
        hex(&["link", token])
    }

    /// By the hash of its token.
    pub fn at(hash: &str) -> Key<Self> {
        Key::new(format_args!("link/{hash}"), "-")
    }
}

impl Entity for Link {
    const KIND: &'static str = "link";
    type Scope = Shared;
    fn key(&self) -> Key<Self> {
        Self::at(&self.hash)
    }
    fn expires_at(&self) -> Option<Timestamp> {
        Some(self.until)
    }
}

/// An invitation to work in a clinic, as the clinic sees it.
///
/// Access patterns: the clinic's list, and by id.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Invitation {
    /// Its id.
    pub id: InvitationId,
    /// Whom.
    pub email: Private<Email>,
    /// As what.
    pub role: Role,
    /// In which of the clinic's own roles.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub custom_role: Option<RoleId>,
    /// As whom patients will book them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub provider: Option<ProviderId>,
    /// By whom.
    pub invited_by: UserId,
    /// When.
    pub invited_at: Timestamp,
    /// Until when.
    pub until: Timestamp,
    /// The hash of its link's token.
    pub link: String,
}

impl Invitation {
    const PARTITION: &'static str = "invitations";

    /// By id.
    pub fn at(id: InvitationId) -> Key<Self> {
        Key::new(Self::PARTITION, id)
    }

    /// All of a clinic.
    pub fn all() -> Range<Self> {
        Range::new(Self::PARTITION, "")
    }

    /// Leave to read and write the clinic's side of an invitation.
    #[expect(clippy::disallowed_methods, reason = "the clinic itself has sent the link that names it")]
    pub fn scope(clinic: ClinicId) -> ClinicScope {
        ClinicScope::of(clinic)
    }
}

impl Entity for Invitation {
    const KIND: &'static str = "invitation";
    type Scope = ClinicScope;
    fn key(&self) -> Key<Self> {
        Self::at(self.id)
    }
    fn expires_at(&self) -> Option<Timestamp> {
        Some(self.until)
    }
}

/// That an address is invited to work for the platform. There is one such invitation at a time.
///
/// Access pattern: by the blind index of the address.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Appointed {
    /// Of the address.
    pub blind: String,
    /// The hash of its link's token.
    pub link: String,
    /// Until when.
    pub until: Timestamp,
}

impl Appointed {
    /// By blind index.
    pub fn at(blind: &str) -> Key<Self> {
        Key::new(format_args!("appointed/{blind}"), "-")
    }
}

impl Entity for Appointed {
    const KIND: &'static str = "appointed";
    type Scope = Shared;
    fn key(&self) -> Key<Self> {
        Self::at(&self.blind)
    }
    fn expires_at(&self) -> Option<Timestamp> {
        Some(self.until)
    }
}

/// The link is not one of ours, is too old, or was used.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("This link does not work any more. Ask for a new one.")]
pub struct LinkInvalid;

impl Fault for LinkInvalid {
    fn status(&self) -> Status {
        Status::Unprocessable
    }
    fn code(&self) -> &'static str {
        "LINK_INVALID"
    }
    fn pointer(&self) -> Option<String> {
        Some("/token".into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_a_token_only_its_hash_is_kept() {
        let purpose = Purpose::Reset { user: UserId::NOBODY, epoch: 0 };
        let (link, token) = Link::new([5; 32], purpose, Timestamp::UNIX_EPOCH);
        assert_eq!(Link::hash(&token), link.hash);
        assert!(!serde_json::to_string(&link).unwrap().contains(token.as_str()));
        assert_eq!(token.len(), 43);
    }
}
