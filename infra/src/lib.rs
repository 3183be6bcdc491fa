//! Files that follow from the code: the OpenAPI document, one SAM stack per context, the catalogue
//! of events.
//!
//! `make infra` writes them; a test fails while they are out of date.

mod contexts;

pub use contexts::{CONTEXTS, Context};

use runtime::{Function, openapi};

/// Every function, context by context.
pub fn functions() -> impl Iterator<Item = &'static Function> {
    CONTEXTS.iter().flat_map(|context| context.functions)
}

/// Path from the repository's root, and contents.
pub fn files() -> Vec<(String, String)> {
    vec![("infra/openapi.json".into(), document())]
}

fn document() -> String {
    format!("{:#}\n", openapi::document(functions()))
}
