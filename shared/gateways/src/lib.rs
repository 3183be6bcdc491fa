//! The services outside: one small struct each, built by the runtime on first use.
//!
//! **Invariant:** a gateway translates and nothing else. What to send, to whom and whether at all is
//! decided by the context that calls it.

mod archive;
mod http;
mod keys;
mod mail;
mod texter;
mod topic;
mod vault;
mod web;

pub use archive::Archive;
pub use http::{Aws, aws};
pub use keys::{RsaKey, random};
pub use mail::{Mail, Mailer};
pub use texter::{Sms, Texter};
pub use topic::Topic;
pub use vault::Vault;
pub use web::{Answer, Web};

use aws_sdk_sns::error::SdkError;
use aws_smithy_types::error::metadata::ProvideErrorMetadata;
use kernel::{Fault, Status};

/// A service did not do what it was asked.
#[derive(Debug, thiserror::Error)]
#[error("{service} did not {what}")]
pub struct GatewayError {
    service: &'static str,
    what: &'static str,
    #[source]
    cause: Option<Box<dyn std::error::Error + Send + Sync>>,
}

impl GatewayError {
    pub(crate) fn new(
        service: &'static str,
        what: &'static str,
    ) -> impl FnOnce(Box<dyn std::error::Error + Send + Sync>) -> Self {
        move |cause| Self { service, what, cause: Some(cause) }
    }

    /// Like [`new`](Self::new), for services whose refusals repeat to whom something was to be sent: their
    /// words would reach the log, so only the code is kept.
    pub(crate) fn unnamed<E, R>(
        service: &'static str,
        what: &'static str,
    ) -> impl FnOnce(SdkError<E, R>) -> Self
    where
        E: ProvideErrorMetadata + std::error::Error + Send + Sync + 'static,
        R: std::fmt::Debug + Send + Sync + 'static,
    {
        move |error| match &error {
            SdkError::ServiceError(refusal) => {
                Self::new(service, what)(refusal.err().code().unwrap_or("it gave no code").into())
            }
            _ => Self::new(service, what)(error.into()),
        }
    }

    pub(crate) fn odd(service: &'static str, what: &'static str) -> Self {
        Self { service, what, cause: None }
    }
}

impl Fault for GatewayError {
    fn status(&self) -> Status {
        Status::Unavailable
    }
    fn code(&self) -> &'static str {
        "UNAVAILABLE"
    }
    fn retry_after(&self) -> Option<u32> {
        Some(1)
    }
}
