use kernel::{Fault, Status};
use lambda_http::{Request, RequestExt as _};
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

use crate::{Method, Route};

/// More than any request of ours can need; documents go to S3.
const MAX_BODY: usize = 256 * 1024;

/// Why a request means nothing.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Undecodable {
    #[error("The body is not JSON: {0}.")]
    NotJson(String),
    #[error("The body is not a JSON object.")]
    NotAnObject,
    #[error("Send the body as `application/json`.")]
    MediaType,
    #[error("The body is larger than 256 kB.")]
    TooLarge,
    #[error("{detail}")]
    Field { pointer: String, detail: String },
    /// What the path names cannot exist.
    #[error("There is no such record.")]
    Path,
}

impl Fault for Undecodable {
    fn status(&self) -> Status {
        match self {
            Undecodable::NotJson(_) => Status::BadRequest,
            Undecodable::MediaType => Status::UnsupportedMediaType,
            Undecodable::TooLarge => Status::TooLarge,
            Undecodable::NotAnObject | Undecodable::Field { .. } => Status::Unprocessable,
            Undecodable::Path => Status::NotFound,
        }
    }
    fn code(&self) -> &'static str {
        match self {
            Undecodable::NotJson(_) => "MALFORMED_JSON",
            Undecodable::MediaType => "UNSUPPORTED_MEDIA_TYPE",
            Undecodable::TooLarge => "TOO_LARGE",
            Undecodable::NotAnObject | Undecodable::Field { .. } => "INVALID",
            Undecodable::Path => "NOT_FOUND",
        }
    }
    fn pointer(&self) -> Option<String> {
        match self {
            Undecodable::NotAnObject => Some(String::new()),
            Undecodable::Field { pointer, .. } => Some(pointer.clone()),
            _ => None,
        }
    }
}

/// Build an endpoint's input from path, query and body. The path wins.
pub(crate) fn decode<T: DeserializeOwned>(route: Route, request: &Request) -> Result<T, Undecodable> {
    let path = request.path_parameters();
    let path: Vec<_> = path.iter().filter(|(name, _)| in_path(route, name)).collect();
    match route.method {
        Method::Get | Method::Delete => {
            let query = request.query_string_parameters();
            let query = query.iter().filter(|(name, _)| !in_path(route, name));
            let pairs: Vec<_> = path.into_iter().chain(query).collect();
            let form = serde_html_form::to_string(pairs).map_err(|error| invalid(route, "", &error))?;
            let fields = serde_html_form::Deserializer::from_bytes(form.as_bytes());
            serde_path_to_error::deserialize(fields)
                .map_err(|error| invalid(route, &error.path().to_string(), error.inner()))
        }
        Method::Post | Method::Put | Method::Patch => {
            let mut fields = object(request)?;
            fields.extend(path.into_iter().map(|(name, value)| (name.to_owned(), value.into())));
            serde_path_to_error::deserialize(Value::Object(fields))
                .map_err(|error| invalid(route, &error.path().to_string(), error.inner()))
        }
    }
}

fn in_path(route: Route, name: &str) -> bool {
    route.parameters().any(|known| known == name)
}

fn object(request: &Request) -> Result<Map<String, Value>, Undecodable> {
    let body: &[u8] = request.body();
    if body.len() > MAX_BODY {
        return Err(Undecodable::TooLarge);
    }
    if body.is_empty() {
        return Ok(Map::new());
    }
    let media = request.headers().get("content-type").and_then(|media| media.to_str().ok());
    let is_json = |media: &str| {
        let media = media.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
        media == "application/json" || media.ends_with("+json")
    };
    if media.is_some_and(|media| !is_json(media)) {
        return Err(Undecodable::MediaType);
    }
    match serde_json::from_slice(body) {
        Ok(Value::Object(fields)) => Ok(fields),
        Ok(_) => Err(Undecodable::NotAnObject),
        // The category and the place, but not the input: it may hold what is private.
        Err(error) => Err(Undecodable::NotJson(format!("line {}, column {}", error.line(), error.column()))),
    }
}

/// `path` as `serde_path_to_error` writes it: `weekly[2].from`.
fn invalid(route: Route, path: &str, error: &impl std::error::Error) -> Undecodable {
    let path = if path == "." { "" } else { path };
    let field = path.split(['.', '[']).next().unwrap_or_default();
    if !field.is_empty() && in_path(route, field) {
        return Undecodable::Path;
    }
    let text = error.to_string();
    // A missing field has no path of its own: serde names it in the message.
    let missing = text.strip_prefix("missing field `").and_then(|rest| rest.split('`').next());
    let path = match missing {
        Some(name) if path.is_empty() => name.to_owned(),
        Some(name) => format!("{path}.{name}"),
        None => path.to_owned(),
    };
    let pointer: String = path
        .split(['.', '['])
        .filter(|part| !part.is_empty())
        .map(|part| format!("/{}", part.trim_end_matches(']')))
        .collect();
    Undecodable::Field { pointer, detail: detail(&text) }
}

/// What to tell a person. Only sentences of ours are handed on: the words of libraries are for
/// developers, and may repeat the value that was sent, which may be private.
fn detail(text: &str) -> String {
    let text = text.split(" at line ").next().unwrap_or(text);
    let ours =
        text.starts_with(|c: char| c.is_ascii_uppercase()) && text.ends_with('.') && !text.contains('`');
    let expected = text.rsplit_once(", expected ").map(|(_, expected)| expected);
    match expected {
        _ if text.starts_with("missing field") => "This field is required.".into(),
        Some(choice) if text.starts_with("unknown variant") => format!("Expected {choice}."),
        Some("a string") => "Expected a text.".into(),
        Some("a sequence") => "Expected a list.".into(),
        Some("a boolean") => "Expected true or false.".into(),
        Some("u8" | "u16" | "u32" | "u64") => "Expected a whole number.".into(),
        _ if ours => text.into(),
        _ => "This is not a value that can be here.".into(),
    }
}
