use futures_util::future::join_all;
use jiff::SignedDuration;
use serde_json::{Value, json};
use testkit::{TestPlatform, Trouble, demo};

use crate::common::*;
use crate::ready::*;

#[tokio::test]
async fn the_same_key_is_answered_the_same_and_done_once() {
    let platform = TestPlatform::open().await;
    let ada = platform.patient(1).key("booking-1");
    let start = free_time(&platform, WEBER, 2, 0).await;
    let first = ada.call("book-appointment", visit(WEBER, 2, &start)).await;
    let before = platform.dump_all().await;
    let again = ada.call("book-appointment", visit(WEBER, 2, &start)).await;
    assert_eq!((first.header("etag"), again.header("etag")), ("\"1\"", "\"1\""));
    assert_eq!(first.granted(201), again.granted(201));
    assert_eq!(platform.dump_all().await, before);
    diaries_are_true(&platform).await;
}

#[tokio::test]
async fn a_key_is_good_for_one_request_of_one_caller_to_one_function() {
    let platform = TestPlatform::open().await;
    let times = free_times(&platform, WEBER, 2).await;
    let ada = platform.patient(1).key("the-same-key");
    let first = ada.call("book-appointment", visit(WEBER, 2, &times[0])).await.granted(201);
    let other_time = ada.call("book-appointment", visit(WEBER, 2, &times[9])).await;
    other_time.refused(422, "IDEMPOTENCY_KEY_REUSED");
    // Another clinic in the path is another request, though the body is the same.
    let elsewhere = with(visit(WEBER, 2, &times[0]), "clinic", json!(demo::clinic(2)));
    ada.call("book-appointment", elsewhere).await.refused(422, "IDEMPOTENCY_KEY_REUSED");

    let ben = platform.patient(2).key("the-same-key");
    let second = ben.call("book-appointment", visit(WEBER, 2, &times[9])).await.granted(201);
    assert_ne!(first["id"], second["id"]);
    ada.call("cancel-appointment", this(&first)).await.granted(200);
    diaries_are_true(&platform).await;
}

#[tokio::test]
async fn twins_with_one_key_come_to_one_answer() {
    let platform = TestPlatform::open().await;
    for round in 0..6 {
        let start = free_time(&platform, WEBER, 2, 4).await;
        let ada = platform.patient(1).key(&format!("twins-of-round-{round}"));
        let answers = join_all((0..8).map(|_| ada.call("book-appointment", visit(WEBER, 2, &start)))).await;
        assert_eq!(statuses(&answers), [(201, 8)].into(), "{answers:#?}");
        assert!(answers.iter().all(|answer| answer.body == answers[0].body), "{answers:#?}");
    }
    diaries_are_true(&platform).await;
}

#[tokio::test]
async fn twins_of_every_function_that_takes_a_key_come_to_one_answer() {
    for (name, http) in endpoints().filter(|(_, http)| http.replays) {
        let platform = TestPlatform::open().await;
        let visitor = natural(&platform, name, http).await;
        let Ready { visitor, fields } = ready(&platform, visitor, name).await;
        let visitor = visitor.key("twins-of-a-function");
        let answers = join_all((0..4).map(|_| visitor.call(name, fields.clone()))).await;
        assert_eq!(statuses(&answers), [(http.status, 4)].into(), "{name}: {answers:#?}");
        assert!(answers.iter().all(|answer| answer.body == answers[0].body), "{answers:#?}");
        diaries_are_true(&platform).await;
    }
}

#[tokio::test]
async fn what_refuses_a_twin_may_be_what_the_other_one_did() {
    let platform = TestPlatform::open().await;
    for round in 0..5 {
        let appointment = book(&platform, &platform.patient(1), round * 7).await;
        let ada = platform.patient(1).key(&format!("held-up-in-round-{round}"));
        // One of them is held up after it has looked for a receipt: it finds the appointment cancelled.
        platform.trouble_about("GetItem", "appointment/", 1..=1, Trouble::Throttled);
        let (one, other) = futures_util::future::join(
            ada.call("cancel-appointment", this(&appointment)),
            ada.call("cancel-appointment", this(&appointment)),
        )
        .await;
        assert_eq!(one.granted(200), other.granted(200));
    }
    assert_eq!(platform.troubles_met(), 5);
    diaries_are_true(&platform).await;
}

#[tokio::test]
async fn a_refusal_is_no_receipt() {
    let platform = TestPlatform::open().await;
    let start = free_time(&platform, WEBER, 2, 0).await;
    let taken = platform.patient(2).call("book-appointment", visit(WEBER, 2, &start)).await.granted(201);
    let ada = platform.patient(1).key("patience");
    ada.call("book-appointment", visit(WEBER, 2, &start)).await.refused(409, "PROVIDER_CONFLICT");
    platform.patient(2).call("cancel-appointment", this(&taken)).await.granted(200);
    ada.call("book-appointment", visit(WEBER, 2, &start)).await.granted(201);
}

#[tokio::test]
async fn a_key_may_be_used_anew_after_a_day_swept_or_not() {
    let platform = TestPlatform::open().await;
    let times = free_times(&platform, WEBER, 2).await;
    let ada = platform.patient(1).key("day-by-day");
    let first = ada.call("book-appointment", visit(WEBER, 2, &times[100])).await.granted(201);
    platform.pass(SignedDuration::from_secs(24 * 3600 - 1));
    assert_eq!(ada.call("book-appointment", visit(WEBER, 2, &times[100])).await.granted(201), first);
    ada.call("book-appointment", visit(WEBER, 2, &times[110])).await.refused(422, "IDEMPOTENCY_KEY_REUSED");

    platform.pass(SignedDuration::from_secs(1));
    assert_eq!(platform.records("scheduling", "receipt").await.len(), 1, "nobody has swept");
    let second = ada.call("book-appointment", visit(WEBER, 2, &times[110])).await.granted(201);
    assert_ne!(first["id"], second["id"]);
    assert_eq!(
        platform.records("scheduling", "receipt").await.len(),
        1,
        "the new receipt took the old one's place"
    );

    platform.pass(SignedDuration::from_hours(25));
    assert!(platform.sweep().await > 0);
    assert_eq!(platform.records("scheduling", "receipt").await, Vec::<Value>::new());
    ada.call("book-appointment", visit(WEBER, 2, &times[120])).await.granted(201);
    diaries_are_true(&platform).await;
}

#[tokio::test]
async fn a_key_is_eight_to_sixty_four_letters_digits_or_dashes() {
    let platform = TestPlatform::open().await;
    let long = "k".repeat(65);
    for key in ["", "seven77", &long, "with space", "slash/slash", "ünïcödé-key", "under_score", "line,line2"]
    {
        let answer = platform
            .patient(1)
            .key(key)
            .call("book-appointment", visit(WEBER, 2, "2027-04-05T08:00:00Z"))
            .await;
        answer.refused(400, "BAD_IDEMPOTENCY_KEY");
    }
    for (nth, key) in ["eight--8", &long[1..]].into_iter().enumerate() {
        let start = free_time(&platform, WEBER, 2, nth * 20).await;
        platform.patient(1).key(key).call("book-appointment", visit(WEBER, 2, &start)).await.granted(201);
    }
}

#[tokio::test]
async fn neither_keys_nor_passwords_nor_tokens_lie_in_any_table_or_in_the_log() {
    let platform = TestPlatform::open().await;
    let password = "a very secret password";
    let fields = json!({ "email": "sec.ret@example.org", "password": password, "given_name": "Sec", "family_name": "Ret" });
    let anyone = platform.anyone().key("secret-key-of-mine");
    let asked = anyone.call("register-patient", fields.clone()).await.granted(202);
    assert_eq!(anyone.call("register-patient", fields).await.granted(202), asked);
    let link = platform.link("sec.ret@example.org").await;
    let verified = anyone.call("verify-email", json!({ "token": link, "password": password })).await;
    let verified = verified.granted(200);
    let wrong = json!({ "email": "sec.ret@example.org", "password": "another secret password" });
    anyone.call("sign-in", wrong).await.refused(401, "WRONG_CREDENTIALS");
    let session = json!({ "email": "sec.ret@example.org", "password": password });
    let answer = anyone.call("sign-in", session).await;
    let jar = answer.jar();
    let session = answer.granted(201);
    let token = text(&session["access_token"]);
    let csrf = text(&session["csrf_token"]);
    let refresh = jar.split(';').next().and_then(|cookie| cookie.rsplit('.').next()).unwrap().to_owned();
    // An app's secret, a list of codes and a texted code are no more kept than a password is.
    let owner = platform.owner(&verified, "sec.ret@example.org", password);
    owner.token().await;
    let app = owner.call("begin-totp", json!({})).await.granted(201);
    let code = demo::totp(&text(&app["secret"]), platform.now());
    let enrolled = owner.call("confirm-totp", json!({ "code": code })).await.granted(200);
    platform.settle().await;

    let everything = serde_json::to_string(&platform.dump_all().await).unwrap() + &platform.log().join("\n");
    assert!(everything.contains(&text(&verified["user"])), "the dump is not empty");
    let mut secrets: Vec<String> =
        [password, "another secret password", "secret-key-of-mine"].map(Into::into).into();
    secrets.extend([token.rsplit('.').next().unwrap().to_owned(), token.clone(), csrf, refresh, link]);
    secrets.push(text(&app["secret"]));
    secrets.extend(enrolled["recovery_codes"].as_array().unwrap().iter().map(text));
    assert!(secrets.len() > 15);
    for secret in secrets {
        assert!(secret.len() > 10 && !everything.contains(&secret), "{secret} is kept somewhere");
    }
    // Two sign-ins with one key are two tokens: a kept answer would be a kept token.
    platform.pass(SignedDuration::from_secs(1));
    let session = json!({ "email": "sec.ret@example.org", "password": password });
    assert_ne!(text(&anyone.call("sign-in", session).await.granted(201)["access_token"]), token);
}
