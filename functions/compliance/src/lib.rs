//! Compliance: that the record of who saw what is whole.
//!
//! **Invariant:** nothing here writes to the audit trail but the runtime, as everywhere.

pub mod anchor;
mod anchor_audit;
mod verify_audit;

pub use anchor_audit::AnchorAudit;
pub use verify_audit::VerifyAudit;

use runtime::Function;

/// The context's table of contents. A static, so that handlers are compiled here and not wherever it is read.
pub static FUNCTIONS: &[Function] =
    &[Function::schedule::<AnchorAudit>("anchor-audit"), Function::command::<VerifyAudit>("verify-audit")];
