//! A context's DynamoDB table, seen through what its caller was granted.
//!
//! - [`Entity`] says how a type is stored; [`Key`] and [`Range`] say where, relative to a [`Scope`].
//! - [`Store`] reads. Every read and write names a scope, and a clinic's or a patient's scope comes
//!   only from a grant, so a key of another clinic cannot be written down.
//! - [`Change`] describes writes. Only the runtime applies it, in one transaction, together with
//!   the audit record, the idempotency receipt and the outbox.
//!
//! **Invariant:** nothing else that runs on AWS names `aws_sdk_dynamodb`. Conditions decide, never a
//! read before a write. Whatever carries `expires_at` is gone from that instant on, in every read
//! and every condition; the deletion by DynamoDB's TTL is only a broom.

mod batch;
mod change;
mod commit;
mod entity;
mod limit;
mod meter;
mod read;
mod scope;

pub use batch::{Batch, Found, Wanted};
pub use change::{Change, OUTBOX, Receipt};
pub use commit::{Commit, CommitError, MAX_WRITES};
pub use entity::{Cursor, Entity, Index, IndexEntry, Key, Listing, Page, Range, Stored};
pub use limit::{BadLimit, Limit};
pub use meter::{Meter, Usage};
pub use read::{Names, Store, Table};
pub use scope::{Scope, Shared};

use kernel::{Fault, Status};

/// An item as the SDK has it.
pub type Item = std::collections::HashMap<String, aws_sdk_dynamodb::types::AttributeValue>;

/// What can go wrong between us and the table.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The service said no, or nothing.
    #[error("DynamoDB refused the request")]
    Dynamo(#[source] Box<aws_sdk_dynamodb::Error>),
    /// An item is not what its type says.
    #[error("a stored item does not match its type")]
    Shape(#[from] serde_dynamo::Error),
    /// An item lacks what this crate adds to every item.
    #[error("a stored item has no readable `{0}`")]
    Attribute(&'static str),
    /// `after` was not made by us.
    #[error("This page cursor is not one of ours.")]
    Cursor,
    /// The request depends on a record that does not exist.
    #[error("There is no such record.")]
    Missing(&'static str),
    /// Somebody was quicker. The runtime runs the handler again before it says so.
    #[error("The record was changed while you were editing it.")]
    Stale,
    /// Others keep writing the same items.
    #[error("the items stay contended")]
    Contended,
    /// More than one transaction can carry.
    #[error("{0} writes do not fit one transaction")]
    TooManyWrites(usize),
}

impl From<aws_sdk_dynamodb::Error> for StoreError {
    fn from(error: aws_sdk_dynamodb::Error) -> Self {
        Self::Dynamo(Box::new(error))
    }
}

impl Fault for StoreError {
    fn status(&self) -> Status {
        match self {
            StoreError::Shape(_) | StoreError::Attribute(_) | StoreError::TooManyWrites(_) => {
                Status::Internal
            }
            StoreError::Dynamo(_) | StoreError::Contended => Status::Unavailable,
            StoreError::Cursor => Status::Unprocessable,
            StoreError::Missing(_) => Status::NotFound,
            StoreError::Stale => Status::Conflict,
        }
    }
    fn code(&self) -> &'static str {
        match self {
            StoreError::Shape(_) | StoreError::Attribute(_) | StoreError::TooManyWrites(_) => "INTERNAL",
            StoreError::Dynamo(_) | StoreError::Contended => "UNAVAILABLE",
            StoreError::Cursor => "INVALID",
            StoreError::Missing(_) => "NOT_FOUND",
            StoreError::Stale => "STALE",
        }
    }
    fn pointer(&self) -> Option<String> {
        matches!(self, StoreError::Cursor).then(|| "/after".into())
    }
    fn retry_after(&self) -> Option<u32> {
        (self.status() == Status::Unavailable).then_some(1)
    }
}
