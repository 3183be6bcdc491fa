//! Files that follow from the code: the OpenAPI document, one SAM stack per context, the catalogue
//! of events.
//!
//! `make infra` writes them; a test fails while they are out of date.

mod contexts;
mod events;
mod grant;
mod stack;

pub use contexts::{CONTEXTS, Context};
pub use events::{Event, events};
pub use grant::Grant;

use runtime::{Function, openapi};

/// Every function, context by context.
pub fn functions() -> impl Iterator<Item = &'static Function> {
    CONTEXTS.iter().flat_map(|context| context.functions)
}

/// Path from the repository's root, and contents.
pub fn files() -> Vec<(String, String)> {
    let mut files = vec![
        ("infra/openapi.json".into(), format!("{:#}\n", openapi::document(functions()))),
        ("infra/events.md".into(), events::catalogue()),
    ];
    for context in CONTEXTS {
        files.push((format!("infra/{}.yaml", context.name), stack::stack(context)));
    }
    files
}
