//! Second factors: how they are added, shown, shown again, and lost.

use futures_util::future::join_all;
use jiff::SignedDuration;
use kernel::Role;
use serde_json::{Value, json};
use testkit::{Authenticator, TestPlatform, Visitor, demo};

use crate::common::*;
use crate::ready::*;

/// The secret of somebody's app in the demonstration.
fn secret(role: &str) -> String {
    text(&local::seed::description(testkit::ORIGIN)["sign_ins"][role]["totp_secret"])
}

async fn codes(platform: &TestPlatform, visitor: &Visitor<'_>) -> Vec<String> {
    let app = visitor.call("begin-totp", json!({})).await.granted(201);
    let code = demo::totp(&text(&app["secret"]), platform.now());
    let enrolled = visitor.call("confirm-totp", json!({ "code": code })).await.granted(200);
    visitor.goes_on_with(&enrolled["session"]);
    enrolled["recovery_codes"].as_array().unwrap().iter().map(text).collect()
}

async fn pass(visitor: &Visitor<'_>, method: &str, code: &str) -> testkit::Answer {
    visitor.call("pass-second-factor", json!({ "method": method, "code": code })).await
}

#[tokio::test]
async fn staff_sign_in_with_two_factors_and_do_nothing_with_one() {
    let platform = TestPlatform::open().await;
    let fields = json!({ "email": "jonas.becker@careplane.example", "password": demo::PASSWORD });
    let session = platform.anyone().call("sign-in", fields).await.granted(201);
    assert_eq!(session["second_factor"], "required");
    assert_eq!(session["permissions"], json!(["sign-out", "pass-second-factor"]));
    let nurse = platform.as_role(Role::Nurse);
    nurse.goes_on_with(&session);
    for (function, http) in guarded().filter(|(_, http)| !http.needs.unwrap().takes_one_factor()) {
        let natural = natural(&platform, function, http).await;
        let Ready { fields, .. } = ready(&platform, natural, function).await;
        let answer = nurse.call(function, fields).await;
        assert_eq!(answer.status, 403, "{function}: {answer:#?}");
    }
    // Nor can whoever knows the password add a factor of their own.
    nurse.call("begin-totp", json!({})).await.refused(403, "FORBIDDEN");
    let done = pass(&nurse, "totp", &demo::totp(&secret("nurse"), platform.now())).await.granted(200);
    assert_eq!(done["second_factor"], "done");
    nurse.goes_on_with(&done);
    nurse.call("who-am-i", json!({})).await.granted(200);
}

#[tokio::test]
async fn a_code_of_an_app_is_good_once_and_one_step_around() {
    let platform = TestPlatform::open().await;
    let nurse = platform.as_role(Role::Nurse);
    let secret = secret("nurse");
    let code = |steps: i64| demo::totp(&secret, platform.now() + SignedDuration::from_secs(steps * 30));
    for far in [-2, 2] {
        pass(&nurse, "totp", &code(far)).await.refused(422, "WRONG_CODE");
    }
    // Of many who show the same code at once, one passes.
    let current = code(0);
    let answers = join_all((0..4).map(|_| pass(&nurse, "totp", &current))).await;
    assert_eq!(answers.iter().filter(|answer| answer.status == 200).count(), 1, "{:?}", statuses(&answers));
    platform.pass(SignedDuration::from_mins(20));
    pass(&nurse, "totp", &code(1)).await.granted(200);
    // What lies before it is spent, too.
    pass(&nurse, "totp", &code(0)).await.refused(422, "WRONG_CODE");
    pass(&nurse, "totp", &code(1)).await.refused(422, "WRONG_CODE");
    let spaced = format!("{} ", code(0));
    pass(&nurse, "totp", &spaced).await.refused(422, "WRONG_CODE");
}

#[tokio::test]
async fn wrong_codes_lock_the_second_factor_and_not_the_first() {
    let platform = TestPlatform::open().await;
    let nurse = platform.as_role(Role::Nurse);
    for n in 0..5 {
        pass(&nurse, "recovery", &format!("guess-{n}")).await.refused(422, "WRONG_CODE");
    }
    let good = demo::totp(&secret("nurse"), platform.now());
    let locked = pass(&nurse, "totp", &good).await;
    assert_eq!(locked.header("retry-after"), "30");
    locked.refused(429, "LOCKED_OUT");
    // Whoever got this far knows the password, so he is told.
    platform.settle().await;
    let mails = platform.mails().await;
    assert_eq!(
        mails.last().and_then(|mail| mail.subject.as_deref()),
        Some("Sign-in to your account is paused")
    );
    let fields = json!({ "email": "jonas.becker@careplane.example", "password": demo::PASSWORD });
    platform.anyone().call("sign-in", fields).await.granted(201);
    platform.pass(SignedDuration::from_secs(30));
    pass(&nurse, "totp", &demo::totp(&secret("nurse"), platform.now())).await.granted(200);
}

#[tokio::test]
async fn a_patient_adds_an_app_and_needs_it_from_then_on() {
    let platform = TestPlatform::open().await;
    let owner = platform.newcomer("careful@example.org", "four quiet words").await;
    owner.token().await;
    let app = owner.call("begin-totp", json!({})).await.granted(201);
    assert!(text(&app["uri"]).starts_with("otpauth://totp/Careplane:careful@example.org?secret="));
    owner.call("confirm-totp", json!({ "code": "000000" })).await.refused(422, "WRONG_CODE");
    let code = demo::totp(&text(&app["secret"]), platform.now());
    let enrolled = owner.call("confirm-totp", json!({ "code": code })).await.granted(200);
    assert_eq!(enrolled["recovery_codes"].as_array().unwrap().len(), 10);
    assert_eq!(enrolled["session"]["second_factor"], "done");

    platform.pass(SignedDuration::from_mins(1));
    let fields = json!({ "email": "careful@example.org", "password": "four quiet words" });
    let session = platform.anyone().call("sign-in", fields).await.granted(201);
    assert_eq!(session["second_factor"], "required");
    owner.goes_on_with(&session);
    owner.call("list-appointments", json!({})).await.refused(403, "FORBIDDEN");
    // The code with which it was added is spent.
    pass(&owner, "totp", &code).await.refused(422, "WRONG_CODE");
    let code = demo::totp(&text(&app["secret"]), platform.now());
    let done = pass(&owner, "totp", &code).await.granted(200);
    owner.goes_on_with(&done);
    owner.call("list-appointments", json!({})).await.granted(200);
}

#[tokio::test]
async fn codes_of_the_list_are_good_once_each_and_a_new_list_voids_the_old_one() {
    let platform = TestPlatform::open().await;
    let owner = platform.newcomer("careful@example.org", "four quiet words").await;
    owner.token().await;
    let list = codes(&platform, &owner).await;
    let typed = list[0].to_uppercase().replace('-', " ");
    pass(&owner, "recovery", &typed).await.granted(200);
    pass(&owner, "recovery", &list[0]).await.refused(422, "WRONG_CODE");
    let answers = join_all((0..4).map(|_| pass(&owner, "recovery", &list[1]))).await;
    assert_eq!(answers.iter().filter(|answer| answer.status == 200).count(), 1, "{:?}", statuses(&answers));
    let left = owner.call("list-factors", json!({})).await.granted(200);
    assert_eq!(left["recovery_codes_left"], 8);
    let renewed = owner.call("renew-recovery-codes", json!({})).await.granted(201);
    platform.pass(SignedDuration::from_hours(1));
    pass(&owner, "recovery", &list[2]).await.refused(422, "WRONG_CODE");
    pass(&owner, "recovery", &text(&renewed["recovery_codes"][9])).await.granted(200);
}

#[tokio::test]
async fn a_text_message_is_the_fallback_and_bears_five_tries() {
    let platform = TestPlatform::open().await;
    let owner = platform.newcomer("phone@example.org", "four quiet words").await;
    owner.token().await;
    owner.call("challenge-second-factor", json!({ "method": "sms" })).await.refused(409, "NO_SUCH_FACTOR");
    let phone = add_phone(&platform, &owner).await;
    let ending = &phone[phone.len() - 2..];
    let factors = owner.call("list-factors", json!({})).await.granted(200);
    assert_eq!(factors["phone"]["ending"], ending);
    let ready = owner.call("challenge-second-factor", json!({ "method": "sms" })).await.granted(201);
    assert_eq!(ready["phone_ending"], ending);
    let first = platform.texted(&phone).await;
    // A newer code takes the older one's place, and the one of the enrolment is spent.
    owner.call("challenge-second-factor", json!({ "method": "sms" })).await.granted(201);
    let second = platform.texted(&phone).await;
    if first != second {
        pass(&owner, "sms", &first).await.refused(422, "WRONG_CODE");
    }
    platform.pass(SignedDuration::from_mins(10));
    pass(&owner, "sms", &second).await.refused(422, "WRONG_CODE");
    owner.call("challenge-second-factor", json!({ "method": "sms" })).await.granted(201);
    let third = platform.texted(&phone).await;
    pass(&owner, "sms", &third).await.granted(200);
    pass(&owner, "sms", &third).await.refused(422, "WRONG_CODE");
    // Five an hour are enough.
    owner.call("challenge-second-factor", json!({ "method": "sms" })).await.granted(201);
    owner.call("challenge-second-factor", json!({ "method": "sms" })).await.refused(429, "TOO_MANY_ATTEMPTS");
}

#[tokio::test]
async fn a_passkey_signs_in_by_itself_and_steps_up_and_is_good_for_one_challenge() {
    let platform = TestPlatform::open().await;
    let owner = platform.newcomer("key@example.org", "four quiet words").await;
    owner.token().await;
    let mut key = Authenticator::new(WEB, 7);
    let enrolled = add_passkey(&owner, &key).await;
    assert_eq!(enrolled["recovery_codes"].as_array().unwrap().len(), 10);

    let challenge = async || platform.anyone().call("begin-passkey-sign-in", json!({})).await.granted(201);
    let answer = key.get(&challenge().await);
    let session = platform.anyone().call("sign-in-with-passkey", answer.clone()).await.granted(201);
    assert_eq!((&session["second_factor"], &session["patient"]), (&json!("done"), &json!(owner.id())));
    platform.anyone().call("sign-in-with-passkey", answer).await.refused(401, "PASSKEY_REFUSED");

    // A copy that counts on its own is noticed, a page elsewhere gets nowhere, a stale challenge neither.
    let refused = async |answer: Value| {
        platform.anyone().call("sign-in-with-passkey", answer).await.refused(401, "PASSKEY_REFUSED");
    };
    let mut elsewhere = Authenticator::new("https://evil.example", 7);
    refused(elsewhere.get(&challenge().await)).await;
    refused(Authenticator::new(WEB, 8).get(&challenge().await)).await;
    let old = challenge().await;
    platform.pass(SignedDuration::from_mins(5));
    refused(key.get(&old)).await;
    for field in ["signature", "client_data", "authenticator_data"] {
        let answer = key.get(&challenge().await);
        refused(with(answer, field, "AAAA")).await;
    }

    // The same key steps up: with a challenge of its own, and not with one for signing in.
    platform.pass(SignedDuration::from_mins(10));
    let renew = json!({});
    owner.goes_on_with(&session);
    let stale = owner.claiming("second_factor_at", "2027-03-01T08:00:00Z");
    stale.call("renew-recovery-codes", renew).await.refused(403, "STEP_UP_REQUIRED");
    let foreign = with(key.get(&challenge().await), "method", "passkey");
    owner.call("pass-second-factor", foreign).await.refused(422, "WRONG_CODE");
    let ready = owner.call("challenge-second-factor", json!({ "method": "passkey" })).await.granted(201);
    assert_eq!(ready["credentials"].as_array().unwrap().len(), 1);
    let fields = with(key.get(&ready), "method", "passkey");
    owner.call("pass-second-factor", fields.clone()).await.granted(200);
    owner.call("pass-second-factor", fields).await.refused(422, "WRONG_CODE");

    // Taken off, it opens nothing.
    let factors = owner.call("list-factors", json!({})).await.granted(200);
    assert_eq!(factors["passkeys"][0]["last_used_at"], json!(platform.now()));
    let id = factors["passkeys"][0]["id"].clone();
    owner.call("remove-factor", json!({ "factor": id })).await.granted(200);
    refused(key.get(&challenge().await)).await;
    let factors = owner.call("list-factors", json!({})).await.granted(200);
    assert_eq!((&factors["passkeys"], &factors["recovery_codes_left"]), (&json!([]), &json!(0)));
}

#[tokio::test]
async fn another_persons_passkey_challenge_or_code_is_worth_nothing() {
    let platform = TestPlatform::open().await;
    let (ann, bob) = (
        platform.newcomer("ann@example.org", "four quiet words").await,
        platform.newcomer("bob@example.org", "four quiet words").await,
    );
    ann.token().await;
    bob.token().await;
    let mut key = Authenticator::new(WEB, 9);
    add_passkey(&ann, &key).await;
    add_passkey(&bob, &Authenticator::new(WEB, 10)).await;
    let ready = ann.call("challenge-second-factor", json!({ "method": "passkey" })).await.granted(201);
    let fields = with(key.get(&ready), "method", "passkey");
    bob.call("pass-second-factor", fields).await.refused(422, "WRONG_CODE");
    let options = ann.call("begin-passkey", json!({})).await.granted(201);
    let fields = with(Authenticator::new(WEB, 11).create(&options), "name", "Mine");
    bob.call("add-passkey", fields).await.refused(422, "PASSKEY_NOT_ADDED");
    // The same credential cannot be two people's.
    let options = bob.call("begin-passkey", json!({})).await.granted(201);
    let fields = with(key.create(&options), "name", "Mine, too");
    bob.call("add-passkey", fields).await.refused(422, "PASSKEY_NOT_ADDED");
}

#[tokio::test]
async fn whoever_has_a_factor_shows_it_before_they_add_or_remove_one_and_staff_keep_one() {
    let platform = TestPlatform::open().await;
    let nurse = platform.as_role(Role::Nurse);
    let long_ago = (platform.now() - SignedDuration::from_mins(6)).to_string();
    let stale = nurse.claiming("second_factor_at", long_ago);
    for (function, fields) in [
        ("begin-totp", json!({})),
        ("begin-phone", json!({ "phone": "+4915112345678" })),
        ("begin-passkey", json!({})),
        ("remove-factor", json!({ "factor": "totp" })),
    ] {
        stale.call(function, fields).await.refused(403, "STEP_UP_REQUIRED");
    }
    nurse.call("remove-factor", json!({ "factor": "totp" })).await.refused(409, "LAST_FACTOR");
    nurse.call("remove-factor", json!({ "factor": "phone" })).await.refused(404, "NOT_FOUND");
    add_phone(&platform, &nurse).await;
    nurse.call("remove-factor", json!({ "factor": "totp" })).await.granted(200);
    platform.settle().await;
    let subjects: Vec<_> =
        platform.mails().await.into_iter().filter_map(|mail| mail.content.subject).collect();
    assert_eq!(subjects.len(), 2, "{subjects:?}");
}
