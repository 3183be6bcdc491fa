//! Everything under one origin: the API, the services, the inbox, the web client.

use std::net::SocketAddr;
use std::path::{Component, Path, PathBuf};
use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::extract::{ConnectInfo, State};
use axum::response::Response;
use bytes::{Bytes, BytesMut};
use engines::Engines;
use http::{HeaderName, HeaderValue, Method, Request, StatusCode, header};
use http_body_util::BodyExt as _;
use serde_json::json;
use tower_http::compression::CompressionLayer;
use tower_http::compression::predicate::{NotForContentType, Predicate as _, SizeAbove};

use crate::clock::Clock;
use crate::gateway::{Gateway, Incoming, MAX_BODY};
use crate::stand_in::StandIn;
use crate::{Platform, inbox};

/// S3 takes more at once than Lambda; what is larger goes there in parts.
const MAX_UPLOAD: usize = 128 * 1024 * 1024;

/// The web client's policy, as CloudFront sends it: `infra/edge.yaml`.
const CLIENT_POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; \
    font-src 'self'; connect-src 'self'; manifest-src 'self'; worker-src 'self'; base-uri 'none'; form-action 'self'; \
    frame-ancestors 'none'";

/// The inbox's policy: it carries its styles, and its buttons move the clock.
const INBOX_POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'self'; \
    frame-ancestors 'none'";

/// The other headers that CloudFront adds.
const SECURITY: [(&str, &str); 4] = [
    ("referrer-policy", "strict-origin-when-cross-origin"),
    ("x-content-type-options", "nosniff"),
    ("x-frame-options", "DENY"),
    ("permissions-policy", "camera=(), microphone=(), geolocation=()"),
];

/// Everything under one origin, compressed where it is large and read by people.
pub fn router(site: Site) -> Router {
    let worth_it = SizeAbove::new(1024).and(NotForContentType::new("application/x-amz-json"));
    Router::new()
        .fallback(answer)
        .with_state(Arc::new(site))
        .layer(CompressionLayer::new().compress_when(worth_it))
}

/// What answers requests.
pub struct Site {
    /// The functions and services.
    pub platform: Arc<Platform>,
    /// The API.
    pub gateway: Gateway,
    /// The clock that demonstrations move.
    pub clock: Clock,
    /// Where the built web client is.
    pub web: PathBuf,
}

async fn answer(
    State(site): State<Arc<Site>>,
    ConnectInfo(source): ConnectInfo<SocketAddr>,
    request: Request<Body>,
) -> Response {
    let (head, body) = request.into_parts();
    if !is_this_machine(head.headers.get(header::HOST)) {
        // A page elsewhere could point its own name at this address and read what is here.
        return plain(
            StatusCode::MISDIRECTED_REQUEST,
            "This platform answers to 127.0.0.1 and localhost only.",
        );
    }
    let request = Request::from_parts(head, ());
    let aws = Engines::is_aws(&request);
    let Some(body) = collect(body, if aws { MAX_UPLOAD } else { MAX_BODY }).await else {
        return plain(StatusCode::BAD_REQUEST, "The body did not arrive whole.");
    };
    let (head, ()) = request.into_parts();
    let path = head.uri.path().to_owned();
    if aws {
        return site.platform.engines().serve(Request::from_parts(head, body)).await.map(Body::from);
    }
    if Gateway::serves(&path) {
        let source = source.ip().to_string();
        let incoming = Incoming { method: head.method, uri: head.uri, headers: head.headers, body, source };
        return site.gateway.answer(incoming).await.map(Body::from);
    }
    if StandIn::serves(&path) {
        let query = head.uri.query().unwrap_or_default();
        let answer = site.platform.stand_in().answer(&head.method, &path, query, &head.headers, &body);
        return secured(answer.map(Body::from), INBOX_POLICY);
    }
    match (&head.method, path.as_str()) {
        (&Method::GET, "/inbox") => match inbox::page(&site.platform, site.clock.offset()).await {
            Ok(page) => secured(typed("text/html; charset=utf-8", page), INBOX_POLICY),
            Err(fault) => plain(StatusCode::SERVICE_UNAVAILABLE, &fault.to_string()),
        },
        (&Method::GET, "/inbox.json") => match inbox::list(&site.platform).await {
            Ok(list) => secured(typed("application/json", list.to_string()), INBOX_POLICY),
            Err(fault) => plain(StatusCode::SERVICE_UNAVAILABLE, &fault.to_string()),
        },
        (&Method::GET, "/local/clock") => clock(&site),
        (&Method::POST, "/local/clock") => {
            let foreign =
                head.headers.get(header::ORIGIN).is_some_and(|origin| !is_own(&site.platform, origin));
            if foreign {
                return plain(StatusCode::FORBIDDEN, "The clock is moved from here only.");
            }
            if !move_clock(&site, &String::from_utf8_lossy(&body)) {
                return plain(StatusCode::BAD_REQUEST, "Send advance_seconds=3600, or reset=true.");
            }
            if head
                .headers
                .get(header::ACCEPT)
                .is_some_and(|accept| accept.as_bytes().starts_with(b"text/html"))
            {
                let mut response = plain(StatusCode::SEE_OTHER, "");
                response.headers_mut().insert(header::LOCATION, HeaderValue::from_static("/inbox"));
                return response;
            }
            clock(&site)
        }
        (&Method::GET | &Method::HEAD, path) => file(&site.web, path).await,
        _ => plain(StatusCode::METHOD_NOT_ALLOWED, "There is nothing to be done here."),
    }
}

/// Does a page of our own ask, by whichever of our two names?
fn is_own(platform: &Platform, origin: &HeaderValue) -> bool {
    let own = &platform.options.origin;
    origin == own || origin == &crate::platform::web_origin(own)
}

fn is_this_machine(host: Option<&HeaderValue>) -> bool {
    let host = host.and_then(|host| host.to_str().ok()).unwrap_or_default();
    let name = host.rsplit_once(':').map_or(host, |(name, _)| name);
    matches!(name, "127.0.0.1" | "localhost" | "[::1]")
}

/// The body, or as much as shows that it is too large.
async fn collect(mut body: Body, limit: usize) -> Option<Bytes> {
    let mut all = BytesMut::new();
    while let Some(frame) = body.frame().await {
        if let Ok(part) = frame.ok()?.into_data() {
            all.extend_from_slice(&part);
        }
        if all.len() > limit {
            all.truncate(limit + 1);
            break;
        }
    }
    Some(all.freeze())
}

fn clock(site: &Site) -> Response {
    let body = json!({ "now": site.clock.now(), "offset_seconds": site.clock.offset().as_secs() });
    typed("application/json", body.to_string())
}

/// `advance_seconds=3600` or `reset=true`, as a form or as JSON. Was it one of these?
fn move_clock(site: &Site, body: &str) -> bool {
    let form = body.split('&').filter_map(|pair| pair.split_once('='));
    let mut fields: Vec<(String, String)> = form.map(|(name, value)| (name.into(), value.into())).collect();
    if let Ok(serde_json::Value::Object(object)) = serde_json::from_str(body) {
        fields = object.into_iter().map(|(name, value)| (name, value.to_string())).collect();
    }
    let [(name, value)] = fields.as_slice() else { return false };
    match (name.as_str(), value.parse()) {
        ("advance_seconds", Ok(seconds)) => site.clock.advance(seconds),
        ("reset", _) if value == "true" => site.clock.reset(),
        _ => return false,
    }
    site.platform.engines().clock_moved();
    true
}

/// A file of the web client; its page where no file is meant, as CloudFront's function does.
async fn file(web: &Path, path: &str) -> Response {
    let relative = Path::new(path.trim_start_matches('/'));
    let is_file = relative.extension().is_some();
    if is_file && relative.components().all(|part| matches!(part, Component::Normal(_))) {
        return match tokio::fs::read(web.join(relative)).await {
            Ok(contents) => {
                let mut response = secured(typed(media_type(relative), contents), CLIENT_POLICY);
                // Vite names these by their content.
                let kept = if path.starts_with("/assets/") {
                    "public, max-age=31536000, immutable"
                } else {
                    "no-cache"
                };
                response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static(kept));
                response
            }
            Err(_) => secured(plain(StatusCode::NOT_FOUND, "There is no such file."), CLIENT_POLICY),
        };
    }
    match tokio::fs::read(web.join("index.html")).await {
        Ok(page) => {
            let mut response = secured(typed("text/html; charset=utf-8", page), CLIENT_POLICY);
            response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-cache"));
            response
        }
        Err(_) => plain(StatusCode::NOT_FOUND, "The web client has not been built. `make run` builds it."),
    }
}

fn media_type(path: &Path) -> &'static str {
    match path.extension().and_then(|extension| extension.to_str()).unwrap_or_default() {
        "html" => "text/html; charset=utf-8",
        "js" | "mjs" => "text/javascript; charset=utf-8",
        "css" => "text/css; charset=utf-8",
        "svg" => "image/svg+xml",
        "png" => "image/png",
        "ico" => "image/x-icon",
        "json" | "map" => "application/json",
        "webmanifest" => "application/manifest+json",
        "txt" => "text/plain; charset=utf-8",
        "woff2" => "font/woff2",
        _ => "application/octet-stream",
    }
}

fn typed(media_type: &'static str, body: impl Into<Body>) -> Response {
    let mut response = Response::new(body.into());
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(media_type));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

fn plain(status: StatusCode, text: &str) -> Response {
    let mut response = typed("text/plain; charset=utf-8", text.to_owned());
    *response.status_mut() = status;
    response
}

fn secured(mut response: Response, policy: &'static str) -> Response {
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(policy));
    for (name, value) in SECURITY {
        headers.insert(HeaderName::from_static(name), HeaderValue::from_static(value));
    }
    response
}
