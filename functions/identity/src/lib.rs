//! Identity: accounts, sign-in, tokens and the keys that sign them.
//!
//! **Invariant:** passwords are stored only as Argon2id hashes, signing keys only sealed by KMS, and
//! an email address never stands in a key: it is found by its blind index.

pub mod account;
mod get_openid_configuration;
mod get_signing_keys;
pub mod password;
mod register_patient;
mod rotate_signing_key;
mod sign_in;
pub mod signing_key;
mod token;
mod who_am_i;

pub use get_openid_configuration::GetOpenidConfiguration;
pub use get_signing_keys::GetSigningKeys;
pub use register_patient::RegisterPatient;
pub use rotate_signing_key::RotateSigningKey;
pub use sign_in::SignIn;
pub use who_am_i::WhoAmI;

use kernel::Event as _;
use runtime::Function;

/// The events that it publishes.
pub const EVENTS: &[&str] = &[account::PatientRegistered::NAME];

/// The context's table of contents.
pub const FUNCTIONS: &[Function] = &[
    Function::http::<GetOpenidConfiguration>("get-openid-configuration"),
    Function::http::<GetSigningKeys>("get-signing-keys"),
    Function::http::<RegisterPatient>("register-patient"),
    Function::http::<SignIn>("sign-in"),
    Function::http::<WhoAmI>("who-am-i"),
    Function::schedule::<RotateSigningKey>("rotate-signing-key"),
    Function::relay("relay-identity-events"),
];
