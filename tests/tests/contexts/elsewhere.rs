//! Signing in with somebody else.

use futures_util::future::join_all;
use jiff::SignedDuration;
use kernel::Role;
use serde_json::{Value, json};
use testkit::{Answer, TestPlatform, Trouble, demo};

use crate::common::*;
use crate::ready::*;

const PROVIDERS: [&str; 2] = ["example-id", "example-hub"];

async fn arrive(platform: &TestPlatform, provider: &str, email: &str) -> Answer {
    let back = platform.goes_elsewhere(provider, email, true).await;
    platform.anyone().call("sign-in-with-provider", back).await
}

/// What somebody sees of their own account.
async fn me(platform: &TestPlatform, session: &Value) -> Value {
    let bearer = format!("Bearer {}", text(&session["access_token"]));
    platform.anyone().http("GET", "/v1/me", "", &[("authorization", &bearer)]).await.granted(200)
}

#[tokio::test]
async fn somebody_new_registers_on_the_way_and_is_known_when_they_come_again() {
    for provider in PROVIDERS {
        let platform = TestPlatform::open().await;
        let first = arrive(&platform, provider, "new@example.org").await;
        assert!(first.jar().contains("__Secure-refresh="), "{}", first.jar());
        let first = first.granted(201);
        assert_eq!((&first["role"], &first["second_factor"]), (&json!("patient"), &json!("not-needed")));
        let again = arrive(&platform, provider, "new@example.org").await.granted(201);
        assert_eq!(first["patient"], again["patient"]);
        let other = arrive(&platform, provider, "other@example.org").await.granted(201);
        assert_ne!(first["patient"], other["patient"]);

        let me = me(&platform, &again).await;
        assert_eq!((&me["given_name"], &me["family_name"]), (&json!("Else"), &json!("Where")));
        assert_eq!((&me["email"], &me["password_changed_at"]), (&json!("new@example.org"), &Value::Null));
        assert_eq!(
            me["identities"],
            json!([{ "provider": provider, "connected_at": "2027-03-01T08:00:00Z" }])
        );
        assert!(platform.last_mail("new@example.org").await.contains("Welcome"));
        // What else learns of patients has learned of this one: they can book.
        platform.settle().await;
        let start = free_time(&platform, WEBER, 2, 30).await;
        let bearer = format!("Bearer {}", text(&again["access_token"]));
        let visit = json!({ "provider": demo::provider(WEBER), "service": demo::service(2), "start": start });
        let headers = [("authorization", &*bearer), ("content-type", "application/json")];
        let path = format!("/v1/clinics/{}/appointments", demo::clinic(1));
        platform.anyone().http("POST", &path, visit.to_string(), &headers).await.granted(201);
        // There is no password that anybody could guess.
        let fields = json!({ "email": "new@example.org", "password": "" });
        platform.anyone().call("sign-in", fields).await.refused(401, "WRONG_CREDENTIALS");
    }
}

#[tokio::test]
async fn an_address_that_has_an_account_opens_it_to_nobody() {
    let platform = TestPlatform::open().await;
    for provider in PROVIDERS {
        let refused = arrive(&platform, provider, "ada.lovelace@careplane.example").await;
        refused.refused(409, "ACCOUNT_EXISTS");
    }
    // Nor one that they only say is theirs.
    let before = platform.records("identity", "account").await.len();
    let back = platform.goes_elsewhere("example-id", "unproved@example.org", false).await;
    platform.anyone().call("sign-in-with-provider", back).await.refused(422, "ADDRESS_UNPROVED");
    assert_eq!(platform.records("identity", "account").await.len(), before);
}

#[tokio::test]
async fn whoever_has_an_account_connects_the_two_and_takes_them_apart_again() {
    let platform = TestPlatform::open().await;
    let owner = platform.newcomer("owner@example.org", "four quiet words").await;
    owner.token().await;
    let back = platform.goes_elsewhere("example-id", "elsewhere@example.org", true).await;
    let me = owner.call("connect-identity", back).await.granted(201);
    assert_eq!(me["identities"][0]["provider"], "example-id");
    let session = arrive(&platform, "example-id", "elsewhere@example.org").await.granted(201);
    assert_eq!(session["patient"], me["patient"]);

    // It is one person's, and a person has one of each.
    let back = platform.goes_elsewhere("example-id", "elsewhere@example.org", true).await;
    let stranger = platform.newcomer("stranger@example.org", "four quiet words").await;
    stranger.token().await;
    stranger.call("connect-identity", back).await.refused(409, "IDENTITY_TAKEN");
    let back = platform.goes_elsewhere("example-id", "second@example.org", true).await;
    owner.call("connect-identity", back).await.refused(409, "IDENTITY_TAKEN");

    let gone = owner.call("disconnect-identity", json!({ "provider": "example-id" })).await.granted(200);
    assert_eq!(gone["identities"], json!([]));
    owner.call("disconnect-identity", json!({ "provider": "example-id" })).await.refused(404, "NOT_FOUND");
    let fresh = arrive(&platform, "example-id", "elsewhere@example.org").await.granted(201);
    assert_ne!(fresh["patient"], me["patient"], "it is somebody else's to register with now");
    platform.settle().await;
    let told = platform.mails().await.into_iter().filter(|mail| mail.to == ["owner@example.org"]);
    let subjects: Vec<_> = told.filter_map(|mail| mail.content.subject.clone()).collect();
    assert!(subjects.iter().any(|subject| subject.contains("another way")), "{subjects:?}");
    assert!(subjects.iter().any(|subject| subject.contains("one way less")), "{subjects:?}");
}

#[tokio::test]
async fn the_last_way_in_stays_and_a_password_or_a_passkey_is_another() {
    let platform = TestPlatform::open().await;
    let session = arrive(&platform, "example-id", "only@example.org").await.granted(201);
    let bearer = format!("Bearer {}", text(&session["access_token"]));
    let headers = [("authorization", &*bearer)];
    let path = "/v1/me/identities/example-id";
    let refused = platform.anyone().http("DELETE", path, "", &headers).await;
    refused.refused(409, "LAST_WAY_IN");
    // A link proves the address, as it did for them elsewhere.
    platform
        .anyone()
        .call("request-password-reset", json!({ "email": "only@example.org" }))
        .await
        .granted(202);
    let token = platform.link("only@example.org").await;
    let fields = json!({ "token": token, "password": "four quiet words" });
    platform.anyone().call("reset-password", fields).await.granted(200);
    let fields = json!({ "email": "only@example.org", "password": "four quiet words" });
    let session = platform.anyone().call("sign-in", fields).await.granted(201);
    let bearer = format!("Bearer {}", text(&session["access_token"]));
    platform.anyone().http("DELETE", path, "", &[("authorization", &*bearer)]).await.granted(200);
}

#[tokio::test]
async fn coming_back_is_good_once_for_ten_minutes_and_in_one_browser() {
    let platform = TestPlatform::open().await;
    let sign_in = async |back: Value| platform.anyone().call("sign-in-with-provider", back).await;
    let back = platform.goes_elsewhere("example-id", "once@example.org", true).await;
    let answers = join_all((0..4).map(|_| sign_in(back.clone()))).await;
    assert_eq!(statuses(&answers).get(&201), Some(&1), "{:?}", statuses(&answers));
    sign_in(back).await.refused(401, "NOT_IDENTIFIED");

    let back = platform.goes_elsewhere("example-id", "late@example.org", true).await;
    platform.pass(SignedDuration::from_mins(10));
    sign_in(back).await.refused(401, "NOT_IDENTIFIED");

    // Somebody makes another follow the link with which they came back themselves.
    let theirs = platform.goes_elsewhere("example-id", "attacker@example.org", true).await;
    let mine = platform.goes_elsewhere("example-id", "victim@example.org", true).await;
    sign_in(with(theirs.clone(), "verifier", mine["verifier"].clone())).await.refused(401, "NOT_IDENTIFIED");
    // Or mixes what belongs to two.
    sign_in(with(mine.clone(), "code", theirs["code"].clone())).await.refused(401, "NOT_IDENTIFIED");
    for (name, value) in [("state", "unknown"), ("code", "unknown"), ("verifier", "unknown")] {
        let back = platform.goes_elsewhere("example-hub", "victim@example.org", true).await;
        sign_in(with(back, name, value)).await.refused(401, "NOT_IDENTIFIED");
    }
    platform
        .anyone()
        .call("begin-provider-sign-in", json!({ "provider": "nobody" }))
        .await
        .refused(422, "INVALID");
}

#[tokio::test]
async fn a_second_factor_is_asked_for_all_the_same() {
    let platform = TestPlatform::open().await;
    let owner = platform.newcomer("careful@example.org", "four quiet words").await;
    owner.token().await;
    let back = platform.goes_elsewhere("example-id", "careful@example.org", true).await;
    owner.call("connect-identity", back).await.granted(201);
    add_phone(&platform, &owner).await;
    let session = arrive(&platform, "example-id", "careful@example.org").await.granted(201);
    assert_eq!(session["second_factor"], "required");
    assert_eq!(session["permissions"], json!(["sign-out", "pass-second-factor"]));

    // Staff connect with a second factor that is not old.
    let nurse = platform.as_role(Role::Nurse);
    let back = platform.goes_elsewhere("example-id", "jonas@example.org", true).await;
    let long_ago = platform.now() - SignedDuration::from_mins(6);
    let stale = nurse.claiming("second_factor_at", long_ago.to_string());
    stale.call("connect-identity", back.clone()).await.refused(403, "STEP_UP_REQUIRED");
    nurse.call("connect-identity", back).await.granted(201);
    let session = arrive(&platform, "example-id", "jonas@example.org").await.granted(201);
    assert_eq!((&session["role"], &session["second_factor"]), (&json!("nurse"), &json!("required")));
    let fields = json!({ "user": demo::user(102), "active": false });
    platform.as_role(Role::Operator).call("change-account", fields).await.granted(200);
    arrive(&platform, "example-id", "jonas@example.org").await.refused(403, "ACCOUNT_INACTIVE");
}

#[tokio::test]
async fn a_provider_that_fails_is_not_the_persons_fault() {
    let platform = TestPlatform::open().await;
    for (operation, answer) in [
        ("/example-id/.well-known/openid-configuration", Trouble::Says(500, "no")),
        ("/example-id/.well-known/openid-configuration", Trouble::Says(200, "{}")),
    ] {
        platform.trouble(operation, 1..=1, answer);
        let begun =
            platform.anyone().call("begin-provider-sign-in", json!({ "provider": "example-id" })).await;
        begun.refused(503, "IDENTITY_PROVIDER_FAILS");
    }
    let before = platform.records("identity", "account").await;
    for (operation, trouble, status, code) in [
        ("/example-id/token", Trouble::Says(503, "no"), 503, "IDENTITY_PROVIDER_FAILS"),
        ("/example-id/token", Trouble::Says(400, "{}"), 401, "NOT_IDENTIFIED"),
        ("/example-id/token", Trouble::Says(200, "<html>"), 401, "NOT_IDENTIFIED"),
        ("/example-id/userinfo", Trouble::Says(200, "{}"), 401, "NOT_IDENTIFIED"),
        ("/example-id/userinfo", Trouble::AnswerLost, 503, "UNAVAILABLE"),
    ] {
        let back = platform.goes_elsewhere("example-id", "unlucky@example.org", true).await;
        platform.trouble(operation, 1..=1, trouble);
        platform.anyone().call("sign-in-with-provider", back).await.refused(status, code);
    }
    assert_eq!(platform.records("identity", "account").await, before);
    arrive(&platform, "example-id", "unlucky@example.org").await.granted(201);
}

#[tokio::test]
async fn a_closed_account_lets_go_of_who_signed_it_in() {
    let platform = TestPlatform::open().await;
    let owner = platform.newcomer("leaves@example.org", "four quiet words").await;
    owner.token().await;
    let back = platform.goes_elsewhere("example-hub", "leaves@example.org", true).await;
    let me = owner.call("connect-identity", back).await.granted(201);
    owner.call("set-own-picture", json!({ "image": PICTURE })).await.granted(200);
    owner.call("close-account", json!({ "password": "four quiet words" })).await.granted(200);
    assert_eq!(platform.records("identity", "picture").await, Vec::<Value>::new());
    let anew = arrive(&platform, "example-hub", "leaves@example.org").await.granted(201);
    assert_ne!(anew["patient"], me["patient"]);
}
