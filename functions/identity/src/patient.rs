//! What clinics see of their patients' accounts. Pure.

use kernel::{PatientId, PatientScope, Private, ProviderId, UserId};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use store::{Entity, Key, Shared};

/// Whose account a patient's is.
///
/// Access pattern: by patient.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct PatientAccount {
    /// The patient.
    pub patient: PatientId,
    /// Their account.
    pub user: UserId,
}

impl PatientAccount {
    /// By patient.
    pub fn at(patient: PatientId) -> Key<Self> {
        Key::new(format_args!("patient/{patient}"), "-")
    }
}

impl Entity for PatientAccount {
    const KIND: &'static str = "patient-account";
    type Scope = Shared;
    fn key(&self) -> Key<Self> {
        Self::at(self.patient)
    }
}

/// That somebody is a clinic's patient, and who treats them there: learned from their bookings.
///
/// Access pattern: by patient, within the clinic.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct CareRelation {
    /// The patient.
    pub patient: PatientId,
    /// With whom they have booked.
    pub practitioners: Vec<ProviderId>,
}

impl CareRelation {
    /// By patient.
    pub fn at(patient: PatientId) -> Key<Self> {
        Key::new("patients", patient)
    }
}

impl Entity for CareRelation {
    const KIND: &'static str = "care-relation";
    type Scope = kernel::ClinicScope;
    fn key(&self) -> Key<Self> {
        Self::at(self.patient)
    }
}

/// What a patient tells everybody who treats them (PAT-07).
///
/// Access pattern: by patient; the scope says which.
#[derive(Clone, Debug, Default, Serialize, Deserialize, JsonSchema)]
pub struct Health {
    /// Blood group and Rhesus factor.
    pub blood_type: Option<Private<BloodType>>,
    /// What they must not be given.
    pub allergies: Vec<Private<Allergy>>,
}

impl Health {
    /// By patient; the scope says which.
    pub fn at() -> Key<Self> {
        Key::new("health", "-")
    }
}

impl Entity for Health {
    const KIND: &'static str = "health";
    type Scope = PatientScope;
    fn key(&self) -> Key<Self> {
        Self::at()
    }
}

/// Blood group and Rhesus factor (ISBT 001 and 004).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[expect(missing_docs, reason = "their names are all there is to say")]
pub enum BloodType {
    #[serde(rename = "A+")]
    APositive,
    #[serde(rename = "A-")]
    ANegative,
    #[serde(rename = "B+")]
    BPositive,
    #[serde(rename = "B-")]
    BNegative,
    #[serde(rename = "AB+")]
    AbPositive,
    #[serde(rename = "AB-")]
    AbNegative,
    #[serde(rename = "O+")]
    OPositive,
    #[serde(rename = "O-")]
    ONegative,
}

/// What somebody must not be given: 1 to 200 characters.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(try_from = "String", into = "String")]
#[schemars(with = "String", extend("minLength" = 1, "maxLength" = 200))]
pub struct Allergy(String);

/// The text says nothing, or too much.
#[derive(Debug, thiserror::Error)]
#[error("Enter 1 to 200 characters.")]
pub struct NotAnAllergy;

impl TryFrom<String> for Allergy {
    type Error = NotAnAllergy;
    fn try_from(text: String) -> Result<Self, NotAnAllergy> {
        crate::account::line(&text, 200).map(Self).ok_or(NotAnAllergy)
    }
}

impl From<Allergy> for String {
    fn from(allergy: Allergy) -> Self {
        allergy.0
    }
}
