//! Our door answers for DynamoDB as the engine's own server does.
//!
//! The engine's server is the part of it that is compared with DynamoDB. We go around it to save a
//! connection, so what it adds must be added here too.

use bytes::Bytes;
use http::{Request, StatusCode};
use serde_json::{Value, json};
use tokio::net::TcpListener;

use crate::house::{House, send, told};

fn s(value: &str) -> Value {
    json!({ "S": value })
}

fn key() -> Value {
    json!({ "pk": s("a"), "sk": s("b") })
}

fn put(item: &Value) -> Value {
    json!({ "TableName": "careplane", "Item": item })
}

fn update(update: &str, values: &Value) -> Value {
    json!({
        "TableName": "careplane", "Key": key(), "UpdateExpression": update, "ExpressionAttributeValues": values,
        "ReturnValues": "ALL_NEW",
    })
}

fn query(more: &Value) -> Value {
    let mut query = json!({
        "TableName": "careplane", "KeyConditionExpression": "pk = :p", "ExpressionAttributeValues": { ":p": s("a") },
    });
    query.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    query
}

/// A table, and what is stored in it and read.
fn done() -> Vec<(&'static str, Value)> {
    let key = key();
    let create = json!({
        "TableName": "careplane",
        "BillingMode": "PAY_PER_REQUEST",
        "KeySchema": [{ "AttributeName": "pk", "KeyType": "HASH" }, { "AttributeName": "sk", "KeyType": "RANGE" }],
        "AttributeDefinitions": [{ "AttributeName": "pk", "AttributeType": "S" }, { "AttributeName": "sk", "AttributeType": "S" }],
    });
    let exists = json!({
        "TableName": "careplane", "Item": key, "ConditionExpression": "attribute_not_exists(pk)",
        "ReturnValuesOnConditionCheckFailure": "ALL_OLD",
    });
    vec![
        ("PutItem", put(&json!({ "pk": s("a") }))),
        ("CreateTable", create.clone()),
        ("CreateTable", create),
        ("CreateTable", json!({ "TableName": "u", "KeySchema": [], "AttributeDefinitions": [] })),
        ("CreateTable", json!({ "TableName": "x" })),
        // What is stored and read.
        (
            "PutItem",
            put(
                &json!({ "pk": s("a"), "sk": s("b"), "n": { "N": "1.50" }, "l": { "L": [{ "BOOL": true }, { "NULL": true }] }, "set": { "NS": ["3", "1"] } }),
            ),
        ),
        ("GetItem", json!({ "TableName": "careplane", "Key": key, "ReturnConsumedCapacity": "TOTAL" })),
        (
            "GetItem",
            json!({ "TableName": "careplane", "Key": key, "ProjectionExpression": "n, #l[0]", "ExpressionAttributeNames": { "#l": "l" } }),
        ),
        ("UpdateItem", update("ADD n :one SET m = if_not_exists(m, :one)", &json!({ ":one": { "N": "1" } }))),
        ("Query", query(&json!({ "ReturnConsumedCapacity": "TOTAL" }))),
        ("Query", query(&json!({ "Limit": 1, "ScanIndexForward": false }))),
        ("BatchGetItem", json!({ "RequestItems": { "careplane": { "Keys": [key] } } })),
        (
            "TransactGetItems",
            json!({ "TransactItems": [{ "Get": { "TableName": "careplane", "Key": key } }] }),
        ),
        // Conditions that fail.
        ("PutItem", exists.clone()),
        ("TransactWriteItems", json!({ "TransactItems": [{ "Put": exists }] })),
    ]
}

/// Requests that are refused, and some for the table that are not.
fn refused() -> Vec<(&'static str, Value)> {
    let key = key();
    let large = "x".repeat(400 * 1024);
    vec![
        ("PutItem", put(&json!({ "pk": s("a") }))),
        ("PutItem", put(&json!({ "pk": s(""), "sk": s("b") }))),
        ("PutItem", put(&json!({ "pk": { "N": "1" }, "sk": s("b") }))),
        ("PutItem", put(&json!({ "pk": s("a"), "sk": s("b"), "x": {} }))),
        ("PutItem", put(&json!({ "pk": s("a"), "sk": s("b"), "x": { "S": "1", "N": "1" } }))),
        ("PutItem", put(&json!({ "pk": s("a"), "sk": s("b"), "x": { "N": "one" } }))),
        ("PutItem", put(&json!({ "pk": s("a"), "sk": s("b"), "x": { "SS": [] } }))),
        ("PutItem", put(&json!({ "pk": s("a"), "sk": s("b"), "x": { "SS": ["a", "a"] } }))),
        ("PutItem", put(&json!({ "pk": s("a"), "sk": s("b"), "x": { "NULL": false } }))),
        ("PutItem", put(&json!({ "pk": s("a"), "sk": s("b"), "x": s(&large) }))),
        ("PutItem", json!({ "TableName": "careplane" })),
        ("PutItem", json!({ "TableName": "careplane", "Item": 1 })),
        ("PutItem", json!({ "TableName": "careplane", "Item": key, "ReturnValues": "SOME" })),
        ("PutItem", json!({ "TableName": "careplane", "Item": key, "ConditionExpression": "pk ==== :x" })),
        ("PutItem", json!({ "TableName": "careplane", "Item": key, "ConditionExpression": "pk = :x" })),
        ("GetItem", json!({ "TableName": "careplane", "Key": { "pk": s("a") } })),
        ("GetItem", json!({ "TableName": "none", "Key": key })),
        ("GetItem", json!({ "TableName": "!", "Key": key })),
        ("GetItem", json!({ "Key": key })),
        ("UpdateItem", update("SET pk = :x", &json!({ ":x": s("c") }))),
        ("UpdateItem", update("SET a = :x, a = :x", &json!({ ":x": s("c") }))),
        ("UpdateItem", update("SET a = :unused", &json!({ ":x": s("c") }))),
        ("UpdateItem", update("SET", &json!({ ":x": s("c") }))),
        ("UpdateItem", update("SET a = :x", &json!({ ":x": {} }))),
        (
            "DeleteItem",
            json!({ "TableName": "careplane", "Key": { "pk": s("a"), "sk": s("b"), "z": s("c") } }),
        ),
        ("Query", query(&json!({ "IndexName": "none" }))),
        ("Query", query(&json!({ "Limit": 0 }))),
        ("Query", query(&json!({ "FilterExpression": "pk = :p" }))),
        ("Query", query(&json!({ "ExclusiveStartKey": { "pk": s("a") } }))),
        ("Query", json!({ "TableName": "careplane" })),
        ("BatchGetItem", json!({ "RequestItems": {} })),
        ("BatchGetItem", json!({ "RequestItems": { "careplane": { "Keys": [key, key] } } })),
        ("BatchWriteItem", json!({ "RequestItems": { "careplane": [] } })),
        ("TransactWriteItems", json!({ "TransactItems": [] })),
        (
            "TransactWriteItems",
            json!({ "TransactItems": [{ "Delete": { "TableName": "careplane", "Key": key } }, { "Delete": { "TableName": "careplane", "Key": key } }] }),
        ),
        (
            "TransactWriteItems",
            json!({ "TransactItems": [{ "Put": { "TableName": "careplane", "Item": { "pk": s("a"), "sk": s("b"), "n": { "N": "x" } } } }] }),
        ),
        (
            "TransactWriteItems",
            json!({ "TransactItems": [{ "Put": { "TableName": "careplane", "Item": key } }], "ClientRequestToken": "x".repeat(37) }),
        ),
        ("DescribeTimeToLive", json!({ "TableName": "careplane" })),
        (
            "UpdateTimeToLive",
            json!({ "TableName": "careplane", "TimeToLiveSpecification": { "AttributeName": "e", "Enabled": true } }),
        ),
        (
            "UpdateTimeToLive",
            json!({ "TableName": "careplane", "TimeToLiveSpecification": { "AttributeName": "e", "Enabled": true } }),
        ),
        ("DescribeTable", json!({ "TableName": "none" })),
        ("ListTables", json!({})),
        (
            "GetShardIterator",
            json!({ "StreamArn": "arn:aws:dynamodb:x:0:table/careplane/stream/1", "ShardId": "s", "ShardIteratorType": "LATEST" }),
        ),
    ]
}

#[tokio::test]
async fn requests_are_answered_as_by_the_server_of_the_engine() {
    let house = House::new().await;
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let server = listener.local_addr().unwrap();
    tokio::spawn(dynoxide::server::serve_on(listener, dynoxide::Database::memory().unwrap()));
    let mut differences = Vec::new();
    let mut accepted = 0;
    for (operation, body) in done().into_iter().chain(refused()) {
        let request = || {
            Request::post("/")
                .header("content-type", "application/x-amz-json-1.0")
                .header("x-amz-target", format!("DynamoDB_20120810.{operation}"))
                .body(Bytes::from(body.to_string()))
                .unwrap()
        };
        let ours = house.signed("admin", "dynamodb", request()).await;
        let mut signed = request();
        let credential =
            "AWS4-HMAC-SHA256 Credential=a/20261122/r/dynamodb/aws4_request, SignedHeaders=host, Signature=0";
        signed.headers_mut().insert("authorization", credential.parse().unwrap());
        signed.headers_mut().insert("x-amz-date", "20261122T100000Z".parse().unwrap());
        let theirs = send(server, signed).await;
        let shown = |body: &Value| body.to_string().chars().take(300).collect::<String>();
        accepted += usize::from(ours.status() == StatusCode::OK);
        if answer(&ours) != answer(&theirs) {
            differences.push(format!(
                "{operation} {}\n  here {:?}\n  there {:?}",
                shown(&body),
                answer(&ours),
                answer(&theirs)
            ));
        }
    }
    assert!(accepted > 10, "only {accepted} requests were not refused");
    assert!(differences.is_empty(), "{}", differences.join("\n"));
}

/// An answer without what differs between two tables of the same form. No SDK can send a value of another
/// type than the one that belongs there, so the words for that are not compared.
fn answer(response: &http::Response<Bytes>) -> (StatusCode, Value) {
    let (status, body) = told(response);
    let mut body: Value = serde_json::from_str(&body).unwrap_or(Value::String(body));
    for name in ["CreationDateTime", "TableId"] {
        if let Some(value) = body.pointer_mut(&format!("/TableDescription/{name}")) {
            value.take();
        }
    }
    if body["__type"] == "com.amazon.coral.service#SerializationException" {
        body["Message"].take();
    }
    (status, body)
}
