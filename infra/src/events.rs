use std::collections::BTreeMap;
use std::fmt::Write as _;

use runtime::Trigger;

use crate::CONTEXTS;

/// Who tells of an event, and who listens.
#[derive(Default)]
pub struct Event {
    /// Contexts. There is one, or a test fails.
    pub publishers: Vec<&'static str>,
    /// Contexts and their functions.
    pub subscribers: Vec<(&'static str, &'static str)>,
}

/// Every event by name.
pub fn events() -> BTreeMap<&'static str, Event> {
    let mut events = BTreeMap::<_, Event>::new();
    for context in CONTEXTS {
        for event in context.events {
            events.entry(*event).or_default().publishers.push(context.name);
        }
        for function in context.functions {
            if let Trigger::Event(event) = function.trigger {
                events.entry(event).or_default().subscribers.push((context.name, function.name));
            }
        }
    }
    events
}

/// The events as a page.
pub(crate) fn catalogue() -> String {
    let mut page = String::from(
        "# Events\n\n\
         Written by `make infra` from the contexts' `EVENTS` and `FUNCTIONS`. Do not edit.\n\n\
         | Event | Published by | Taken by |\n\
         | --- | --- | --- |\n",
    );
    for (name, Event { publishers, subscribers }) in events() {
        let subscribers: Vec<_> =
            subscribers.iter().map(|(context, function)| format!("`{function}` of {context}")).collect();
        let taken = if subscribers.is_empty() { "nobody".into() } else { subscribers.join(", ") };
        writeln!(page, "| `{name}` | {} | {taken} |", publishers.join(", "))
            .expect("a String takes everything");
    }
    page
}
