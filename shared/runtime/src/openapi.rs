//! The OpenAPI document, read from the functions themselves.

use kernel::Role;
use schemars::{Schema, SchemaGenerator, generate::SchemaSettings};
use serde_json::{Map, Value, json};
use strum::IntoEnumIterator as _;

use crate::{Function, Http, Method, Problem, Trigger};

/// OpenAPI 3.1, whose schemas are plain JSON Schema, so schemars' output goes in as it is.
///
/// Requests are described as they are read and replies as they are written: an optional field may be
/// left out of a request, but is always present in a reply.
pub fn document<'a>(functions: impl IntoIterator<Item = &'a Function>) -> Value {
    let settings = SchemaSettings::draft2020_12().with(|settings| {
        settings.definitions_path = "/components/schemas".into();
        settings.meta_schema = None;
    });
    let mut read = settings.clone().for_deserialize().into_generator();
    let mut written = settings.for_serialize().into_generator();
    let problem = written.subschema_for::<Problem>();
    let mut paths = Map::new();
    for function in functions {
        let Trigger::Http(http) = &function.trigger else { continue };
        let method: &'static str = http.route.method.into();
        paths.entry(http.route.path).or_insert_with(|| json!({}))[method.to_lowercase()] =
            operation(function.name, http, &problem, &mut read, &mut written);
    }
    let mut schemas = read.take_definitions(true);
    // Where two types share a name, schemars numbers them, and clients would have to guess which is which.
    let numbered = |name: &String| name.ends_with(|last: char| last.is_ascii_digit());
    for (name, schema) in written.take_definitions(true) {
        assert!(!numbered(&name), "{name} stands for two types; give the two different names");
        let known = schemas.insert(name.clone(), schema.clone());
        assert!(
            known.is_none_or(|known| known == schema),
            "{name} differs between requests and replies; give the two different names"
        );
    }
    json!({
        "openapi": "3.1.0",
        "info": {
            "title": "Careplane",
            "version": "1",
            "description": "Find a doctor, see true free times, book. Errors are problem documents (RFC 9457) \
                with a stable `code`. Unsafe requests take an `Idempotency-Key`, and the same key is always \
                answered the same way.",
            "license": { "name": "Apache-2.0", "identifier": "Apache-2.0" },
        },
        "servers": [{ "url": "/" }],
        "paths": paths,
        "components": {
            "schemas": schemas,
            "securitySchemes": {
                "token": { "type": "http", "scheme": "bearer", "bearerFormat": "JWT" },
            },
        },
    })
}

fn operation(
    operation_id: &str,
    http: &Http,
    problem: &Schema,
    read: &mut SchemaGenerator,
    written: &mut SchemaGenerator,
) -> Value {
    let Http { route, needs, audience, status, media_type, replays, request, reply, .. } = http;
    let mut request = request(read).to_value();
    let summary = request["description"].take();
    let fields = request["properties"].take();
    let required: Vec<String> = serde_json::from_value(request["required"].take()).unwrap_or_default();
    let is_path = |name: &str| route.parameters().any(|parameter| parameter == name);
    let in_query = matches!(route.method, Method::Get | Method::Delete);

    let mut parameters = Vec::new();
    let mut body = Map::new();
    for (name, schema) in fields.as_object().into_iter().flatten() {
        let described = |place: &str, required: bool| json!({ "name": name, "in": place, "required": required, "schema": schema });
        match (is_path(name), in_query) {
            (true, _) => parameters.push(described("path", true)),
            (false, true) => parameters.push(described("query", required.contains(name))),
            (false, false) => {
                body.insert(name.clone(), schema.clone());
            }
        }
    }
    let header = |name: &str, text: &str| json!({ "name": name, "in": "header", "required": false, "description": text, "schema": { "type": "string" } });
    if *replays {
        parameters
            .push(header("Idempotency-Key", "8 to 64 letters, digits or dashes, made up for this request."));
    }
    if route.method == Method::Put || route.method == Method::Patch {
        parameters.push(header("If-Match", "The `ETag` of what is being changed."));
    }
    let success = match media_type.split(';').next() {
        Some("text/html") => json!({ "schema": { "type": "string" } }),
        _ => json!({ "schema": reply(written) }),
    };
    let media_type = media_type.split(';').next().unwrap_or_default();
    let (title, rest) = split(summary.as_str().unwrap_or_default());
    let mut operation = json!({
        "operationId": operation_id,
        "summary": title,
        "tags": [audience],
        "parameters": parameters,
        "security": if needs.is_some() { json!([{ "token": [] }]) } else { json!([]) },
        "responses": {
            status.to_string(): { "description": "Done", "content": { media_type: success } },
            "default": { "description": "Refused", "content": { "application/problem+json": { "schema": problem } } },
        },
    });
    if !rest.is_empty() {
        operation["description"] = rest.into();
    }
    if let Some(needs) = needs {
        operation["x-permission"] = <&str>::from(needs).into();
        operation["x-sensitive"] = needs.is_sensitive().into();
        // The row of the permission table: how far it extends for whom.
        let reaches = Role::iter().filter_map(|role| Some((role.to_string(), json!(role.reach(*needs)?))));
        operation["x-reach"] = Value::Object(reaches.collect());
    }
    if !body.is_empty() {
        let required: Vec<_> = required.into_iter().filter(|name| !is_path(name)).collect();
        operation["requestBody"] = json!({ "required": true, "content": { "application/json": {
            "schema": { "type": "object", "properties": body, "required": required }
        } } });
    }
    operation
}

/// The first paragraph of a doc comment, and the others.
fn split(text: &str) -> (String, String) {
    let (first, rest) = text.split_once("\n\n").unwrap_or((text, ""));
    (first.trim().replace('\n', " "), rest.trim().into())
}
