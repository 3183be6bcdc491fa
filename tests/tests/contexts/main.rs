//! Every function through the real runtime on real engines, in one process.

#![expect(clippy::unwrap_used, reason = "a test may stop at the first surprise")]
#![expect(clippy::too_many_lines, reason = "a table is as long as it has rows")]

mod common;

mod accounts;
mod audit;
mod availability;
mod bad_input;
mod booking;
mod cancellation;
mod confirmation;
mod elsewhere;
mod factors;
mod faults;
mod gateway;
mod hours;
mod idempotency;
mod identity;
mod listing;
mod logs;
mod members;
mod notices;
mod oracle;
mod permissions;
mod ready;
mod sessions;
mod settings;
mod store;
mod tenancy;
mod tokens;
mod trail;
