//! The engines as their clients see them: ordinary SDKs over HTTP.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on may panic")]

mod data;
mod dynamodb;
mod fidelity;
mod house;
mod kms;
mod mail;
mod objects;
mod policies;
mod queues;
mod streams;
