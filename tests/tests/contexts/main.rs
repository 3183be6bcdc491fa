//! Every function through the real runtime on real engines, in one process.

mod common;

mod audit;
mod availability;
mod bad_input;
mod booking;
mod cancellation;
mod confirmation;
mod faults;
mod hours;
mod idempotency;
mod identity;
mod listing;
mod logs;
mod oracle;
mod permissions;
mod tenancy;
mod tokens;
