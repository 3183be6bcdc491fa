use std::collections::BTreeMap;

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, Uri};
use jiff::SignedDuration;
use kernel::PatientId;
use local::gateway::{Delivery, Incoming, event};
use runtime::{Http, Trigger};
use serde_json::{Map, Value, json};

use crate::demo::Person;
use crate::{Answer, TestPlatform, lock};

/// Somebody who uses the platform.
#[derive(Clone)]
pub struct Visitor<'a> {
    platform: &'a TestPlatform,
    person: Option<Person>,
    claims: Option<Map<String, Value>>,
    headers: Vec<(String, String)>,
}

impl<'a> Visitor<'a> {
    pub(crate) fn new(platform: &'a TestPlatform, person: Option<Person>) -> Self {
        let claims = person.as_ref().map(Person::claims);
        Self { platform, person, claims, headers: Vec::new() }
    }

    /// With this `Idempotency-Key`.
    #[must_use]
    pub fn key(&self, key: &str) -> Self {
        self.with("idempotency-key", key)
    }

    /// With this header.
    #[must_use]
    pub fn with(&self, name: &str, value: &str) -> Self {
        let mut visitor = self.clone();
        visitor.headers.push((name.to_owned(), value.to_owned()));
        visitor
    }

    /// With a token that says something else here.
    #[must_use]
    pub fn claiming(&self, name: &str, value: impl Into<Value>) -> Self {
        let mut visitor = self.clone();
        visitor.claims.get_or_insert_default().insert(name.to_owned(), value.into());
        visitor
    }

    /// The patient record that is theirs.
    pub fn id(&self) -> PatientId {
        self.person.as_ref().and_then(|person| person.patient).expect("a patient")
    }

    /// Call a function as API Gateway does: with its event, after it has looked at the token.
    ///
    /// `fields` are the whole request: those that the route names go into the path, the others into the
    /// query or the body.
    pub async fn call(&self, function: &str, fields: Value) -> Answer {
        let http = http_of(function);
        let method: &str = http.route.method.into();
        let Value::Object(mut fields) = fields else { panic!("a request has fields") };
        let mut path = http.route.path.to_owned();
        let mut parameters = BTreeMap::new();
        for name in http.route.parameters() {
            let value = text(&fields.remove(name).unwrap_or_else(|| panic!("{function} needs {name}")));
            path = path.replace(&format!("{{{name}}}"), &encode(&value));
            parameters.insert(name.to_owned(), value);
        }
        let mut body = Bytes::new();
        if http.route.method.is_safe() {
            let query: Vec<_> = fields.iter().map(|(name, value)| (name, text(value))).collect();
            if !query.is_empty() {
                path = format!("{path}?{}", serde_html_form::to_string(query).expect("a query"));
            }
        } else {
            body = Value::Object(fields).to_string().into();
        }
        let request = Incoming {
            method: method.parse().expect("a method"),
            uri: path.parse().expect("a path"),
            headers: self.head(&[("content-type", "application/json")]),
            body,
            source: "127.0.0.1".into(),
        };
        let now = self.platform.now();
        let delivery = Delivery {
            route: &format!("{method} {}", http.route.path),
            request: &request,
            parameters: &parameters,
            claims: self.claims.as_ref(),
            request_id: &format!("request-{}", lock(&self.platform.log).len()),
            now,
        };
        let answer = self.platform.inside().invoke(function, &event(&delivery)).await.expect("an answer");
        let answer: Value = serde_json::from_str(&answer).expect("an answer of payload 2.0");
        let status =
            answer["statusCode"].as_u64().and_then(|status| status.try_into().ok()).expect("a status");
        let headers = serde_json::from_value(answer["headers"].clone()).expect("headers");
        Answer::new(status, headers, answer["body"].as_str().unwrap_or_default())
    }

    /// Send a request through the gateway, with a real token.
    pub async fn http(
        &self,
        method: &str,
        path: &str,
        body: impl Into<Bytes>,
        headers: &[(&str, &str)],
    ) -> Answer {
        let mut head = self.head(headers);
        if self.person.is_some() && !head.contains_key("authorization") {
            let token = self.token().await;
            head.insert("authorization", format!("Bearer {token}").parse().expect("a header"));
        }
        let uri: Uri = path.parse().expect("a path");
        let method = method.parse().expect("a method");
        let request = Incoming { method, uri, headers: head, body: body.into(), source: "127.0.0.1".into() };
        let response = self.platform.gateway.answer(request).await;
        let name = |name: &HeaderName| name.as_str().to_owned();
        let value = |value: &HeaderValue| String::from_utf8_lossy(value.as_bytes()).into_owned();
        let headers = response.headers().iter().map(|(n, v)| (name(n), value(v))).collect();
        Answer::new(response.status().as_u16(), headers, &String::from_utf8_lossy(response.body()))
    }

    /// The token that sign-in gives them.
    pub async fn token(&self) -> String {
        let sign_in = self.person.as_ref().and_then(|person| person.sign_in.clone());
        let (email, password) = sign_in.expect("somebody who can sign in");
        let now = self.platform.now();
        let known = lock(&self.platform.tokens).get(&email).cloned();
        if let Some((issued, token)) = known
            && now.duration_since(issued).abs() < SignedDuration::from_mins(5)
        {
            return token;
        }
        let fields = json!({ "email": email, "password": password });
        let session = self.platform.anyone().call("sign-in", fields).await.granted(201);
        let token = text(&session["access_token"]);
        lock(&self.platform.tokens).insert(email, (now, token.clone()));
        token
    }

    fn head(&self, more: &[(&str, &str)]) -> HeaderMap {
        let own = self.headers.iter().map(|(name, value)| (name.as_str(), value.as_str()));
        let mut head = HeaderMap::new();
        for (name, value) in more.iter().copied().chain(own) {
            let name: HeaderName = name.parse().expect("a header's name");
            head.insert(name, HeaderValue::from_bytes(value.as_bytes()).expect("a header's value"));
        }
        head
    }
}

/// What the outside may know of a function.
fn http_of(function: &str) -> &'static Http {
    let known = infra::functions().find(|known| known.name == function);
    match known.map(|known| &known.trigger) {
        Some(Trigger::Http(http)) => http,
        _ => panic!("there is no function {function} behind the API"),
    }
}

fn text(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), ToOwned::to_owned)
}

/// Percent-encoding of everything that is not unreserved (RFC 3986, 2.3).
fn encode(text: &str) -> String {
    let unreserved = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte);
    text.bytes()
        .map(|byte| if unreserved(byte) { char::from(byte).to_string() } else { format!("%{byte:02X}") })
        .collect()
}
