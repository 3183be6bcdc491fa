//! What a request to DynamoDB demands of IAM.
//!
//! Only the names are read here; whether a request is well formed is for the engine to say.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, de::IgnoredAny};

use crate::policy::Demand;

/// A demand, and the table that may have changed once it was granted and done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Access {
    pub(crate) demand: Demand,
    pub(crate) writes: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Names {
    table_name: Option<String>,
    index_name: Option<String>,
    stream_arn: Option<String>,
    resource_arn: Option<String>,
    #[expect(
        clippy::zero_sized_map_values,
        reason = "the keys are read from an object, whose values are skipped"
    )]
    request_items: Option<BTreeMap<String, IgnoredAny>>,
    transact_items: Option<Vec<BTreeMap<String, Item>>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Item {
    table_name: Option<String>,
}

/// The actions that AWS would look for in the policies, each with its resource.
pub(crate) fn demands(operation: &str, body: &[u8]) -> Result<Vec<Access>, String> {
    let names: Names = serde_json::from_slice(body).map_err(|error| error.to_string())?;
    let table = names.table_name.as_deref().map_or("*", table_of);
    Ok(match operation {
        "Query" | "Scan" => {
            let name = match &names.index_name {
                Some(index) => format!("{table}/index/{index}"),
                None => table.into(),
            };
            vec![read(operation, name)]
        }
        "PutItem" | "UpdateItem" | "DeleteItem" => vec![write(operation, table)],
        "BatchGetItem" => tables(&names).map(|table| read(operation, table)).collect(),
        "BatchWriteItem" => tables(&names).map(|table| write(operation, table)).collect(),
        "TransactGetItems" => members(&names).into_iter().map(|(_, table)| read("GetItem", table)).collect(),
        "TransactWriteItems" => members(&names)
            .into_iter()
            .map(|(action, table)| match action.as_str() {
                "ConditionCheck" => read("ConditionCheckItem", table),
                action => write(&format!("{action}Item"), &table),
            })
            .collect(),
        // The names of these operations tell nothing of the tables inside their statements.
        "ExecuteStatement" | "BatchExecuteStatement" | "ExecuteTransaction" => vec![read(operation, "*")],
        "GetRecords" | "GetShardIterator" | "DescribeStream" => {
            let stream = names.stream_arn.as_deref().map_or("*", resource_of);
            vec![read(operation, stream.strip_prefix("table/").unwrap_or(stream))]
        }
        _ => vec![read(operation, names.resource_arn.as_deref().map_or(table, table_of))],
    })
}

fn read(action: &str, name: impl Into<String>) -> Access {
    Access { demand: Demand::new(format!("dynamodb:{action}"), name), writes: None }
}

fn write(action: &str, table: &str) -> Access {
    Access { demand: Demand::new(format!("dynamodb:{action}"), table), writes: Some(table.into()) }
}

fn tables(names: &Names) -> impl Iterator<Item = &str> {
    names.request_items.iter().flatten().map(|(table, _)| table_of(table))
}

/// Each kind of operation on each table once: a transaction has up to a hundred members.
fn members(names: &Names) -> BTreeSet<(String, String)> {
    names
        .transact_items
        .iter()
        .flatten()
        .flatten()
        .map(|(action, item)| (action.clone(), item.table_name.as_deref().map_or("*", table_of).to_owned()))
        .collect()
}

/// The name of a table that may be given as a resource name.
fn table_of(name: &str) -> &str {
    let name = resource_of(name);
    name.strip_prefix("table/").map_or(name, |name| name.split('/').next().unwrap_or(name))
}

/// The last part of a resource name.
fn resource_of(name: &str) -> &str {
    if name.starts_with("arn:") { name.splitn(6, ':').last().unwrap_or(name) } else { name }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn each_operation_demands_what_aws_would_look_for() {
        let item = |table: &str| json!({ "TableName": table });
        for (operation, body, expected) in [
            ("GetItem", item("t"), vec!["dynamodb:GetItem t"]),
            (
                "GetItem",
                item("arn:aws:dynamodb:eu-central-1:000000000000:table/t"),
                vec!["dynamodb:GetItem t"],
            ),
            ("Query", json!({ "TableName": "t", "IndexName": "i" }), vec!["dynamodb:Query t/index/i"]),
            ("Query", item("t"), vec!["dynamodb:Query t"]),
            ("PutItem", item("t"), vec!["dynamodb:PutItem t +t"]),
            (
                "BatchGetItem",
                json!({ "RequestItems": { "a": {}, "b": {} } }),
                vec!["dynamodb:BatchGetItem a", "dynamodb:BatchGetItem b"],
            ),
            ("BatchWriteItem", json!({ "RequestItems": { "a": [] } }), vec!["dynamodb:BatchWriteItem a +a"]),
            (
                "TransactWriteItems",
                json!({ "TransactItems": [
                    { "Put": item("a") }, { "Put": item("a") }, { "Update": item("b") }, { "Delete": item("a") }, { "ConditionCheck": item("c") },
                ] }),
                vec![
                    "dynamodb:ConditionCheckItem c",
                    "dynamodb:DeleteItem a +a",
                    "dynamodb:PutItem a +a",
                    "dynamodb:UpdateItem b +b",
                ],
            ),
            (
                "TransactGetItems",
                json!({ "TransactItems": [{ "Get": item("a") }] }),
                vec!["dynamodb:GetItem a"],
            ),
            (
                "DescribeStream",
                json!({ "StreamArn": "arn:aws:dynamodb:x:0:table/t/stream/1.2" }),
                vec!["dynamodb:DescribeStream t/stream/1.2"],
            ),
            ("ListTables", json!({}), vec!["dynamodb:ListTables *"]),
            (
                "TagResource",
                json!({ "ResourceArn": "arn:aws:dynamodb:x:0:table/t" }),
                vec!["dynamodb:TagResource t"],
            ),
            (
                "ExecuteStatement",
                json!({ "Statement": "DELETE FROM t" }),
                vec!["dynamodb:ExecuteStatement *"],
            ),
        ] {
            let found: Vec<String> = demands(operation, body.to_string().as_bytes())
                .unwrap()
                .into_iter()
                .map(|Access { demand, writes }| {
                    let writes = writes.map(|table| format!(" +{table}")).unwrap_or_default();
                    format!("{} {}{writes}", demand.action, demand.names[0])
                })
                .collect();
            assert_eq!(found, expected, "{operation}");
        }
    }
}
