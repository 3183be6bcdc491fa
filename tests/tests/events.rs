//! Every function's sample event, through the function's real binary, over Lambda's Runtime API: with
//! the environment that the template gives it, and no more rights than its role has.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;
use std::process::Stdio;
use std::sync::Arc;

use base64::{Engine as _, prelude::BASE64_URL_SAFE_NO_PAD};
use infra::CONTEXTS;
use jiff::civil::{Date, Weekday};
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use journeys::booking::{Before, Offer, offers};
use journeys::client::{Person, text};
use journeys::lambda::{Outcome, RuntimeApi, Sandbox};
use journeys::process::{PATIENCE, Running, binary, root, until};
use runtime::{Function, Trigger};
use serde_json::{Value, json};

/// What the sample of `send-sms-code` sends.
const CODE: &str = "271828";

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
    let code = sealed_code(data.path()).await;
    let platform = Running::on(data.path()).await;
    let environments = environments(&platform);

    let mut people = BTreeMap::new();
    for (context, function) in functions() {
        let name = function.name;
        let mut event = event(name);
        bring_up_to_date(&platform, &mut people, name, &mut event).await;
        if name == "send-sms-code" {
            send_what_was_sealed_here(&code, &mut event);
        }
        let replayed = replay(context, &environments[name], &event).await;
        let answer = replayed.answer();
        let log = &replayed.log;
        match &function.trigger {
            Trigger::Http(http) => {
                let refusal = REFUSED.iter().find(|(refused, ..)| *refused == name);
                let (status, media_type) =
                    refusal.map_or((http.status, http.media_type), |(_, status, _)| (*status, PROBLEM));
                assert_eq!(answer["statusCode"], status, "{name}: {answer:#} {log}");
                assert_eq!(answer["headers"]["content-type"], media_type, "{name}");
                assert_eq!(answer["headers"]["x-request-id"], event["requestContext"]["requestId"], "{name}");
                let body = answer["body"].as_str().unwrap_or_default();
                match refusal {
                    Some((.., code)) => {
                        assert!(body.contains(&format!("\"code\":\"{code}\"")), "{name}: {body}");
                    }
                    None => assert_said(&platform, name, body),
                }
                let cookies = answer["cookies"].as_array().map_or(0, Vec::len);
                assert_eq!(cookies, if COOKIES.contains(&name) { 2 } else { 0 }, "{name}: {answer:#}");
            }
            Trigger::Event(_) | Trigger::Stream => {
                assert_eq!(answer, json!({ "batchItemFailures": [] }), "{name}: {log}");
            }
            Trigger::Schedule(_) => assert_eq!(answer, Value::Null, "{name}: {log}"),
            Trigger::Command => assert_obeyed(name, &answer),
        }
    }

    what_the_jobs_did(&platform).await;
    platform.stop().await;
}

/// What a sample cannot do by itself: it has no link from a mail, no code that is right now and nobody's
/// passkey. That the function says so is the proof that it looked.
const REFUSED: [(&str, u16, &str); 10] = [
    ("verify-email", 422, "LINK_INVALID"),
    ("reset-password", 422, "LINK_INVALID"),
    ("accept-invitation", 422, "LINK_INVALID"),
    ("sign-in-with-passkey", 401, "PASSKEY_REFUSED"),
    ("challenge-second-factor", 409, "NO_SUCH_FACTOR"),
    ("pass-second-factor", 422, "WRONG_CODE"),
    ("confirm-totp", 422, "WRONG_CODE"),
    ("confirm-phone", 422, "WRONG_CODE"),
    ("add-passkey", 422, "PASSKEY_NOT_ADDED"),
    ("remove-factor", 409, "LAST_FACTOR"),
];

const PROBLEM: &str = "application/problem+json";

/// What sets the cookies of a session, or takes them away.
const COOKIES: [&str; 5] =
    ["sign-in", "sign-in-with-provider", "refresh-session", "end-session", "close-account"];

/// A sample's day passes and its session ends; the rest of it is as it is committed.
async fn bring_up_to_date(
    platform: &Running,
    people: &mut BTreeMap<String, Person>,
    name: &str,
    event: &mut Value,
) {
    let claims = event["requestContext"]["authorizer"]["jwt"]["claims"].clone();
    let user = text(&claims, "sub");
    if claims.is_object() {
        if !people.contains_key(&user) {
            let person = platform.sign_in_as(whose(platform, &claims), testkit::demo::totp).await;
            people.insert(user.clone(), person);
        }
        let own = event.to_string().replace(&text(&claims, "sid"), &people[&user].session);
        *event = serde_json::from_str(&own).expect("an event is JSON");
    }
    if claims["second_factor_at"].is_string() {
        let claims = &mut event["requestContext"]["authorizer"]["jwt"]["claims"];
        claims["second_factor_at"] = json!(platform.now().await);
    }
    match name {
        "book-appointment" => book_a_day_to_come(platform, event).await,
        "refresh-session" => {
            let cookies = platform.sign_in("patient", testkit::demo::totp).await.cookies;
            event["cookies"] = json!(cookies.pairs());
            event["headers"]["x-csrf-token"] = json!(cookies.csrf);
        }
        "sign-in-with-provider" | "connect-identity" => {
            let back = platform.api.go_elsewhere("example-id", &format!("{name}@elsewhere.example")).await;
            let mut back = back;
            back["password"] = testkit::demo::PASSWORD.into();
            event["body"] = back.to_string().into();
        }
        "change-settings" => {
            let now = platform.api.get("/v1/settings").send().await;
            event["headers"]["if-match"] = now.headers["etag"].to_str().expect("a version").into();
        }
        "withdraw-invitation" => {
            let path = format!("/v1/clinics/{}/invitations", text(&event["pathParameters"], "clinic"));
            let invited = platform.api.get(&path).by(&people[&user]).send().await.expect(200);
            event["pathParameters"]["invitation"] = invited["items"][0]["id"].clone();
        }
        "note-heartbeat" => {
            // Later than any that the platform itself sends meanwhile.
            let later = platform.now().await + SignedDuration::from_hours(1);
            let body = text(&event["Records"][0], "body");
            event["Records"][0]["body"] = body.replace("2026-11-30T09:00:00Z", &later.to_string()).into();
        }
        _ => {}
    }
}

/// What the demonstration says of whom a token speaks for.
fn whose<'a>(platform: &'a Running, claims: &Value) -> &'a Value {
    let demo = &platform.demo;
    let mut patients = demo["patient_sign_ins"].as_array().into_iter().flatten();
    let patient = patients.find(|known| known["patient"] == claims["patient"]);
    patient.unwrap_or(&demo["sign_ins"][text(claims, "role")])
}

async fn book_a_day_to_come(platform: &Running, event: &mut Value) {
    let mut body: Value = serde_json::from_str(&text(event, "body")).expect("a body");
    let wanted = |offer: &&Offer| offer.provider == body["provider"] && offer.service == body["service"];
    let offer = offers(&platform.demo).iter().find(wanted).expect("an offer of the demonstration").clone();
    let before = Before::look(&platform.api, std::slice::from_ref(&offer), platform.today().await, 14).await;
    body["start"] = json!(before.free(&offer).last().expect("a free time").start);
    event["body"] = body.to_string().into();
}

/// A code, sealed with the key that this directory gets: no committed ciphertext opens under it.
async fn sealed_code(data: &Path) -> String {
    let options = local::Options {
        clock: Arc::new(|| Timestamp::UNIX_EPOCH),
        entropy: None,
        sink: Arc::new(|_| {}),
        origin: "http://127.0.0.1".into(),
        faults: None,
    };
    let platform = local::Platform::open(data, options).await.expect("an empty directory opens");
    let vault = gateways::Vault::new(&platform.admin(), Some("alias/careplane-local-data"), None);
    let sealed = vault.seal("sms-code", CODE.into()).await.expect("our own key");
    platform.engines().close().await;
    BASE64_URL_SAFE_NO_PAD.encode(sealed)
}

fn send_what_was_sealed_here(code: &str, event: &mut Value) {
    let record = &mut event["Records"][0];
    let mut fact: Value = serde_json::from_str(&text(record, "body")).expect("a body");
    fact["data"]["sealed"] = code.into();
    record["body"] = fact.to_string().into();
}

/// What commands answer.
fn assert_obeyed(function: &str, answer: &Value) {
    match function {
        "invite-operator" => assert!(answer["expires_at"].is_string(), "{answer}"),
        "verify-audit" => assert_eq!(answer["fault"], Value::Null, "{answer}"),
        other => panic!("nothing is expected of {other}: {answer}"),
    }
}

/// What the answers say.
fn assert_said(platform: &Running, function: &str, answer: &str) {
    let body: Value = serde_json::from_str(answer).unwrap_or_default();
    let count = |name: &str| body[name].as_array().map_or(0, Vec::len);
    match function {
        "get-openid-configuration" => assert_eq!(body["issuer"], platform.demo["base_url"]),
        "get-signing-keys" => assert!(count("keys") > 0, "{body}"),
        "register-patient" => assert_eq!(body["email"], "grace.hopper@patients.example"),
        "request-password-reset" => assert_eq!(body["email"], "ada.lovelace@careplane.example"),
        "who-am-i" => assert_eq!(body["given_name"], "Ada"),
        "update-account" => assert_eq!(body["address"]["city"], "London"),
        "change-password" => assert!(body["changed_at"].is_string(), "{body}"),
        "close-account" => assert!(body["closed_at"].is_string(), "{body}"),
        "get-own-health" => assert_eq!(body["allergies"], json!([])),
        "set-own-health" => assert_eq!(body["allergies"], json!(["Penicillin"])),
        "begin-provider-sign-in" => {
            assert!(text(&body, "url").contains("/example-id/authorize?"), "{body}");
        }
        "connect-identity" => assert_eq!(body["identities"][0]["provider"], "example-id"),
        "disconnect-identity" => assert_eq!(body["identities"], json!([])),
        "set-own-picture" | "get-own-picture" => assert!(text(&body, "jpeg").starts_with("/9j/"), "{body}"),
        "remove-own-picture" => assert_eq!(body, json!({})),
        "get-settings" => assert_eq!(count("identity_providers"), 2, "{body}"),
        "change-settings" => assert_eq!(body["identity_providers"][0]["name"], "Google"),
        "list-accounts" => assert!(count("items") > 2, "{body}"),
        "get-account" => assert_eq!(body["state"], "active"),
        "sign-in" | "sign-in-with-provider" | "refresh-session" => {
            assert_eq!(text(&body, "access_token").split('.').count(), 3, "{body}");
            assert_eq!(body["second_factor"], "not-needed");
        }
        "begin-passkey-sign-in" => assert_eq!(body["rp_id"], "localhost"),
        "switch-membership" => assert_eq!(body["role"], "practitioner"),
        "list-sessions" => assert!(count("items") > 1, "{body}"),
        "end-session" | "end-other-sessions" | "withdraw-invitation" | "remove-role" => {
            assert_eq!(body, json!({}), "{function}");
        }
        "list-factors" => assert!(body["totp"]["since"].is_string(), "{body}"),
        "begin-totp" => assert!(text(&body, "uri").contains(&text(&body, "secret")), "{body}"),
        "begin-phone" => assert_eq!(body["phone_ending"], "18"),
        "begin-passkey" => assert_eq!(body["rp"]["id"], "localhost"),
        "renew-recovery-codes" => assert_eq!(count("recovery_codes"), 10, "{body}"),
        "invite-member" => assert_eq!(body["role"], "nurse"),
        "list-invitations" => assert_eq!(count("items"), 1, "{body}"),
        "list-members" => assert_eq!(count("items"), 8, "{body}"),
        "change-member" => assert_eq!(body["role"], "receptionist"),
        "list-roles" => assert!(count("items") > 1 && count("grantable") > 0, "{body}"),
        "define-role" => assert_eq!(body["name"], "Weekend desk"),
        "change-role" => assert_eq!(count("permissions"), 4, "{body}"),
        "get-patient" => assert!(body["clinical"].is_object(), "{body}"),
        "find-account" => assert_eq!(body["items"][0]["given_name"], "Rosa"),
        "change-account" => assert_eq!(body["state"], "deactivated"),
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
        "list-appointments" => assert!(count("items") > 0, "{body}"),
        "get-health" => assert_eq!(body["status"], "ok"),
        "get-readiness" => assert_eq!(body["status"], "ready"),
        "get-openapi" => assert_eq!(body["openapi"], "3.1.0"),
        "get-docs" => assert!(answer.starts_with("<!doctype html>"), "{answer}"),
        "get-system-status" => assert_eq!(body["components"][0]["name"], "records"),
        other => panic!("nothing is expected of {other}: {answer}"),
    }
}

/// The messages that the jobs sent are there, what they heard is known; and what the relays published has
/// gone all the way, as what the pump's own relays publish does.
async fn what_the_jobs_did(platform: &Running) {
    let support = platform.sign_in("support", testkit::demo::totp).await;
    let status = platform.api.get("/admin/system-status").by(&support).send().await.expect(200);
    assert_eq!(status["active_sessions"], 17, "{status}");
    // The sample of `learn-visit` tells of one of theirs.
    let pharmacist = platform.sign_in("pharmacist", testkit::demo::totp).await;
    let (clinic, patient) = (&platform.demo["clinics"][0], &platform.demo["patients"][0]);
    let patient = format!("/v1/clinics/{}/patients/{}", text(clinic, "id"), text(patient, "id"));
    platform.api.get(&patient).by(&pharmacist).send().await.expect(200);

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
    let said = [format!("{CODE} is your Careplane code."), "Device: Firefox on Linux".into()];
    until("the text message and the notice of the samples", async || {
        let inbox = platform.api.get("/inbox.json").send().await.expect(200);
        let texts: Vec<_> = inbox["items"].as_array()?.iter().map(|mail| text(mail, "text")).collect();
        said.iter().all(|said| texts.iter().any(|text| text.contains(said))).then_some(())
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
