//! The services outside: one small struct each, built by the runtime on first use.
//!
//! **Invariant:** a gateway translates and nothing else. What to send, to whom and whether at all is
//! decided by the context that calls it.

mod http;
mod keys;
mod mail;
mod topic;
mod vault;

pub use http::{Aws, aws};
pub use keys::{RsaKey, random};
pub use mail::{Mail, Mailer};
pub use topic::Topic;
pub use vault::Vault;

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
