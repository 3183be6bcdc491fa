//! A service: what can be booked, how long it takes, what it costs.

use kernel::{ClinicId, Money, ServiceId};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use store::{Entity, Key, Range, Shared};

/// What can be booked in a clinic, how long it takes and what it costs (DIR-03).
///
/// Access patterns: all of a clinic, by anybody; one by clinic and id.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Service {
    /// The service.
    pub id: ServiceId,
    /// Who offers it.
    pub clinic: ClinicId,
    /// As patients know it.
    pub name: String,
    /// What to expect, in a sentence.
    pub description: String,
    /// How long it takes.
    pub minutes: u16,
    /// What it costs.
    pub price: Money,
}

impl Service {
    /// By id.
    pub fn at(clinic: ClinicId, id: ServiceId) -> Key<Self> {
        Key::new(format_args!("services/{clinic}"), id)
    }

    /// All of a clinic.
    pub fn of(clinic: ClinicId) -> Range<Self> {
        Range::new(format_args!("services/{clinic}"), "")
    }
}

impl Entity for Service {
    const KIND: &'static str = "service";
    type Scope = Shared;
    fn key(&self) -> Key<Self> {
        Self::at(self.clinic, self.id)
    }
}
