use runtime::Function;
use store::Index;

/// A bounded context: one binary, one stack, one table.
pub struct Context {
    /// Its crate, its binary, its stack.
    pub name: &'static str,
    /// What it is for, in a sentence.
    pub description: &'static str,
    /// Its table of contents.
    pub functions: &'static [Function],
    /// The indexes of its table.
    pub indexes: &'static [Index],
    /// The events that it publishes.
    pub events: &'static [&'static str],
}

/// Every context.
pub static CONTEXTS: &[Context] = &[
    Context {
        name: "identity",
        description: "Accounts, sessions, second factors, memberships, and the keys that sign tokens.",
        functions: identity::FUNCTIONS,
        indexes: identity::INDEXES,
        events: identity::EVENTS,
    },
    Context {
        name: "directory",
        description: "What clinics publish: themselves, their providers, services and hours.",
        functions: directory::FUNCTIONS,
        indexes: &[],
        events: directory::EVENTS,
    },
    Context {
        name: "scheduling",
        description: "True free times, and bookings that cannot collide.",
        functions: scheduling::FUNCTIONS,
        indexes: scheduling::INDEXES,
        events: scheduling::EVENTS,
    },
    Context {
        name: "notifications",
        description: "What people are told, and how.",
        functions: notifications::FUNCTIONS,
        indexes: &[],
        events: &[],
    },
    Context {
        name: "compliance",
        description: "Whether the record of who saw what is whole.",
        functions: compliance::FUNCTIONS,
        indexes: &[],
        events: &[],
    },
    Context {
        name: "platform",
        description: "Is it alive, is it ready, and how is it used.",
        functions: platform::FUNCTIONS,
        indexes: &[],
        events: &[],
    },
];
