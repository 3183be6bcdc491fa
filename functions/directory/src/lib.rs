//! Directory: what clinics publish to everyone. Clinics, providers, services, hours.
//!
//! **Invariant:** nothing here is private. What is published is read by anybody and kept by caches.

pub mod clinic;
mod get_clinic;
mod get_provider;
mod get_provider_hours;
mod get_service;
pub mod hours;
mod list_clinics;
mod list_providers;
mod list_services;
pub mod provider;
pub mod service;
mod set_provider_hours;

pub use get_clinic::GetClinic;
pub use get_provider::GetProvider;
pub use get_provider_hours::GetProviderHours;
pub use get_service::GetService;
pub use list_clinics::ListClinics;
pub use list_providers::ListProviders;
pub use list_services::ListServices;
pub use set_provider_hours::SetProviderHours;

use kernel::Event as _;
use runtime::Function;

/// For how long caches may keep what is published.
const PUBLISHED: &str = "public, max-age=60";

/// The events that it publishes.
pub const EVENTS: &[&str] = &[hours::ProviderCalendarChanged::NAME];

/// The context's table of contents. A static, so that handlers are compiled here and not wherever it is read.
pub static FUNCTIONS: &[Function] = &[
    Function::http::<ListClinics>("list-clinics"),
    Function::http::<GetClinic>("get-clinic"),
    Function::http::<ListProviders>("list-providers"),
    Function::http::<GetProvider>("get-provider"),
    Function::http::<ListServices>("list-services"),
    Function::http::<GetService>("get-service"),
    Function::http::<GetProviderHours>("get-provider-hours"),
    Function::http::<SetProviderHours>("set-provider-hours"),
    Function::relay("relay-directory-events"),
];
