//! A provider, as a clinic presents them.

use kernel::{ClinicId, ProviderId, ServiceId};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use store::{Entity, Key, Range, Shared};

/// A provider, as a clinic presents them (DIR-05).
///
/// Access patterns: all of a clinic, by anybody; one by clinic and id.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Provider {
    /// The provider, the same in all their clinics.
    pub id: ProviderId,
    /// Where they are presented.
    pub clinic: ClinicId,
    /// With title, as patients address them.
    pub name: String,
    /// Their profession: `Consultant cardiologist`.
    pub title: String,
    /// Their field: `Cardiology`.
    pub specialty: String,
    /// BCP 47 tags of the languages spoken.
    pub languages: Vec<String>,
    /// A few sentences for patients.
    pub about: String,
    /// What can be booked with them.
    pub services: Vec<ServiceId>,
}

impl Provider {
    /// By id.
    pub fn at(clinic: ClinicId, id: ProviderId) -> Key<Self> {
        Key::new(format_args!("providers/{clinic}"), id)
    }

    /// All of a clinic.
    pub fn of(clinic: ClinicId) -> Range<Self> {
        Range::new(format_args!("providers/{clinic}"), "")
    }
}

impl Entity for Provider {
    const KIND: &'static str = "provider";
    type Scope = Shared;
    fn key(&self) -> Key<Self> {
        Self::at(self.clinic, self.id)
    }
}
