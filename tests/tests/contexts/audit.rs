use kernel::Role;
use serde_json::{Value, json};
use testkit::{TestPlatform, demo};

use crate::common::*;

/// What one successful delivery to each function must leave in the trail: whom it concerns.
/// `None` is no record at all.
async fn exercise(platform: &TestPlatform, function: &str) -> Option<Value> {
    let ada = platform.patient(1);
    let anyone = platform.anyone();
    let clinic = json!({ "clinic": demo::clinic(1) });
    let weber = with(clinic.clone(), "provider", json!(demo::provider(WEBER)));
    let about = |user: Value, role: Value, clinic: Value, patients: Value| {
        Some(json!({ "user": user, "role": role, "clinic": clinic, "patients": patients }))
    };
    let user = |number| json!(demo::user(number));
    let me = || user(1);
    let my_record = || json!([demo::patient(1)]);
    let berlin = || json!(demo::clinic(1));
    let event = |context: &'static str, name: &'static str| async move {
        let events = platform.records(context, "event").await;
        events
            .into_iter()
            .find(|event| event["event"] == name)
            .map(|event| text(&event["body"]))
            .expect("an event")
    };
    match function {
        "get-health"
        | "get-readiness"
        | "get-openapi"
        | "get-docs"
        | "get-openid-configuration"
        | "get-signing-keys"
        | "list-clinics" => {
            anyone.call(function, json!({})).await.granted(200);
            None
        }
        "get-clinic" | "list-providers" | "list-services" => {
            anyone.call(function, clinic).await.granted(200);
            None
        }
        "get-provider" | "get-provider-hours" => {
            anyone.call(function, weber).await.granted(200);
            None
        }
        "get-service" => {
            anyone.call(function, with(clinic, "service", json!(demo::service(1)))).await.granted(200);
            None
        }
        "find-availability" => {
            anyone.call(function, with(weber, "service", json!(demo::service(1)))).await.granted(200);
            None
        }
        "register-patient" => {
            let fields = json!({ "email": "new@example.org", "password": "a password", "given_name": "N", "family_name": "W" });
            let registered = anyone.call(function, fields).await.granted(201);
            about(registered["user"].clone(), Value::Null, Value::Null, json!([registered["patient"]]))
        }
        "sign-in" => {
            let fields = json!({ "email": "ada.lovelace@careplane.example", "password": demo::PASSWORD });
            anyone.call(function, fields).await.granted(201);
            about(me(), Value::Null, Value::Null, my_record())
        }
        "who-am-i" => {
            ada.call(function, json!({})).await.granted(200);
            about(me(), json!("patient"), Value::Null, my_record())
        }
        "book-appointment" => {
            ada.call(function, visit(WEBER, 2, "2027-04-05T08:00:00Z")).await.granted(201);
            about(me(), json!("patient"), berlin(), my_record())
        }
        "list-appointments" => {
            ada.call(function, json!({})).await.granted(200);
            about(me(), json!("patient"), Value::Null, my_record())
        }
        "get-appointment" | "cancel-appointment" => {
            let mine = platform.records("scheduling", "appointment").await;
            let mine = mine
                .into_iter()
                .find(|item| item["patient"] == json!(demo::patient(1)) && item["status"] == "scheduled");
            let (role, number) =
                if function == "get-appointment" { (Role::Nurse, 102) } else { (Role::Receptionist, 103) };
            platform.as_role(role).call(function, this(&mine.expect("booked before"))).await.granted(200);
            about(user(number), json!(role), berlin(), my_record())
        }
        "set-provider-hours" => {
            let manager = platform.as_role(Role::Manager).with("if-match", "\"1\"");
            manager.call(function, with(weber, "weekly", json!([]))).await.granted(200);
            about(user(106), json!("manager"), berlin(), json!([]))
        }
        "learn-calendar" => {
            assert!(
                platform.hand_over(function, &event("directory", "provider-calendar-changed").await).await
            );
            about(Value::Null, Value::Null, berlin(), json!([]))
        }
        "remember-contact" | "learn-patient" => {
            let body = event("identity", "patient-registered").await;
            let fact: Value = serde_json::from_str(&body).unwrap();
            assert!(platform.hand_over(function, &body).await);
            about(Value::Null, Value::Null, Value::Null, json!([fact["data"]["patient"]]))
        }
        "send-confirmation" => {
            assert!(platform.hand_over(function, &event("scheduling", "appointment-booked").await).await);
            about(Value::Null, Value::Null, berlin(), my_record())
        }
        "rotate-signing-key" => {
            platform.pass(jiff::SignedDuration::from_hours(24 * 31));
            platform.deliver(function, &json!({})).await.unwrap();
            about(Value::Null, Value::Null, Value::Null, json!([]))
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
    let platform = TestPlatform::open().await;
    for function in infra::functions() {
        let before = platform.dump("audit").await;
        let expected = exercise(&platform, function.name).await;
        let after = platform.dump("audit").await;
        let mut new: Vec<_> = after.into_iter().filter(|record| !before.contains(record)).collect();
        let Some(expected) = expected else {
            assert_eq!(new, Vec::<Value>::new(), "{}", function.name);
            continue;
        };
        assert_eq!(new.len(), 1, "{}: {new:#?}", function.name);
        let record = new.remove(0);
        for field in ["user", "role", "clinic", "patients"] {
            assert_eq!(record[field], expected[field], "{}: {field} of {record:#}", function.name);
        }
        assert_eq!(record["function"], function.name);
        assert!(record["request"].as_str().is_some_and(|request| !request.is_empty()), "{record:#}");
        assert_eq!(text(&record["at"]).parse::<jiff::Timestamp>().unwrap(), platform.now());
    }
}

#[tokio::test]
async fn what_is_refused_leaves_no_record_and_what_is_answered_again_leaves_no_second() {
    let platform = TestPlatform::open().await;
    let ada = platform.patient(1).key("only-once");
    ada.call("book-appointment", visit(WEBER, 2, "2027-04-05T08:00:00Z")).await.granted(201);
    let before = platform.dump("audit").await;
    ada.call("book-appointment", visit(WEBER, 2, "2027-04-05T08:00:00Z")).await.granted(201);
    platform.patient(2).call("book-appointment", visit(WEBER, 2, "2027-04-05T08:00:00Z")).await.problem(409);
    platform.as_role(Role::Finance).call("list-appointments", json!({})).await.problem(403);
    assert_eq!(platform.dump("audit").await, before);
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
