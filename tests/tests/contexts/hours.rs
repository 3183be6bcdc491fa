use futures_util::future::join_all;
use kernel::Role;
use serde_json::{Value, json};
use testkit::{TestPlatform, demo};

use crate::common::*;

fn of_weber(weekly: Value) -> Value {
    json!({ "clinic": demo::clinic(1), "provider": demo::provider(WEBER), "weekly": weekly })
}

fn tuesdays() -> Value {
    json!([{ "day": "tuesday", "from": "10:00", "to": "11:00" }])
}

#[tokio::test]
async fn a_manager_changes_hours_and_patients_find_other_times() {
    let platform = TestPlatform::open().await;
    let before = book(&platform, &platform.patient(1), 0).await;
    let question = json!({ "clinic": demo::clinic(1), "provider": demo::provider(WEBER) });
    let shown = platform.anyone().call("get-provider-hours", question.clone()).await;
    let etag = shown.header("etag").to_owned();

    let manager = platform.as_role(Role::Manager).with("if-match", &etag);
    let changed = manager.call("set-provider-hours", of_weber(tuesdays())).await;
    assert_eq!((etag.as_str(), changed.header("etag")), ("\"1\"", "\"2\""));
    let changed = changed.granted(200);
    assert_eq!(changed["weekly"], tuesdays());
    let shown = platform.anyone().call("get-provider-hours", question).await;
    assert_eq!((shown.header("etag"), &shown.body), ("\"2\"", &changed));

    // Scheduling has not heard of it yet, and then it has.
    let calendar = async || platform.records("scheduling", "calendar").await.remove(0);
    assert_eq!(calendar().await["as_of"], 1);
    platform.settle().await;
    assert_eq!(calendar().await["as_of"], 2);
    let times = free_times(&platform, WEBER, 2).await;
    assert!(!times.is_empty());
    for time in &times {
        let local = time.parse::<jiff::Timestamp>().unwrap().in_tz("Europe/Berlin").unwrap();
        assert_eq!((local.strftime("%A").to_string().as_str(), local.hour()), ("Tuesday", 10), "{time}");
    }

    // What was booked before stays, and can be cancelled.
    let kept = platform.patient(1).call("get-appointment", this(&before)).await.granted(200);
    assert_eq!(kept, before);
    platform.patient(1).call("cancel-appointment", this(&before)).await.granted(200);
    diaries_are_true(&platform).await;
}

#[tokio::test]
async fn hours_change_only_for_who_says_which_they_saw() {
    let platform = TestPlatform::open().await;
    let manager = platform.as_role(Role::Manager);
    let set = async |etag: &str| {
        manager.with("if-match", etag).call("set-provider-hours", of_weber(tuesdays())).await
    };
    manager.call("set-provider-hours", of_weber(tuesdays())).await.refused(428, "IF_MATCH_REQUIRED");
    set("\"7\"").await.refused(412, "CHANGED_MEANWHILE");
    for odd in ["1", "\"one\"", "*", "W/\"1\"", "\"1\", \"2\"", "\"-1\"", "\"\"", ""] {
        set(odd).await.refused(400, "BAD_IF_MATCH");
    }
    set("\"1\"").await.granted(200);
    set("\"1\"").await.refused(412, "CHANGED_MEANWHILE");
}

#[tokio::test]
async fn of_several_managers_who_saw_the_same_hours_one_wins() {
    let platform = TestPlatform::open().await;
    let manager = platform.as_role(Role::Manager).with("if-match", "\"1\"");
    let answers = join_all((0..6).map(|_| manager.call("set-provider-hours", of_weber(tuesdays())))).await;
    assert_eq!(statuses(&answers), [(200, 1), (412, 5)].into());
}

#[tokio::test]
async fn hours_that_cannot_be_are_refused_with_their_place() {
    let platform = TestPlatform::open().await;
    let manager = platform.as_role(Role::Manager).with("if-match", "\"1\"");
    let opening = |from: &str, to: &str| json!({ "day": "monday", "from": from, "to": to });
    let many: Vec<_> = (0..43).map(|_| opening("09:00", "10:00")).collect();
    for (weekly, code, pointer) in [
        (json!([opening("12:00", "09:00")]), "BAD_HOURS", "/weekly/0"),
        (json!([opening("09:00", "09:00")]), "BAD_HOURS", "/weekly/0"),
        (json!([opening("09:00", "10:00"), opening("10:05", "11:00")]), "BAD_HOURS", "/weekly/1"),
        (json!([opening("09:00", "10:00"), opening("09:45", "11:00")]), "BAD_HOURS", "/weekly/1"),
        (json!(many), "BAD_HOURS", "/weekly"),
        (json!([opening("24:00", "10:00")]), "INVALID", "/weekly/0/from"),
        (json!([opening("09:00", "9:30")]), "INVALID", "/weekly/0/to"),
        (
            json!([opening("09:00", "10:00"), { "day": "Montag", "from": "09:00", "to": "10:00" }]),
            "INVALID",
            "/weekly/1/day",
        ),
        (json!([{ "day": "monday", "from": "09:00" }]), "INVALID", "/weekly/0/to"),
        (json!([opening("09:00", "10:00"), null]), "INVALID", "/weekly/1"),
    ] {
        let problem = manager.call("set-provider-hours", of_weber(weekly)).await.refused(422, code);
        assert_eq!(problem["errors"][0]["pointer"], pointer, "{problem:#}");
    }
    // Nobody has to be there at all.
    manager.call("set-provider-hours", of_weber(json!([]))).await.granted(200);
    platform.settle().await;
    assert_eq!(free_times(&platform, WEBER, 2).await, Vec::<String>::new());
}

#[tokio::test]
async fn news_that_come_late_or_twice_change_nothing() {
    let platform = TestPlatform::open().await;
    for version in ["\"1\"", "\"2\""] {
        let manager = platform.as_role(Role::Manager).with("if-match", version);
        let weekly = if version == "\"1\"" { tuesdays() } else { json!([]) };
        manager.call("set-provider-hours", of_weber(weekly)).await.granted(200);
    }
    let events = platform.records("directory", "event").await;
    let of_version = |version: u64| {
        let mut bodies = events.iter().map(|event| text(&event["body"]));
        let find = |body: &String| serde_json::from_str::<Value>(body).unwrap()["data"]["version"] == version;
        bodies.find(find).expect("an event of this version")
    };
    platform.settle().await;
    let learned = platform.records("scheduling", "calendar").await;
    assert_eq!(learned[0]["as_of"], 3);
    for body in [of_version(2), of_version(3), of_version(2)] {
        // Somebody publishes it again, under another id, so that no receipt helps.
        let mut fact: Value = serde_json::from_str(&body).unwrap();
        fact["id"] = text(&fact["id"]).replace("evt_01", "evt_02").into();
        platform.post("learn-calendar", &fact.to_string()).await;
        platform.settle().await;
        assert_eq!(platform.records("scheduling", "calendar").await, learned);
    }
}
