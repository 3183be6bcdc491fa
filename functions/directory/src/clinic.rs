//! A clinic, as it presents itself.

use kernel::{ClinicId, OrganizationId, Zone};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use store::{Entity, Key, Range, Shared};

/// A clinic, as it presents itself.
///
/// Access patterns: all of them, by anybody; one by id.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Clinic {
    /// The clinic.
    pub id: ClinicId,
    /// The group that it belongs to.
    pub organization: OrganizationId,
    /// As it calls itself.
    pub name: String,
    /// Where it is.
    pub address: Address,
    /// In which zone its times are meant.
    pub time_zone: Zone,
    /// In international form: `+49 30 5550100`.
    pub phone: String,
    /// BCP 47 tags of the languages spoken.
    pub languages: Vec<String>,
    /// Appointments start on multiples of this many minutes past the hour, and last multiples of it.
    pub grid_minutes: u16,
    /// One or two sentences for patients.
    pub about: String,
}

/// A postal address.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Address {
    /// Street and number.
    pub line: String,
    /// City.
    pub city: String,
    /// Postal code.
    pub postal_code: String,
    /// ISO 3166-1 alpha-2.
    pub country: String,
}

impl Clinic {
    /// By id.
    pub fn at(id: ClinicId) -> Key<Self> {
        Key::new("clinics", id)
    }

    /// All of them.
    pub fn all() -> Range<Self> {
        Range::new("clinics", "")
    }
}

impl Entity for Clinic {
    const KIND: &'static str = "clinic";
    type Scope = Shared;
    fn key(&self) -> Key<Self> {
        Self::at(self.id)
    }
}
