//! What outlives an account for a while. Pure.

use kernel::Timestamp;
use serde::{Deserialize, Serialize};
use store::{Entity, Key, Shared};

use crate::link::INVITATION_LIFE;

/// That somebody who worked somewhere has closed the account of this address: what was offered before that
/// opens no other one.
///
/// Access pattern: by the blind index of the address, when an invitation is taken up.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Former {
    /// Of the address.
    pub blind: String,
    /// When it was closed.
    pub closed_at: Timestamp,
}

impl Former {
    /// By blind index.
    pub fn at(blind: &str) -> Key<Self> {
        Key::new(format_args!("former/{blind}"), "-")
    }
}

impl Entity for Former {
    const KIND: &'static str = "former";
    type Scope = Shared;
    fn key(&self) -> Key<Self> {
        Self::at(&self.blind)
    }
    /// By then no invitation from before is good any more.
    fn expires_at(&self) -> Option<Timestamp> {
        Some(self.closed_at + INVITATION_LIFE)
    }
}
