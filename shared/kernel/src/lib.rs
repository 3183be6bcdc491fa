//! The words every context shares: ids, money, callers, permissions, scopes, problems.
//!
//! **Invariant:** no I/O, no async, no AWS, no clock and no randomness. Everything here is a value.

mod access;
mod event;
mod id;
mod money;
mod problem;
mod secret;
mod zone;

pub use access::{Caller, ClinicGrant, ClinicScope, Denied, Grant, PatientScope, Permission, Reach, Role};
pub use event::{Event, Fact};
pub use id::{Id, Kind, ParseIdError, kind};
pub use jiff::Timestamp;
pub use money::{Currency, Money};
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
/// A kind of visit that a clinic offers, with length and price.
pub type ServiceId = Id<kind::Service>;
/// A person who can sign in.
pub type UserId = Id<kind::User>;
