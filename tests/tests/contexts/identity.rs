use futures_util::future::join_all;
use jiff::SignedDuration;
use kernel::Role;
use serde_json::{Value, json};
use testkit::{TestPlatform, demo};

use crate::common::*;
use crate::ready::*;

fn grace() -> Value {
    json!({
        "email": "Grace.Hopper@Example.org",
        "password": "the first compiler",
        "given_name": "Grace",
        "family_name": "Hopper",
        "time_zone": "America/New_York",
        "language": "pt-BR",
    })
}

#[tokio::test]
async fn somebody_registers_follows_the_link_signs_in_and_sees_their_account() {
    let platform = TestPlatform::open().await;
    let anyone = platform.anyone();
    let asked = anyone.call("register-patient", grace()).await.granted(202);
    assert_eq!(asked, json!({ "email": "grace.hopper@example.org" }));
    // Until the link is followed there is no account.
    let fields = json!({ "email": "grace.hopper@example.org", "password": "the first compiler" });
    anyone.call("sign-in", fields).await.refused(401, "WRONG_CREDENTIALS");
    let link = platform.link("grace.hopper@example.org").await;
    // The link alone is not enough: whoever opens it may not be who has registered.
    let wrong = json!({ "token": link, "password": "not the compiler" });
    anyone.call("verify-email", wrong).await.refused(422, "WRONG_PASSWORD");
    let follow = json!({ "token": link, "password": "the first compiler" });
    let verified = anyone.call("verify-email", follow.clone()).await.granted(200);
    anyone.call("verify-email", follow).await.refused(422, "LINK_INVALID");
    // Capitals and blanks around an address do not matter.
    let fields = json!({ "email": " grace.hopper@EXAMPLE.org ", "password": "the first compiler" });
    let session = anyone.call("sign-in", fields).await;
    assert_eq!(session.header("cache-control"), "no-store");
    let session = session.granted(201);
    insta::assert_json_snapshot!(session, {
        ".access_token" => "[token]", ".csrf_token" => "[token]", ".session" => "[ses]", ".user" => "[usr]", ".patient" => "[pat]",
    });
    assert_eq!((&session["user"], &session["patient"]), (&verified["user"], &verified["patient"]));

    let owner = platform.owner(&verified, "grace.hopper@example.org", "the first compiler");
    let me = owner.http("GET", "/v1/me", "", &[]).await;
    assert_eq!(me.header("etag"), "\"2\"", "the device on which she signed in was noted");
    insta::assert_json_snapshot!(me.granted(200), { ".user" => "[usr]", ".patient" => "[pat]" });
}

#[tokio::test]
async fn an_address_has_one_account_however_it_is_spelled_and_however_many_ask_at_once() {
    let platform = TestPlatform::open().await;
    let spellings = ["a@example.org", "A@example.org", " a@EXAMPLE.org ", "a@Example.Org"];
    let anyone = platform.anyone();
    let wishes = spellings.map(|email| anyone.call("register-patient", with(grace(), "email", email)));
    let answers = join_all(wishes).await;
    assert_eq!(statuses(&answers), [(202, 4)].into());
    platform.settle().await;
    let mails = platform.mails().await;
    let links = mails.iter().filter_map(|mail| {
        let (_, rest) = mail.text.as_deref()?.split_once("#token=")?;
        rest.split_whitespace().next().map(ToOwned::to_owned)
    });
    let links: Vec<_> = links.collect();
    assert_eq!(links.len(), 4);
    let follow = links
        .iter()
        .map(|link| anyone.call("verify-email", json!({ "token": link, "password": "the first compiler" })));
    assert_eq!(statuses(&join_all(follow).await), [(200, 1), (422, 3)].into());
    let accounts = platform.records("identity", "account").await;
    assert_eq!(accounts.iter().filter(|account| account["email"] == "a@example.org").count(), 1);
}

/// Whoever asks learns nothing of whether there is an account: not by the answer, not by the work that it
/// takes, and not by how often they may ask. The owner learns it by mail.
#[tokio::test]
async fn nobody_is_told_whether_an_address_has_an_account() {
    let ada = "ada.lovelace@careplane.example";
    for (function, fields) in [
        ("register-patient", grace()),
        ("request-password-reset", json!({})),
        ("sign-in", json!({ "password": "not the password" })),
    ] {
        let platform = TestPlatform::open().await;
        let ask = async |email: &str| {
            platform.calls();
            let answer = platform.anyone().call(function, with(fields.clone(), "email", email)).await;
            let answer = answer.without_request_id();
            let body = answer.body.to_string().replace(email, "[email]");
            (answer.status, body, platform.calls())
        };
        for _ in 0..7 {
            assert_eq!(ask("nobody@careplane.example").await, ask(ada).await, "{function}");
        }
        platform.settle().await;
        let mails = platform.mails().await;
        let told = mails.iter().filter(|mail| mail.to.contains(&ada.to_owned())).count();
        let expected = match function {
            // Five mails an hour, however many ask.
            "register-patient" | "request-password-reset" => 5,
            // That nobody gets in for a while, once.
            _ => 1,
        };
        assert_eq!(told, expected, "{function}: {mails:#?}");
        if function == "register-patient" {
            assert!(mails.iter().any(|mail| mail.to.contains(&ada.to_owned())
                && !mail.text.as_deref().unwrap_or_default().contains("#token=")));
        }
    }
}

/// Neither does it show when many ask at the same moment, nor can a stranger use up what its owner needs.
#[tokio::test]
async fn many_who_ask_at_once_learn_nothing_and_take_nothing_away() {
    let platform = TestPlatform::open().await;
    let ada = "ada.lovelace@careplane.example";
    let anyone = platform.anyone();
    for email in [ada, "nobody@careplane.example"] {
        for (function, fields) in [("register-patient", grace()), ("request-password-reset", json!({}))] {
            let fields = with(fields, "email", email);
            let answers = join_all((0..12).map(|_| anyone.call(function, fields.clone()))).await;
            assert_eq!(statuses(&answers), [(202, 12)].into(), "{function} {email}");
        }
    }
    platform.pass(SignedDuration::from_hours(1));
    for _ in 0..8 {
        anyone.call("register-patient", with(grace(), "email", ada)).await.granted(202);
    }
    platform.settle().await;
    let before = platform.mails().await.len();
    anyone.call("request-password-reset", json!({ "email": ada })).await.granted(202);
    platform.settle().await;
    assert_eq!(platform.mails().await.len(), before + 1, "her own link still comes");
}

#[tokio::test]
async fn whoever_lost_their_factors_is_helped_and_told() {
    let platform = TestPlatform::open().await;
    let owner = platform.newcomer("lost@example.org", "four quiet words").await;
    owner.token().await;
    let mut key = testkit::Authenticator::new(WEB, 40);
    add_passkey(&owner, &key).await;
    let operator = platform.as_role(Role::Operator);
    let found = operator.call("find-account", json!({ "email": "lost@example.org" })).await.granted(200);
    assert_eq!(found["items"][0]["last_sign_in_at"], json!(platform.now()));
    let fields = json!({ "user": found["items"][0]["user"], "clear_factors": true });
    platform.as_role(Role::Support).call("change-account", fields.clone()).await.refused(403, "FORBIDDEN");
    operator.call("change-account", fields).await.granted(200);
    let options = platform.anyone().call("begin-passkey-sign-in", json!({})).await.granted(201);
    platform.anyone().call("sign-in-with-passkey", key.get(&options)).await.refused(401, "PASSKEY_REFUSED");
    let fields = json!({ "email": "lost@example.org", "password": "four quiet words" });
    let session = platform.anyone().call("sign-in", fields).await.granted(201);
    assert_eq!(session["second_factor"], "not-needed");
    platform.settle().await;
    let told = platform.mails().await.into_iter().filter(|mail| {
        mail.to == ["lost@example.org"]
            && mail.subject.as_deref() == Some("Your sign-in has lost a second step")
    });
    assert_eq!(told.count(), 1);
}

#[tokio::test]
async fn a_wrong_address_and_a_wrong_password_cannot_be_told_apart() {
    let platform = TestPlatform::open().await;
    let ada = "ada.lovelace@careplane.example";
    let ask = async |email: &str, password: &str| {
        // Nothing is held against anybody from before.
        platform.pass(SignedDuration::from_hours(25));
        platform.calls();
        let answer = platform.anyone().call("sign-in", json!({ "email": email, "password": password })).await;
        answer.clone().refused(401, "WRONG_CREDENTIALS");
        (answer.without_request_id(), platform.calls())
    };
    let wrong_password = ask(ada, "not the password").await;
    assert_eq!(wrong_password.1, ["GenerateMac", "BatchGetItem", "BatchGetItem", "TransactWriteItems"]);
    assert_eq!(ask("nobody@careplane.example", "not the password").await, wrong_password);
    assert_eq!(ask("nobody@careplane.example", demo::PASSWORD).await, wrong_password);
    assert_eq!(ask(ada, "").await, wrong_password);
    assert_eq!(ask(ada, &"x".repeat(10_000)).await, wrong_password);
    assert_eq!(ask(ada, "\u{0}").await, wrong_password);
    assert_eq!(ask("not an address", "").await.0, wrong_password.0);
}

#[tokio::test]
async fn a_wrong_address_costs_a_hash_like_a_wrong_password() {
    let platform = TestPlatform::open().await;
    let time = async |email: &str| {
        let begun = std::time::Instant::now();
        let fields = json!({ "email": email, "password": "not the password" });
        platform.anyone().call("sign-in", fields).await.refused(401, "WRONG_CREDENTIALS");
        begun.elapsed()
    };
    let (mut known, mut unknown) = (std::time::Duration::MAX, std::time::Duration::MAX);
    for _ in 0..5 {
        known = known.min(time("ada.lovelace@careplane.example").await);
        unknown = unknown.min(time("nobody@careplane.example").await);
    }
    // A hash is most of either; whatever else the machine is doing, the best of five is near it.
    assert!(unknown * 4 > known, "known {known:?}, unknown {unknown:?}");
}

#[tokio::test]
async fn everybody_sees_their_own_account_and_their_own_role() {
    let platform = TestPlatform::open().await;
    for role in roles() {
        let me = platform.as_role(role).http("GET", "/v1/me", "", &[]).await.granted(200);
        assert_eq!(me["role"], json!(role));
        assert_eq!(me["clinic"], if role.is_of_clinic() { json!(demo::clinic(1)) } else { Value::Null });
        assert_eq!(me["patient"], if role == Role::Patient { json!(demo::patient(1)) } else { Value::Null });
        assert_eq!(me["memberships"][0]["role"], json!(role));
        assert_eq!(me["second_factor"], if role == Role::Patient { "not-needed" } else { "done" });
    }
    platform.patient(16).call("who-am-i", json!({})).await.refused(401, "UNAUTHENTICATED");
}

#[tokio::test]
async fn names_and_passwords_come_in_every_script_and_survive_the_journey() {
    let platform = TestPlatform::open().await;
    for (n, (name, password)) in [
        ("李 小龙", "пароль-пароль"),
        ("Ó Súilleabháin", "p@ss\u{0}word with a NUL"),
        ("أحمد", "🔑🔑🔑🔑🔑🔑🔑🔑"),
        ("👩‍⚕️ 𝒜𝒹𝒶", "  blanks stay  "),
        ("D'Arcy \"quoted\" <tag>", "'; DROP TABLE users; --"),
    ]
    .into_iter()
    .enumerate()
    {
        let email = format!("n{n}@example.org");
        let fields = json!({ "email": email, "password": password, "given_name": name, "family_name": name });
        platform.anyone().call("register-patient", fields).await.granted(202);
        let link = platform.link(&email).await;
        let follow = json!({ "token": link, "password": password });
        let verified = platform.anyone().call("verify-email", follow).await.granted(200);
        let me =
            platform.owner(&verified, &email, password).http("GET", "/v1/me", "", &[]).await.granted(200);
        assert_eq!((&me["given_name"], &me["family_name"]), (&json!(name), &json!(name)));
    }
}

#[tokio::test]
async fn what_cannot_be_registered_is_pointed_at() {
    let platform = TestPlatform::open().await;
    let before = platform.dump_all().await;
    let long = "x".repeat(129);
    for (field, values) in [
        (
            "email",
            vec![
                json!(""),
                json!("ada"),
                json!("ada@"),
                json!("@b.c"),
                json!("a b@c.d"),
                json!("a@b.c\u{0}"),
                json!(format!("{long}@b.c")),
            ],
        ),
        (
            "password",
            vec![
                json!(""),
                json!("seven 7"),
                json!(long),
                json!("🔑🔑🔑🔑🔑🔑🔑"),
                json!("Password1"),
                json!("qwertyuiop"),
            ],
        ),
        (
            "given_name",
            vec![
                json!(""),
                json!(" \t "),
                json!(long),
                json!("A\u{0}da"),
                json!("\u{202e}adA"),
                json!("A\nda"),
            ],
        ),
        ("family_name", vec![json!(""), json!("\u{2066}x"), json!("\u{7f}")]),
        ("time_zone", vec![json!(""), json!("Mars/Olympus"), json!("+02:00"), json!("../etc/passwd")]),
        ("language", vec![json!(""), json!("e"), json!("german!"), json!("de_DE"), json!("d".repeat(40))]),
    ] {
        for value in values {
            let problem =
                platform.anyone().call("register-patient", with(grace(), field, value.clone())).await;
            let problem = problem.refused(422, "INVALID");
            assert_eq!(problem["errors"][0]["pointer"], format!("/{field}"), "{value}: {problem:#}");
            let sent = value.as_str().unwrap_or_default();
            assert!(
                sent.trim().len() < 6 || !problem.to_string().contains(sent),
                "{value} is echoed: {problem:#}"
            );
        }
    }
    assert_eq!(platform.dump_all().await, before);
}

#[tokio::test]
async fn an_address_stands_in_no_key_and_a_hash_is_no_password() {
    let platform = TestPlatform::open().await;
    platform.anyone().call("register-patient", grace()).await.granted(202);
    let link = platform.link("grace.hopper@example.org").await;
    let follow = json!({ "token": link, "password": "the first compiler" });
    platform.anyone().call("verify-email", follow).await.granted(200);
    for item in platform.dump("identity").await {
        let key = format!("{}{}", item["pk"], item["sk"]);
        assert!(!key.contains("grace") && !key.contains('@'), "{key}");
        if item["kind"] == "account" {
            assert!(text(&item["password"]["hash"]).starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{item}");
        }
    }
}

#[tokio::test]
async fn a_forgotten_password_is_replaced_and_every_session_ends() {
    let platform = TestPlatform::open().await;
    let anyone = platform.anyone();
    let ada = "ada.lovelace@careplane.example";
    let session = anyone.call("sign-in", json!({ "email": ada, "password": demo::PASSWORD })).await;
    let ask = async || {
        anyone.call("request-password-reset", json!({ "email": ada })).await.granted(202);
        platform.link(ada).await
    };
    let (older, newer) = (ask().await, ask().await);
    let redeem = |token: &str, password: &str| {
        anyone.call("reset-password", json!({ "token": token, "password": password }))
    };
    redeem(&newer, "password").await.refused(422, "INVALID");
    redeem(&newer, "a fresh phrase").await.granted(200);
    redeem(&newer, "another phrase").await.refused(422, "LINK_INVALID");
    redeem(&older, "another phrase").await.refused(422, "LINK_INVALID");
    refresh(&platform, &session, "after-the-reset").await.refused(401, "SESSION_ENDED");
    let sign_in = |password: &str| anyone.call("sign-in", json!({ "email": ada, "password": password }));
    sign_in(demo::PASSWORD).await.refused(401, "WRONG_CREDENTIALS");
    sign_in("a fresh phrase").await.granted(201);
    // A link is good for an hour.
    let late = ask().await;
    platform.pass(SignedDuration::from_hours(1));
    redeem(&late, "a later phrase").await.refused(422, "LINK_INVALID");
}

#[tokio::test]
async fn a_password_is_changed_by_whoever_knows_it_and_other_sessions_end() {
    let platform = TestPlatform::open().await;
    let ada = "ada.lovelace@careplane.example";
    let sign_in = json!({ "email": ada, "password": demo::PASSWORD });
    let elsewhere = platform.anyone().call("sign-in", sign_in.clone()).await;
    let here = platform.anyone().call("sign-in", sign_in).await;
    let owner = platform.patient(1);
    owner.goes_on_with(&here.body);
    let change = |current: &str, password: &str| {
        owner.call("change-password", json!({ "current": current, "password": password }))
    };
    change("not it at all", "a fresh phrase").await.refused(422, "WRONG_PASSWORD");
    change(demo::PASSWORD, "iloveyou").await.refused(422, "INVALID");
    change(demo::PASSWORD, "a fresh phrase").await.granted(200);
    refresh(&platform, &elsewhere, "the-other-one").await.refused(401, "SESSION_ENDED");
    refresh(&platform, &here, "the-one-that-did").await.granted(200);
    platform.settle().await;
    let subjects: Vec<_> =
        platform.mails().await.into_iter().filter_map(|mail| mail.content.subject).collect();
    assert_eq!(subjects, ["Your password was changed"]);
    // Staff's must be longer.
    let nurse = platform.as_role(Role::Nurse);
    let fields = json!({ "current": demo::PASSWORD, "password": "elevenchars" });
    nurse.call("change-password", fields).await.refused(422, "INVALID");
}

#[tokio::test]
async fn a_profile_is_a_merge_patch_and_its_version_is_minded() {
    let platform = TestPlatform::open().await;
    let ada = platform.patient(1);
    let change = json!({
        "date_of_birth": "1815-12-10", "gender": "female", "phone": "+44 20 5550 1234", "language": "fr",
        "time_zone": "Europe/London", "channels": { "email": true, "sms": true, "push": false },
        "address": { "line": "12 St James's Square", "city": "London", "postal_code": "SW1Y 4JH", "country": "gb" },
    });
    ada.call("update-account", change.clone()).await.refused(422, "INVALID");
    let change = with(change, "date_of_birth", "1915-12-10");
    let version = ada.call("who-am-i", json!({})).await.header("etag").to_owned();
    let me = ada.with("if-match", &version).call("update-account", change.clone()).await;
    let etag = me.header("etag").to_owned();
    let me = me.granted(200);
    assert_eq!(me["phone"], "+442055501234");
    assert_eq!(me["address"]["country"], "GB");
    assert_eq!((&me["language"], &me["given_name"]), (&json!("fr"), &json!("Ada")));
    ada.with("if-match", &version).call("update-account", change).await.refused(412, "CHANGED_MEANWHILE");
    assert_eq!(ada.call("who-am-i", json!({})).await.header("etag"), etag);
    let me = ada.call("update-account", json!({ "phone": null, "address": null })).await.granted(200);
    assert_eq!((&me["phone"], &me["address"], &me["gender"]), (&Value::Null, &Value::Null, &json!("female")));
    for (name, wrong) in [
        ("given_name", json!(null)),
        ("phone", json!("0123")),
        ("date_of_birth", json!("2099-01-01")),
        ("gender", json!("unknown")),
        ("address", json!({ "line": "x" })),
        ("channels", json!({ "email": true })),
    ] {
        let problem = ada.call("update-account", json!({ name: wrong })).await;
        if name == "given_name" {
            // A merge patch cannot take away what must be there; here it changes nothing.
            problem.granted(200);
            continue;
        }
        let problem = problem.refused(422, "INVALID");
        assert!(text(&problem["errors"][0]["pointer"]).starts_with(&format!("/{name}")), "{problem}");
    }
}

#[tokio::test]
async fn a_username_is_one_persons_and_signs_in_like_an_address() {
    let platform = TestPlatform::open().await;
    let (ada, ben) = (platform.patient(1), platform.patient(2));
    let choose = |name: &str| json!({ "username": name });
    for wrong in ["", "ab", "a b c", "ada@home", ".ada", "\u{202e}ada", &"x".repeat(31)] {
        ada.call("update-account", choose(wrong)).await.refused(422, "INVALID");
    }
    // Two choose it at once.
    let (one, other) = futures_util::future::join(
        ada.call("update-account", choose("Countess")),
        ben.call("update-account", choose("countess")),
    )
    .await;
    let mut both = [one.status, other.status];
    both.sort_unstable();
    assert_eq!(both, [200, 409]);
    let (winner, user) = if one.status == 200 { (&ada, 1) } else { (&ben, 2) };
    let sign_in = |name: &str| {
        let fields = json!({ "email": name, "password": demo::PASSWORD });
        let anyone = platform.anyone();
        async move { anyone.call("sign-in", fields).await }
    };
    assert_eq!(sign_in("COUNTESS").await.granted(201)["user"], json!(demo::user(user)));
    winner.call("update-account", choose("baroness")).await.granted(200);
    sign_in("countess").await.refused(401, "WRONG_CREDENTIALS");
    sign_in("baroness").await.granted(201);
    winner.call("update-account", json!({ "username": null })).await.granted(200);
    sign_in("baroness").await.refused(401, "WRONG_CREDENTIALS");
}

#[tokio::test]
async fn a_closed_account_opens_nothing_and_its_address_is_free_again() {
    let platform = TestPlatform::open().await;
    let owner = platform.newcomer("leaves@example.org", "four quiet words").await;
    let sign_in = json!({ "email": "leaves@example.org", "password": "four quiet words" });
    let session = platform.anyone().call("sign-in", sign_in.clone()).await;
    owner.goes_on_with(&session.body);
    owner.call("close-account", json!({ "password": "not it at all" })).await.refused(422, "WRONG_PASSWORD");
    let closed = owner.call("close-account", json!({ "password": "four quiet words" })).await;
    assert!(closed.cookies.iter().all(|cookie| cookie.contains("Max-Age=0")), "{closed:#?}");
    closed.granted(200);
    refresh(&platform, &session, "after-the-end").await.refused(401, "SESSION_ENDED");
    owner.call("who-am-i", json!({})).await.refused(401, "UNAUTHENTICATED");
    platform.anyone().call("sign-in", sign_in).await.refused(401, "WRONG_CREDENTIALS");
    let again = platform.newcomer("leaves@example.org", "five other quiet words").await;
    assert_ne!(again.id(), owner.id());
}

#[tokio::test]
async fn whoever_runs_the_platform_finds_deactivates_and_reactivates_accounts() {
    let platform = TestPlatform::open().await;
    let operator = platform.as_role(Role::Operator);
    let ben = json!({ "email": "ben.fischer@careplane.example", "password": demo::PASSWORD });
    let session = platform.anyone().call("sign-in", ben.clone()).await;
    let find = |email: &str| operator.call("find-account", json!({ "email": email }));
    let found = find("Ben.Fischer@careplane.example").await.granted(200);
    assert_eq!(found["items"][0]["user"], json!(demo::user(2)));
    assert_eq!(find("nobody@careplane.example").await.granted(200)["items"], json!([]));
    let change =
        |active: bool| operator.call("change-account", json!({ "user": demo::user(2), "active": active }));
    assert_eq!(change(false).await.granted(200)["state"], "deactivated");
    refresh(&platform, &session, "deactivated").await.refused(401, "SESSION_ENDED");
    platform.anyone().call("sign-in", ben.clone()).await.refused(403, "ACCOUNT_INACTIVE");
    assert_eq!(change(true).await.granted(200)["state"], "active");
    refresh(&platform, &session, "too-late-for-this").await.refused(401, "SESSION_ENDED");
    platform.anyone().call("sign-in", ben).await.granted(201);
    // Support sees and changes nothing; nobody locks themselves out.
    let support = platform.as_role(Role::Support);
    support.call("find-account", json!({ "email": "ben.fischer@careplane.example" })).await.granted(200);
    let fields = json!({ "user": demo::user(108), "active": false });
    operator.call("change-account", fields).await.refused(409, "OWN_MEMBERSHIP");
}
