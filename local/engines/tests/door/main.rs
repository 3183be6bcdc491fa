//! The engines as their clients see them: ordinary SDKs over HTTP.

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
