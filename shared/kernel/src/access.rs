//! Who may do what. One table, read by the runtime, the OpenAPI document and the tests.

use std::collections::BTreeSet;

use jiff::SignedDuration;
use serde::{Deserialize, Serialize};

use crate::{ClinicId, Fault, PatientId, ProviderId, SessionId, Status, Timestamp, UserId};

/// What a person is, in the membership that they act in (ID-40).
#[derive(
    Clone,
    Copy,
    Debug,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
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
    /// Keeps the books.
    Finance,
    /// Runs a clinic.
    Manager,
    /// Whoever acts in a role that a clinic has defined for itself: the permissions that it names, none
    /// of which reaches further than a manager's.
    Staff,
    /// Runs the platform; sees no health records.
    Operator,
    /// Helps people with their accounts; sees no health records and changes nothing.
    Support,
    /// A background job. No sign-in yields it.
    #[serde(skip)]
    System,
}

/// What a function needs from its caller (ID-41).
#[derive(
    Clone,
    Copy,
    Debug,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    Serialize,
    Deserialize,
    schemars::JsonSchema,
    strum::EnumIter,
    strum::EnumString,
    strum::IntoStaticStr,
    strum::Display,
)]
#[serde(rename_all = "kebab-case")]
#[strum(serialize_all = "kebab-case")]
pub enum Permission {
    /// End one's own session.
    SignOut,
    /// Show a second factor of one's own.
    PassSecondFactor,
    /// Add a second factor to one's own account.
    EnrolOwnFactor,
    /// Take a second factor off one's own account.
    RemoveOwnFactor,
    /// See one's own account, its sessions and its second factors.
    ReadOwnAccount,
    /// Change one's own profile, password and sessions, or close one's account.
    ManageOwnAccount,
    /// Say what one's doctors should know.
    ManageOwnHealth,
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
    /// See who a patient is and how they are reached.
    ReadPatients,
    /// See the fields of a patient's record that are about health.
    ReadClinicalFields,
    /// See who works in a clinic, in which roles, and who is invited.
    ReadMembers,
    /// Invite staff, change what they are, and let them go.
    ManageMembers,
    /// Define roles of a clinic's own.
    ManageRoles,
    /// Find anybody's account.
    ReadAccounts,
    /// Deactivate and reactivate anybody's account.
    ManageAccounts,
    /// See how the platform is doing.
    ReadSystemStatus,
    /// Say how people register and sign in, and what everybody is told.
    ManageSettings,
}

/// How far a permission extends, the nearest first.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, strum::IntoStaticStr, strum::Display,
)]
#[serde(rename_all = "kebab-case")]
#[strum(serialize_all = "kebab-case")]
pub enum Reach {
    /// Only what is the caller's own.
    Own,
    /// The patients of the caller's clinic whom the caller treats.
    OwnPatients,
    /// Every record of the caller's clinic.
    Clinic,
    /// Every clinic.
    Platform,
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
            (_, Staff) => Manager.reach(permission),
            (SignOut | PassSecondFactor | EnrolOwnFactor | RemoveOwnFactor, _) => Some(Own),
            (ReadOwnAccount | ManageOwnAccount, _) => Some(Own),
            (
                ManageOwnHealth | ListOwnAppointments | ReadAppointments | BookAppointments
                | CancelAppointments | ReadPatients | ReadClinicalFields,
                Patient,
            ) => Some(Own),
            (ManageOwnHealth | ListOwnAppointments, _) => None,
            (ReadAppointments, Practitioner | Nurse | Receptionist | Manager) => Some(Clinic),
            (ReadAppointments, Pharmacist | Technician | Finance | Operator | Support) => None,
            (BookAppointments | CancelAppointments, Practitioner | Receptionist | Manager) => Some(Clinic),
            (
                BookAppointments | CancelAppointments,
                Nurse | Pharmacist | Technician | Finance | Operator | Support,
            ) => None,
            (ManageHours, Manager) => Some(Clinic),
            (
                ManageHours,
                Patient | Practitioner | Nurse | Receptionist | Pharmacist | Technician | Finance | Operator
                | Support,
            ) => None,
            (ReadPatients | ReadClinicalFields, Practitioner) => Some(OwnPatients),
            (ReadPatients, Nurse | Receptionist | Pharmacist | Technician | Finance | Manager) => {
                Some(Clinic)
            }
            (ReadClinicalFields, Nurse | Pharmacist | Technician) => Some(Clinic),
            (ReadClinicalFields, Receptionist | Finance | Manager) => None,
            (ReadPatients | ReadClinicalFields, Operator | Support) => None,
            (ReadMembers | ManageMembers | ManageRoles, Manager) => Some(Clinic),
            (ReadMembers | ManageMembers | ManageRoles, Operator) => Some(Platform),
            (ReadMembers, Support) => Some(Platform),
            (ManageMembers | ManageRoles, Support) => None,
            (
                ReadMembers | ManageMembers | ManageRoles,
                Patient | Practitioner | Nurse | Receptionist | Pharmacist | Technician | Finance,
            ) => None,
            (ReadAccounts | ReadSystemStatus, Operator | Support) => Some(Platform),
            (ManageAccounts | ManageSettings, Operator) => Some(Platform),
            (ManageAccounts | ManageSettings, Support) => None,
            (
                ReadAccounts | ManageAccounts | ReadSystemStatus | ManageSettings,
                Patient | Practitioner | Nurse | Receptionist | Pharmacist | Technician | Finance | Manager,
            ) => None,
        }
    }

    /// Does the role work on other people's records? Then it needs a second factor (Z-10).
    pub const fn is_staff(self) -> bool {
        !matches!(self, Role::Patient)
    }

    /// Does the role belong to one clinic?
    pub const fn is_of_clinic(self) -> bool {
        !matches!(self, Role::Patient | Role::Operator | Role::Support | Role::System)
    }

    /// Everything that the table gives the role.
    pub fn permissions(self) -> Permissions {
        use strum::IntoEnumIterator as _;
        Permission::iter().filter(|permission| self.reach(*permission).is_some()).collect()
    }
}

impl Permission {
    /// Is it worth asking for a second factor again? A stolen token must not be enough for these.
    pub const fn is_sensitive(self) -> bool {
        use Permission::*;
        match self {
            RemoveOwnFactor | ManageMembers | ManageRoles | ManageAccounts | ManageSettings => true,
            SignOut | PassSecondFactor | EnrolOwnFactor | ReadOwnAccount | ManageOwnAccount
            | ManageOwnHealth | ListOwnAppointments | ReadAppointments | BookAppointments
            | CancelAppointments | ManageHours | ReadPatients | ReadClinicalFields | ReadMembers
            | ReadAccounts | ReadSystemStatus => false,
        }
    }

    /// May staff who have shown one factor alone do it? Only what leads to a second one, or away.
    pub const fn takes_one_factor(self) -> bool {
        matches!(self, Permission::SignOut | Permission::PassSecondFactor | Permission::EnrolOwnFactor)
    }
}

/// Permissions, as a token carries them: separated by spaces (RFC 8693, 4.2).
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "String", into = "String")]
pub struct Permissions(BTreeSet<Permission>);

impl Permissions {
    /// Is it one of these?
    pub fn contains(&self, permission: Permission) -> bool {
        self.0.contains(&permission)
    }

    /// Does every one of these belong to the others, too?
    pub fn is_within(&self, others: &Self) -> bool {
        self.0.is_subset(&others.0)
    }

    /// In the order of the table.
    pub fn iter(&self) -> impl Iterator<Item = Permission> {
        self.0.iter().copied()
    }

    /// Those that belong to both.
    pub fn and(&self, others: &Self) -> Self {
        Self(self.0.intersection(&others.0).copied().collect())
    }
}

impl FromIterator<Permission> for Permissions {
    fn from_iter<I: IntoIterator<Item = Permission>>(permissions: I) -> Self {
        Self(permissions.into_iter().collect())
    }
}

impl From<String> for Permissions {
    /// A name that this build does not know, from a newer one, opens nothing.
    fn from(text: String) -> Self {
        text.split(' ').filter_map(|name| name.parse().ok()).collect()
    }
}

impl From<Permissions> for String {
    fn from(permissions: Permissions) -> Self {
        let names: Vec<&str> = permissions.0.into_iter().map(Into::into).collect();
        names.join(" ")
    }
}

/// How somebody has shown who they are: an Authentication Method Reference (RFC 8176, 2).
#[derive(
    Clone,
    Copy,
    Debug,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Serialize,
    Deserialize,
    schemars::JsonSchema,
    strum::EnumString,
)]
#[serde(rename_all = "lowercase")]
#[strum(serialize_all = "lowercase")]
pub enum AuthenticationMethod {
    /// A password.
    Pwd,
    /// A one-time code of an app or of a list.
    Otp,
    /// A code sent to a telephone.
    Sms,
    /// A passkey: possession of a key, and a person verified by its holder.
    Hwk,
    /// The word of somebody else who signs people in. RFC 8176 has no value for it; this is the common one.
    Fed,
    /// More than one factor.
    Mfa,
}

/// The `amr` of a token.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, schemars::JsonSchema)]
#[serde(transparent)]
pub struct AuthenticationMethods(BTreeSet<AuthenticationMethod>);

impl AuthenticationMethods {
    /// One method.
    pub fn of(method: AuthenticationMethod) -> Self {
        Self::default().and(method)
    }

    /// These, and one more. A passkey that verified its person is two factors by itself; any other
    /// second method makes two.
    #[must_use]
    pub fn and(mut self, method: AuthenticationMethod) -> Self {
        self.0.insert(method);
        if self.0.len() > 1 || method == AuthenticationMethod::Hwk {
            self.0.insert(AuthenticationMethod::Mfa);
        }
        self
    }

    /// Has more than one factor been shown?
    pub fn is_multi_factor(&self) -> bool {
        self.0.contains(&AuthenticationMethod::Mfa)
    }
}

impl<'de> Deserialize<'de> for AuthenticationMethods {
    /// From a list, or from the text that API Gateway makes of a claim that is a list: `[mfa pwd]`.
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        #[serde(untagged)]
        enum Form {
            List(Vec<String>),
            Text(String),
        }
        let names = match Form::deserialize(deserializer)? {
            Form::List(names) => names,
            Form::Text(text) => {
                let inner = text.trim_start_matches('[').trim_end_matches(']');
                inner.split(' ').map(ToOwned::to_owned).collect()
            }
        };
        // A method that this build does not know proves nothing to it.
        Ok(Self(names.iter().filter_map(|name| name.parse().ok()).collect()))
    }
}

/// How long a second factor is good for what is sensitive.
pub const STEP_UP: SignedDuration = SignedDuration::from_mins(5);

/// An authenticated person, acting in one membership.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Caller {
    /// The account.
    #[serde(rename = "sub")]
    pub user: UserId,
    /// The session that the token belongs to.
    #[serde(rename = "sid")]
    pub session: SessionId,
    /// In which role they act now.
    pub role: Role,
    /// Staff of a clinic: the clinic they act for. Patients act for themselves, wherever they go.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub clinic: Option<ClinicId>,
    /// Patients: the record that is theirs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub patient: Option<PatientId>,
    /// Practitioners: as whom patients book them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub provider: Option<ProviderId>,
    /// What the membership allows them. It narrows the role's row of the table and never widens it.
    #[serde(rename = "scope")]
    pub permissions: Permissions,
    /// How they have shown who they are.
    #[serde(rename = "amr")]
    pub methods: AuthenticationMethods,
    /// When they last showed a second factor.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub second_factor_at: Option<Timestamp>,
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
    /// Staff have to show a second factor, or enrol one, before anything else.
    #[error("Show your second factor first.")]
    SecondFactor,
    /// The last second factor is too long ago for this.
    #[error("Show your second factor again.")]
    StepUp,
    /// Someone else's record looks exactly like no record.
    #[error("There is no such record.")]
    Hidden,
}

impl Fault for Denied {
    fn status(&self) -> Status {
        match self {
            Denied::Unauthenticated => Status::Unauthenticated,
            Denied::Forbidden | Denied::SecondFactor | Denied::StepUp => Status::Forbidden,
            Denied::Hidden => Status::NotFound,
        }
    }
    fn code(&self) -> &'static str {
        match self {
            Denied::Unauthenticated => "UNAUTHENTICATED",
            Denied::Forbidden => "FORBIDDEN",
            Denied::SecondFactor => "SECOND_FACTOR_REQUIRED",
            Denied::StepUp => "STEP_UP_REQUIRED",
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

/// Proof that a caller may act on the platform as a whole.
#[derive(Clone, Debug)]
pub struct PlatformGrant {
    caller: Caller,
}

impl Caller {
    fn reach(&self, permission: Permission, now: Timestamp) -> Result<Reach, Denied> {
        let reach = self.holds(permission).ok_or(Denied::Forbidden)?;
        if self.role.is_staff() && !self.methods.is_multi_factor() && !permission.takes_one_factor() {
            return Err(Denied::SecondFactor);
        }
        if permission.is_sensitive() {
            self.stepped_up(now)?;
        }
        Ok(reach)
    }

    /// How far the permission extends for them, if they hold it at all.
    fn holds(&self, permission: Permission) -> Option<Reach> {
        self.role.reach(permission).filter(|_| self.permissions.contains(permission))
    }

    /// Have they shown a second factor within [`STEP_UP`]?
    pub fn stepped_up(&self, now: Timestamp) -> Result<(), Denied> {
        match self.second_factor_at {
            Some(at) if now.duration_since(at).abs() <= STEP_UP => Ok(()),
            _ => Err(Denied::StepUp),
        }
    }

    /// May they do this to what is their own?
    pub fn ask(&self, permission: Permission, now: Timestamp) -> Result<Grant, Denied> {
        self.reach(permission, now)?;
        Ok(Grant { caller: self.clone() })
    }

    /// May they do this in that clinic?
    ///
    /// For a clinic's staff any other clinic than their own does not exist. A patient may turn to
    /// every clinic, and sees of it what is theirs.
    pub fn ask_in(
        &self,
        permission: Permission,
        clinic: ClinicId,
        now: Timestamp,
    ) -> Result<ClinicGrant, Denied> {
        let reach = self.reach(permission, now)?;
        let is_home = match reach {
            Reach::Own | Reach::Platform => true,
            Reach::OwnPatients | Reach::Clinic => self.clinic == Some(clinic),
        };
        if !is_home {
            return Err(Denied::Hidden);
        }
        Ok(ClinicGrant { caller: self.clone(), clinic: ClinicScope(clinic), reach })
    }

    /// May they do this to the platform?
    pub fn ask_everywhere(&self, permission: Permission, now: Timestamp) -> Result<PlatformGrant, Denied> {
        match self.reach(permission, now)? {
            Reach::Platform => Ok(PlatformGrant { caller: self.clone() }),
            Reach::Own | Reach::OwnPatients | Reach::Clinic => Err(Denied::Forbidden),
        }
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

impl PlatformGrant {
    /// Who asked.
    pub fn caller(&self) -> &Caller {
        &self.caller
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

    /// Does the grant extend to this patient, whoever treats them?
    pub fn covers(&self, patient: PatientId) -> Result<PatientScope, Denied> {
        self.covers_among(patient, &[])
    }

    /// Does the grant extend to this patient, whom these practitioners treat?
    pub fn covers_among(
        &self,
        patient: PatientId,
        practitioners: &[ProviderId],
    ) -> Result<PatientScope, Denied> {
        let covered = match self.reach {
            Reach::Clinic | Reach::Platform => true,
            Reach::OwnPatients => {
                self.caller.provider.is_some_and(|provider| practitioners.contains(&provider))
            }
            Reach::Own => self.caller.patient == Some(patient),
        };
        if covered { Ok(PatientScope(patient)) } else { Err(Denied::Hidden) }
    }

    /// A field that only some may see: nothing for the others. A field is read after its record was
    /// granted, so that what is left to decide is whether the caller holds the permission at all.
    pub fn field<T>(&self, needs: Permission, value: T) -> Option<T> {
        self.may(needs).then_some(value)
    }

    /// Does the caller hold this other permission in the same clinic?
    pub fn may(&self, permission: Permission) -> bool {
        self.caller.holds(permission).is_some()
    }
}

#[cfg(test)]
mod tests {
    use strum::IntoEnumIterator as _;

    use super::*;
    use crate::Id;

    fn id<K: crate::Kind>(n: u128) -> Id<K> {
        Id::from_uuid(uuid::Uuid::from_u128(n))
    }

    fn caller(role: Role) -> Caller {
        Caller {
            user: id(1),
            session: id(1),
            role,
            clinic: role.is_of_clinic().then(|| id(1)),
            patient: (role == Role::Patient).then(|| id(7)),
            provider: (role == Role::Practitioner).then(|| id(3)),
            permissions: role.permissions(),
            methods: AuthenticationMethods::of(AuthenticationMethod::Pwd).and(AuthenticationMethod::Otp),
            second_factor_at: Some(NOW),
        }
    }

    const NOW: Timestamp = Timestamp::UNIX_EPOCH;

    #[test]
    fn nobody_signs_in_as_the_system() {
        let mut claims = serde_json::to_value(caller(Role::Manager)).unwrap();
        assert!(serde_json::from_value::<Caller>(claims.clone()).is_ok());
        claims["role"] = "system".into();
        assert!(serde_json::from_value::<Caller>(claims).is_err());
    }

    #[test]
    fn staff_of_another_clinic_find_nothing_rather_than_a_closed_door() {
        let desk = caller(Role::Receptionist);
        let ask =
            |clinic| desk.ask_in(Permission::ReadAppointments, clinic, NOW).map(|grant| grant.clinic().id());
        assert_eq!(ask(id(1)), Ok(id(1)));
        assert_eq!(ask(id(2)), Err(Denied::Hidden));
    }

    #[test]
    fn a_patient_reaches_only_their_own_record() {
        let grant = caller(Role::Patient).ask_in(Permission::BookAppointments, id(1), NOW).unwrap();
        assert_eq!(grant.covers(id(7)).map(PatientScope::id), Ok(id(7)));
        assert_eq!(grant.covers(id(8)).map(PatientScope::id), Err(Denied::Hidden));
    }

    #[test]
    fn a_practitioner_reaches_the_patients_whom_they_treat() {
        let grant = caller(Role::Practitioner).ask_in(Permission::ReadPatients, id(1), NOW).unwrap();
        assert_eq!(grant.covers_among(id(7), &[id(2), id(3)]).map(PatientScope::id), Ok(id(7)));
        assert_eq!(grant.covers_among(id(7), &[id(2)]).map(PatientScope::id), Err(Denied::Hidden));
        let unknown = Caller { provider: None, ..caller(Role::Practitioner) };
        let grant = unknown.ask_in(Permission::ReadPatients, id(1), NOW).unwrap();
        assert_eq!(grant.covers_among(id(7), &[id(3)]).map(PatientScope::id), Err(Denied::Hidden));
    }

    #[test]
    fn clinical_fields_are_shown_to_whoever_may_read_them() {
        let see = |role| {
            let grant = caller(role).ask_in(Permission::ReadPatients, id(1), NOW).unwrap();
            grant.field(Permission::ReadClinicalFields, "penicillin")
        };
        assert_eq!(see(Role::Nurse), Some("penicillin"));
        assert_eq!(see(Role::Receptionist), None);
    }

    #[test]
    fn a_token_narrows_the_table_and_never_widens_it() {
        let mut narrow = caller(Role::Manager);
        narrow.permissions = Permissions::from_iter([Permission::ReadMembers, Permission::ReadAccounts]);
        assert!(narrow.ask_in(Permission::ReadMembers, id(1), NOW).is_ok());
        assert_eq!(narrow.ask_in(Permission::ManageRoles, id(1), NOW).unwrap_err(), Denied::Forbidden);
        assert_eq!(narrow.ask_everywhere(Permission::ReadAccounts, NOW).unwrap_err(), Denied::Forbidden);
    }

    #[test]
    fn one_factor_lets_staff_do_nothing_but_get_a_second_one() {
        for role in Role::iter().filter(|role| role.is_staff() && *role != Role::System) {
            let staff =
                Caller { methods: AuthenticationMethods::of(AuthenticationMethod::Pwd), ..caller(role) };
            for permission in role.permissions().iter() {
                let expected = if permission.takes_one_factor() { None } else { Some(Denied::SecondFactor) };
                assert_eq!(staff.ask(permission, NOW).err(), expected, "{role} {permission}");
            }
        }
    }

    #[test]
    fn what_is_sensitive_wants_a_factor_of_the_last_five_minutes() {
        let manager = caller(Role::Manager);
        let ask = |now| manager.ask_in(Permission::ManageRoles, id(1), now).map(drop);
        assert_eq!(ask(NOW + STEP_UP), Ok(()));
        assert_eq!(ask(NOW + STEP_UP + SignedDuration::from_secs(1)), Err(Denied::StepUp));
        let later = NOW + SignedDuration::from_hours(1);
        assert!(manager.ask_in(Permission::ReadMembers, id(1), later).is_ok());
    }

    #[test]
    fn a_role_of_a_clinics_own_reaches_no_further_than_its_manager() {
        for permission in Permission::iter() {
            assert_eq!(Role::Staff.reach(permission), Role::Manager.reach(permission), "{permission}");
        }
    }

    #[test]
    fn claims_are_read_as_api_gateway_writes_them() {
        let read = |text: &str| serde_json::from_value::<AuthenticationMethods>(text.into()).unwrap();
        let both = AuthenticationMethods::of(AuthenticationMethod::Pwd).and(AuthenticationMethod::Otp);
        assert_eq!(read("[mfa otp pwd]"), both);
        assert_eq!(
            serde_json::from_value::<AuthenticationMethods>(serde_json::to_value(&both).unwrap()).unwrap(),
            both
        );
        assert_eq!(read("[pwd unheard-of]"), AuthenticationMethods::of(AuthenticationMethod::Pwd));
        assert_eq!(read(""), AuthenticationMethods::default());
        let scope = String::from(Role::Receptionist.permissions());
        assert!(scope.contains("read-appointments book-appointments"), "{scope}");
        assert_eq!(Permissions::from(scope + " unheard-of"), Role::Receptionist.permissions());
    }
}
