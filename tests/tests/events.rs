//! Every function's sample event, through the function's real binary, over Lambda's Runtime API: with
//! the environment that the template gives it, and no more rights than its role has.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::process::Stdio;

use infra::CONTEXTS;
use jiff::civil::{Date, Weekday};
use jiff::tz::TimeZone;
use journeys::booking::{Before, Offer, offers};
use journeys::client::text;
use journeys::lambda::{Outcome, RuntimeApi, Sandbox};
use journeys::process::{PATIENCE, Running, binary, root, until};
use runtime::{Function, Trigger};
use serde_json::{Value, json};

type Environments = BTreeMap<String, BTreeMap<String, String>>;

fn functions() -> impl Iterator<Item = (&'static str, &'static Function)> {
    CONTEXTS.iter().flat_map(|context| context.functions.iter().map(|function| (context.name, function)))
}

fn event(function: &str) -> Value {
    let file = root().join("events").join(format!("{function}.json"));
    let text = fs::read_to_string(&file).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
    serde_json::from_str(&text).unwrap_or_else(|error| panic!("{}: {error}", file.display()))
}

fn environments(platform: &Running) -> Environments {
    let file = fs::read_to_string(text(&platform.demo, "functions")).expect("functions.json");
    serde_json::from_str(&file).expect("environments")
}

/// What a function said to an event, and what it logged.
struct Replayed {
    outcome: Outcome,
    log: String,
}

impl Replayed {
    /// Its answer. Panics with its log where there is none.
    fn answer(&self) -> Value {
        let answer = self.outcome.as_ref().unwrap_or_else(|error| panic!("{error}: {}", self.log));
        serde_json::from_str(answer).expect("an answer is JSON")
    }
}

/// Run the binary of a context in this environment, hand it one event, and see what it says.
async fn replay(context: &str, environment: &BTreeMap<String, String>, event: &Value) -> Replayed {
    let api = RuntimeApi::start().await;
    let mut sandbox = Sandbox::start(&binary(context), &[], &api, environment, Stdio::piped());
    let event = event.to_string();
    let outcome = tokio::select! {
        outcome = api.invoke(&event) => outcome,
        status = sandbox.child.wait() => Err(format!("it ended: {status:?}")),
        () = tokio::time::sleep(PATIENCE) => Err("it did not answer".into()),
    };
    let log = sandbox.stop().await;
    Replayed { outcome, log }
}

#[test]
fn every_function_has_its_event_and_every_event_its_function() {
    let files = fs::read_dir(root().join("events")).expect("events/");
    let files: BTreeSet<_> =
        files.map(|file| file.expect("a file").file_name().into_string().expect("a name")).collect();
    let functions: BTreeSet<_> = functions().map(|(_, function)| format!("{}.json", function.name)).collect();
    assert_eq!(files, functions);
}

#[tokio::test(flavor = "multi_thread")]
async fn every_event_is_answered_by_its_functions_binary() {
    let data = tempfile::tempdir().expect("a directory");
    let platform = Running::on(data.path()).await;
    let environments = environments(&platform);

    for (context, function) in functions() {
        let name = function.name;
        let mut event = event(name);
        if name == "book-appointment" {
            // The sample's day passes; the rest of it is as it is committed.
            book_a_day_to_come(&platform, &mut event).await;
        }
        let replayed = replay(context, &environments[name], &event).await;
        let answer = replayed.answer();
        let log = &replayed.log;
        match &function.trigger {
            Trigger::Http(http) => {
                assert_eq!(answer["statusCode"], http.status, "{answer:#} {log}");
                assert_eq!(answer["headers"]["content-type"], http.media_type, "{name}");
                assert_eq!(answer["headers"]["x-request-id"], event["requestContext"]["requestId"], "{name}");
                let body = answer["body"].as_str().unwrap_or_default();
                assert_said(&platform, name, &serde_json::from_str(body).unwrap_or_default());
            }
            Trigger::Event(_) | Trigger::Stream => {
                assert_eq!(answer, json!({ "batchItemFailures": [] }), "{log}");
            }
            Trigger::Schedule(_) => assert_eq!(answer, Value::Null, "{log}"),
        }
    }

    what_the_jobs_did(&platform).await;
    platform.stop().await;
}

async fn book_a_day_to_come(platform: &Running, event: &mut Value) {
    let mut body: Value = serde_json::from_str(&text(event, "body")).expect("a body");
    let wanted = |offer: &&Offer| offer.provider == body["provider"] && offer.service == body["service"];
    let offer = offers(&platform.demo).iter().find(wanted).expect("an offer of the demonstration").clone();
    let before = Before::look(&platform.api, std::slice::from_ref(&offer), platform.today().await, 14).await;
    body["start"] = json!(before.free(&offer).last().expect("a free time").start);
    event["body"] = body.to_string().into();
}

/// What the answers say, where that can be known beforehand.
fn assert_said(platform: &Running, function: &str, body: &Value) {
    let count = |name: &str| body[name].as_array().map_or(0, Vec::len);
    match function {
        "register-patient" => assert!(text(body, "patient").starts_with("pat_"), "{body}"),
        "sign-in" => assert_eq!(text(body, "access_token").split('.').count(), 3, "{body}"),
        "who-am-i" => assert_eq!(body["given_name"], "Ada"),
        "get-openid-configuration" => assert_eq!(body["issuer"], platform.demo["base_url"]),
        "get-signing-keys" => assert!(count("keys") > 0, "{body}"),
        "list-clinics" => assert_eq!(count("items"), 2),
        "list-providers" => assert_eq!(count("items"), 3),
        "list-services" => assert_eq!(count("items"), 4),
        "get-clinic" => assert_eq!(body["name"], "Lindenhof Berlin"),
        "get-provider" => assert_eq!(body["name"], "Dr. Anna Weber"),
        "get-service" => assert_eq!(body["name"], "Consultation"),
        "get-provider-hours" => assert_eq!(count("weekly"), 8),
        "set-provider-hours" => assert_eq!(count("weekly"), 6),
        "find-availability" => assert_eq!(count("days"), 14),
        "book-appointment" => assert_eq!(body["status"], "scheduled"),
        "cancel-appointment" => assert_eq!(body["status"], "cancelled"),
        "get-appointment" => assert_eq!(body["clinic_name"], "Lindenhof Berlin"),
        "get-openapi" => assert_eq!(body["openapi"], "3.1.0"),
        _ => {}
    }
}

/// The mail of `send-confirmation` is there; and what the relays published has gone all the way, as what
/// the pump's own relays publish does.
async fn what_the_jobs_did(platform: &Running) {
    let wanted = ["2026-12-28|10:00", "2026-12-28|11:00"].map(|at| {
        let (date, time) = at.split_once('|').expect("two parts");
        let date: Date = date.parse().expect("a date");
        format!("{}, {time} (Europe/Berlin)", date.strftime("%A, %-d %B %Y"))
    });
    until("the confirmations of both sample bookings", async || {
        let inbox = platform.api.get("/inbox.json").send().await.expect(200);
        let texts: Vec<_> = inbox["items"].as_array()?.iter().map(|mail| text(mail, "text")).collect();
        wanted.iter().all(|wanted| texts.iter().any(|text| text.contains(wanted))).then_some(())
    })
    .await;
    // Only the calendar that the directory's relay published has a Saturday.
    let offer = &offers(&platform.demo)[0];
    let today = platform.today().await;
    until("the published calendar is learned", async || {
        let before = Before::look(&platform.api, std::slice::from_ref(offer), today, 14).await;
        let mut days = before.free(offer).iter().map(|span| span.start.to_zoned(TimeZone::UTC).weekday());
        days.any(|day| day == Weekday::Saturday).then_some(())
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_function_is_let_in_under_its_own_name_only_and_says_what_it_lacks() {
    let data = tempfile::tempdir().expect("a directory");
    let platform = Running::on(data.path()).await;
    let environments = environments(&platform);

    // The role of another function opens nothing of this one.
    let mut borrowed = environments["get-clinic"].clone();
    for name in ["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"] {
        borrowed.insert(name.into(), environments["find-availability"][name].clone());
    }
    let answer = replay("directory", &borrowed, &event("get-clinic")).await.answer();
    assert_eq!(answer["statusCode"], 503, "{answer}");
    assert!(!text(&answer, "body").contains("Denied"), "{answer}");

    // What is missing is said at once, before anything is taken on.
    let handler = BTreeMap::from([("_HANDLER".to_owned(), "sign-in".to_owned())]);
    let said = refusal("identity", &handler).await;
    for variable in ["CAREPLANE_ENV", "TABLE", "DATA_KEY", "INDEX_KEY", "ISSUER", "AUDIENCE"] {
        assert!(said.contains(&format!("{variable} is missing")), "{said}");
    }
    let handler = BTreeMap::from([("_HANDLER".to_owned(), "sign-out".to_owned())]);
    assert!(refusal("identity", &handler).await.contains("no function named `sign-out`"));
    platform.stop().await;
}

/// What a binary says that cannot start.
async fn refusal(context: &str, environment: &BTreeMap<String, String>) -> String {
    let api = RuntimeApi::start().await;
    let sandbox = Sandbox::start(&binary(context), &[], &api, environment, Stdio::null());
    let output = tokio::time::timeout(PATIENCE, sandbox.child.wait_with_output()).await;
    let output = output.expect("it gives up by itself").expect("its output");
    assert!(!output.status.success());
    String::from_utf8_lossy(&output.stderr).into_owned()
}
