//! Who may do what. One table, read by the runtime, the OpenAPI document and the tests.

use serde::{Deserialize, Serialize};

use crate::{ClinicId, Fault, PatientId, Status, UserId};

/// What a person is, in the membership that they act in (ID-40).
#[derive(
    Clone,
    Copy,
    Debug,
    PartialEq,
    Eq,
    Serialize,
    Deserialize,
    schemars::JsonSchema,
    strum::EnumIter,
    strum::IntoStaticStr,
    strum::Display,
)]
#[serde(rename_all = "kebab-case")]
#[strum(serialize_all = "kebab-case")]
pub enum Role {
    /// A subject of care, in whatever clinic they book.
    Patient,
    /// A doctor or other provider whom patients book.
    Practitioner,
    /// Nursing staff.
    Nurse,
    /// Front desk.
    Receptionist,
    /// Dispenses.
    Pharmacist,
    /// Laboratory and other technical staff.
    Technician,
    /// Runs a clinic.
    Manager,
    /// Keeps the books.
    Finance,
    /// Runs the platform; sees no health records.
    Operator,
    /// A background job. No sign-in yields it.
    #[serde(skip)]
    System,
}

/// What a function needs from its caller.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, strum::EnumIter, strum::IntoStaticStr)]
#[serde(rename_all = "kebab-case")]
#[strum(serialize_all = "kebab-case")]
pub enum Permission {
    /// See one's own account.
    ReadOwnAccount,
    /// See one's own appointments, of all clinics.
    ListOwnAppointments,
    /// See an appointment.
    ReadAppointments,
    /// Book for oneself, or as staff for any patient who has registered.
    BookAppointments,
    /// Cancel for oneself, or as staff any appointment of the clinic.
    CancelAppointments,
    /// Change when a provider can be booked.
    ManageHours,
}

/// How far a permission extends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reach {
    /// Every record of the caller's clinic.
    Clinic,
    /// Only what is the caller's own.
    Own,
}

impl Role {
    /// The permission table. `None` means forbidden.
    ///
    /// The match is exhaustive on purpose: a new permission does not compile until it has been
    /// answered for every role.
    pub const fn reach(self, permission: Permission) -> Option<Reach> {
        use Permission::*;
        use Reach::*;
        use Role::*;
        match (permission, self) {
            (_, System) => None,
            (ReadOwnAccount, _) => Some(Own),
            (ListOwnAppointments | ReadAppointments | BookAppointments | CancelAppointments, Patient) => {
                Some(Own)
            }
            (ListOwnAppointments, _) => None,
            (ReadAppointments, Practitioner | Nurse | Receptionist | Manager) => Some(Clinic),
            (ReadAppointments, Pharmacist | Technician | Finance | Operator) => None,
            (BookAppointments | CancelAppointments, Practitioner | Receptionist | Manager) => Some(Clinic),
            (BookAppointments | CancelAppointments, Nurse | Pharmacist | Technician | Finance | Operator) => {
                None
            }
            (ManageHours, Manager) => Some(Clinic),
            (
                ManageHours,
                Patient | Practitioner | Nurse | Receptionist | Pharmacist | Technician | Finance | Operator,
            ) => None,
        }
    }
}

/// An authenticated person, acting in one membership.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Caller {
    /// The account.
    #[serde(rename = "sub")]
    pub user: UserId,
    /// In which role they act now.
    pub role: Role,
    /// Staff: the clinic they act for. Patients act for themselves, wherever they go.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub clinic: Option<ClinicId>,
    /// Patients: the record that is theirs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub patient: Option<PatientId>,
}

/// Why the caller may not.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum Denied {
    /// There is no valid token.
    #[error("Sign in first.")]
    Unauthenticated,
    /// The role does not have the permission.
    #[error("You are not allowed to do this.")]
    Forbidden,
    /// Someone else's record looks exactly like no record.
    #[error("There is no such record.")]
    Hidden,
}

impl Fault for Denied {
    fn status(&self) -> Status {
        match self {
            Denied::Unauthenticated => Status::Unauthenticated,
            Denied::Forbidden => Status::Forbidden,
            Denied::Hidden => Status::NotFound,
        }
    }
    fn code(&self) -> &'static str {
        match self {
            Denied::Unauthenticated => "UNAUTHENTICATED",
            Denied::Forbidden => "FORBIDDEN",
            Denied::Hidden => "NOT_FOUND",
        }
    }
}

/// Leave to touch one clinic's records. Keys of those records cannot be spelled without it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ClinicScope(ClinicId);

impl ClinicScope {
    /// For the runtime, which makes it from a permission or from an event's envelope.
    pub fn of(clinic: ClinicId) -> Self {
        Self(clinic)
    }
    /// Which clinic.
    pub fn id(self) -> ClinicId {
        self.0
    }
}

/// Leave to touch what belongs to one patient across clinics.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PatientScope(PatientId);

impl PatientScope {
    /// For the runtime. Handlers get one from [`ClinicGrant::covers`] or [`Grant::patient`].
    pub fn of(patient: PatientId) -> Self {
        Self(patient)
    }
    /// Which patient.
    pub fn id(self) -> PatientId {
        self.0
    }
}

/// Proof that a caller may act on what is their own.
#[derive(Clone, Debug)]
pub struct Grant {
    caller: Caller,
}

/// Proof that a caller may act in one clinic, as far as their [`Reach`] goes.
#[derive(Clone, Debug)]
pub struct ClinicGrant {
    caller: Caller,
    clinic: ClinicScope,
    reach: Reach,
}

impl Caller {
    fn reach(&self, permission: Permission) -> Result<Reach, Denied> {
        self.role.reach(permission).ok_or(Denied::Forbidden)
    }

    /// May they do this to what is their own?
    pub fn ask(&self, permission: Permission) -> Result<Grant, Denied> {
        self.reach(permission)?;
        Ok(Grant { caller: self.clone() })
    }

    /// May they do this in that clinic?
    ///
    /// For staff any other clinic than their own does not exist. A patient may turn to every
    /// clinic, and sees of it what is theirs.
    pub fn ask_in(&self, permission: Permission, clinic: ClinicId) -> Result<ClinicGrant, Denied> {
        let reach = self.reach(permission)?;
        if reach == Reach::Clinic && self.clinic != Some(clinic) {
            return Err(Denied::Hidden);
        }
        Ok(ClinicGrant { caller: self.clone(), clinic: ClinicScope(clinic), reach })
    }
}

impl Grant {
    /// Who asked.
    pub fn caller(&self) -> &Caller {
        &self.caller
    }

    /// The caller's own patient record.
    pub fn patient(&self) -> Result<PatientScope, Denied> {
        self.caller.patient.map(PatientScope).ok_or(Denied::Forbidden)
    }
}

impl ClinicGrant {
    /// Who asked.
    pub fn caller(&self) -> &Caller {
        &self.caller
    }

    /// The clinic's records.
    pub fn clinic(&self) -> ClinicScope {
        self.clinic
    }

    /// How far the permission extends.
    pub fn reach(&self) -> Reach {
        self.reach
    }

    /// Does the grant extend to this patient?
    pub fn covers(&self, patient: PatientId) -> Result<PatientScope, Denied> {
        match self.reach {
            Reach::Clinic => Ok(PatientScope(patient)),
            Reach::Own if self.caller.patient == Some(patient) => Ok(PatientScope(patient)),
            Reach::Own => Err(Denied::Hidden),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Id;

    fn id<K: crate::Kind>(n: u128) -> Id<K> {
        Id::from_uuid(uuid::Uuid::from_u128(n))
    }

    #[test]
    fn nobody_signs_in_as_the_system() {
        let claims = serde_json::json!({ "sub": id::<crate::kind::User>(1), "role": "system" });
        assert!(serde_json::from_value::<Caller>(claims).is_err());
    }

    #[test]
    fn staff_of_another_clinic_find_nothing_rather_than_a_closed_door() {
        let desk = Caller { user: id(1), role: Role::Receptionist, clinic: Some(id(1)), patient: None };
        let ask = |clinic| desk.ask_in(Permission::ReadAppointments, clinic).map(|grant| grant.clinic().id());
        assert_eq!(ask(id(1)), Ok(id(1)));
        assert_eq!(ask(id(2)), Err(Denied::Hidden));
    }

    #[test]
    fn a_patient_reaches_only_their_own_record() {
        let me = Caller { user: id(1), role: Role::Patient, clinic: None, patient: Some(id(7)) };
        let grant = me.ask_in(Permission::BookAppointments, id(1)).unwrap();
        assert_eq!(grant.covers(id(7)).map(PatientScope::id), Ok(id(7)));
        assert_eq!(grant.covers(id(8)).map(PatientScope::id), Err(Denied::Hidden));
    }
}
