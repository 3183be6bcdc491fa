//! Everything that happens around a handler, once.
//!
//! A request passes through [`Function::invoke`]: permission, decoding, replay, handler, commit
//! (with audit record, receipt and outbox), response, one line of log and metrics. Handlers see a
//! [`Cx`] and return a [`Done`]; they never write, log, or build a response.
//!
//! **Invariant:** nothing else names `lambda_http` or `lambda_runtime`.

#![expect(clippy::disallowed_methods, reason = "what is disallowed elsewhere is this crate's job")]

mod answer;
mod audience;
mod audit;
mod client;
mod cx;
mod decode;
mod endpoint;
mod function;
mod host;
mod iam;
mod job;
pub mod openapi;
mod relay;
mod serve;
mod settings;
mod settle;
mod telemetry;

pub use audience::{Audience, InClinic, Internal, OnPlatform, Personal, Public, System};
pub use audit::{Access, Audit, BY_DAY, Broken, ChainId, Head, Link};
pub use client::{Client, Cookie};
pub use cx::{ChangedMeanwhile, Cx};
pub use endpoint::{Content, Done, Endpoint, Method, Route};
pub use function::{Failure, Function, Http, Invocation, Trigger};
pub use host::{Clock, Entropy, Host, Sink};
pub use iam::{Resource, Statement, Use};
pub use job::{Command, Job, Scheduled};
pub use kernel::Problem;
pub use serve::serve;
pub use settings::{AUDIENCE, Setting, Settings, SettingsError};
