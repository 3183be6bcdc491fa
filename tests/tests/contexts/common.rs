//! What several modules say often.

use std::collections::BTreeSet;

use jiff::Timestamp;
use serde_json::{Value, json};
use testkit::{Answer, TestPlatform, Visitor, demo};

/// The first clinic's general practitioner offers services of 45, 30, 60 and 15 minutes.
pub(crate) const WEBER: u128 = 1;

/// A request to book in Berlin: provider, service, start.
pub(crate) fn visit(provider: u128, service: u128, start: &str) -> Value {
    json!({
        "clinic": demo::clinic(1),
        "provider": demo::provider(provider),
        "service": demo::service(service),
        "start": start,
    })
}

/// The same with another field set.
pub(crate) fn with(mut fields: Value, name: &str, value: impl Into<Value>) -> Value {
    fields[name] = value.into();
    fields
}

/// Book a free time of Berlin's general practitioner: the `nth` of the next four weeks.
pub(crate) async fn book(platform: &TestPlatform, visitor: &Visitor<'_>, nth: usize) -> Value {
    let start = free_time(platform, WEBER, 2, nth).await;
    visitor.call("book-appointment", visit(WEBER, 2, &start)).await.granted(201)
}

/// The `nth` time at which a provider in Berlin is free for a service.
pub(crate) async fn free_time(platform: &TestPlatform, provider: u128, service: u128, nth: usize) -> String {
    let times = free_times(platform, provider, service).await;
    times.get(nth).expect("a month has free times").clone()
}

/// When a provider in Berlin is free for a service in the next four weeks.
pub(crate) async fn free_times(platform: &TestPlatform, provider: u128, service: u128) -> Vec<String> {
    let question = json!({
        "clinic": demo::clinic(1),
        "provider": demo::provider(provider),
        "service": demo::service(service),
        "days": 28,
    });
    let answer = platform.anyone().call("find-availability", question).await.granted(200);
    let days = answer["days"].as_array().expect("days").iter();
    days.flat_map(|day| day["times"].as_array().expect("times")).map(|time| text(&time["start"])).collect()
}

/// Which appointment, in which clinic.
pub(crate) fn this(appointment: &Value) -> Value {
    json!({ "clinic": appointment["clinic"], "appointment": appointment["id"] })
}

pub(crate) fn text(value: &Value) -> String {
    value.as_str().expect("a text").to_owned()
}

/// Who is there, as texts: code and pointer of each reason of a refusal.
pub(crate) fn reasons(problem: &Value) -> Vec<String> {
    let reasons = problem["errors"].as_array().into_iter().flatten();
    reasons.map(|reason| text(&reason["code"])).collect()
}

/// Of several answers, how many are of each status.
pub(crate) fn statuses(answers: &[Answer]) -> std::collections::BTreeMap<u16, usize> {
    let mut counts = std::collections::BTreeMap::new();
    for answer in answers {
        *counts.entry(answer.status).or_default() += 1;
    }
    counts
}

/// The diaries hold exactly the time of the scheduled appointments: of the provider and of the patient,
/// tile by tile, and nobody's twice.
pub(crate) async fn diaries_are_true(platform: &TestPlatform) {
    let items = platform.dump("scheduling").await;
    let mut expected = BTreeSet::new();
    for appointment in
        items.iter().filter(|item| item["kind"] == "appointment" && item["status"] == "scheduled")
    {
        let instant =
            |field: &str| text(&appointment[field]).parse::<Timestamp>().expect("an instant").as_second();
        for tile in instant("start") / 300..instant("end") / 300 {
            for whose in ["provider", "patient"] {
                let taken = (text(&appointment[whose]), tile, text(&appointment["id"]));
                assert!(expected.insert(taken.clone()), "twice: {taken:?}");
            }
        }
    }
    let mut found = BTreeSet::new();
    for day in items.iter().filter(|item| item["kind"] == "diary-day") {
        let date: jiff::civil::Date = text(&day["day"]).parse().expect("a day");
        let midnight = date.to_zoned(jiff::tz::TimeZone::UTC).expect("a day").timestamp().as_second();
        for (name, holder) in day.as_object().expect("an item") {
            let Some(tile) = name.strip_prefix('t').and_then(|tile| tile.parse::<i64>().ok()) else {
                continue;
            };
            found.insert((text(&day["whose"]), midnight / 300 + tile, text(holder)));
        }
    }
    let missing: Vec<_> = expected.difference(&found).take(5).collect();
    let leftover: Vec<_> = found.difference(&expected).take(5).collect();
    assert!(
        missing.is_empty() && leftover.is_empty(),
        "not in a diary: {missing:?}; in a diary alone: {leftover:?}"
    );
    assert!(found.len() > 500, "the demonstration has a month of diary");
}
