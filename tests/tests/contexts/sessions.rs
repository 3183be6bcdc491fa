//! Refresh tokens, devices, lock-out: what keeps somebody signed in, and others out.

use futures_util::future::join_all;
use jiff::SignedDuration;
use kernel::Role;
use serde_json::{Value, json};
use testkit::{Answer, TestPlatform, Trouble, demo};

use crate::common::*;
use crate::ready::*;

const ADA: &str = "ada.lovelace@careplane.example";

async fn sign_in(platform: &TestPlatform) -> Answer {
    let fields = json!({ "email": ADA, "password": demo::PASSWORD });
    let answer = platform.anyone().call("sign-in", fields).await;
    answer.clone().granted(201);
    answer
}

async fn subjects(platform: &TestPlatform) -> Vec<String> {
    platform.settle().await;
    platform.mails().await.into_iter().filter_map(|mail| mail.content.subject).collect()
}

#[tokio::test]
async fn cookies_are_what_browsers_keep_to_themselves() {
    let platform = TestPlatform::open().await;
    let session = sign_in(&platform).await;
    let [refresh, csrf]: [String; 2] = session.cookies.clone().try_into().unwrap();
    let attributes = |cookie: &str| cookie.split_once("; ").unwrap().1.to_owned();
    assert!(refresh.starts_with("__Secure-refresh=usr_"), "{refresh}");
    assert_eq!(
        attributes(&refresh),
        "Path=/v1/sessions/refresh; Max-Age=604800; Secure; HttpOnly; SameSite=Strict"
    );
    assert!(csrf.starts_with("__Secure-csrf="), "{csrf}");
    assert_eq!(attributes(&csrf), "Path=/; Max-Age=604800; Secure; SameSite=Strict");
}

#[tokio::test]
async fn a_refresh_token_is_good_once_and_a_week() {
    let platform = TestPlatform::open().await;
    let mut session = sign_in(&platform).await;
    for day in 0..20 {
        platform.pass(SignedDuration::from_hours(24 * 7) - SignedDuration::from_secs(1));
        if day % 4 == 3 {
            platform.deliver("rotate-signing-key", &json!({})).await.unwrap();
        }
        let next = refresh(&platform, &session, &format!("attempt-{day}")).await;
        if next.status == 401 {
            assert_eq!(day, 12, "after ninety days everybody signs in again");
            return;
        }
        assert_ne!(next.cookies[0], session.cookies[0]);
        assert_eq!(next.body["session"], session.body["session"]);
        session = next;
    }
    panic!("a session lasts for ever");
}

#[tokio::test]
async fn a_week_without_a_refresh_ends_a_session() {
    let platform = TestPlatform::open().await;
    let session = sign_in(&platform).await;
    platform.pass(SignedDuration::from_hours(24 * 7));
    refresh(&platform, &session, "too-late-now").await.refused(401, "SESSION_ENDED");
}

#[tokio::test]
async fn an_old_refresh_token_ends_the_session_and_the_user_is_told() {
    let platform = TestPlatform::open().await;
    let first = sign_in(&platform).await;
    let second = refresh(&platform, &first, "attempt-1").await;
    let third = refresh(&platform, &second, "attempt-2").await;
    third.clone().granted(200);
    refresh(&platform, &first, "the-thief-tries").await.refused(401, "SESSION_ENDED");
    refresh(&platform, &third, "attempt-3").await.refused(401, "SESSION_ENDED");
    assert_eq!(subjects(&platform).await, ["You have been signed out to be safe"]);
}

/// The answer got lost, whether or not what it told of was written: the same attempt gets it again, hours
/// later if need be, and the pair that it holds works.
#[tokio::test]
async fn a_client_whose_answer_was_lost_asks_again_and_is_not_locked_out() {
    let platform = TestPlatform::open().await;
    let session = sign_in(&platform).await;
    platform.trouble("TransactWriteItems", 1..=1, Trouble::AnswerLost);
    let first = refresh(&platform, &session, "the-very-attempt").await;
    platform.pass(SignedDuration::from_hours(5));
    let again = refresh(&platform, &session, "the-very-attempt").await;
    again.clone().granted(200);
    if first.status == 200 {
        assert_eq!(first.cookies, again.cookies);
    }
    let next = refresh(&platform, &again, "the-next-attempt").await;
    next.granted(200);
    assert_eq!(subjects(&platform).await, Vec::<String>::new());
}

#[tokio::test]
async fn of_many_who_use_one_token_at_once_one_gets_a_pair_and_the_session_ends() {
    let platform = TestPlatform::open().await;
    let session = sign_in(&platform).await;
    let attempts: Vec<_> = (0..32).map(|n| format!("racer-number-{n}")).collect();
    let answers = join_all(attempts.iter().map(|attempt| refresh(&platform, &session, attempt))).await;
    let won: Vec<_> = answers.iter().filter(|answer| answer.status == 200).collect();
    assert_eq!(won.len(), 1, "{:?}", statuses(&answers));
    refresh(&platform, won[0], "the-winner-goes-on").await.refused(401, "SESSION_ENDED");
    assert_eq!(subjects(&platform).await, ["You have been signed out to be safe"]);
}

#[tokio::test]
async fn nothing_is_refreshed_without_both_halves_of_the_proof() {
    let platform = TestPlatform::open().await;
    let session = sign_in(&platform).await;
    let other = sign_in(&platform).await;
    let csrf = text(&session.body["csrf_token"]);
    let jar = session.jar();
    let browser = platform.anyone().key("attempt-1");
    let before = platform.dump_all().await;
    let ask = |cookie: &str, csrf: &str| {
        let browser = browser.with("cookie", cookie).with("x-csrf-token", csrf);
        async move { browser.call("refresh-session", json!({})).await }
    };
    let (refresh_cookie, csrf_cookie) = jar.split_once("; ").unwrap();
    let theirs = text(&other.body["csrf_token"]);
    // A forged page sends the cookies and cannot say what they say.
    ask(&jar, "").await.refused(403, "CSRF_MISMATCH");
    ask(&jar, &theirs).await.refused(403, "CSRF_MISMATCH");
    ask(refresh_cookie, &csrf).await.refused(403, "CSRF_MISMATCH");
    ask(&format!("{refresh_cookie}; __Secure-csrf={theirs}"), &theirs).await.refused(403, "CSRF_MISMATCH");
    ask(&jar, &format!("{csrf},{csrf}")).await.refused(403, "CSRF_MISMATCH");
    // What is no refresh token.
    ask(csrf_cookie, &csrf).await.refused(401, "SESSION_ENDED");
    for wrong in ["x", "usr_1.ses_1.AAAA", &format!("{refresh_cookie}x")[17..], "\u{202e}"] {
        let cookie = format!("__Secure-refresh={wrong}; {csrf_cookie}");
        ask(&cookie, &csrf).await.refused(401, "SESSION_ENDED");
    }
    // No name for the attempt.
    let unnamed = platform.anyone().with("cookie", &jar).with("x-csrf-token", &csrf);
    unnamed.call("refresh-session", json!({})).await.refused(428, "IDEMPOTENCY_KEY_REQUIRED");
    assert!(before == platform.dump_all().await);
    ask(&jar, &csrf).await.granted(200);
}

#[tokio::test]
async fn a_token_that_turns_up_on_another_device_is_not_refreshed() {
    let platform = TestPlatform::open().await;
    let fields =
        json!({ "email": ADA, "password": demo::PASSWORD, "device": { "id": "my-phone", "name": "Phone" } });
    let session = platform.anyone().call("sign-in", fields).await;
    let csrf = text(&session.body["csrf_token"]);
    let browser = platform.anyone().with("cookie", &session.jar()).with("x-csrf-token", &csrf);
    for device in [json!({}), json!({ "device_id": "your-phone" })] {
        browser.key("another-device").call("refresh-session", device).await.refused(401, "SESSION_ENDED");
    }
    browser.key("attempt-1").call("refresh-session", json!({ "device_id": "my-phone" })).await.granted(200);
}

#[tokio::test]
async fn sessions_are_listed_and_ended_one_by_one_or_all_but_this_one() {
    let platform = TestPlatform::open().await;
    let owner = platform.newcomer("many@example.org", "four quiet words").await;
    let fields = |device: &str| json!({ "email": "many@example.org", "password": "four quiet words", "device": { "id": device, "name": device } });
    let mut sessions = Vec::new();
    for device in ["phone", "tablet", "laptop"] {
        let browser =
            platform.anyone().with("user-agent", "Mozilla/5.0").with("x-forwarded-for", "198.51.100.7");
        let browser = browser.with("x-careplane-edge", "local-edge");
        sessions.push(browser.call("sign-in", fields(device)).await);
        platform.pass(SignedDuration::from_secs(1));
    }
    owner.goes_on_with(&sessions[2].body);
    let list = async || {
        let list = owner.call("list-sessions", json!({})).await.granted(200);
        list["items"].as_array().unwrap().clone()
    };
    let listed = list().await;
    let facts: Vec<_> =
        listed.iter().map(|item| (text(&item["device_name"]), item["current"] == true)).collect();
    assert_eq!(facts, [("laptop".into(), true), ("tablet".into(), false), ("phone".into(), false)]);
    assert_eq!(
        (&listed[0]["address"], &listed[0]["user_agent"]),
        (&json!("198.51.100.7"), &json!("Mozilla/5.0"))
    );
    let devices = ["phone", "tablet", "laptop"];
    let go_on = async |n: usize| {
        let csrf = text(&sessions[n].body["csrf_token"]);
        let browser = platform.anyone().with("cookie", &sessions[n].jar()).with("x-csrf-token", &csrf);
        let device = json!({ "device_id": devices[n] });
        browser.key("the-first-attempt").call("refresh-session", device).await.status
    };
    let ended = owner.call("end-session", json!({ "session": sessions[0].body["session"] })).await;
    assert_eq!(ended.cookies, Vec::<String>::new());
    ended.granted(200);
    assert_eq!((go_on(0).await, list().await.len()), (401, 2));
    owner.call("end-other-sessions", json!({})).await.granted(200);
    assert_eq!((go_on(1).await, list().await.len()), (401, 1));
    assert_eq!(go_on(2).await, 200);
    // Signing out takes the cookies away.
    let out = owner.call("end-session", json!({ "session": sessions[2].body["session"] })).await;
    assert_eq!(out.cookies.iter().filter(|cookie| cookie.contains("Max-Age=0")).count(), 2);
    out.granted(200);
    owner.call("list-sessions", json!({})).await.refused(401, "UNAUTHENTICATED");
    // Two devices that were new, and the very first one that was not.
    let new = subjects(&platform)
        .await
        .into_iter()
        .filter(|subject| subject == "A new sign-in to your account")
        .count();
    assert_eq!(new, 2);
}

#[tokio::test]
async fn failures_lock_with_a_growing_delay_whether_or_not_there_is_an_account() {
    for email in [ADA, "nobody@careplane.example"] {
        let platform = TestPlatform::open().await;
        let attempt = async |password: &str| {
            platform.anyone().call("sign-in", json!({ "email": email, "password": password })).await
        };
        for _ in 0..5 {
            attempt("not the password").await.refused(401, "WRONG_CREDENTIALS");
        }
        let mut waits = Vec::new();
        for _ in 0..7 {
            // Not even the right password is looked at while it is locked.
            let locked = attempt(demo::PASSWORD).await;
            let wait: i64 = locked.header("retry-after").parse().unwrap();
            locked.refused(429, "LOCKED_OUT");
            waits.push(wait);
            platform.pass(SignedDuration::from_secs(wait - 1));
            attempt(demo::PASSWORD).await.refused(429, "LOCKED_OUT");
            platform.pass(SignedDuration::from_secs(1));
            attempt("not the password").await.refused(401, "WRONG_CREDENTIALS");
        }
        assert_eq!(waits, [30, 60, 120, 240, 480, 900, 900]);
        platform.pass(SignedDuration::from_mins(15));
        let last = attempt(demo::PASSWORD).await;
        if email == ADA {
            last.granted(201);
            attempt("not the password").await.refused(401, "WRONG_CREDENTIALS");
            attempt(demo::PASSWORD).await.granted(201);
        } else {
            last.refused(401, "WRONG_CREDENTIALS");
        }
    }
}

#[tokio::test]
async fn a_device_that_the_account_knows_is_not_locked_out_by_strangers() {
    let platform = TestPlatform::open().await;
    let attempt = async |device: &str, password: &str| {
        let fields = json!({ "email": ADA, "password": password, "device": { "id": device } });
        platform.anyone().call("sign-in", fields).await
    };
    attempt("her-own-phone", demo::PASSWORD).await.granted(201);
    for n in 0..5 {
        attempt(&format!("stranger-{n}"), "not the password").await.refused(401, "WRONG_CREDENTIALS");
    }
    attempt("another-stranger", demo::PASSWORD).await.refused(429, "LOCKED_OUT");
    attempt("her-own-phone", demo::PASSWORD).await.granted(201);
    // Whoever guesses on her phone is locked out there, too.
    for _ in 0..5 {
        attempt("her-own-phone", "not the password").await.refused(401, "WRONG_CREDENTIALS");
    }
    attempt("her-own-phone", demo::PASSWORD).await.refused(429, "LOCKED_OUT");
    let paused = subjects(&platform).await.into_iter().filter(|subject| subject.contains("paused"));
    assert_eq!(paused.count(), 2, "once for each lock that begins");
}

#[tokio::test]
async fn a_flood_of_guesses_is_counted_one_by_one_and_ends_in_a_lock() {
    let platform = TestPlatform::open().await;
    let anyone = platform.anyone();
    let guess =
        |n: usize| anyone.call("sign-in", json!({ "email": ADA, "password": format!("guess number {n}") }));
    let answers = join_all((0..32).map(guess)).await;
    assert!(
        answers.iter().all(|answer| [401, 409, 429].contains(&answer.status)),
        "{:?}",
        statuses(&answers)
    );
    assert!(statuses(&answers).get(&401).is_none_or(|wrong| *wrong <= 5), "{:?}", statuses(&answers));
    sign_in_refused(&platform).await;
}

async fn sign_in_refused(platform: &TestPlatform) {
    let fields = json!({ "email": ADA, "password": demo::PASSWORD });
    platform.anyone().call("sign-in", fields).await.refused(429, "LOCKED_OUT");
}

#[tokio::test]
async fn one_address_fails_a_hundred_times_and_not_more_whoever_it_tries_to_be() {
    let platform = TestPlatform::open().await;
    let from = |address: &str| {
        // What stands further left is the sender's own invention.
        let forwarded = format!("203.0.113.{}, {address}", address.len());
        platform.anyone().with("x-forwarded-for", &forwarded).with("x-careplane-edge", "local-edge")
    };
    for n in 0..100 {
        let fields = json!({ "email": format!("guess-{n}@example.org"), "password": "not the password" });
        from("198.51.100.7").call("sign-in", fields).await.refused(401, "WRONG_CREDENTIALS");
    }
    let fields = json!({ "email": ADA, "password": demo::PASSWORD });
    let refused = from("198.51.100.7").call("sign-in", fields.clone()).await;
    assert!(refused.header("retry-after").parse::<u32>().unwrap() <= 900);
    refused.refused(429, "TOO_MANY_ATTEMPTS");
    from("198.51.100.8").call("sign-in", fields.clone()).await.granted(201);
    // Whoever does not come by our edge is believed nothing: there they are who they are.
    let forged = platform.anyone().with("x-forwarded-for", "198.51.100.7").with("x-careplane-edge", "forged");
    forged.call("sign-in", fields.clone()).await.granted(201);
    platform.pass(SignedDuration::from_mins(15));
    from("198.51.100.7").call("sign-in", fields).await.granted(201);
}

#[tokio::test]
async fn a_membership_is_switched_without_a_new_sign_in() {
    let platform = TestPlatform::open().await;
    // A patient joins a clinic, and is both from then on.
    let email = "both@example.org";
    let owner = platform.newcomer(email, "twelve letters and more").await;
    owner.token().await;
    let invite = json!({ "clinic": demo::clinic(1), "email": email, "role": "receptionist" });
    platform.as_role(Role::Manager).call("invite-member", invite).await.granted(201);
    let link = platform.link(email).await;
    let joined = platform.anyone().call("accept-invitation", json!({ "token": link })).await.granted(200);
    assert_eq!((&joined["new_account"], &joined["role"]), (&json!(false), &json!("receptionist")));
    let session = platform
        .anyone()
        .call("sign-in", json!({ "email": email, "password": "twelve letters and more" }))
        .await;
    assert_eq!(
        (&session.body["role"], &session.body["second_factor"]),
        (&json!("receptionist"), &json!("enrolment-required"))
    );
    owner.goes_on_with(&session.body);
    owner.call("who-am-i", json!({})).await.refused(403, "FORBIDDEN");
    add_phone(&platform, &owner).await;

    let me = owner.call("who-am-i", json!({})).await.granted(200);
    let roles: Vec<_> = me["memberships"]
        .as_array()
        .unwrap()
        .iter()
        .map(|mine| (text(&mine["role"]), mine["current"] == true))
        .collect();
    assert_eq!(roles, [("patient".into(), false), ("receptionist".into(), true)]);
    let switched =
        owner.call("switch-membership", json!({ "role": "patient", "clinic": null })).await.granted(200);
    assert_eq!(
        (&switched["role"], &switched["clinic"], &switched["session"]),
        (&json!("patient"), &Value::Null, &session.body["session"])
    );
    // Refreshing goes on in it.
    let refreshed = refresh(&platform, &session, "attempt-1").await.granted(200);
    assert_eq!((&refreshed["role"], &refreshed["patient"]), (&json!("patient"), &json!(owner.id())));
    owner.goes_on_with(&switched);
    for (role, clinic) in [
        ("manager", json!(demo::clinic(1))),
        ("receptionist", json!(demo::clinic(2))),
        ("operator", Value::Null),
        ("patient", json!(demo::clinic(1))),
    ] {
        let fields = json!({ "role": role, "clinic": clinic });
        owner.call("switch-membership", fields).await.refused(404, "NOT_FOUND");
    }
}

#[tokio::test]
async fn a_refresh_asks_twice_however_new_the_process_and_whatever_the_role() {
    for (email, role) in [("ada.lovelace@careplane.example", Role::Patient), ("", Role::Staff)] {
        let platform = TestPlatform::open().await;
        let lead = "lead@example.org";
        let (email, password) = if role == Role::Staff {
            join(&platform, lead).await;
            (lead, "twelve letters")
        } else {
            (email, demo::PASSWORD)
        };
        let fields = json!({ "email": email, "password": password });
        let session = platform.anyone().call("sign-in", fields).await;
        assert_eq!(session.body["role"], json!(role));
        let _ = platform.calls();
        // This process has refreshed nothing yet: it knows neither the signing keys nor the role.
        refresh(&platform, &session, "first-try").await.granted(200);
        let asked = platform.calls();
        assert_eq!(asked, ["BatchGetItem", "Decrypt", "TransactWriteItems"], "{role}");
    }
}

#[tokio::test]
async fn what_becomes_of_a_role_is_felt_at_the_next_refresh() {
    let platform = TestPlatform::open().await;
    let manager = platform.as_role(Role::Manager);
    let here = || json!({ "clinic": demo::clinic(1) });
    let user = join(&platform, "lead@example.org").await;
    let fields = json!({ "email": "lead@example.org", "password": "twelve letters" });
    let owner = platform.anyone().call("sign-in", fields).await;
    // A second factor, so that the token holds what the role holds.
    let bearer = format!("Bearer {}", text(&owner.body["access_token"]));
    let headers = [("authorization", &*bearer), ("content-type", "application/json")];
    let begun =
        platform.anyone().http("POST", "/v1/me/factors/totp", "{}".to_owned(), &headers).await.granted(201);
    let code = json!({ "code": demo::totp(&text(&begun["secret"]), platform.now()) }).to_string();
    let enrolled = platform.anyone().http("PUT", "/v1/me/factors/totp", code, &headers).await.granted(200);
    assert!(enrolled["session"]["permissions"].as_array().unwrap().contains(&json!("book-appointments")));

    let role = with(with(here(), "role", json!(demo::role(1))), "name", "Lead");
    manager.call("change-role", with(role, "permissions", json!(["read-members"]))).await.granted(200);
    let next = refresh(&platform, &owner, "after-the-edit").await;
    assert!(!next.body["permissions"].as_array().unwrap().contains(&json!("book-appointments")), "{next:?}");
    assert!(next.body["permissions"].as_array().unwrap().contains(&json!("read-members")));

    // Another role altogether: the cookie still names the old one, and what the account says counts.
    let nurse = with(with(here(), "name", "Nobody"), "permissions", json!(["read-appointments"]));
    let other = manager.call("define-role", nurse).await.granted(201);
    let member = with(with(here(), "user", user), "custom_role", other["id"].clone());
    manager.call("change-member", member).await.granted(200);
    let jar = next.jar();
    let browser =
        platform.anyone().with("cookie", &jar).with("x-csrf-token", &text(&owner.body["csrf_token"]));
    let last = browser.key("after-the-move").call("refresh-session", json!({})).await.granted(200);
    assert!(last["permissions"].as_array().unwrap().contains(&json!("read-appointments")), "{last}");
    assert!(!last["permissions"].as_array().unwrap().contains(&json!("read-members")), "{last}");
}
