//! How a patient is reached.

use kernel::{PatientId, PatientScope, Private};
use serde::{Deserialize, Serialize};
use store::{Entity, Key};

/// How a patient is reached: a copy of what they told identity.
///
/// Access pattern: by patient, before every message.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Contact {
    /// Who.
    pub patient: PatientId,
    /// Their address.
    pub email: Private<String>,
    /// As they like to be called.
    pub given_name: Private<String>,
    /// BCP 47 tag of the language in which they want to be addressed.
    pub language: String,
}

impl Contact {
    /// By patient; the scope says which.
    pub fn at() -> Key<Self> {
        Key::new("contact", "-")
    }
}

impl Entity for Contact {
    const KIND: &'static str = "contact";
    type Scope = PatientScope;
    fn key(&self) -> Key<Self> {
        Self::at()
    }
}
