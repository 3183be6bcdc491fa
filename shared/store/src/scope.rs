use kernel::{ClinicScope, PatientScope};

/// Whose records a key is among: the first part of every partition key.
pub trait Scope: Send + Sync {
    /// Unique among scopes.
    fn prefix(&self) -> String;
}

impl Scope for ClinicScope {
    fn prefix(&self) -> String {
        self.id().to_string()
    }
}

impl Scope for PatientScope {
    fn prefix(&self) -> String {
        self.id().to_string()
    }
}

/// What belongs to no clinic and to no patient: accounts, what clinics publish to everyone, and
/// when a provider or a patient is busy (never with what).
#[derive(Clone, Copy, Debug)]
pub struct Shared;

impl Scope for Shared {
    fn prefix(&self) -> String {
        "shared".into()
    }
}
