//! The whole platform on one machine, in one process.
//!
//! - [`Platform`] runs every function of every context against the [`engines`], each with its own
//!   credentials and settings, as the template would give them.
//! - [`gateway`] is API Gateway: routes, tokens, limits, payloads.
//! - [`pump`] is what connects services: streams, queues, schedules.
//! - [`seed`] fills an empty platform with a demonstration.
//! - [`stand_in`] signs people in, as Google and GitHub would.
//! - [`site`] serves everything under one origin.
//!
//! **Invariant:** the functions cannot tell. They are invoked with the payloads of AWS and call AWS
//! through the ordinary SDK; everything that is local is on the other side of those two borders.

#![expect(clippy::disallowed_methods, reason = "this is where clock, randomness and grants come from")]

pub mod clock;
pub mod connector;
pub mod gateway;
pub mod inbox;
mod platform;
pub mod pump;
pub mod seed;
pub mod site;
pub mod stand_in;

pub use platform::{Options, Platform, StartError, table_name, web_origin};
