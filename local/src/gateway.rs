//! API Gateway's HTTP API: routes, tokens, limits, payload 2.0.
//!
//! It answers problem documents where AWS answers `{"message": …}`, and keeps that `message` in them.
//! See `docs/decisions/0007-errors-of-the-gateway.md`.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use base64::{Engine as _, prelude::BASE64_STANDARD};
use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, Method, Response, StatusCode, Uri};
use jsonwebtoken::jwk::JwkSet;
use jsonwebtoken::{Algorithm, DecodingKey, Validation};
use runtime::{Function, Http, Trigger};
use serde::Deserialize;
use serde_json::{Map, Value, json};

use crate::Platform;

/// Lambda takes at most 6 MB of payload.
pub const MAX_BODY: usize = 6 * 1024 * 1024;

/// API Gateway waits this long for a function.
const PATIENCE: Duration = Duration::from_secs(29);

/// Requests a second and in a burst, as in `infra/api.yaml`.
const RATE: (f64, f64) = (1000.0, 500.0);

/// For how long a key set is kept, unless a token names a key that is not in it.
const KEY_SET_LIFE: Duration = Duration::from_mins(5);

/// The gateway of a platform.
pub struct Gateway {
    platform: Arc<Platform>,
    routes: Vec<(&'static Function, &'static Http)>,
    /// Other origins than our own that browsers may call from: the dev server of the web client.
    origins: Vec<String>,
    keys: Mutex<Option<(Instant, JwkSet)>>,
    bucket: Mutex<(Instant, f64)>,
    throttled: bool,
}

/// A request as it came in.
#[derive(Debug)]
pub struct Incoming {
    /// GET, POST …
    pub method: Method,
    /// Path and query.
    pub uri: Uri,
    /// All headers.
    pub headers: HeaderMap,
    /// At most [`MAX_BODY`] and a byte, so that more is noticed.
    pub body: Bytes,
    /// From where.
    pub source: String,
}

impl Gateway {
    /// For these functions. `throttled` is off only where the platform itself is measured.
    pub fn new(platform: Arc<Platform>, origins: Vec<String>, throttled: bool) -> Self {
        let mut routes = Vec::new();
        for (_, function) in platform.functions() {
            if let Trigger::Http(http) = &function.trigger {
                routes.push((function, http));
            }
        }
        Self {
            platform,
            routes,
            origins,
            keys: Mutex::default(),
            bucket: Mutex::new((Instant::now(), RATE.1)),
            throttled,
        }
    }

    /// Does any route begin like this path? Everything else is the web client's.
    pub fn serves(path: &str) -> bool {
        ["/v1/", "/.well-known/"].iter().any(|prefix| path.starts_with(prefix))
            || ["/health", "/ready", "/openapi.json", "/docs", "/admin/system-status"].contains(&path)
    }

    /// Answer a request.
    pub async fn answer(&self, request: Incoming) -> Response<Bytes> {
        let request_id = uuid::Uuid::new_v4().to_string();
        let origin = request.headers.get("origin").cloned();
        let mut response = if request.method == Method::OPTIONS {
            empty(StatusCode::NO_CONTENT)
        } else {
            match self.pass(request, &request_id).await {
                Ok(response) => response,
                Err(refusal) => refusal.response(&request_id),
            }
        };
        self.cross_origin(origin.as_ref(), response.headers_mut());
        response
    }

    async fn pass(&self, request: Incoming, request_id: &str) -> Result<Response<Bytes>, Refusal> {
        if self.throttled && !self.take_token() {
            return Err(Refusal::TooMany);
        }
        let path = request.uri.path();
        let (function, http, parameters) = self.route(&request.method, path).ok_or(Refusal::NoRoute)?;
        let claims = if http.is_public() { None } else { Some(self.authorize(&request.headers).await?) };
        if request.body.len() > MAX_BODY {
            return Err(Refusal::TooLarge);
        }
        let event = event(&Delivery {
            route: &format!("{} {}", request.method, http.route.path),
            request: &request,
            parameters: &parameters,
            claims: claims.as_ref(),
            request_id,
            now: (self.platform.options.clock)(),
        });
        let call = self.platform.invoke(function.name, &event);
        let answer = tokio::time::timeout(PATIENCE, call).await.map_err(|_| Refusal::Unavailable)?;
        let answer = answer.map_err(|_| Refusal::Unavailable)?;
        outgoing(&answer).ok_or(Refusal::Unavailable)
    }

    fn route(
        &self,
        method: &Method,
        path: &str,
    ) -> Option<(&'static Function, &'static Http, BTreeMap<String, String>)> {
        self.routes.iter().find_map(|(function, http)| {
            let verb: &str = http.route.method.into();
            let parameters = (verb == method.as_str()).then(|| matches(http.route.path, path))??;
            Some((*function, *http, parameters))
        })
    }

    fn take_token(&self) -> bool {
        let mut bucket = self.bucket.lock().unwrap_or_else(PoisonError::into_inner);
        let now = Instant::now();
        let filled = bucket.1 + now.duration_since(bucket.0).as_secs_f64() * RATE.0;
        *bucket = (now, filled.min(RATE.1));
        let enough = bucket.1 >= 1.0;
        if enough {
            bucket.1 -= 1.0;
        }
        enough
    }

    /// What API Gateway's JWT authorizer checks: signature, issuer, audience, times.
    async fn authorize(&self, headers: &HeaderMap) -> Result<Map<String, Value>, Refusal> {
        let header =
            headers.get("authorization").and_then(|header| header.to_str().ok()).ok_or(Refusal::NoToken)?;
        let token = header.strip_prefix("Bearer ").unwrap_or(header);
        let kid =
            jsonwebtoken::decode_header(token).ok().and_then(|header| header.kid).ok_or(Refusal::NoToken)?;
        let key = self.key(&kid).await.ok_or(Refusal::NoToken)?;

        let mut validation = Validation::new(Algorithm::RS256);
        validation.set_issuer(&[&self.platform.options.origin]);
        validation.set_audience(&[runtime::AUDIENCE]);
        // Without this the library lets a token pass that says nothing of them at all.
        validation.set_required_spec_claims(&["exp", "iss", "aud"]);
        // The platform's clock may have been moved; the library knows only the machine's.
        validation.validate_exp = false;
        let claims = jsonwebtoken::decode::<Map<String, Value>>(token, &key, &validation);
        let claims = claims.map_err(|_| Refusal::NoToken)?.claims;
        let now = (self.platform.options.clock)().as_second();
        let time = |name: &str| claims.get(name).and_then(Value::as_i64);
        let early = |name: &str| time(name).is_some_and(|at| at > now + 1);
        if time("exp").is_none_or(|at| at <= now) || early("nbf") || early("iat") {
            return Err(Refusal::NoToken);
        }
        Ok(claims)
    }

    async fn key(&self, kid: &str) -> Option<DecodingKey> {
        let known = self.keys.lock().unwrap_or_else(PoisonError::into_inner).clone();
        if let Some((read, set)) = known
            && read.elapsed() < KEY_SET_LIFE
            && let Some(jwk) = set.find(kid)
        {
            return DecodingKey::from_jwk(jwk).ok();
        }
        let get = Incoming {
            method: Method::GET,
            uri: Uri::from_static("/.well-known/jwks.json"),
            headers: HeaderMap::new(),
            body: Bytes::new(),
            source: "127.0.0.1".into(),
        };
        let (function, http, parameters) = self.route(&Method::GET, get.uri.path())?;
        let event = event(&Delivery {
            route: &format!("GET {}", http.route.path),
            request: &get,
            parameters: &parameters,
            claims: None,
            request_id: "authorizer",
            now: (self.platform.options.clock)(),
        });
        let response = outgoing(&self.platform.invoke(function.name, &event).await.ok()?)?;
        let set: JwkSet = serde_json::from_slice(response.body()).ok()?;
        let key = set.find(kid).and_then(|jwk| DecodingKey::from_jwk(jwk).ok());
        *self.keys.lock().unwrap_or_else(PoisonError::into_inner) = Some((Instant::now(), set));
        key
    }

    fn cross_origin(&self, origin: Option<&HeaderValue>, headers: &mut HeaderMap) {
        let Some(origin) = origin
            .filter(|origin| self.origins.iter().any(|allowed| allowed.as_bytes() == origin.as_bytes()))
        else {
            return;
        };
        headers.insert("access-control-allow-origin", origin.clone());
        headers.insert("vary", HeaderValue::from_static("origin"));
        let fixed = [
            ("access-control-allow-methods", "GET, POST, PUT, PATCH, DELETE"),
            (
                "access-control-allow-headers",
                "authorization, content-type, idempotency-key, if-match, x-csrf-token",
            ),
            ("access-control-expose-headers", "etag, retry-after, x-request-id"),
            ("access-control-max-age", "600"),
        ];
        for (name, value) in fixed {
            headers.insert(HeaderName::from_static(name), HeaderValue::from_static(value));
        }
    }
}

/// What API Gateway refuses by itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Refusal {
    NoRoute,
    NoToken,
    TooLarge,
    TooMany,
    Unavailable,
}

impl Refusal {
    fn response(self, request_id: &str) -> Response<Bytes> {
        use kernel::Status;
        let (status, code, message, detail) = match self {
            Refusal::NoRoute => {
                (Status::NotFound, "NOT_FOUND", "Not Found", "There is nothing at this address.")
            }
            Refusal::NoToken => {
                (Status::Unauthenticated, "UNAUTHENTICATED", "Unauthorized", "Sign in first.")
            }
            Refusal::TooLarge => {
                (Status::TooLarge, "TOO_LARGE", "Request Entity Too Large", "The body is larger than 6 MB.")
            }
            Refusal::TooMany => (
                Status::TooMany,
                "TOO_MANY_REQUESTS",
                "Too Many Requests",
                "Too many requests at once. Try again.",
            ),
            Refusal::Unavailable => (
                Status::Unavailable,
                "UNAVAILABLE",
                "Service Unavailable",
                "Something went wrong on our side.",
            ),
        };
        let body = json!({
            "type": format!("https://careplane.example/problems/{}", code.to_lowercase().replace('_', "-")),
            "title": status.title(),
            "status": status as u16,
            "code": code,
            "detail": detail,
            "message": message,
            "request_id": request_id,
        });
        let mut response = empty(StatusCode::from_u16(status as u16).expect("a status"));
        *response.body_mut() = body.to_string().into();
        let headers = response.headers_mut();
        headers.insert("content-type", HeaderValue::from_static("application/problem+json"));
        headers.insert("cache-control", HeaderValue::from_static("no-store"));
        if let Ok(id) = HeaderValue::from_str(request_id) {
            headers.insert("x-request-id", id);
        }
        if self == Refusal::NoToken {
            headers.insert("www-authenticate", HeaderValue::from_static("Bearer"));
        }
        if matches!(self, Refusal::TooMany | Refusal::Unavailable) {
            headers.insert("retry-after", HeaderValue::from_static("1"));
        }
        response
    }
}

fn empty(status: StatusCode) -> Response<Bytes> {
    let mut response = Response::new(Bytes::new());
    *response.status_mut() = status;
    response
}

/// The parameters of a path, if it fits the pattern. As on AWS they are decoded after matching.
fn matches(pattern: &str, path: &str) -> Option<BTreeMap<String, String>> {
    let (mut expected, mut found) = (pattern.split('/'), path.split('/'));
    let mut parameters = BTreeMap::new();
    loop {
        match (expected.next(), found.next()) {
            (None, None) => return Some(parameters),
            (Some(part), Some(text)) => {
                match part.strip_prefix('{').and_then(|part| part.strip_suffix('}')) {
                    Some(_) if text.is_empty() => return None,
                    Some(name) => {
                        parameters.insert(name.to_owned(), decode(text));
                    }
                    None if part == text => {}
                    None => return None,
                }
            }
            _ => return None,
        }
    }
}

/// Percent-decoding, with what is not UTF-8 replaced.
fn decode(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let [first, tail @ ..] = rest {
        let hex = tail.get(..2).and_then(|hex| std::str::from_utf8(hex).ok());
        match hex.filter(|_| *first == b'%').and_then(|hex| u8::from_str_radix(hex, 16).ok()) {
            Some(byte) => {
                bytes.push(byte);
                rest = &tail[2..];
            }
            None => {
                bytes.push(*first);
                rest = tail;
            }
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

/// One request on its way to a function.
pub struct Delivery<'a> {
    /// `GET /v1/clinics/{clinic}`.
    pub route: &'a str,
    /// The request.
    pub request: &'a Incoming,
    /// What the path's parameters are.
    pub parameters: &'a BTreeMap<String, String>,
    /// What the token says, once it was verified.
    pub claims: Option<&'a Map<String, Value>>,
    /// The gateway's id of the request.
    pub request_id: &'a str,
    /// When it came in.
    pub now: jiff::Timestamp,
}

/// The request as payload 2.0.
pub fn event(delivery: &Delivery<'_>) -> String {
    let Delivery { route, request, parameters, claims, request_id, now } = delivery;
    let mut headers: BTreeMap<&str, String> = BTreeMap::new();
    for (name, value) in &request.headers {
        let value = String::from_utf8_lossy(value.as_bytes());
        headers
            .entry(name.as_str())
            .and_modify(|all| {
                all.push(if name == "cookie" { ';' } else { ',' });
                all.push_str(&value);
            })
            .or_insert_with(|| value.into_owned());
    }
    let raw_query = request.uri.query().unwrap_or_default();
    let mut query: BTreeMap<String, String> = BTreeMap::new();
    for pair in raw_query.split('&').filter(|pair| !pair.is_empty()) {
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        let (name, value) = (decode(&name.replace('+', " ")), decode(&value.replace('+', " ")));
        query
            .entry(name)
            .and_modify(|all| {
                all.push(',');
                all.push_str(&value);
            })
            .or_insert(value);
    }
    // Cookies stand apart, and each hop adds to the right whom it heard from.
    let cookies = headers.remove("cookie");
    let forwarded = headers.remove("x-forwarded-for");
    let forwarded =
        forwarded.map_or_else(|| request.source.clone(), |before| format!("{before}, {}", request.source));
    headers.insert("x-forwarded-for", forwarded);
    let claims = claims.map(|claims| {
        claims.iter().map(|(name, value)| (name.clone(), claim(value).into())).collect::<Map<_, Value>>()
    });
    let (body, base64) = match std::str::from_utf8(&request.body) {
        Ok(text) => (text.to_owned(), false),
        Err(_) => (BASE64_STANDARD.encode(&request.body), true),
    };
    let mut event = json!({
        "version": "2.0",
        "routeKey": route,
        "rawPath": request.uri.path(),
        "rawQueryString": raw_query,
        "headers": headers,
        "requestContext": {
            "accountId": engines::ACCOUNT,
            "apiId": "local",
            "domainName": headers.get("host"),
            "domainPrefix": "local",
            "http": {
                "method": request.method.as_str(),
                "path": request.uri.path(),
                "protocol": "HTTP/1.1",
                "sourceIp": request.source,
                "userAgent": headers.get("user-agent"),
            },
            "requestId": request_id,
            "routeKey": route,
            "stage": "$default",
            "time": now.strftime("%d/%b/%Y:%H:%M:%S +0000").to_string(),
            "timeEpoch": now.as_millisecond(),
        },
        "isBase64Encoded": base64,
    });
    if !query.is_empty() {
        event["queryStringParameters"] = json!(query);
    }
    if let Some(cookies) = cookies {
        event["cookies"] = cookies.split(';').map(str::trim).collect();
    }
    if !parameters.is_empty() {
        event["pathParameters"] = json!(parameters);
    }
    if !body.is_empty() {
        event["body"] = body.into();
    }
    if let Some(claims) = claims {
        event["requestContext"]["authorizer"] = json!({ "jwt": { "claims": claims, "scopes": null } });
    }
    event.to_string()
}

/// A claim, as API Gateway hands it over: as a text, and a list as one in brackets, `[mfa pwd]`.
fn claim(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Array(list) => format!("[{}]", list.iter().map(claim).collect::<Vec<_>>().join(" ")),
        other => other.to_string(),
    }
}

/// A function's answer in payload 2.0.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Answer {
    status_code: u16,
    #[serde(default)]
    headers: BTreeMap<String, String>,
    #[serde(default)]
    cookies: Vec<String>,
    #[serde(default)]
    body: String,
    #[serde(default)]
    is_base64_encoded: bool,
}

fn outgoing(answer: &str) -> Option<Response<Bytes>> {
    let Answer { status_code, headers, cookies, body, is_base64_encoded } =
        serde_json::from_str(answer).ok()?;
    let mut response = empty(StatusCode::from_u16(status_code).ok()?);
    for (name, value) in headers {
        response.headers_mut().insert(HeaderName::try_from(name).ok()?, HeaderValue::try_from(value).ok()?);
    }
    for cookie in cookies {
        response.headers_mut().append("set-cookie", HeaderValue::try_from(cookie).ok()?);
    }
    *response.body_mut() =
        if is_base64_encoded { BASE64_STANDARD.decode(body).ok()?.into() } else { body.into() };
    Some(response)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_fits_its_pattern_part_by_part() {
        let fits = |path| matches("/v1/clinics/{clinic}/providers", path);
        assert_eq!(fits("/v1/clinics/cln_1/providers").unwrap()["clinic"], "cln_1");
        assert_eq!(fits("/v1/clinics/a%2Fb/providers").unwrap()["clinic"], "a/b");
        for other in ["/v1/clinics//providers", "/v1/clinics/cln_1/providers/", "/v1/clinics/cln_1"] {
            assert_eq!(fits(other), None, "{other}");
        }
    }

    #[test]
    fn decoding_survives_what_is_not_encoded() {
        assert_eq!(["a%20b", "100%", "%zz", "%ff"].map(decode), ["a b", "100%", "%zz", "\u{fffd}"]);
    }
}
