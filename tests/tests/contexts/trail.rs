//! The audit trail is whole, and whoever touches it is found out.

use aws_sdk_dynamodb::types::AttributeValue;
use futures_util::future::join_all;
use jiff::SignedDuration;
use kernel::Role;
use serde_json::{Value, json};
use store::Item;
use testkit::{TestPlatform, Trouble, demo};

use crate::common::*;

const TODAY: &str = "2027-03-01";

async fn verified(platform: &TestPlatform) -> Value {
    platform.deliver("verify-audit", &json!({ "from": TODAY, "to": TODAY })).await.unwrap()
}

async fn anchor(platform: &TestPlatform) {
    platform.wait_until("2027-03-02T00:30:00Z");
    platform.deliver("anchor-audit", &json!({})).await.unwrap();
}

/// Some people do some things.
async fn a_day(platform: &TestPlatform) {
    let ada = platform.patient(1);
    let mine = book(platform, &ada, 0).await;
    platform.settle().await;
    let this_patient = json!({ "clinic": demo::clinic(1), "patient": demo::patient(1) });
    platform.as_role(Role::Nurse).call("get-patient", this_patient.clone()).await.granted(200);
    platform.as_role(Role::Operator).call("list-accounts", json!({ "group": "patients" })).await.granted(200);
    ada.call("cancel-appointment", this(&mine)).await.granted(200);
    platform.as_role(Role::Finance).call("list-appointments", json!({})).await.problem(403);
}

/// The trail as it lies in the table.
async fn items(platform: &TestPlatform) -> Vec<Item> {
    let client = aws_sdk_dynamodb::Client::new(&platform.inside().admin());
    let scan = client.scan().table_name("careplane-local-audit").send().await.unwrap();
    let mut items = scan.items.unwrap();
    items.sort_by_key(|item| format!("{:?} {:?}", item["pk"], item["sk"]));
    items
}

async fn put(platform: &TestPlatform, item: Item) {
    let client = aws_sdk_dynamodb::Client::new(&platform.inside().admin());
    client.put_item().table_name("careplane-local-audit").set_item(Some(item)).send().await.unwrap();
}

async fn delete(platform: &TestPlatform, item: &Item) {
    let client = aws_sdk_dynamodb::Client::new(&platform.inside().admin());
    let key = ["pk", "sk"].map(|name| (name.to_owned(), item[name].clone()));
    let delete = client.delete_item().table_name("careplane-local-audit").set_key(Some(key.into()));
    delete.send().await.unwrap();
}

/// What the trail says of where an item hangs.
fn place(item: &Item) -> (String, Value) {
    let link = item["link"].as_m().unwrap();
    let number: u32 = link["number"].as_n().unwrap().parse().unwrap();
    (link["chain"].as_s().unwrap().clone(), json!(number))
}

/// Every way to change one value a little.
fn altered(value: &AttributeValue) -> Vec<AttributeValue> {
    match value {
        AttributeValue::S(text) => {
            let mut ways = vec![AttributeValue::S(format!("{text}x")), AttributeValue::Null(true)];
            for at in (0..text.len()).filter(|at| text.is_char_boundary(*at) && text.is_char_boundary(at + 1))
            {
                let mut bytes = text.clone().into_bytes();
                bytes[at] ^= 1;
                ways.extend(String::from_utf8(bytes).ok().map(AttributeValue::S));
            }
            ways
        }
        AttributeValue::N(number) => {
            vec![AttributeValue::N(format!("{number}1")), AttributeValue::S(number.clone())]
        }
        AttributeValue::L(list) => {
            vec![AttributeValue::L([list.clone(), vec![AttributeValue::Null(true)]].concat())]
        }
        AttributeValue::M(map) => map
            .iter()
            .flat_map(|(name, inner)| {
                let with = |way| {
                    let mut map = map.clone();
                    map.insert(name.clone(), way);
                    AttributeValue::M(map)
                };
                altered(inner).into_iter().map(with).collect::<Vec<_>>()
            })
            .collect(),
        _ => vec![AttributeValue::S("something".into())],
    }
}

#[tokio::test]
async fn whatever_happens_in_a_day_hangs_together() {
    let platform = TestPlatform::open().await;
    a_day(&platform).await;
    let seen = verified(&platform).await;
    assert_eq!(seen["fault"], Value::Null, "{seen}");
    let records = items(&platform).await.len();
    assert!(records > 8);
    assert_eq!((&seen["records"], &seen["anchored"]), (&json!(records), &json!(0)));
    anchor(&platform).await;
    let seen = verified(&platform).await;
    assert_eq!((&seen["fault"], &seen["anchored"]), (&Value::Null, &json!(1)), "{seen}");
}

#[tokio::test]
async fn a_changed_byte_of_any_record_is_found_where_it_is() {
    let platform = TestPlatform::open().await;
    a_day(&platform).await;
    let items = items(&platform).await;
    let mut tried = 0;
    // Of two records every byte, of all others every attribute.
    for (position, item) in items.iter().enumerate() {
        let mut names: Vec<_> =
            item.keys().filter(|name| !["pk", "sk", "by_day", "by_day_sort"].contains(&&***name)).collect();
        names.sort();
        for name in names {
            let mut ways = altered(&item[name]);
            let step = if position % 7 == 3 { 5 } else { ways.len().max(1) };
            let mut way_of = item.clone();
            way_of.remove(name);
            for way in ways.drain(..).step_by(step).map(Some).chain([None]) {
                let mut item = way_of.clone();
                item.extend(way.map(|way| (name.clone(), way)));
                put(&platform, item).await;
                let seen = verified(&platform).await;
                let (chain, number) = place(&items[position]);
                let named = (&seen["fault"]["chain"], &seen["fault"]["number"]);
                assert_eq!(named, (&json!(chain), &number), "{name}: {seen}");
                tried += 1;
            }
        }
        let mut more = item.clone();
        more.insert("note".into(), AttributeValue::S("it was not me".into()));
        put(&platform, more).await;
        assert_eq!(verified(&platform).await["fault"]["number"], place(item).1);
        put(&platform, item.clone()).await;
    }
    assert_eq!(verified(&platform).await["fault"], Value::Null);
    assert!(tried > 200, "{tried}");
}

#[tokio::test]
async fn what_is_missing_and_what_came_later_is_found_by_the_anchor() {
    let platform = TestPlatform::open().await;
    a_day(&platform).await;
    anchor(&platform).await;
    let items = items(&platform).await;
    let of = |item: &Item| place(item).0;
    for (position, item) in items.iter().enumerate() {
        let is_last = items.get(position + 1).is_none_or(|next| of(next) != of(item));
        delete(&platform, item).await;
        let seen = verified(&platform).await;
        let fault = &seen["fault"];
        assert_eq!(fault["chain"], json!(of(item)), "{seen}");
        // The last record leaves no gap, and the first one no chain; the anchor knows both.
        let is_end = is_last || place(item).1 == 0;
        assert_eq!(fault["what"], if is_end { "end" } else { "record" }, "{seen}");
        put(&platform, item.clone()).await;
    }
    // Somebody who writes to the table makes up a chain that holds: it was not there when the day ended.
    platform.wait_until("2027-03-01T08:00:00Z");
    platform.patient(2).call("list-appointments", json!({})).await.granted(200);
    let seen = verified(&platform).await;
    assert!(["late", "end"].contains(&seen["fault"]["what"].as_str().unwrap_or_default()), "{seen}");
}

#[tokio::test]
async fn an_anchor_is_written_once_and_anchors_hold_on_to_each_other() {
    let platform = TestPlatform::open().await;
    a_day(&platform).await;
    anchor(&platform).await;
    let s3 = |day: &str| format!("audit-anchors/{day}.json");
    let archive = gateways::Archive::new(&platform.inside().admin(), "careplane-local-archive");
    let first = archive.find(&s3(TODAY)).await.unwrap().unwrap();
    assert!(!archive.keep(&s3(TODAY), b"{}".to_vec()).await.unwrap(), "nothing lies there yet, it says");
    assert_eq!(archive.find(&s3(TODAY)).await.unwrap().unwrap(), first);
    platform.pass(SignedDuration::from_hours(24));
    platform.deliver("anchor-audit", &json!({})).await.unwrap();
    let span = json!({ "from": "2027-02-20", "to": "2027-03-02" });
    let seen = platform.deliver("verify-audit", &span).await.unwrap();
    assert_eq!((&seen["fault"], &seen["days"]), (&Value::Null, &json!(11)), "{seen}");
    assert!(seen["anchored"].as_u64().unwrap() >= 7, "{seen}");
}

#[tokio::test]
async fn writers_at_the_same_moment_wait_for_nobody_and_every_chain_holds() {
    let platform = TestPlatform::open().await;
    let before = verified(&platform).await["chains"].as_u64().unwrap();
    let visitors: Vec<_> = (0..40).map(|number| platform.patient(1 + number % 3)).collect();
    join_all(visitors.iter().map(|visitor| visitor.call("list-appointments", json!({})))).await;
    let seen = verified(&platform).await;
    assert_eq!(seen["fault"], Value::Null, "{seen}");
    let chains = seen["chains"].as_u64().unwrap();
    assert!((1..=40).contains(&(chains - before)), "{seen}");
    for visitor in &visitors[..5] {
        visitor.call("list-appointments", json!({})).await.granted(200);
    }
    let again = verified(&platform).await;
    assert_eq!(again["chains"], chains, "chains are gone on with");
    assert_eq!(again["records"], seen["records"].as_u64().unwrap() + 5);
}

#[tokio::test]
async fn an_answer_that_got_lost_ends_a_chain_and_breaks_none() {
    let platform = TestPlatform::open().await;
    let ada = platform.patient(1);
    let look = async || ada.call("list-appointments", json!({})).await;
    look().await.granted(200);
    for trouble in [Trouble::AnswerLost, Trouble::Unreachable, Trouble::Throttled] {
        // The SDK tries three times.
        platform.trouble("PutItem", 1..=3, trouble);
        look().await.problem(503);
        look().await.granted(200);
        assert_eq!(verified(&platform).await["fault"], Value::Null);
    }
    let mine = book(&platform, &ada, 0).await;
    platform.trouble("TransactWriteItems", 1..=3, Trouble::AnswerLost);
    ada.call("cancel-appointment", this(&mine)).await;
    look().await.granted(200);
    assert_eq!(verified(&platform).await["fault"], Value::Null);
}
