use futures_util::future::join_all;
use kernel::Role;
use serde_json::{Value, json};
use testkit::{TestPlatform, demo};

use crate::common::*;

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
async fn somebody_registers_signs_in_and_sees_their_account() {
    let platform = TestPlatform::open().await;
    let registered = platform.anyone().call("register-patient", grace()).await.granted(201);
    insta::assert_json_snapshot!(registered, { ".user" => "[usr]", ".patient" => "[pat]" }, @r#"
    {
      "email": "grace.hopper@example.org",
      "family_name": "Hopper",
      "given_name": "Grace",
      "patient": "[pat]",
      "registered_at": "2027-03-01T08:00:00Z",
      "user": "[usr]"
    }
    "#);
    // Capitals and blanks around an address do not matter.
    let fields = json!({ "email": " grace.hopper@EXAMPLE.org", "password": "the first compiler" });
    let session = platform.anyone().call("sign-in", fields).await;
    assert_eq!(session.header("cache-control"), "no-store");
    let session = session.granted(201);
    insta::assert_json_snapshot!(session, { ".access_token" => "[token]", ".user" => "[usr]", ".patient" => "[pat]" }, @r#"
    {
      "access_token": "[token]",
      "clinic": null,
      "expires_in": 900,
      "given_name": "Grace",
      "patient": "[pat]",
      "role": "patient",
      "token_type": "Bearer",
      "user": "[usr]"
    }
    "#);
    assert_eq!((&session["user"], &session["patient"]), (&registered["user"], &registered["patient"]));

    let owner = platform.owner(&registered, "grace.hopper@example.org", "the first compiler");
    let me = owner.http("GET", "/v1/me", "", &[]).await.granted(200);
    insta::assert_json_snapshot!(me, { ".user" => "[usr]", ".patient" => "[pat]" }, @r#"
    {
      "clinic": null,
      "email": "grace.hopper@example.org",
      "family_name": "Hopper",
      "given_name": "Grace",
      "language": "pt-BR",
      "patient": "[pat]",
      "role": "patient",
      "time_zone": "America/New_York",
      "user": "[usr]"
    }
    "#);
}

#[tokio::test]
async fn an_address_has_one_account_however_it_is_spelled_and_however_many_ask_at_once() {
    let platform = TestPlatform::open().await;
    let spellings = ["a@example.org", "A@example.org", " a@EXAMPLE.org ", "a@Example.Org"];
    let anyone = platform.anyone();
    let wishes = spellings.map(|email| anyone.call("register-patient", with(grace(), "email", email)));
    let answers = join_all(wishes).await;
    assert_eq!(statuses(&answers), [(201, 1), (409, 3)].into());
    for answer in answers.into_iter().filter(|answer| answer.status == 409) {
        assert_eq!(answer.refused(409, "EMAIL_TAKEN")["errors"][0]["pointer"], "/email");
    }
    let taken = with(grace(), "email", "ada.lovelace@careplane.example");
    platform.anyone().call("register-patient", taken).await.refused(409, "EMAIL_TAKEN");
    let accounts = platform.records("identity", "account").await;
    assert_eq!(accounts.iter().filter(|account| account["email"] == "a@example.org").count(), 1);
}

#[tokio::test]
async fn a_wrong_address_and_a_wrong_password_cannot_be_told_apart() {
    let platform = TestPlatform::open().await;
    let ada = "ada.lovelace@careplane.example";
    // The signing key is opened at the first sign-in of a process.
    platform.anyone().call("sign-in", json!({ "email": ada, "password": demo::PASSWORD })).await.granted(201);
    let ask = async |email: &str, password: &str| {
        platform.calls();
        let answer = platform.anyone().call("sign-in", json!({ "email": email, "password": password })).await;
        answer.clone().refused(401, "WRONG_CREDENTIALS");
        (answer.without_request_id(), platform.calls())
    };
    let wrong_password = ask(ada, "not the password").await;
    assert_eq!(wrong_password.1, ["GenerateMac", "GetItem", "GetItem"]);
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
    for role in <Role as strum::IntoEnumIterator>::iter().filter(|role| *role != Role::System) {
        let visitor = platform.as_role(role);
        let me = visitor.http("GET", "/v1/me", "", &[]).await.granted(200);
        assert_eq!(me["role"], json!(role));
        assert_eq!(me["clinic"], if role == Role::Patient { Value::Null } else { json!(demo::clinic(1)) });
        assert_eq!(me["patient"], if role == Role::Patient { json!(demo::patient(1)) } else { Value::Null });
    }
    let gone = platform.patient(16).call("who-am-i", json!({})).await;
    gone.refused(404, "NOT_FOUND");
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
        let registered = platform.anyone().call("register-patient", fields).await.granted(201);
        let me =
            platform.owner(&registered, &email, password).http("GET", "/v1/me", "", &[]).await.granted(200);
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
        ("password", vec![json!(""), json!("seven 7"), json!(long), json!("🔑🔑🔑🔑🔑🔑🔑")]),
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
    platform.anyone().call("register-patient", grace()).await.granted(201);
    for item in platform.dump("identity").await {
        let key = format!("{}{}", item["pk"], item["sk"]);
        assert!(!key.contains("grace") && !key.contains('@'), "{key}");
        if item["kind"] == "account" {
            assert!(text(&item["password"]).starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{item}");
        }
    }
}
