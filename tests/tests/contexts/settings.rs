//! What whoever runs an environment decides while it runs.

use jiff::SignedDuration;
use kernel::Role;
use serde_json::{Value, json};
use testkit::{Answer, TestPlatform, demo};

use crate::common::*;

fn somebody() -> Value {
    json!({
        "id": "somebody", "name": "Somebody", "protocol": "openid-connect", "issuer": "https://id.example",
        "client_id": "us", "client_secret": "our secret".replace(' ', "-"),
    })
}

fn settings(providers: &[Value]) -> Value {
    json!({
        "registration_open": true, "support_email": "help@careplane.example",
        "announcement": { "text": "Closed on Monday.", "until": "2027-03-08T00:00:00Z" },
        "identity_providers": providers,
    })
}

/// Going by what is there now.
async fn change(platform: &TestPlatform, fields: Value) -> Answer {
    let now = platform.anyone().call("get-settings", json!({})).await;
    let operator = platform.as_role(Role::Operator).with("if-match", now.header("etag"));
    operator.call("change-settings", fields).await
}

#[tokio::test]
async fn an_operator_says_and_everybody_reads() {
    let platform = TestPlatform::open_empty().await;
    platform.deliver("rotate-signing-key", &json!({})).await.unwrap();
    let read = async || platform.anyone().call("get-settings", json!({})).await;
    let default = read().await;
    assert_eq!(default.header("etag"), "\"0\"");
    let nothing = json!({
        "registration_open": true, "support_email": null, "announcement": null, "identity_providers": [],
    });
    assert_eq!(default.granted(200), nothing);

    let operator = platform.as_role(Role::Operator);
    let changed = operator.with("if-match", "\"0\"").call("change-settings", settings(&[somebody()])).await;
    assert_eq!(changed.header("etag"), "\"1\"");
    let changed = changed.granted(200);
    let now = read().await.granted(200);
    assert_eq!(now, changed);
    assert_eq!(now["announcement"]["text"], "Closed on Monday.");
    let shown = &now["identity_providers"][0];
    assert_eq!((&shown["issuer"], &shown["client_secret"]), (&json!("https://id.example"), &Value::Null));
    // What it knows us by lies sealed, and nowhere else.
    let tables = platform.dump_all().await;
    assert!(!json!(tables).to_string().contains("our-secret"));

    let stale = operator.with("if-match", "\"0\"").call("change-settings", settings(&[somebody()])).await;
    stale.refused(412, "CHANGED_MEANWHILE");
    let blind = operator.call("change-settings", settings(&[])).await;
    blind.refused(428, "IF_MATCH_REQUIRED");
    let half = operator
        .with("if-match", "\"1\"")
        .call("change-settings", json!({ "registration_open": true }))
        .await;
    assert_eq!(half.refused(422, "INVALID")["errors"][0]["pointer"], "/identity_providers");
    platform.pass(SignedDuration::from_hours(24 * 7));
    assert_eq!(read().await.granted(200)["announcement"], Value::Null, "it has ended by itself");
}

#[tokio::test]
async fn a_secret_stays_where_its_provider_stays_and_goes_nowhere_else() {
    let platform = TestPlatform::open().await;
    let change = async |providers: &[Value]| change(&platform, settings(providers)).await;
    let kept = || with(somebody(), "client_secret", Value::Null);
    let refused = change(&[kept()]).await.refused(422, "INVALID");
    assert_eq!(refused["errors"][0]["pointer"], "/identity_providers/0/client_secret");
    change(&[somebody()]).await.granted(200);
    let sealed = || async {
        platform.records("identity", "settings").await[0]["identity_providers"][0]["sealed_secret"].clone()
    };
    let before = sealed().await;
    change(&[with(kept(), "name", "Another name")]).await.granted(200);
    assert_eq!(sealed().await, before);
    let refused =
        change(&[with(somebody(), "issuer", "https://attacker.example")]).await.refused(422, "INVALID");
    assert_eq!(refused["errors"][0]["pointer"], "/identity_providers/0/issuer", "people are known by it");
    for (name, value) in [("client_id", "them"), ("id", "another")] {
        let refused = change(&[with(kept(), name, value)]).await.refused(422, "INVALID");
        assert_eq!(refused["errors"][0]["pointer"], "/identity_providers/0/client_secret", "{name}");
    }
    let refused = change(&[somebody(), somebody()]).await.refused(422, "INVALID");
    assert_eq!(refused["errors"][0]["pointer"], "/identity_providers/1/id");
    let eleven: Vec<_> = (0..11).map(|number| with(somebody(), "id", format!("p{number}"))).collect();
    change(&eleven).await.refused(422, "INVALID");
    change(&eleven[1..]).await.granted(200);
    change(&[somebody()]).await.granted(200);
    for (name, value) in [
        ("issuer", "http://id.example"),
        ("issuer", "https://id.example/"),
        ("client_id", "a\tb"),
        ("id", "Some Body"),
    ] {
        let refused = change(&[with(somebody(), name, value)]).await.refused(422, "INVALID");
        assert_eq!(refused["errors"][0]["pointer"], format!("/identity_providers/0/{name}"));
    }
}

#[tokio::test]
async fn while_registration_is_closed_nobody_registers_and_everybody_else_goes_on() {
    let platform = TestPlatform::open().await;
    let known = platform.goes_elsewhere("example-id", "known@example.org", true).await;
    platform.anyone().call("sign-in-with-provider", known).await.granted(201);
    let now = platform.records("identity", "settings").await.remove(0);
    let mut providers = now["identity_providers"].clone();
    for provider in providers.as_array_mut().unwrap() {
        provider.as_object_mut().unwrap().remove("sealed_secret");
    }
    let closed = with(settings(providers.as_array().unwrap()), "registration_open", false);
    change(&platform, closed).await.granted(200);
    // What a process has read it goes by for a minute.
    platform.pass(SignedDuration::from_mins(1));
    let fields = json!({
        "email": "late@example.org", "password": "four quiet words", "given_name": "La", "family_name": "Te",
    });
    let refused = platform.anyone().call("register-patient", fields).await;
    refused.refused(403, "REGISTRATION_CLOSED");
    let back = platform.goes_elsewhere("example-id", "late@example.org", true).await;
    platform.anyone().call("sign-in-with-provider", back).await.refused(403, "REGISTRATION_CLOSED");
    let back = platform.goes_elsewhere("example-id", "known@example.org", true).await;
    platform.anyone().call("sign-in-with-provider", back).await.granted(201);
    let invite = json!({ "clinic": demo::clinic(1), "email": "staff@example.org", "role": "nurse" });
    platform.as_role(Role::Manager).call("invite-member", invite).await.granted(201);
    let fields = json!({
        "token": platform.link("staff@example.org").await, "given_name": "S", "family_name": "T",
        "password": "twelve letters",
    });
    platform.anyone().call("accept-invitation", fields).await.granted(200);
}
