//! Notifications: what people are told, by which channel, in whose words.
//!
//! **Invariant:** a subject line says nothing about health: it stands on lock screens. What is private
//! stays in the body, and a link leads to the client instead of carrying ids. The token of a link and a
//! code arrive sealed, and are open only on their way into the message.

mod code;
pub mod confirmation;
pub mod contact;
mod english;
mod letter;
pub mod notice;
mod remember_contact;
mod sealed;
mod send_account_notice;
mod send_confirmation;
mod send_sms_code;

pub use remember_contact::RememberContact;
pub use send_account_notice::SendAccountNotice;
pub use send_confirmation::SendConfirmation;
pub use send_sms_code::SendSmsCode;

use runtime::Function;

/// The context's table of contents. A static, so that handlers are compiled here and not wherever it is read.
pub static FUNCTIONS: &[Function] = &[
    Function::event::<RememberContact>("remember-contact"),
    Function::event::<SendConfirmation>("send-confirmation"),
    Function::event::<SendAccountNotice>("send-account-notice"),
    Function::event::<SendSmsCode>("send-sms-code"),
];
