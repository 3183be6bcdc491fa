use kernel::Role;
use runtime::{Function, Http, Trigger};
use serde_json::{Value, json};
use testkit::{TestPlatform, demo};

use crate::common::*;
use crate::notices::{sealed, told};
use crate::ready::*;

/// What one successful delivery to each function must leave in the trail: who, as what, where, and whom it
/// concerns. `None` is no record at all.
async fn exercise(platform: &TestPlatform, function: &Function) -> Option<Value> {
    match &function.trigger {
        Trigger::Http(http) => request(platform, function.name, http).await,
        _ => deliver(platform, function.name).await,
    }
}

/// A request by whoever it is for.
async fn request(platform: &TestPlatform, name: &str, http: &Http) -> Option<Value> {
    let natural = natural(platform, name, http).await;
    if !http.is_public() {
        natural.token().await;
    }
    let Ready { visitor, fields } = ready(platform, natural, name).await;
    platform.settle().await;
    let before = platform.dump("audit").await.len();
    let answer = visitor.call(name, fields).await.granted(http.status);
    let said = match http.needs {
        Some(_) => visitor.claims().expect("somebody"),
        None => serde_json::Map::new(),
    };
    let claim = |name: &str| said.get(name).cloned().unwrap_or(Value::Null);
    let of_clinic = http.route.path.contains("{clinic}");
    let clinic = if of_clinic { json!(demo::clinic(1)) } else { Value::Null };
    let concerns = |patient: Value| if patient.is_null() { json!([]) } else { json!([patient]) };
    let after = platform.dump("audit").await.len();
    let (user, role, patients) = match name {
        // What is public and only reads, and what names nobody.
        _ if http.is_public() && http.route.method.is_safe() => return none(before, after, name),
        "list-members"
        | "list-invitations"
        | "list-roles"
        | "get-system-status"
        | "begin-passkey-sign-in"
        | "begin-provider-sign-in" => {
            return none(before, after, name);
        }
        "verify-email" => (answer["user"].clone(), Value::Null, concerns(answer["patient"].clone())),
        "sign-in" | "refresh-session" => {
            (json!(demo::user(1)), Value::Null, concerns(json!(demo::patient(1))))
        }
        "sign-in-with-passkey" | "sign-in-with-provider" => {
            (answer["user"].clone(), Value::Null, concerns(answer["patient"].clone()))
        }
        "register-patient" => (Value::Null, Value::Null, json!([])),
        "request-password-reset" => (Value::Null, Value::Null, concerns(json!(demo::patient(1)))),
        "reset-password" | "accept-invitation" => {
            let records = platform.records("identity", "account").await;
            let account = records.iter().find(|account| account["email"] == answer["email"]);
            let account = account.expect("an account");
            (account["user"].clone(), Value::Null, concerns(account["patient"].clone()))
        }
        "list-accounts" => (claim("sub"), claim("role"), json!([1, 2, 3].map(demo::patient))),
        "find-account" | "get-account" | "change-account" => {
            (claim("sub"), claim("role"), concerns(json!(demo::patient(2))))
        }
        "get-appointment" | "cancel-appointment" | "book-appointment" | "get-patient" => {
            (claim("sub"), claim("role"), concerns(json!(demo::patient(1))))
        }
        "set-provider-hours" => (claim("sub"), claim("role"), json!([])),
        _ if http.audience == "personal" => (claim("sub"), claim("role"), concerns(claim("patient"))),
        _ => (claim("sub"), claim("role"), json!([])),
    };
    assert_eq!(after, before + 1, "{name}");
    Some(json!({ "user": user, "role": role, "clinic": clinic, "patients": patients }))
}

fn none(before: usize, after: usize, name: &str) -> Option<Value> {
    assert_eq!(after, before, "{name}");
    None
}

/// A delivery by a queue, a stream or the clock.
async fn deliver(platform: &TestPlatform, function: &str) -> Option<Value> {
    let about = |clinic: Value, patients: Value| {
        Some(json!({ "user": null, "role": null, "clinic": clinic, "patients": patients }))
    };
    let berlin = || json!(demo::clinic(1));
    let event = |context: &'static str, name: &'static str| async move {
        let events = platform.records(context, "event").await;
        let event = events.into_iter().rev().find(|event| event["event"] == name);
        text(&event.expect("an event")["body"])
    };
    let manager = platform.as_role(Role::Manager).with("if-match", "\"1\"");
    let weber = json!({ "clinic": demo::clinic(1), "provider": demo::provider(WEBER), "weekly": [] });
    platform.newcomer("new@example.org", "four quiet words").await;
    let start = free_time(platform, WEBER, 2, 0).await;
    platform.patient(1).call("book-appointment", visit(WEBER, 2, &start)).await.granted(201);
    manager.call("set-provider-hours", weber).await.granted(200);
    platform.deliver("count-sessions", &json!({})).await.unwrap();
    match function {
        "learn-calendar" => {
            assert!(
                platform.hand_over(function, &event("directory", "provider-calendar-changed").await).await
            );
            about(berlin(), json!([]))
        }
        "remember-contact" | "learn-patient" => {
            let body = event("identity", "patient-registered").await;
            let fact: Value = serde_json::from_str(&body).unwrap();
            assert!(platform.hand_over(function, &body).await);
            about(Value::Null, json!([fact["data"]["patient"]]))
        }
        "learn-visit" => {
            assert!(platform.hand_over(function, &event("scheduling", "appointment-booked").await).await);
            about(berlin(), json!([demo::patient(1)]))
        }
        // They concern nobody, and come every minute.
        "count-sessions" => None,
        "note-heartbeat" => {
            assert!(platform.hand_over(function, &event("identity", "sessions-counted").await).await);
            None
        }
        "send-confirmation" => {
            // How she is reached was learned when she registered.
            assert!(platform.hand_over(function, &event("scheduling", "appointment-booked").await).await);
            about(berlin(), json!([demo::patient(1)]))
        }
        "send-account-notice" => {
            let data =
                json!({ "notice": "welcome", "email": "ada@example.org", "given_name": "Ada", "facts": {} });
            assert!(platform.hand_over(function, &told(1, "account-notice", &data)).await);
            None
        }
        "send-sms-code" => {
            let data =
                json!({ "phone": "+4915112345678", "sealed": sealed(platform, "sms-code", "123456").await });
            assert!(platform.hand_over(function, &told(2, "sms-code-requested", &data)).await);
            None
        }
        "rotate-signing-key" => {
            platform.pass(jiff::SignedDuration::from_hours(24 * 31));
            platform.deliver(function, &json!({})).await.unwrap();
            about(Value::Null, json!([]))
        }
        "verify-audit" => {
            let today = json!({ "from": "2027-03-01", "to": "2027-03-01" });
            assert_eq!(platform.deliver(function, &today).await.unwrap()["fault"], Value::Null);
            None
        }
        "anchor-audit" => {
            platform.deliver(function, &json!({})).await.unwrap();
            None
        }
        "invite-operator" => {
            platform.deliver(function, &json!({ "email": "op@example.org" })).await.unwrap();
            about(Value::Null, json!([]))
        }
        "relay-identity-events" | "relay-directory-events" | "relay-scheduling-events" => {
            // What they carry was recorded where it was written.
            platform.deliver(function, &json!({ "Records": [] })).await.unwrap();
            None
        }
        other => panic!("say here what {other} must leave in the audit trail"),
    }
}

#[tokio::test]
async fn every_function_that_writes_or_concerns_a_patient_leaves_exactly_one_record() {
    for function in infra::functions() {
        let platform = TestPlatform::open().await;
        let expected = exercise(&platform, function).await;
        let records = platform.dump("audit").await;
        let mut own: Vec<_> =
            records.into_iter().filter(|record| record["function"] == function.name).collect();
        // Those who sign in by themselves did so before, when the demonstration was made.
        own.retain(|record| text(&record["at"]).parse::<jiff::Timestamp>().unwrap() >= platform.began());
        let Some(expected) = expected else {
            assert_eq!(own, Vec::<Value>::new(), "{}", function.name);
            continue;
        };
        let record = own.pop().unwrap_or_else(|| panic!("{} leaves no record", function.name));
        for field in ["user", "role", "clinic", "patients"] {
            assert_eq!(record[field], expected[field], "{}: {field} of {record:#}", function.name);
        }
        assert_eq!(record["refused"], Value::Null, "{}", function.name);
        let only_looks = match &function.trigger {
            Trigger::Http(http) => http.route.method.is_safe(),
            _ => function.name == "send-confirmation",
        };
        if only_looks {
            assert_eq!(record["access"], "read", "{}", function.name);
        }
        assert!(record["request"].as_str().is_some_and(|request| !request.is_empty()), "{record:#}");
        assert_eq!(text(&record["at"]).parse::<jiff::Timestamp>().unwrap(), platform.now());
    }
}

/// What fails to prove who it is leaves a record of that, with the account that was meant (ID-34).
#[tokio::test]
async fn whoever_fails_to_prove_who_they_are_is_on_record() {
    let platform = TestPlatform::open().await;
    let ada = "ada.lovelace@careplane.example";
    let last = async |function: &str| {
        let records = platform.dump("audit").await.into_iter();
        let mut of = records.filter(|record| record["function"] == function && !record["refused"].is_null());
        of.next_back().map(|record| (record["refused"].clone(), record["user"].clone()))
    };
    let me = json!(demo::user(1));
    let wrong = json!({ "email": ada, "password": "not the password" });
    platform.anyone().call("sign-in", wrong).await.refused(401, "WRONG_CREDENTIALS");
    assert_eq!(last("sign-in").await, Some((json!("WRONG_CREDENTIALS"), me.clone())));
    let fields = json!({ "current": "not the password", "password": "another quiet phrase" });
    platform.patient(1).call("change-password", fields).await.refused(422, "WRONG_PASSWORD");
    assert_eq!(last("change-password").await, Some((json!("WRONG_PASSWORD"), me)));
    let nurse = platform.as_role(Role::Nurse);
    nurse
        .call("pass-second-factor", json!({ "method": "totp", "code": "000000" }))
        .await
        .refused(422, "WRONG_CODE");
    assert_eq!(last("pass-second-factor").await, Some((json!("WRONG_CODE"), json!(demo::user(102)))));
}

#[tokio::test]
async fn what_is_answered_again_leaves_no_second_record_and_a_conflict_leaves_none() {
    let platform = TestPlatform::open().await;
    let ada = platform.patient(1).key("only-once");
    ada.call("book-appointment", visit(WEBER, 2, "2027-04-05T08:00:00Z")).await.granted(201);
    let before = platform.dump("audit").await;
    ada.call("book-appointment", visit(WEBER, 2, "2027-04-05T08:00:00Z")).await.granted(201);
    platform.patient(2).call("book-appointment", visit(WEBER, 2, "2027-04-05T08:00:00Z")).await.problem(409);
    assert_eq!(platform.dump("audit").await, before);
    platform.anyone().call("list-appointments", json!({})).await.problem(401);
    assert_eq!(platform.dump("audit").await, before, "nobody knows who that was");
}

/// Whoever is known and reaches for what is not theirs is on record with what they reached for.
#[tokio::test]
async fn what_is_refused_to_somebody_who_is_known_is_on_record() {
    let platform = TestPlatform::open().await;
    let theirs = book(&platform, &platform.patient(1), 0).await;
    let desk = platform.as_role(Role::Receptionist).with("user-agent", "Desk/1.0");
    let stranger = json!({ "clinic": demo::clinic(1), "patient": demo::patient(999) });
    let elsewhere = json!({ "clinic": demo::clinic(2), "patient": demo::patient(1) });
    let nurse = platform.as_role(Role::Nurse);
    let old = platform.now() - jiff::SignedDuration::from_mins(6);
    for (visitor, function, fields, status, patients) in [
        (platform.patient(2), "get-appointment", this(&theirs), 404, json!([])),
        (desk.clone(), "get-patient", stranger, 404, json!([demo::patient(999)])),
        (desk, "get-patient", elsewhere, 404, json!([demo::patient(1)])),
        (platform.as_role(Role::Finance), "list-appointments", json!({}), 403, json!([])),
        (nurse.claiming("amr", json!(["pwd"])), "get-appointment", this(&theirs), 403, json!([])),
        (
            platform.as_role(Role::Manager).claiming("second_factor_at", old.to_string()),
            "define-role",
            json!({ "clinic": demo::clinic(1), "name": "Greeter", "permissions": [] }),
            403,
            json!([]),
        ),
    ] {
        let before = platform.dump("audit").await;
        let problem = visitor.call(function, fields).await.problem(status);
        let after = platform.dump("audit").await;
        let new: Vec<_> = after.into_iter().filter(|record| !before.contains(record)).collect();
        let [record] = &new[..] else { panic!("{function}: {new:#?}") };
        assert_eq!(record["function"], function);
        assert_eq!((&record["refused"], &record["patients"]), (&problem["code"], &patients), "{record:#}");
        assert!(record["user"].is_string() && record["address"].is_string(), "{record:#}");
        assert!(text(&record["path"]).starts_with("/v1/"), "{record:#}");
    }
}

#[tokio::test]
async fn a_record_of_the_trail_names_the_request_that_the_client_was_told() {
    let platform = TestPlatform::open().await;
    let before = platform.dump("audit").await.len();
    let answer = platform.patient(1).call("list-appointments", json!({})).await;
    let request = answer.header("x-request-id").to_owned();
    let records = platform.dump("audit").await;
    assert_eq!(records.len(), before + 1);
    assert!(records.iter().any(|record| record["request"] == request), "{request}");
}
