use futures_util::future::join_all;
use jiff::SignedDuration;
use kernel::Role;
use serde_json::json;
use testkit::TestPlatform;

use crate::common::*;

#[tokio::test]
async fn a_cancelled_time_is_free_at_once() {
    let platform = TestPlatform::open().await;
    let ada = platform.patient(1);
    let appointment = book(&platform, &ada, 2).await;
    let start = text(&appointment["start"]);
    platform.pass(SignedDuration::from_mins(5));
    let cancelled = ada.call("cancel-appointment", this(&appointment)).await;
    assert_eq!(cancelled.header("etag"), "\"2\"");
    let cancelled = cancelled.granted(200);
    assert_eq!(cancelled["status"], "cancelled");
    assert_eq!(cancelled["cancelled_at"], "2027-03-01T08:05:00Z");
    assert_eq!(ada.call("get-appointment", this(&appointment)).await.granted(200), cancelled);
    diaries_are_true(&platform).await;

    assert!(free_times(&platform, WEBER, 2).await.contains(&start));
    platform.patient(2).call("book-appointment", visit(WEBER, 2, &start)).await.granted(201);
    diaries_are_true(&platform).await;
}

#[tokio::test]
async fn nothing_is_cancelled_twice_not_even_at_once() {
    let platform = TestPlatform::open().await;
    let ada = platform.patient(1);
    let appointment = book(&platform, &ada, 0).await;
    let answers = join_all((0..8).map(|_| ada.call("cancel-appointment", this(&appointment)))).await;
    assert_eq!(statuses(&answers), [(200, 1), (409, 7)].into());
    for answer in answers.into_iter().filter(|answer| answer.status == 409) {
        answer.refused(409, "ALREADY_CANCELLED");
    }
    ada.call("cancel-appointment", this(&appointment)).await.refused(409, "ALREADY_CANCELLED");
    let events = platform.records("scheduling", "event").await;
    assert_eq!(events.iter().filter(|event| event["event"] == "appointment-cancelled").count(), 1);
    diaries_are_true(&platform).await;
}

#[tokio::test]
async fn what_has_begun_is_not_cancelled() {
    let platform = TestPlatform::open().await;
    let ada = platform.patient(1);
    let appointment = book(&platform, &ada, 0).await;
    platform.wait_until(&text(&appointment["start"]));
    ada.call("cancel-appointment", this(&appointment)).await.refused(409, "APPOINTMENT_STARTED");
    platform.pass(SignedDuration::from_secs(-1));
    ada.call("cancel-appointment", this(&appointment)).await.granted(200);
    diaries_are_true(&platform).await;
}

#[tokio::test]
async fn a_patient_cancels_only_what_is_theirs_and_the_desk_cancels_for_anybody() {
    let platform = TestPlatform::open().await;
    let appointment = book(&platform, &platform.patient(1), 0).await;
    platform.patient(2).call("cancel-appointment", this(&appointment)).await.refused(404, "NOT_FOUND");
    let reason = with(this(&appointment), "reason", json!("The doctor is ill."));
    platform.as_role(Role::Receptionist).call("cancel-appointment", reason).await.granted(200);
    diaries_are_true(&platform).await;
}

#[tokio::test]
async fn who_says_what_they_saw_cancels_nothing_else() {
    let platform = TestPlatform::open().await;
    let ada = platform.patient(1);
    let appointment = book(&platform, &ada, 0).await;
    let seen = |version| ada.with("if-match", version);
    seen("\"99\"").call("cancel-appointment", this(&appointment)).await.refused(412, "CHANGED_MEANWHILE");
    seen("\"1\"").call("cancel-appointment", this(&appointment)).await.granted(200);
    diaries_are_true(&platform).await;
}
