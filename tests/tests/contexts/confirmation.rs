use jiff::SignedDuration;
use serde_json::{Value, json};
use testkit::{TestPlatform, Trouble};

use crate::common::*;

/// What a confirmation is about.
const SUBJECT: &str = "Your appointment is confirmed";

#[tokio::test]
async fn a_booking_is_confirmed_by_one_mail() {
    let platform = TestPlatform::open().await;
    book(&platform, &platform.patient(1), 0).await;
    assert_eq!(platform.mails().await.len(), 0);
    platform.settle().await;
    platform.settle().await;
    let mails = platform.mails().await;
    assert_eq!(mails.len(), 1, "{mails:#?}");
    let mail = &mails[0];
    assert_eq!(mail.to, ["ada.lovelace@careplane.example"]);
    assert_eq!(mail.principal, "send-confirmation");
    assert_eq!(mail.subject.as_deref(), Some("Your appointment is confirmed"));
    insta::assert_snapshot!(mail.text.clone().unwrap_or_default(), @"
    Hello Ada,

    your appointment is confirmed.

    When     Monday, 1 March 2027, 11:00 (Europe/Berlin), 30 minutes
    With     Dr. Anna Weber
    Where    Lindenhof Berlin

    See, or cancel, your appointments here:
    http://localhost:8080/appointments

    If you did not book this, please call the clinic.
    ");
    let html = mail.html.clone().unwrap_or_default();
    for words in ["Ada", "Dr. Anna Weber", "Lindenhof Berlin", "http://localhost:8080/appointments"] {
        assert!(html.replace("&#x2f;", "/").contains(words), "{words}: {html}");
    }
}

#[tokio::test]
async fn an_event_that_comes_again_is_mailed_once() {
    let platform = TestPlatform::open().await;
    book(&platform, &platform.patient(1), 0).await;
    let event = platform.records("scheduling", "event").await.remove(0);
    platform.settle().await;
    for _ in 0..3 {
        platform.post("send-confirmation", &text(&event["body"])).await;
        platform.settle().await;
        platform.pass(SignedDuration::from_hours(1));
    }
    assert_eq!(platform.mails().await.len(), 1);
    assert_eq!(platform.waiting("send-confirmation").await, (0, 0));
}

#[tokio::test]
async fn a_booking_that_overtakes_the_registration_waits_for_it() {
    let platform = TestPlatform::open().await;
    let quick = platform.newcomer("quick@example.org", "quick and slow").await;
    quick.token().await;
    book(&platform, &quick, 0).await;

    // Identity cannot publish, scheduling can.
    platform.trouble_about("Publish", "patient-registered", 1..=1, Trouble::Refused);
    platform.settle().await;
    assert_eq!(platform.troubles_met(), 1);
    let confirmed = async || {
        let mails = platform.mails().await.into_iter();
        mails.filter(|mail| mail.subject.as_deref() == Some(SUBJECT)).collect::<Vec<_>>()
    };
    if confirmed().await.is_empty() {
        assert_eq!(platform.waiting("send-confirmation").await, (1, 0));
        platform.settle().await;
        platform.pass(SignedDuration::from_mins(1));
        platform.settle().await;
    }
    let mails = confirmed().await;
    assert_eq!(mails.len(), 1);
    assert_eq!(mails[0].to, ["quick@example.org"]);
    assert_eq!(platform.waiting("send-confirmation").await, (0, 0));
}

#[tokio::test]
async fn a_booking_whose_patient_nobody_knows_is_tried_five_times_and_kept() {
    let platform = TestPlatform::open().await;
    book(&platform, &platform.patient(1), 0).await;
    let event = platform.records("scheduling", "event").await.remove(0);
    let mut fact: Value = serde_json::from_str(&text(&event["body"])).unwrap();
    fact["id"] = json!("evt_02900000000070008000000000000001");
    fact["data"]["appointment"]["patient"] = json!("pat_02900000000070008000000000000001");
    platform.settle().await;
    platform.post("send-confirmation", &fact.to_string()).await;
    for attempt in 1..=5 {
        assert_eq!(platform.waiting("send-confirmation").await, (1, 0), "before attempt {attempt}");
        platform.settle().await;
        platform.pass(SignedDuration::from_mins(5));
    }
    platform.settle().await;
    assert_eq!(platform.waiting("send-confirmation").await, (0, 1));
    assert_eq!(platform.mails().await.len(), 1, "only the real booking's");
}

#[tokio::test]
async fn a_message_that_nobody_can_read_ends_among_the_dead_letters_and_stops_nobody() {
    let platform = TestPlatform::open().await;
    let poison = ["", "{", "[]", "\"text\"", r#"{"id":"evt_1"}"#, "\u{202e}\u{1f9a0}"];
    for message in poison.iter().filter(|message| !message.is_empty()) {
        platform.post("send-confirmation", message).await;
    }
    book(&platform, &platform.patient(1), 0).await;
    for _ in 0..6 {
        platform.settle().await;
        platform.pass(SignedDuration::from_mins(5));
    }
    assert_eq!(platform.mails().await.len(), 1);
    assert_eq!(platform.waiting("send-confirmation").await, (0, poison.len() as u64 - 1));
}

#[tokio::test]
async fn a_mail_that_the_service_would_not_take_is_sent_later_and_once() {
    for (trouble, calls) in [(Trouble::Throttled, 6), (Trouble::Refused, 2), (Trouble::Unreachable, 6)] {
        let platform = TestPlatform::open().await;
        book(&platform, &platform.patient(1), 0).await;
        platform.trouble("SendEmail", 1..=calls, trouble.clone());
        for _ in 0..4 {
            platform.settle().await;
            platform.pass(SignedDuration::from_mins(5));
        }
        assert!(platform.troubles_met() >= 2, "{trouble:?}");
        assert_eq!(platform.mails().await.len(), 1, "{trouble:?}");
        assert_eq!(platform.waiting("send-confirmation").await, (0, 0), "{trouble:?}");
    }
}

#[tokio::test]
async fn an_event_that_the_topic_would_not_take_is_published_later_and_in_order() {
    let platform = TestPlatform::open().await;
    let ada = platform.patient(1);
    for nth in [0, 10, 20] {
        book(&platform, &ada, nth).await;
    }
    // The first of two events in one batch: the second must not overtake it.
    platform.trouble("Publish", 1..=1, Trouble::Refused);
    platform.settle().await;
    platform.settle().await;
    assert_eq!(platform.troubles_met(), 1);
    let mails = platform.mails().await;
    assert_eq!(mails.len(), 3);
    let listed = ada.call("list-appointments", json!({})).await.granted(200);
    let mut starts: Vec<_> =
        listed["items"].as_array().unwrap().iter().take(3).map(|item| text(&item["start"])).collect();
    starts.reverse();
    for (mail, start) in mails.iter().zip(starts) {
        let local = start.parse::<jiff::Timestamp>().unwrap().in_tz("Europe/Berlin").unwrap();
        let words = local.strftime("%A, %-d %B %Y, %H:%M").to_string();
        assert!(mail.text.as_deref().unwrap_or_default().contains(&words), "{words}: {mail:#?}");
    }
}

#[tokio::test]
async fn the_mail_of_a_new_patient_reaches_them_in_their_own_spelling() {
    let platform = TestPlatform::open().await;
    let fields = json!({
        "email": "  Zoe.Unal@Example.ORG ", "password": "with an accent", "given_name": "<b>Zoë</b> & 李", "family_name": "Ünal",
    });
    let asked = platform.anyone().call("register-patient", fields).await.granted(202);
    assert_eq!(asked["email"], "zoe.unal@example.org");
    let token = platform.link("zoe.unal@example.org").await;
    let follow = json!({ "token": token, "password": "with an accent" });
    let verified = platform.anyone().call("verify-email", follow).await.granted(200);
    let zoe = platform.owner(&verified, "zoe.unal@example.org", "with an accent");
    zoe.token().await;
    book(&platform, &zoe, 0).await;
    for _ in 0..3 {
        platform.settle().await;
        platform.pass(SignedDuration::from_mins(1));
    }
    let mails = platform.mails().await.into_iter();
    let mails: Vec<_> = mails.filter(|mail| mail.subject.as_deref() == Some(SUBJECT)).collect();
    assert_eq!((mails.len(), mails[0].to.as_slice()), (1, ["zoe.unal@example.org".to_owned()].as_slice()));
    assert!(mails[0].text.as_deref().unwrap_or_default().contains("<b>Zoë</b> & 李"));
    assert!(mails[0].html.as_deref().unwrap_or_default().contains("&lt;b&gt;Zoë"));
}

#[tokio::test]
async fn an_event_that_is_delivered_again_after_days_is_still_known() {
    let platform = TestPlatform::open().await;
    let ada = platform.patient(1);
    book(&platform, &ada, 0).await;
    platform.settle().await;
    assert_eq!(platform.mails().await.len(), 1);
    let events = platform.records("scheduling", "event").await;
    let body = text(&events.iter().find(|event| event["event"] == "appointment-booked").unwrap()["body"]);
    // As long as a queue for dead letters keeps it, and after the broom has been through.
    platform.pass(SignedDuration::from_hours(24 * 14));
    platform.sweep().await;
    assert!(platform.hand_over("send-confirmation", &body).await);
    assert_eq!(platform.mails().await.len(), 1);
}
