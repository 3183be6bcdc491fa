//! Notifications: what people are told, by which channel, in whose words.
//!
//! **Invariant:** a subject line says nothing about health: it stands on lock screens. What is private
//! stays in the body, and a link leads to the client instead of carrying ids.

pub mod confirmation;
pub mod contact;
mod remember_contact;
mod send_confirmation;

pub use remember_contact::RememberContact;
pub use send_confirmation::SendConfirmation;

use runtime::Function;

/// The context's table of contents.
pub const FUNCTIONS: &[Function] = &[
    Function::event::<RememberContact>("remember-contact"),
    Function::event::<SendConfirmation>("send-confirmation"),
];
