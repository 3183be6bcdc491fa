//! Platform: is it alive, is it ready, and how is it used.
//!
//! **Invariant:** what is public tells no more than an outsider may know.

mod get_docs;
mod get_health;
mod get_openapi;
mod get_readiness;
mod get_system_status;
mod heartbeat;
pub mod reference;

pub use get_docs::GetDocs;
pub use get_health::GetHealth;
pub use get_openapi::GetOpenapi;
pub use get_readiness::GetReadiness;
pub use get_system_status::GetSystemStatus;
pub use heartbeat::NoteHeartbeat;

use runtime::Function;

/// The API as a document, written by `make infra`.
const OPENAPI: &str = include_str!("../../../infra/openapi.json");

/// The context's table of contents. A static, so that handlers are compiled here and not wherever it is read.
pub static FUNCTIONS: &[Function] = &[
    Function::http::<GetHealth>("get-health"),
    Function::http::<GetReadiness>("get-readiness"),
    Function::http::<GetOpenapi>("get-openapi"),
    Function::http::<GetDocs>("get-docs"),
    Function::http::<GetSystemStatus>("get-system-status"),
    Function::event::<NoteHeartbeat>("note-heartbeat"),
];
