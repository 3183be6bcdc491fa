use jiff::SignedDuration;
use kernel::Role;
use serde_json::{Value, json};
use testkit::{TestPlatform, Trouble};

use crate::common::*;

/// Everything that happens on a day, with everything that goes wrong on it. What was said, and must
/// not be repeated.
async fn a_whole_journey(platform: &TestPlatform) -> Vec<String> {
    let email = "Grace.Hopper@Example.org";
    let password = "the first compiler";
    let fields =
        json!({ "email": email, "password": password, "given_name": "Grace", "family_name": "Hopper" });
    let anyone = platform.anyone().key("key-of-registration");
    anyone.call("register-patient", fields.clone()).await.granted(202);
    let link = platform.link("grace.hopper@example.org").await;
    let registered = anyone.call("verify-email", json!({ "token": link, "password": password })).await;
    let registered = registered.granted(200);
    platform.anyone().call("register-patient", fields.clone()).await.granted(202);
    platform.anyone().call("register-patient", with(fields, "email", "grace at home")).await.problem(422);
    let grace = platform.owner(&registered, "grace.hopper@example.org", password);
    let token = grace.token().await;
    let wrong = json!({ "email": email, "password": "not the compiler" });
    platform.anyone().call("sign-in", wrong).await.problem(401);
    grace.http("GET", "/v1/me", "", &[]).await.granted(200);
    let appointment = book(platform, &grace, 0).await;
    grace.http("POST", "/v1/patients", "{\"email\": \"grace.hopper@", &[]).await.problem(400);
    platform.trouble("SendEmail", 1..=1, Trouble::Refused);
    for _ in 0..3 {
        platform.settle().await;
        platform.pass(SignedDuration::from_mins(5));
    }
    platform.post("send-confirmation", "grace.hopper@example.org Grace").await;
    platform.settle().await;
    platform.trouble("TransactWriteItems", 1..=8, Trouble::Conflict);
    grace.call("cancel-appointment", this(&appointment)).await.problem(503);
    platform.trouble("GetItem", 1..=3, Trouble::Unreachable);
    grace.call("get-appointment", this(&appointment)).await.problem(503);
    grace.call("cancel-appointment", this(&appointment)).await.granted(200);
    platform.as_role(Role::Finance).call("get-appointment", this(&appointment)).await.problem(403);
    platform.deliver("rotate-signing-key", &json!({})).await.unwrap();
    let mut said: Vec<_> = [
        "grace",
        "Grace",
        "Hopper",
        "example.org",
        password,
        "not the compiler",
        "key-of-registration",
        "Weber",
        "Lindenhof",
        "Consultation",
        "argon2",
        "BEGIN PRIVATE KEY",
    ]
    .map(str::to_owned)
    .into();
    said.extend(token.split('.').map(str::to_owned));
    said.push(link);
    said.extend(["pat_", "usr_", "apt_", "evt_", "prv_", "cln_"].map(str::to_owned));
    said
}

#[tokio::test]
async fn no_line_of_the_log_says_who_it_was_or_what_they_said() {
    let platform = TestPlatform::open().await;
    let said = a_whole_journey(&platform).await;
    let log = platform.log();
    assert!(log.len() > 20, "{log:#?}");
    for line in &log {
        for word in &said {
            assert!(!line.contains(word.as_str()), "{word}: {line}");
        }
    }
}

#[tokio::test]
async fn every_line_of_the_log_is_json_and_every_delivery_is_measured() {
    let platform = TestPlatform::open().await;
    a_whole_journey(&platform).await;
    let lines: Vec<Value> =
        platform.log().iter().map(|line| serde_json::from_str(line).expect(line)).collect();
    let mut measured = std::collections::BTreeMap::<String, usize>::new();
    for line in &lines {
        assert!(["INFO", "ERROR"].contains(&text(&line["level"]).as_str()), "{line}");
        assert!(text(&line["at"]).parse::<jiff::Timestamp>().is_ok(), "{line}");
        assert!(!text(&line["request_id"]).is_empty(), "{line}");
        assert!(infra::functions().any(|function| line["Function"] == function.name), "{line}");
        let Some(aws) = line.get("_aws") else {
            assert_eq!(
                (&line["level"], line["causes"].as_array().is_some_and(|causes| !causes.is_empty())),
                (&json!("ERROR"), true),
                "{line}"
            );
            continue;
        };
        // CloudWatch's embedded metric format: every metric and every dimension that it announces is there.
        assert!(aws["Timestamp"].is_i64(), "{line}");
        for directive in aws["CloudWatchMetrics"].as_array().expect("directives") {
            assert_eq!(
                (&directive["Namespace"], &directive["Dimensions"]),
                (&json!("Careplane"), &json!([["Function"]]))
            );
            let metrics = directive["Metrics"].as_array().expect("metrics");
            assert!((1..=100).contains(&metrics.len()));
            for metric in metrics {
                assert!(line[text(&metric["Name"])].is_number(), "{metric}: {line}");
            }
        }
        let outcome = text(&line["outcome"]);
        let counts = ["Done", "Refused", "Failed"].map(|name| line[name] == 1);
        assert_eq!(counts, ["done", "refused", "failed"].map(|name| outcome == name), "{line}");
        assert_eq!(line["level"] == "ERROR", outcome == "failed", "{line}");
        *measured.entry(text(&line["Function"])).or_default() += 1;
    }
    for function in
        ["register-patient", "sign-in", "book-appointment", "send-confirmation", "relay-identity-events"]
    {
        assert!(measured.contains_key(function), "{function}: {measured:?}");
    }
    let first = lines.iter().filter(|line| line["ColdStart"] == 1).count();
    assert_eq!(first, measured.len(), "each function starts once");
}

#[tokio::test]
async fn a_line_of_the_log_tells_what_a_booking_costs() {
    let platform = TestPlatform::open().await;
    let start = free_time(&platform, WEBER, 2, 0).await;
    let answer =
        platform.patient(1).key("what-it-costs").call("book-appointment", visit(WEBER, 2, &start)).await;
    let log = platform.log();
    let line: Value = serde_json::from_str(log.last().expect("a line")).unwrap();
    assert_eq!((&line["status"], &line["code"]), (&json!(201), &Value::Null));
    assert_eq!(line["api_request_id"], answer.header("x-request-id"));
    // The receipt and the calendar; then appointment, two diaries, event, audit record and receipt at once.
    assert_eq!((&line["Reads"], &line["Writes"]), (&json!(2), &json!(1)));
    assert!(line["WriteUnits"].as_f64().is_some_and(|units| (12.0..=40.0).contains(&units)), "{line}");
    let taken = platform.patient(2).call("book-appointment", visit(WEBER, 2, &start)).await;
    taken.refused(409, "PROVIDER_CONFLICT");
    let line: Value = serde_json::from_str(platform.log().last().expect("a line")).unwrap();
    assert_eq!((&line["status"], &line["code"]), (&json!(409), &json!("PROVIDER_CONFLICT")));
}
