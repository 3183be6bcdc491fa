//! Scheduling: true free times, and bookings that cannot collide.
//!
//! [`appointment`], [`calendar`] and [`diary`] decide, in pure functions. Each other module is one
//! function: its request, its reply, its handler.
//!
//! **Invariant:** the time of a provider and of a patient is taken in the same transaction that
//! creates the appointment, under conditions; no read protects it. The places taken in the diaries
//! are at every moment exactly those of the scheduled appointments.

pub mod appointment;
mod book_appointment;
pub mod calendar;
mod cancel_appointment;
pub mod diary;
mod find_availability;
mod get_appointment;
mod learn_calendar;
mod learn_patient;
mod list_appointments;
pub mod patient;

pub use book_appointment::BookAppointment;
pub use cancel_appointment::CancelAppointment;
pub use find_availability::FindAvailability;
pub use get_appointment::GetAppointment;
pub use learn_calendar::LearnCalendar;
pub use learn_patient::LearnPatient;
pub use list_appointments::ListAppointments;

use kernel::Event as _;
use runtime::Function;
use store::Index;

/// A patient's appointments of all clinics, by start.
pub const BY_PATIENT: Index = Index { name: "by-patient", attribute: "by_patient", keys_only: false };

/// The indexes of the context's table.
pub const INDEXES: &[Index] = &[BY_PATIENT];

/// The events that it publishes.
pub const EVENTS: &[&str] = &[appointment::AppointmentBooked::NAME, appointment::AppointmentCancelled::NAME];

/// The context's table of contents. A static, so that handlers are compiled here and not wherever it is read.
pub static FUNCTIONS: &[Function] = &[
    Function::http::<FindAvailability>("find-availability"),
    Function::http::<BookAppointment>("book-appointment"),
    Function::http::<ListAppointments>("list-appointments"),
    Function::http::<GetAppointment>("get-appointment"),
    Function::http::<CancelAppointment>("cancel-appointment"),
    Function::event::<LearnCalendar>("learn-calendar"),
    Function::event::<LearnPatient>("learn-patient"),
    Function::relay("relay-scheduling-events"),
];
