//! Whatever is sent to whichever function: the right status, a problem document, nothing stored.

use std::collections::BTreeSet;

use bytes::Bytes;
use runtime::{Http, Method};
use serde_json::{Map, Value, json};
use testkit::{Answer, TestPlatform, Visitor, demo};

use crate::common::*;
use crate::ready::*;

/// A function, and a request to it that succeeds.
struct Subject<'a> {
    name: &'static str,
    http: &'static Http,
    visitor: Visitor<'a>,
    /// All fields: path, query, body.
    fields: Map<String, Value>,
    /// Its operation in the OpenAPI document.
    operation: Value,
}

/// What is sent, and what must come back.
struct Case {
    what: String,
    path: String,
    body: Bytes,
    media: &'static str,
    status: u16,
    code: Option<&'static str>,
    pointer: Option<String>,
}

impl Subject<'_> {
    /// Does it take its fields from the query?
    fn has_query(&self) -> bool {
        matches!(self.http.route.method, Method::Get | Method::Delete)
    }

    /// The path, with these parts instead of the right ones, already encoded.
    fn path(&self, parts: &[(&str, &str)]) -> String {
        self.http.route.parameters().fold(self.http.route.path.to_owned(), |path, name| {
            let right = self.fields[name].as_str().expect("an id");
            let part = parts.iter().find(|(known, _)| *known == name).map_or(right, |(_, part)| *part);
            path.replace(&format!("{{{name}}}"), part)
        })
    }

    /// The fields that are not in the path.
    fn rest(&self) -> Map<String, Value> {
        let mut rest = self.fields.clone();
        rest.retain(|name, _| !self.http.route.parameters().any(|known| known == name));
        rest
    }

    fn case(&self, what: impl Into<String>, status: u16) -> Case {
        let body =
            if self.has_query() { Bytes::new() } else { Value::Object(self.rest()).to_string().into() };
        let query = if self.has_query() { query(&self.rest()) } else { String::new() };
        let path = self.path(&[]) + &query;
        Case { what: what.into(), path, body, media: "application/json", status, code: None, pointer: None }
    }

    /// With one field of the body or query another.
    fn field(&self, name: &str, value: Option<Value>, status: u16) -> Case {
        let mut rest = self.rest();
        let what = format!("{name} is {}", value.as_ref().map_or("missing".into(), Value::to_string));
        match value {
            Some(value) => rest.insert(name.to_owned(), value),
            None => rest.remove(name),
        };
        let case = self.case(what, status);
        let pointer = Some(format!("/{name}"));
        if self.has_query() {
            Case { path: self.path(&[]) + &query(&rest), pointer, ..case }
        } else {
            Case { body: Value::Object(rest).to_string().into(), pointer, ..case }
        }
    }

    async fn send(&self, case: &Case) -> Answer {
        let method: &str = self.http.route.method.into();
        let headers: &[(&str, &str)] =
            if case.media.is_empty() { &[] } else { &[("content-type", case.media)] };
        self.visitor.http(method, &case.path, case.body.clone(), headers).await
    }
}

fn query(fields: &Map<String, Value>) -> String {
    let pairs = fields.iter().map(|(name, value)| {
        let text = value.as_str().map_or_else(|| value.to_string(), ToOwned::to_owned);
        format!("{name}={}", encoded(&text))
    });
    let query = pairs.collect::<Vec<_>>().join("&");
    if query.is_empty() { query } else { format!("?{query}") }
}

fn encoded(text: &str) -> String {
    text.bytes()
        .map(
            |byte| {
                if byte.is_ascii_alphanumeric() {
                    char::from(byte).to_string()
                } else {
                    format!("%{byte:02X}")
                }
            },
        )
        .collect()
}

/// Every function behind the API.
async fn subjects(platform: &TestPlatform) -> Vec<Subject<'_>> {
    let document = runtime::openapi::document(infra::functions());
    let mut subjects = Vec::new();
    for (name, http) in endpoints() {
        let visitor = natural(platform, name, http).await;
        if !http.is_public() {
            visitor.token().await;
        }
        let Ready { visitor, fields } = ready(platform, visitor, name).await;
        let method: &str = http.route.method.into();
        let mut operation = document["paths"][http.route.path][method.to_lowercase()].clone();
        operation["schemas"] = document["components"]["schemas"].clone();
        let Value::Object(fields) = fields else { unreachable!("fields are an object") };
        subjects.push(Subject { name, http, visitor, fields, operation });
    }
    // What waits now would arrive while a test compares before and after.
    platform.settle().await;
    subjects
}

/// Send all cases; afterwards nothing has changed.
async fn refuse(platform: &TestPlatform, subject: &Subject<'_>, cases: Vec<Case>) -> usize {
    if !subject.http.is_public() {
        subject.visitor.token().await;
    }
    let before = platform.dump_all_but_refusals().await;
    let count = refuse_all(subject, cases).await;
    let after = platform.dump_all_but_refusals().await;
    assert!(before == after, "{}: something was stored", subject.name);
    count
}

/// Send all cases.
async fn refuse_all(subject: &Subject<'_>, cases: Vec<Case>) -> usize {
    let count = cases.len();
    for case in cases {
        let about =
            format!("{}: {} {}", subject.name, case.what, case.path.chars().take(200).collect::<String>());
        let answer = subject.send(&case).await;
        assert_eq!(answer.status, case.status, "{about}: {answer:#?}");
        let problem = answer.problem(case.status);
        if let Some(code) = case.code {
            assert_eq!(problem["code"], code, "{about}: {problem:#}");
        }
        if let Some(pointer) = &case.pointer {
            let told = problem["errors"][0]["pointer"].as_str().unwrap_or_default();
            assert!(told.starts_with(pointer.as_str()), "{about}: {problem:#}");
        }
    }
    count
}

async fn right_requests_succeed(subjects: &[Subject<'_>]) {
    for subject in subjects {
        let answer = subject.send(&subject.case("as it should be", subject.http.status)).await;
        assert_eq!(answer.status, subject.http.status, "{}: {answer:#?}", subject.name);
    }
}

#[tokio::test]
async fn bodies_that_are_no_request() {
    let platform = TestPlatform::open().await;
    let subjects = subjects(&platform).await;
    let mut count = 0;
    for subject in subjects.iter().filter(|subject| !subject.has_query()) {
        let right = Value::Object(subject.rest()).to_string();
        let deep = format!("{{\"x\":{}{}}}", "[".repeat(300), "]".repeat(300));
        let large = |bytes: usize| json!({ "x": "x".repeat(bytes) }).to_string();
        let mut cases: Vec<Case> = [
            ("cut off", Bytes::from("{"), 400, "MALFORMED_JSON"),
            ("with a rest", format!("{right}{{").into(), 400, "MALFORMED_JSON"),
            ("a form", "email=a&password=b".into(), 400, "MALFORMED_JSON"),
            ("not UTF-8", Bytes::from_static(b"{\"x\":\"\xff\xfe\"}"), 400, "MALFORMED_JSON"),
            ("with a byte order mark", format!("\u{feff}{right}").into(), 400, "MALFORMED_JSON"),
            ("a lone surrogate", r#"{"x":"\ud800"}"#.into(), 400, "MALFORMED_JSON"),
            ("a raw NUL", "{\"x\":\"\u{0}\"}".into(), 400, "MALFORMED_JSON"),
            ("nothing but a NUL", "\u{0}".into(), 400, "MALFORMED_JSON"),
            ("a number beyond all", r#"{"x":1e999}"#.into(), 400, "MALFORMED_JSON"),
            ("not a number", r#"{"x":NaN}"#.into(), 400, "MALFORMED_JSON"),
            ("single quotes", "{'x': 1}".into(), 400, "MALFORMED_JSON"),
            ("a comment", format!("{right} // so").into(), 400, "MALFORMED_JSON"),
            ("deeper than anybody reads", deep.into(), 400, "MALFORMED_JSON"),
            ("a list", "[]".into(), 422, "INVALID"),
            ("a list of the right thing", format!("[{right}]").into(), 422, "INVALID"),
            ("null", "null".into(), 422, "INVALID"),
            ("a text", "\"{}\"".into(), 422, "INVALID"),
            ("a number", "-0".into(), 422, "INVALID"),
            ("more than 256 kB", large(256 * 1024).into(), 413, "TOO_LARGE"),
            ("more than 6 MB", large(6 * 1024 * 1024).into(), 413, "TOO_LARGE"),
        ]
        .into_iter()
        .map(|(what, body, status, code)| Case { body, code: Some(code), ..subject.case(what, status) })
        .collect();
        for media in [
            "text/plain",
            "application/x-www-form-urlencoded",
            "multipart/form-data; boundary=x",
            "application/jsonp",
            "json",
        ] {
            cases.push(Case { media, code: Some("UNSUPPORTED_MEDIA_TYPE"), ..subject.case(media, 415) });
        }
        count += refuse(&platform, subject, cases).await;
    }
    assert!(count >= 5 * 25, "{count}");
    right_requests_succeed(&subjects).await;
}

/// The JSON types that a schema takes.
fn kinds(schema: &Value, schemas: &Value) -> BTreeSet<String> {
    if let Some(name) = schema["$ref"].as_str().and_then(|path| path.rsplit('/').next()) {
        return kinds(&schemas[name], schemas);
    }
    let many = schema["anyOf"].as_array().or(schema["oneOf"].as_array());
    if let Some(many) = many {
        return many.iter().flat_map(|one| kinds(one, schemas)).collect();
    }
    match &schema["type"] {
        Value::String(kind) => [kind.clone()].into(),
        Value::Array(kinds) => kinds.iter().map(text).collect(),
        _ => panic!("{schema} says no type"),
    }
}

/// Is it a text of which not every one is right?
fn is_strict(schema: &Value, schemas: &Value) -> bool {
    let name = schema["$ref"].as_str().and_then(|path| path.rsplit('/').next());
    let schema = name.map_or(schema, |name| &schemas[name]);
    schema["pattern"].is_string() || schema["format"].as_str().is_some_and(|format| format != "password")
}

#[tokio::test]
async fn fields_of_a_wrong_type_are_pointed_at() {
    let platform = TestPlatform::open().await;
    let subjects = subjects(&platform).await;
    let mut count = 0;
    for subject in subjects.iter().filter(|subject| !subject.has_query()) {
        let schema = &subject.operation["requestBody"]["content"]["application/json"]["schema"];
        let schemas = &subject.operation["schemas"];
        let required: BTreeSet<String> =
            schema["required"].as_array().into_iter().flatten().map(text).collect();
        let mut cases = Vec::new();
        for (name, schema) in schema["properties"].as_object().into_iter().flatten() {
            let kinds = kinds(schema, schemas);
            let samples = [
                ("null", json!(null)),
                ("boolean", json!(true)),
                ("integer", json!(7)),
                ("number", json!(7.5)),
                ("string", json!("\u{1f9a0}\u{202e}\u{0}")),
                ("array", json!([null])),
                ("object", json!({ "x": { "y": [] } })),
            ];
            for (kind, sample) in samples {
                let is_fine = kinds.contains(kind) && kind != "array";
                if !is_fine {
                    cases.push(subject.field(name, Some(sample), 422));
                }
            }
            if kinds.contains("integer") {
                for wrong in [json!(-1), json!(65_536), json!(u64::MAX), json!(1e3), json!("30")] {
                    cases.push(subject.field(name, Some(wrong), 422));
                }
            }
            if is_strict(schema, schemas) {
                let long = format!("svc_{}", "0".repeat(5000));
                for wrong in [
                    "",
                    " ",
                    "nonsense",
                    "\u{0}",
                    "\u{202e}",
                    "👩‍⚕️",
                    "usr_01900000000070008000000000000001",
                    &long,
                ] {
                    cases.push(subject.field(name, Some(wrong.into()), 422));
                }
            }
            if required.contains(name) {
                cases.push(subject.field(name, None, 422));
            }
        }
        if !required.is_empty() {
            cases.push(Case { body: "{}".into(), ..subject.case("empty object", 422) });
            cases.push(Case { body: Bytes::new(), ..subject.case("no body", 422) });
        }
        count += refuse(&platform, subject, cases).await;
    }
    assert!(count > 100, "{count}");
    right_requests_succeed(&subjects).await;
}

#[tokio::test]
async fn queries_of_a_wrong_type_are_pointed_at() {
    let platform = TestPlatform::open().await;
    let subjects = subjects(&platform).await;
    platform.patient(1).token().await;
    let before = platform.dump_all().await;
    let mut count = 0;
    for subject in subjects.iter().filter(|subject| subject.has_query()) {
        let mut cases = Vec::new();
        for parameter in subject.operation["parameters"].as_array().into_iter().flatten() {
            if parameter["in"] != "query" {
                continue;
            }
            let name = text(&parameter["name"]);
            let kinds = kinds(&parameter["schema"], &subject.operation["schemas"]);
            let wrong: &[&str] = if kinds.contains("integer") {
                &[
                    "",
                    "many",
                    "-1",
                    "256",
                    "1.5",
                    "1e1",
                    "0x10",
                    "\u{0}",
                    "\u{0661}",
                    "18446744073709551616",
                    "1 ",
                    "null",
                ]
            } else if name == "after" {
                &["§", "\u{0}", "e30", "eyJhIjoxfQ", "WzFd", "a b", "👩‍⚕️"]
            } else {
                &[
                    "",
                    "nonsense",
                    "2027-02-30",
                    "2027-13-01",
                    "\u{0}",
                    "👩‍⚕️",
                    "usr_01900000000070008000000000000001",
                    "null",
                ]
            };
            cases.extend(wrong.iter().map(|wrong| subject.field(&name, Some((*wrong).into()), 422)));
            let mut twice = subject.field(&name, Some("1".into()), 422);
            if kinds.contains("integer") {
                twice.what = format!("{name} twice");
                twice.path += &["&", &name, "=2"].concat();
                cases.push(twice);
            }
            if parameter["required"] == true {
                cases.push(subject.field(&name, None, 422));
            }
        }
        count += refuse_all(subject, cases).await;
    }
    assert!(count > 60, "{count}");
    assert!(before == platform.dump_all().await, "something was stored");
    right_requests_succeed(&subjects).await;
}

#[tokio::test]
async fn what_a_route_does_not_know_does_not_disturb_it() {
    let platform = TestPlatform::open().await;
    for subject in subjects(&platform).await.iter().filter(|subject| subject.http.route.method.is_safe()) {
        let mut odd = subject.case("odd", 200);
        odd.path += if odd.path.contains('?') { "&" } else { "?" };
        odd.path += "&&=&%&x=%ff&y[]=1&__proto__=1&%00=%00";
        let answer = subject.send(&odd).await;
        assert_eq!(answer.status, subject.http.status, "{}: {answer:#?}", subject.name);
    }
}

#[tokio::test]
async fn paths_that_lead_nowhere() {
    let platform = TestPlatform::open().await;
    let subjects = subjects(&platform).await;
    let mut count = 0;
    for subject in &subjects {
        let mut cases = Vec::new();
        for name in subject.http.route.parameters() {
            // What is not an id takes one where an id may stand.
            let right = subject.fields[name].as_str().unwrap().to_owned();
            let right =
                if right.contains('_') { right } else { "psk_0190000000007000800000000000dead".into() };
            let (prefix, hex) = right.split_at(4);
            let unknown = format!("{prefix}0190000000007000800000000000dead");
            let other_kind = format!("org_{hex}");
            let hyphens = format!(
                "{prefix}{}-{}-{}-{}-{}",
                &hex[..8],
                &hex[8..12],
                &hex[12..16],
                &hex[16..20],
                &hex[20..]
            );
            let parts = [
                unknown,
                other_kind,
                hyphens,
                format!("{prefix}%7B{hex}%7D"),
                format!("{prefix}urn:uuid:{hex}"),
                right.to_uppercase(),
                format!("{prefix}{}", hex.to_uppercase().replace('0', "A")),
                format!("{right}0"),
                right[..35].to_owned(),
                format!("{right}%20"),
                format!("%20{right}"),
                format!("{right}%00"),
                format!("{right}%0A"),
                format!("{right}%2F..%2F{right}"),
                format!("{right}%252F"),
                format!("{right};x=1"),
                "nonsense".into(),
                "%00".into(),
                "%ff%fe".into(),
                "%".into(),
                "%2e%2e".into(),
                "..".into(),
                "*".into(),
                "null".into(),
                "0".into(),
                "%F0%9F%A9%BA".into(),
                "%E2%80%AE".into(),
                "a".repeat(8000),
            ];
            for part in parts {
                let path = subject.path(&[(name, &part)])
                    + &if subject.has_query() { query(&subject.rest()) } else { String::new() };
                let what = format!("{name} is wrong");
                cases.push(Case { path, code: Some("NOT_FOUND"), ..subject.case(what, 404) });
            }
        }
        let path = subject.path(&[]);
        for wrong in [
            format!("{path}/"),
            format!("/{path}"),
            path.replacen("/v1", "/v2", 1) + "x",
            path.to_uppercase(),
            format!("{path}%2F"),
        ] {
            cases.push(Case { path: wrong, code: Some("NOT_FOUND"), ..subject.case("another path", 404) });
        }
        count += refuse(&platform, subject, cases).await;
    }
    assert!(count > 500, "{count}");
    right_requests_succeed(&subjects).await;
}

#[tokio::test]
async fn an_encoded_path_is_the_same_path_and_the_path_wins_over_the_body() {
    let platform = TestPlatform::open().await;
    let id = demo::clinic(1).to_string();
    let plain = platform.anyone().http("GET", &format!("/v1/clinics/{id}"), "", &[]).await.granted(200);
    let path = format!("/v1/clinics/%63ln%5F{}", &id[4..]);
    assert_eq!(platform.anyone().http("GET", &path, "", &[]).await.granted(200), plain);

    let path = format!("/v1/clinics/{id}/appointments");
    let body = with(visit(WEBER, 2, "2027-04-05T08:00:00Z"), "clinic", json!(demo::clinic(2))).to_string();
    let booked = platform.patient(1).http("POST", &path, body, &[]).await.granted(201);
    assert_eq!(booked["clinic"], json!(demo::clinic(1)));
}

#[tokio::test]
async fn expired_and_tampered_tokens_open_no_guarded_door() {
    let platform = TestPlatform::open().await;
    let subjects = subjects(&platform).await;
    let mut count = 0;
    for subject in subjects.iter().filter(|subject| !subject.http.is_public()) {
        let token = subject.visitor.token().await;
        let (rest, signature) = token.rsplit_once('.').unwrap();
        let tampered = format!("{rest}.{}", signature.chars().rev().collect::<String>());
        let header = jsonwebtoken::decode_header(&token).unwrap();
        let now = platform.now().as_second();
        let expired = json!({
            "iss": testkit::ORIGIN, "aud": "careplane-api", "sub": demo::user(106), "role": "manager",
            "clinic": demo::clinic(1), "iat": now - 900, "exp": now,
        });
        let expired = platform.sign(&header, &expired).await;
        let before = platform.dump_all().await;
        for token in [tampered, expired, format!("{rest}."), String::new()] {
            let case = subject.case("token", 401);
            let method: &str = subject.http.route.method.into();
            let headers =
                [("content-type", "application/json"), ("authorization", &format!("Bearer {token}"))];
            let answer = subject.visitor.http(method, &case.path, case.body, &headers).await;
            answer.refused(401, "UNAUTHENTICATED");
            count += 1;
        }
        assert!(before == platform.dump_all().await, "{}", subject.name);
    }
    assert!(count >= 6 * 4, "{count}");
    right_requests_succeed(&subjects).await;
}

#[tokio::test]
async fn methods_and_paths_that_no_route_has_are_not_found() {
    let platform = TestPlatform::open().await;
    for (method, path) in [
        ("DELETE", "/v1/clinics"),
        ("PUT", "/v1/me"),
        ("GET", "/v1"),
        ("GET", "/v1/"),
        ("POST", "/v1/me"),
        ("GET", "/v1/patients"),
        ("GET", "/v1/sessions"),
        ("GET", "/.well-known/"),
        ("HEAD", "/v1/clinics"),
        ("GET", "/v1/clinics/../clinics"),
    ] {
        platform.patient(1).http(method, path, "", &[]).await.refused(404, "NOT_FOUND");
    }
}
