//! What must hold of everything that follows from the contexts' tables of contents.

mod permissions;
mod stacks;

use std::collections::{BTreeSet, HashSet};
use std::fs;
use std::path::PathBuf;

use infra::{CONTEXTS, Context, Event, events, files, functions};
use runtime::{Function, Http, Trigger};

/// Written by hand, or by the test tools.
const BY_HAND: [&str; 8] =
    ["Cargo.toml", "README.md", "api.yaml", "edge.yaml", "foundation.yaml", "src", "storage.yaml", "tests"];

fn root() -> PathBuf {
    [env!("CARGO_MANIFEST_DIR"), ".."].iter().collect()
}

fn read(path: &str) -> String {
    fs::read_to_string(root().join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

fn http(function: &Function) -> Option<&Http> {
    match &function.trigger {
        Trigger::Http(http) => Some(http),
        _ => None,
    }
}

#[test]
fn generated_files_are_current() {
    for (path, contents) in files() {
        assert!(
            fs::read_to_string(root().join(&path)).ok() == Some(contents),
            "{path} is out of date; run `make infra`"
        );
    }
}

#[test]
fn nothing_lies_about_that_nobody_writes() {
    let generated = files();
    let mut expected: BTreeSet<_> =
        generated.iter().filter_map(|(path, _)| path.strip_prefix("infra/")).collect();
    expected.extend(BY_HAND);
    let entries = fs::read_dir(root().join("infra")).unwrap();
    let found: BTreeSet<_> = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    assert_eq!(found.iter().map(String::as_str).collect::<BTreeSet<_>>(), expected);
}

#[test]
fn names_and_routes_are_unique() {
    let (mut names, mut routes) = (HashSet::new(), HashSet::new());
    for function in functions() {
        assert!(names.insert(function.name), "two functions are named {}", function.name);
        if let Some(Http { route, .. }) = http(function) {
            assert!(routes.insert((route.method, route.path)), "two functions serve {route:?}");
        }
    }
}

#[test]
fn names_fit_into_those_of_lambda() {
    for function in functions() {
        let name = format!("careplane-staging-{}", function.name);
        let clean =
            name.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-');
        assert!(clean && name.len() <= 64, "{name}");
    }
}

#[test]
fn routes_in_a_clinic_name_it() {
    for function in functions() {
        let Some(Http { route, audience: "clinic", .. }) = http(function) else { continue };
        assert!(
            route.parameters().any(|name| name == "clinic"),
            "{} has no {{clinic}} in its path",
            function.name
        );
    }
}

/// Dependencies point one way: contexts, runtime, store, kernel.
#[test]
fn contexts_do_not_know_each_other() {
    for context in CONTEXTS {
        let manifest = read(&format!("functions/{}/Cargo.toml", context.name));
        for other in CONTEXTS.iter().filter(|other| other.name != context.name) {
            let named = manifest.lines().any(|line| {
                line.strip_prefix(other.name).is_some_and(|rest| rest.starts_with(['.', ' ', '=']))
            });
            assert!(!named, "{} depends on {}; publish an event instead", context.name, other.name);
        }
    }
}

#[test]
fn every_context_of_the_workspace_is_deployed() {
    let entries = fs::read_dir(root().join("functions")).unwrap();
    let crates: BTreeSet<_> =
        entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    assert_eq!(crates, CONTEXTS.iter().map(|context| context.name.to_owned()).collect());
}

#[test]
fn every_event_has_one_publisher() {
    for (name, Event { publishers, subscribers }) in events() {
        assert_eq!(publishers.len(), 1, "{name} is published by {publishers:?}, taken by {subscribers:?}");
    }
}

#[test]
fn who_publishes_has_a_relay() {
    for Context { name, functions, events, .. } in CONTEXTS {
        let relays = functions.iter().filter(|function| matches!(function.trigger, Trigger::Stream)).count();
        assert_eq!(relays, usize::from(!events.is_empty()), "relays of {name}");
    }
}
