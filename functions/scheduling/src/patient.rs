//! What scheduling knows of a patient: that there is one.

use kernel::PatientId;
use serde::{Deserialize, Serialize};
use store::{Entity, Key, Shared};

/// That this patient exists, so that nobody's time is taken under an id that means nothing.
///
/// Access pattern: by id, when staff book for somebody.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct KnownPatient {
    /// Who.
    pub patient: PatientId,
}

impl KnownPatient {
    /// By id.
    pub fn at(patient: PatientId) -> Key<Self> {
        Key::new(format_args!("patient/{patient}"), "-")
    }
}

impl Entity for KnownPatient {
    const KIND: &'static str = "known-patient";
    type Scope = Shared;
    fn key(&self) -> Key<Self> {
        Self::at(self.patient)
    }
}
