use serde_json::{Value, json};
use testkit::{TestPlatform, Trouble};

use crate::common::*;

/// The appointments that are still to come: the demonstration has some that are over.
fn ahead(page: &Value) -> Vec<&Value> {
    page["items"].as_array().expect("items").iter().filter(|item| item["status"] == "scheduled").collect()
}

#[tokio::test]
async fn a_conflict_with_another_transaction_is_tried_again() {
    let platform = TestPlatform::open().await;
    let start = free_time(&platform, WEBER, 2, 0).await;
    platform.trouble("TransactWriteItems", 1..=5, Trouble::Conflict);
    platform.patient(1).call("book-appointment", visit(WEBER, 2, &start)).await.granted(201);
    assert_eq!(platform.troubles_met(), 5);
    diaries_are_true(&platform).await;
}

#[tokio::test]
async fn who_keeps_meeting_conflicts_is_told_that_the_time_is_being_booked() {
    let platform = TestPlatform::open().await;
    let start = free_time(&platform, WEBER, 2, 0).await;
    let before = platform.dump_all().await;
    platform.trouble("TransactWriteItems", 1..=8, Trouble::Conflict);
    let ada = platform.patient(1).key("try-and-try");
    let answer = ada.call("book-appointment", visit(WEBER, 2, &start)).await;
    assert_eq!(answer.header("retry-after"), "1");
    let problem = answer.refused(409, "SLOT_LOCKED");
    assert_eq!(problem["retry_after"], 1);
    assert_eq!(platform.troubles_met(), 8);
    assert_eq!(platform.dump_all().await, before);
    ada.call("book-appointment", visit(WEBER, 2, &start)).await.granted(201);
    diaries_are_true(&platform).await;
}

#[tokio::test]
async fn a_conflict_about_anything_else_is_ours_to_apologise_for() {
    let platform = TestPlatform::open().await;
    let appointment = book(&platform, &platform.patient(1), 0).await;
    let before = platform.dump_all().await;
    platform.trouble("TransactWriteItems", 1..=8, Trouble::Conflict);
    let answer = platform.patient(1).call("cancel-appointment", this(&appointment)).await;
    assert_eq!(answer.header("retry-after"), "1");
    answer.refused(503, "UNAVAILABLE");
    assert_eq!(platform.dump_all().await, before);
}

#[tokio::test]
async fn an_answer_that_was_lost_after_the_commit_is_one_appointment_and_a_success() {
    for key in [Some("lost-and-found"), None] {
        let platform = TestPlatform::open().await;
        let start = free_time(&platform, WEBER, 2, 0).await;
        platform.trouble("TransactWriteItems", 1..=1, Trouble::AnswerLost);
        let ada = platform.patient(1);
        let ada = key.map_or(ada.clone(), |key| ada.key(key));
        let booked = ada.call("book-appointment", visit(WEBER, 2, &start)).await.granted(201);
        assert_eq!(platform.troubles_met(), 1);
        let mine = ada.call("list-appointments", json!({})).await.granted(200);
        assert_eq!(ahead(&mine), [&booked]);
        diaries_are_true(&platform).await;
    }
}

#[tokio::test]
async fn when_every_answer_is_lost_the_key_finds_what_was_done() {
    let platform = TestPlatform::open().await;
    let start = free_time(&platform, WEBER, 2, 0).await;
    platform.trouble("TransactWriteItems", 1..=3, Trouble::AnswerLost);
    let ada = platform.patient(1).key("lost-for-good");
    let answer = ada.call("book-appointment", visit(WEBER, 2, &start)).await;
    answer.refused(503, "UNAVAILABLE");
    let booked = ada.call("book-appointment", visit(WEBER, 2, &start)).await.granted(201);
    let mine = ada.call("list-appointments", json!({})).await.granted(200);
    assert_eq!(ahead(&mine), [&booked]);
    diaries_are_true(&platform).await;
}

#[tokio::test]
async fn throttled_calls_are_tried_again() {
    let platform = TestPlatform::open().await;
    let start = free_time(&platform, WEBER, 2, 0).await;
    platform.trouble("GetItem", 1..=1, Trouble::Throttled);
    platform.trouble("TransactWriteItems", 1..=1, Trouble::Throttled);
    platform.trouble("Query", 1..=1, Trouble::Throttled);
    let ada = platform.patient(1);
    let booked = ada.call("book-appointment", visit(WEBER, 2, &start)).await.granted(201);
    let mine = ada.call("list-appointments", json!({})).await.granted(200);
    assert_eq!(ahead(&mine), [&booked]);
    assert_eq!(platform.troubles_met(), 3);
    diaries_are_true(&platform).await;
}

#[tokio::test]
async fn a_store_out_of_reach_is_an_apology_without_details() {
    let platform = TestPlatform::open().await;
    let start = free_time(&platform, WEBER, 2, 0).await;
    for (operation, trouble) in [
        ("GetItem", Trouble::Unreachable),
        ("GetItem", Trouble::Throttled),
        ("TransactWriteItems", Trouble::Unreachable),
        ("TransactWriteItems", Trouble::Refused),
    ] {
        let met = platform.troubles_met();
        platform.trouble(operation, 1..=3, trouble.clone());
        let before = platform.dump_all().await;
        let answer = platform.patient(1).call("book-appointment", visit(WEBER, 2, &start)).await;
        assert!(platform.troubles_met() > met, "{operation} {trouble:?}");
        assert_eq!(answer.header("retry-after"), "1", "{operation} {trouble:?}");
        let problem = answer.refused(503, "UNAVAILABLE");
        assert_eq!(problem["detail"], "Something went wrong on our side.");
        assert_eq!(platform.dump_all().await, before, "{operation} {trouble:?}");
        // What is left of the plan must not strike the next case.
        for _ in 0..3 {
            let _ = platform.patient(2).call("cancel-appointment", json!({ "clinic": testkit::demo::clinic(1), "appointment": "apt_01900000000070008000000000009999" })).await;
        }
    }
    let ready = async || platform.anyone().call("get-readiness", json!({})).await;
    ready().await.granted(200);
    platform.trouble("GetItem", 1..=3, Trouble::Unreachable);
    ready().await.refused(503, "UNAVAILABLE");
    platform.anyone().call("get-health", json!({})).await.granted(200);
}

#[tokio::test]
async fn a_record_that_changes_between_reading_and_writing_is_decided_anew() {
    let platform = TestPlatform::open().await;
    let ada = platform.patient(1);
    // Both read the same version. The first to write is held up, so that the other one wins; then it
    // reads again and finds that there is nothing left to cancel.
    for nth in 0..5 {
        let appointment = book(&platform, &ada, nth * 7).await;
        platform.calls();
        platform.trouble("TransactWriteItems", 1..=1, Trouble::Conflict);
        let (one, other) = futures_util::future::join(
            ada.call("cancel-appointment", this(&appointment)),
            ada.call("cancel-appointment", this(&appointment)),
        )
        .await;
        assert_eq!(statuses(&[one, other]), [(200, 1), (409, 1)].into());
        let calls = platform.calls();
        let count = |name: &str| calls.iter().filter(|call| *call == name).count();
        if (count("GetItem"), count("TransactWriteItems")) == (3, 3) {
            diaries_are_true(&platform).await;
            return;
        }
    }
    panic!("the two never met");
}

#[tokio::test]
async fn an_audit_record_that_cannot_be_written_is_an_answer_that_is_not_given() {
    let platform = TestPlatform::open().await;
    let appointment = book(&platform, &platform.patient(1), 0).await;
    platform.trouble("PutItem", 1..=3, Trouble::Unreachable);
    let answer = platform.patient(1).call("get-appointment", this(&appointment)).await;
    assert_eq!(platform.troubles_met(), 3);
    answer.refused(503, "UNAVAILABLE");
    platform.trouble("PutItem", 1..=1, Trouble::AnswerLost);
    let before = platform.dump("audit").await.len();
    platform.patient(1).call("get-appointment", this(&appointment)).await.granted(200);
    assert_eq!(platform.dump("audit").await.len(), before + 1);
}

#[tokio::test]
async fn keys_out_of_reach_stop_registration_and_sign_in_and_nothing_is_stored() {
    let platform = TestPlatform::open().await;
    let before = platform.dump_all().await;
    let fields =
        json!({ "email": "a@example.org", "password": "a password", "given_name": "A", "family_name": "B" });
    platform.trouble("GenerateMac", 1..=6, Trouble::Unreachable);
    platform.anyone().call("register-patient", fields.clone()).await.refused(503, "UNAVAILABLE");
    platform.anyone().call("sign-in", fields).await.refused(503, "UNAVAILABLE");
    platform.trouble("Decrypt", 1..=3, Trouble::Unreachable);
    let ada = json!({ "email": "ada.lovelace@careplane.example", "password": testkit::demo::PASSWORD });
    platform.anyone().call("sign-in", ada.clone()).await.refused(503, "UNAVAILABLE");
    assert_eq!(platform.dump_all().await, before);
    platform.anyone().call("sign-in", ada).await.granted(201);
}
