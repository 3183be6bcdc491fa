//! What the tests of whole processes share: the platform as a child process, a client of its API, the
//! truth about bookings, and Lambda's Runtime API. Everything else is in `tests/`.

pub mod booking;
pub mod client;
pub mod lambda;
pub mod process;
