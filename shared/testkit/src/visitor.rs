use std::collections::BTreeMap;

use base64::{Engine as _, prelude::BASE64_URL_SAFE_NO_PAD};
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
    /// What their token says otherwise.
    said: Map<String, Value>,
    headers: Vec<(String, String)>,
}

impl<'a> Visitor<'a> {
    pub(crate) fn new(platform: &'a TestPlatform, person: Option<Person>) -> Self {
        Self { platform, person, said: Map::new(), headers: Vec::new() }
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

    /// With a token that says something else here, or with `null` nothing.
    #[must_use]
    pub fn claiming(&self, name: &str, value: impl Into<Value>) -> Self {
        let mut visitor = self.clone();
        visitor.said.insert(name.to_owned(), value.into());
        visitor
    }

    /// What the gateway makes of their token. Whoever can sign in has one of a session that there is;
    /// staff have shown their second factor just now.
    pub fn claims(&self) -> Option<Map<String, Value>> {
        let mut claims = match &self.person {
            None if self.said.is_empty() => return None,
            None => Map::new(),
            Some(person) => {
                let email = person.sign_in.as_ref().map(|sign_in| sign_in.email.as_str());
                let known = email.and_then(|email| lock(&self.platform.tokens).get(email).cloned());
                known.map_or_else(|| person.claims(), |(_, token)| payload(&token))
            }
        };
        if claims.get("amr").is_some_and(|methods| methods.to_string().contains("mfa")) {
            claims.insert("second_factor_at".into(), json!(self.platform.now()));
        }
        claims.extend(self.said.clone());
        claims.retain(|_, value| !value.is_null());
        Some(claims)
    }

    /// The patient record that is theirs.
    pub fn id(&self) -> PatientId {
        self.record().expect("a patient")
    }

    /// The patient record that is theirs, if they have one.
    pub fn record(&self) -> Option<PatientId> {
        self.person.as_ref().and_then(|person| person.patient)
    }

    /// Are they somebody of the demonstration, who can sign in?
    pub fn is_of_demonstration(&self) -> bool {
        let email = self.person.as_ref().and_then(|person| person.sign_in.as_ref()).map(|known| &known.email);
        email.is_some_and(|email| email.ends_with("@careplane.example"))
    }

    /// What they send beside their token.
    pub fn headers(&self) -> Vec<(String, String)> {
        self.headers.clone()
    }

    /// What their token says.
    pub async fn token_says(&self) -> Map<String, Value> {
        payload(&self.token().await)
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
        let claims = self.claims();
        let delivery = Delivery {
            route: &format!("{method} {}", http.route.path),
            request: &request,
            parameters: &parameters,
            claims: claims.as_ref(),
            request_id: &format!("request-{}", lock(&self.platform.log).len()),
            now,
        };
        let answer = self.platform.inside().invoke(function, &event(&delivery)).await.expect("an answer");
        let answer: Value = serde_json::from_str(&answer).expect("an answer of payload 2.0");
        let status =
            answer["statusCode"].as_u64().and_then(|status| status.try_into().ok()).expect("a status");
        let headers = serde_json::from_value(answer["headers"].clone()).expect("headers");
        let cookies = serde_json::from_value(answer["cookies"].clone()).unwrap_or_default();
        Answer::new(status, headers, cookies, answer["body"].as_str().unwrap_or_default())
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
        let cookies = response.headers().get_all("set-cookie").iter().map(value).collect();
        Answer::new(response.status().as_u16(), headers, cookies, &String::from_utf8_lossy(response.body()))
    }

    /// The token that sign-in gives them, second factor and all.
    pub async fn token(&self) -> String {
        let sign_in = self.person.as_ref().and_then(|person| person.sign_in.clone());
        let sign_in = sign_in.expect("somebody who can sign in");
        let now = self.platform.now();
        let known = lock(&self.platform.tokens).get(&sign_in.email).cloned();
        if let Some((issued, token)) = known
            && now.duration_since(issued).abs() < SignedDuration::from_mins(5)
        {
            return token;
        }
        Box::pin(self.platform.sign_in(&sign_in)).await
    }

    /// From now on they act with the token of this session: what signing in, showing a second factor and
    /// switching yield.
    pub fn goes_on_with(&self, session: &Value) {
        let email = self.person.as_ref().and_then(|person| person.sign_in.as_ref()).map(|known| &known.email);
        let token = text(&session["access_token"]);
        let now = self.platform.now();
        lock(&self.platform.tokens).insert(email.expect("somebody who can sign in").clone(), (now, token));
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

/// What a token says.
fn payload(token: &str) -> Map<String, Value> {
    let part = token.split('.').nth(1).expect("a token of three parts");
    let json = BASE64_URL_SAFE_NO_PAD.decode(part).expect("base64url");
    serde_json::from_slice(&json).expect("claims")
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
