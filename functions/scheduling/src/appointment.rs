//! What an appointment is and what may become of it. Pure: no I/O, no clock.

use jiff::SignedDuration;
use kernel::{
    AppointmentId, ClinicId, ClinicScope, Event, Fault, Money, PatientId, ProviderId, ServiceId, Timestamp,
    Zone,
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use store::{Entity, IndexEntry, Key, Range};

use crate::BY_PATIENT;

/// A patient's visit to a provider: who, what, where, when, for how much.
///
/// Names and price are as they were when it was booked.
///
/// Access patterns: by clinic and id; a patient's own, of all clinics, by start (index).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Appointment {
    /// The appointment.
    pub id: AppointmentId,
    /// Where.
    pub clinic: ClinicId,
    /// Its name.
    pub clinic_name: String,
    /// With whom.
    pub provider: ProviderId,
    /// Their name.
    pub provider_name: String,
    /// What for.
    pub service: ServiceId,
    /// Its name.
    pub service_name: String,
    /// Who comes.
    pub patient: PatientId,
    /// When it begins.
    pub start: Timestamp,
    /// When it ends.
    pub end: Timestamp,
    /// How long it takes.
    pub minutes: u16,
    /// The clinic's zone, in which the patient has to be there.
    pub time_zone: Zone,
    /// What it costs.
    pub price: Money,
    /// What has become of it.
    pub status: Status,
    /// When it was booked.
    pub booked_at: Timestamp,
    /// When it was cancelled.
    pub cancelled_at: Option<Timestamp>,
}

/// ```text
/// scheduled ──▶ completed
///     └───────▶ cancelled
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Status {
    /// It will take place; its time is taken.
    Scheduled,
    /// It took place.
    Completed,
    /// It will not take place; its time is free.
    Cancelled,
}

/// Why an appointment cannot be booked or cancelled.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// SCH-22.
    #[error("You already have an appointment at this time.")]
    UserConflict,
    /// SCH-23.
    #[error("The provider is already booked at this time.")]
    ProviderConflict,
    /// SCH-21.
    #[error("This time is being booked by somebody else at this moment. Try again.")]
    SlotLocked,
    /// The past cannot be booked.
    #[error("This time has already begun.")]
    StartInPast,
    /// Outside the hours, off the grid, or too far ahead.
    #[error("The provider does not offer this time.")]
    TimeNotOffered,
    /// The provider does not do this.
    #[error("The provider does not offer this service.")]
    ServiceNotOffered,
    /// Another length than the service's, asked for by a patient, or one off the grid.
    #[error("This length is not offered.")]
    LengthNotOffered,
    /// Staff must say whom they book for.
    #[error("Say for which patient.")]
    PatientUnsaid,
    /// Whom staff book for must exist.
    #[error("There is no such patient.")]
    UnknownPatient,
    /// Once is enough.
    #[error("This appointment has been cancelled already.")]
    AlreadyCancelled,
    /// Too late.
    #[error("This appointment has already begun; it cannot be cancelled.")]
    AlreadyBegun,
}

impl Fault for Refusal {
    fn status(&self) -> kernel::Status {
        match self {
            Refusal::UserConflict
            | Refusal::ProviderConflict
            | Refusal::SlotLocked
            | Refusal::AlreadyCancelled
            | Refusal::AlreadyBegun => kernel::Status::Conflict,
            Refusal::StartInPast
            | Refusal::TimeNotOffered
            | Refusal::ServiceNotOffered
            | Refusal::LengthNotOffered
            | Refusal::PatientUnsaid
            | Refusal::UnknownPatient => kernel::Status::Unprocessable,
        }
    }
    fn code(&self) -> &'static str {
        match self {
            Refusal::UserConflict => "USER_CONFLICT",
            Refusal::ProviderConflict => "PROVIDER_CONFLICT",
            Refusal::SlotLocked => "SLOT_LOCKED",
            Refusal::StartInPast => "START_IN_PAST",
            Refusal::TimeNotOffered => "TIME_NOT_OFFERED",
            Refusal::ServiceNotOffered => "SERVICE_NOT_OFFERED",
            Refusal::LengthNotOffered => "LENGTH_NOT_OFFERED",
            Refusal::PatientUnsaid => "PATIENT_REQUIRED",
            Refusal::UnknownPatient => "UNKNOWN_PATIENT",
            Refusal::AlreadyCancelled => "ALREADY_CANCELLED",
            Refusal::AlreadyBegun => "APPOINTMENT_STARTED",
        }
    }
    fn pointer(&self) -> Option<String> {
        let field = match self {
            Refusal::StartInPast | Refusal::TimeNotOffered => "/start",
            Refusal::ServiceNotOffered => "/service",
            Refusal::LengthNotOffered => "/minutes",
            Refusal::PatientUnsaid | Refusal::UnknownPatient => "/patient",
            _ => return None,
        };
        Some(field.into())
    }
    fn retry_after(&self) -> Option<u32> {
        (*self == Refusal::SlotLocked).then_some(1)
    }
}

impl Appointment {
    /// What it is after it was called off at `now`.
    pub fn cancelled(self, now: Timestamp) -> Result<Self, Refusal> {
        match self.status {
            Status::Cancelled => Err(Refusal::AlreadyCancelled),
            Status::Completed => Err(Refusal::AlreadyBegun),
            Status::Scheduled if self.start <= now => Err(Refusal::AlreadyBegun),
            Status::Scheduled => Ok(Self { status: Status::Cancelled, cancelled_at: Some(now), ..self }),
        }
    }

    /// By clinic and id.
    pub fn at(id: AppointmentId) -> Key<Self> {
        Key::new(format_args!("appointment/{id}"), "-")
    }

    /// A patient's own, latest first.
    pub fn of_patient() -> Range<Self> {
        Range::new("appointments", "").through(&BY_PATIENT).backwards()
    }
}

impl Entity for Appointment {
    const KIND: &'static str = "appointment";
    type Scope = ClinicScope;
    fn key(&self) -> Key<Self> {
        Self::at(self.id)
    }
    fn index(&self) -> Option<IndexEntry> {
        let sort = format!("{}/{}", self.start, self.id);
        Some(IndexEntry::new(&BY_PATIENT, self.patient, "appointments", sort))
    }
}

/// From `start`, for `minutes`.
pub fn end(start: Timestamp, minutes: u16) -> Timestamp {
    start.saturating_add(SignedDuration::from_mins(i64::from(minutes))).unwrap_or(Timestamp::MAX)
}

/// An appointment was booked. Says what a confirmation needs.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct AppointmentBooked {
    /// The appointment as it was booked.
    pub appointment: Appointment,
}

impl Event for AppointmentBooked {
    const NAME: &'static str = "appointment-booked";
}

/// An appointment was called off.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct AppointmentCancelled {
    /// The appointment as it is now.
    pub appointment: Appointment,
}

impl Event for AppointmentCancelled {
    const NAME: &'static str = "appointment-cancelled";
}
