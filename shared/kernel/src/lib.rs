//! The words every context shares: ids, money, callers, permissions, scopes, problems.
//!
//! **Invariant:** no I/O, no async, no AWS, no clock and no randomness. Everything here is a value.

mod access;
mod event;
mod id;
mod money;
mod patch;
mod problem;
mod secret;
mod zone;

pub use access::{
    AuthenticationMethod, AuthenticationMethods, Caller, ClinicGrant, ClinicScope, Denied, Grant,
    PatientScope, Permission, Permissions, PlatformGrant, Reach, Role, STEP_UP,
};
pub use event::{Event, Fact};
pub use id::{Id, Kind, ParseIdError, kind};
pub use jiff::Timestamp;
pub use money::{Currency, Money};
pub use patch::Patch;
pub use problem::{Fault, FieldProblem, Problem, Status};
pub use secret::Private;
pub use zone::{UnknownZone, Zone};

/// An appointment.
pub type AppointmentId = Id<kind::Appointment>;
/// A clinic, which is the tenant: records of one are invisible to another.
pub type ClinicId = Id<kind::Clinic>;
/// A group of clinics under one management.
pub type OrganizationId = Id<kind::Organization>;
/// A person as the subject of care.
pub type PatientId = Id<kind::Patient>;
/// A practitioner as patients book them. One person keeps one id in all their clinics.
pub type ProviderId = Id<kind::Provider>;
/// A role that a clinic has defined for itself.
pub type RoleId = Id<kind::Role>;
/// A kind of visit that a clinic offers, with length and price.
pub type ServiceId = Id<kind::Service>;
/// One signing-in of a person on one device, with every token that follows from it.
pub type SessionId = Id<kind::Session>;
/// A person who can sign in.
pub type UserId = Id<kind::User>;
