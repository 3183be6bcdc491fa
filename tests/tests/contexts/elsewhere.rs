//! Signing in with somebody else.

use futures_util::future::join_all;
use jiff::SignedDuration;
use kernel::Role;
use serde_json::{Value, json};
use testkit::{Answer, TestPlatform, Trouble, demo};

use crate::common::*;
use crate::ready::*;

const PROVIDERS: [&str; 2] = ["example-id", "example-hub"];

/// What somebody comes back with, and their own password.
async fn back(platform: &TestPlatform, provider: &str, email: &str) -> Value {
    with(platform.goes_elsewhere(provider, email, true).await, "password", "four quiet words")
}

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
    let back = self::back(&platform, "example-id", "elsewhere@example.org").await;
    let me = owner.call("connect-identity", back).await.granted(201);
    assert_eq!(me["identities"][0]["provider"], "example-id");
    let session = arrive(&platform, "example-id", "elsewhere@example.org").await.granted(201);
    assert_eq!(session["patient"], me["patient"]);

    // It is one person's, and a person has one of each.
    let back = self::back(&platform, "example-id", "elsewhere@example.org").await;
    let stranger = platform.newcomer("stranger@example.org", "four quiet words").await;
    stranger.token().await;
    stranger.call("connect-identity", back).await.refused(409, "IDENTITY_TAKEN");
    let back = self::back(&platform, "example-id", "second@example.org").await;
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
async fn the_last_way_in_stays() {
    let platform = TestPlatform::open().await;
    let session = arrive(&platform, "example-id", "only@example.org").await.granted(201);
    let bearer = format!("Bearer {}", text(&session["access_token"]));
    let headers = [("authorization", &*bearer)];
    let path = "/v1/me/identities/example-id";
    let refused = platform.anyone().http("DELETE", path, "", &headers).await;
    refused.refused(409, "LAST_WAY_IN");
    // Somebody else beside the first one is another way in.
    let back = platform.goes_elsewhere("example-hub", "only@example.org", true).await.to_string();
    let headers = [("authorization", &*bearer), ("content-type", "application/json")];
    platform.anyone().http("POST", "/v1/me/identities", back, &headers).await.granted(201);
    platform.anyone().http("DELETE", path, "", &headers).await.granted(200);
    let other = "/v1/me/identities/example-hub";
    platform.anyone().http("DELETE", other, "", &headers).await.refused(409, "LAST_WAY_IN");
    // Unless it is offered to nobody any more.
    let now = platform.anyone().call("get-settings", json!({})).await;
    let none = json!({
        "registration_open": true, "support_email": null, "announcement": null, "identity_providers": [],
    });
    let operator = platform.as_role(Role::Operator).with("if-match", now.header("etag"));
    operator.call("change-settings", none).await.granted(200);
    // A mail of ours opens it all the same.
    platform
        .anyone()
        .call("request-password-reset", json!({ "email": "only@example.org" }))
        .await
        .granted(202);
    let token = platform.link("only@example.org").await;
    let fields = json!({ "token": token, "password": "four quiet words" });
    platform.anyone().call("reset-password", fields).await.granted(200);
    let fields = json!({ "email": "only@example.org", "password": "four quiet words" });
    platform.anyone().call("sign-in", fields).await.granted(201);
}

#[tokio::test]
async fn coming_back_is_good_once_for_ten_minutes_and_in_one_browser() {
    let platform = TestPlatform::open().await;
    let sign_in = async |back: Value| platform.anyone().call("sign-in-with-provider", back).await;
    let back = platform.goes_elsewhere("example-id", "once@example.org", true).await;
    sign_in(back.clone()).await.granted(201);
    sign_in(back).await.refused(401, "NOT_IDENTIFIED");

    // At the same moment at most one gets in: whoever comes second uses up what the first one needs.
    let back = platform.goes_elsewhere("example-id", "raced@example.org", true).await;
    let answers = join_all((0..4).map(|_| sign_in(back.clone()))).await;
    assert!(statuses(&answers).get(&201).is_none_or(|count| *count == 1), "{:?}", statuses(&answers));
    let accounts = platform.records("identity", "account").await;
    assert!(accounts.iter().filter(|account| account["email"] == "raced@example.org").count() <= 1);

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
    let back = self::back(&platform, "example-id", "careful@example.org").await;
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
    let begin =
        async || platform.anyone().call("begin-provider-sign-in", json!({ "provider": "example-id" })).await;
    for trouble in [Trouble::Says(500, "no"), Trouble::Says(200, "{}"), Trouble::Unreachable] {
        platform.trouble("/example-id/.well-known/openid-configuration", 1..=1, trouble);
        begin().await.refused(424, "IDENTITY_PROVIDER_FAILS");
        // It is not asked again at once.
        let _ = platform.calls();
        begin().await.refused(424, "IDENTITY_PROVIDER_FAILS");
        assert!(!platform.calls().iter().any(|call| call.starts_with("/example-id")));
        platform.pass(SignedDuration::from_secs(30));
    }
    let before = platform.records("identity", "account").await;
    for (operation, trouble, status, code) in [
        ("/example-id/token", Trouble::Says(503, "no"), 424, "IDENTITY_PROVIDER_FAILS"),
        ("/example-id/token", Trouble::Says(429, "{}"), 424, "IDENTITY_PROVIDER_FAILS"),
        ("/example-id/token", Trouble::Says(302, ""), 424, "IDENTITY_PROVIDER_FAILS"),
        ("/example-id/token", Trouble::Says(200, "<html>"), 424, "IDENTITY_PROVIDER_FAILS"),
        ("/example-id/token", Trouble::Says(400, "{\"error\":\"invalid_grant\"}"), 401, "NOT_IDENTIFIED"),
        ("/example-id/token", Trouble::Says(401, "{}"), 424, "IDENTITY_PROVIDER_REFUSES_US"),
        (
            "/example-id/token",
            Trouble::Says(400, "{\"error\":\"invalid_client\"}"),
            424,
            "IDENTITY_PROVIDER_REFUSES_US",
        ),
        ("/example-id/userinfo", Trouble::Says(200, "{}"), 424, "IDENTITY_PROVIDER_FAILS"),
        ("/example-id/userinfo", Trouble::AnswerLost, 424, "IDENTITY_PROVIDER_FAILS"),
    ] {
        let back = platform.goes_elsewhere("example-id", "unlucky@example.org", true).await;
        platform.trouble(operation, 1..=1, trouble);
        let refused = platform.anyone().call("sign-in-with-provider", back).await.refused(status, code);
        assert_ne!(refused["detail"], "Something went wrong on our side.");
    }
    assert_eq!(platform.records("identity", "account").await, before);
    arrive(&platform, "example-id", "unlucky@example.org").await.granted(201);
}

/// RFC 9700, 4.4: somebody chooses a provider that is hostile, and it sends them on to an honest one, with what
/// an attacker needs to come back as them.
#[tokio::test]
async fn what_one_provider_gave_out_never_reaches_another() {
    let platform = TestPlatform::open().await;
    let victim = platform.newcomer("victim@example.org", "four quiet words").await;
    victim.token().await;
    victim
        .call("connect-identity", back(&platform, "example-id", "victim@example.org").await)
        .await
        .granted(201);

    // The honest one's code, come back to the honest one's address, in an attempt that the hostile one began.
    let honest = platform.goes_elsewhere("example-id", "victim@example.org", true).await;
    let hostile = platform.goes_elsewhere("example-hub", "attacker@example.org", true).await;
    let _ = platform.calls();
    for provider in ["example-id", "example-hub"] {
        let mixed = with(with(hostile.clone(), "code", honest["code"].clone()), "provider", provider);
        platform.anyone().call("sign-in-with-provider", mixed).await.refused(401, "NOT_IDENTIFIED");
    }
    let asked: Vec<_> = platform.calls().into_iter().filter(|call| call.starts_with('/')).collect();
    assert_eq!(asked, ["/example-hub/login/oauth/access_token"], "only where the attempt was begun");
    let mixed = with(honest.clone(), "iss", "https://other.example");
    platform.anyone().call("sign-in-with-provider", mixed).await.refused(401, "NOT_IDENTIFIED");
}

/// Somebody had an address, signed in with it elsewhere, and has lost it since to somebody else.
#[tokio::test]
async fn whoever_proves_an_address_to_us_is_rid_of_whoever_had_it_before() {
    for way in ["invitation", "reset"] {
        let platform = TestPlatform::open().await;
        let email = "annie@ops.example";
        let before = arrive(&platform, "example-id", email).await;
        let bearer = format!("Bearer {}", text(&before.body["access_token"]));
        let headers = [("authorization", &*bearer), ("content-type", "application/json")];
        let app = platform
            .anyone()
            .http("POST", "/v1/me/factors/totp", "{}".to_owned(), &headers)
            .await
            .granted(201);
        let code = json!({ "code": demo::totp(&text(&app["secret"]), platform.now()) }).to_string();
        platform.anyone().http("PUT", "/v1/me/factors/totp", code, &headers).await.granted(200);

        if way == "invitation" {
            platform.deliver("invite-operator", &json!({ "email": email })).await.unwrap();
            let fields = json!({ "token": platform.link(email).await, "password": "twelve letters" });
            platform.anyone().call("accept-invitation", fields).await.granted(200);
        } else {
            platform.anyone().call("request-password-reset", json!({ "email": email })).await.granted(202);
            let fields = json!({ "token": platform.link(email).await, "password": "twelve letters" });
            platform.anyone().call("reset-password", fields).await.granted(200);
        }
        let session =
            platform.anyone().call("sign-in", json!({ "email": email, "password": "twelve letters" })).await;
        let expected = if way == "invitation" { "enrolment-required" } else { "not-needed" };
        assert_eq!(session.granted(201)["second_factor"], expected, "{way}: no factor of somebody else's");
        refresh(&platform, &before, "after-that").await.refused(401, "SESSION_ENDED");
        arrive(&platform, "example-id", email).await.refused(409, "ACCOUNT_EXISTS");
        platform.settle().await;
        let told = platform.mails().await.into_iter().filter(|mail| mail.to == [email]);
        let subjects: Vec<_> = told.filter_map(|mail| mail.content.subject.clone()).collect();
        assert!(subjects.iter().any(|subject| subject.contains("password")), "{way}: {subjects:?}");
        assert!(subjects.iter().any(|subject| subject.contains("one way less")), "{way}: {subjects:?}");
    }
}

#[tokio::test]
async fn a_token_alone_makes_no_lasting_way_in() {
    let platform = TestPlatform::open().await;
    let owner = platform.newcomer("robbed@example.org", "four quiet words").await;
    owner.token().await;
    let thief = || with_no(back_of(&platform, "thief@example.org"), "password");
    let tried = owner.call("connect-identity", thief().await).await.refused(422, "PASSWORD_NEEDED");
    assert_eq!(tried["errors"][0]["pointer"], "/password");
    for _ in 0..5 {
        let guess = with(thief().await, "password", "a guess");
        owner.call("connect-identity", guess).await.refused(422, "WRONG_PASSWORD");
    }
    owner
        .call("connect-identity", with(thief().await, "password", "a guess"))
        .await
        .refused(429, "LOCKED_OUT");

    // Without a password and without a factor, a sign-in of a moment ago.
    let platform = TestPlatform::open().await;
    let session = arrive(&platform, "example-id", "only@example.org").await.granted(201);
    let bearer = format!("Bearer {}", text(&session["access_token"]));
    let headers = [("authorization", &*bearer), ("content-type", "application/json")];
    let connect = async || {
        let back = platform.goes_elsewhere("example-hub", "only@example.org", true).await.to_string();
        platform.anyone().http("POST", "/v1/me/identities", back, &headers).await
    };
    platform.pass(SignedDuration::from_secs(301));
    connect().await.refused(403, "SIGN_IN_AGAIN");
    let close = platform.anyone().http("POST", "/v1/me/closure", "{}".to_owned(), &headers).await;
    close.refused(403, "SIGN_IN_AGAIN");
    let said = json!({ "current": "anything", "password": "four quiet words" }).to_string();
    let changed = platform.anyone().http("PUT", "/v1/me/password", said, &headers).await;
    changed.refused(409, "NO_PASSWORD");
    let session = arrive(&platform, "example-id", "only@example.org").await.granted(201);
    let bearer = format!("Bearer {}", text(&session["access_token"]));
    let headers = [("authorization", &*bearer), ("content-type", "application/json")];
    let close = platform.anyone().http("POST", "/v1/me/closure", "{}".to_owned(), &headers).await;
    close.granted(200);
}

async fn back_of(platform: &TestPlatform, email: &str) -> Value {
    platform.goes_elsewhere("example-id", email, true).await
}

async fn with_no(fields: impl Future<Output = Value>, name: &str) -> Value {
    let mut fields = fields.await;
    fields.as_object_mut().unwrap().remove(name);
    fields
}

#[tokio::test]
async fn whoever_came_in_by_what_is_taken_away_is_out() {
    let platform = TestPlatform::open().await;
    let owner = platform.newcomer("owner@example.org", "four quiet words").await;
    owner.token().await;
    owner
        .call("connect-identity", back(&platform, "example-id", "thief@example.org").await)
        .await
        .granted(201);
    let thief = arrive(&platform, "example-id", "thief@example.org").await;
    owner.call("disconnect-identity", json!({ "provider": "example-id" })).await.granted(200);
    refresh(&platform, &thief, "after-that").await.refused(401, "SESSION_ENDED");
    owner.call("who-am-i", json!({})).await.granted(200);
    // And a reset lets go of all of them.
    owner
        .call("connect-identity", back(&platform, "example-id", "thief@example.org").await)
        .await
        .granted(201);
    platform
        .anyone()
        .call("request-password-reset", json!({ "email": "owner@example.org" }))
        .await
        .granted(202);
    let fields = json!({ "token": platform.link("owner@example.org").await, "password": "four new words" });
    platform.anyone().call("reset-password", fields).await.granted(200);
    let stranger = arrive(&platform, "example-id", "thief@example.org").await.granted(201);
    assert_ne!(stranger["patient"], json!(owner.id()));
}

#[tokio::test]
async fn attempts_are_counted_spent_and_on_record() {
    let platform = TestPlatform::open().await;
    let back = platform.goes_elsewhere("example-id", "guess@example.org", true).await;
    let wrong = with(back.clone(), "code", "a guess");
    let before = platform.records("audit", "audit").await.len();
    platform.anyone().call("sign-in-with-provider", wrong).await.refused(401, "NOT_IDENTIFIED");
    let records = platform.records("audit", "audit").await;
    assert_eq!(records.len(), before + 1);
    assert!(records.iter().any(|record| record["refused"] == "NOT_IDENTIFIED"));
    platform.anyone().call("sign-in-with-provider", back).await.refused(401, "NOT_IDENTIFIED");

    // Whose account somebody knocks at concerns its owner, who has done nothing.
    arrive(&platform, "example-id", "ada.lovelace@careplane.example").await.refused(409, "ACCOUNT_EXISTS");
    let records = platform.records("audit", "audit").await;
    let knock = records.iter().find(|record| record["refused"] == "ACCOUNT_EXISTS").unwrap();
    assert_eq!((&knock["user"], &knock["patients"]), (&Value::Null, &json!([demo::patient(1)])));

    // A provider that fails is asked no more often than one that does not.
    platform.trouble("/example-id/.well-known/openid-configuration", 1..=1000, Trouble::Says(500, ""));
    platform.pass(SignedDuration::from_hours(2));
    let mut statuses = Vec::new();
    for _ in 0..302 {
        let begun =
            platform.anyone().call("begin-provider-sign-in", json!({ "provider": "example-id" })).await;
        statuses.push(begun.status);
    }
    assert_eq!(statuses.iter().filter(|status| **status == 424).count(), 300);
    assert_eq!(statuses.last(), Some(&429));
}

#[tokio::test]
async fn a_closed_account_lets_go_of_who_signed_it_in() {
    let platform = TestPlatform::open().await;
    let owner = platform.newcomer("leaves@example.org", "four quiet words").await;
    owner.token().await;
    let back = self::back(&platform, "example-hub", "leaves@example.org").await;
    let me = owner.call("connect-identity", back).await.granted(201);
    owner.call("set-own-picture", json!({ "image": PICTURE })).await.granted(200);
    owner.call("close-account", json!({ "password": "four quiet words" })).await.granted(200);
    assert_eq!(platform.records("identity", "picture").await, Vec::<Value>::new());
    let anew = arrive(&platform, "example-hub", "leaves@example.org").await.granted(201);
    assert_ne!(anew["patient"], me["patient"]);
}
