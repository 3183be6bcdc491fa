//! Tables as our templates declare them.

use dynoxide::DynoxideError;
use serde_json::{Value, json};

use crate::{
    Fault,
    dynamodb::{DynamoDb, DynamoDbError},
};

/// A table with the keys `pk` and `sk`, both strings.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Table {
    /// The full name.
    pub name: String,
    /// Global secondary indexes, with all attributes projected.
    pub indexes: Vec<Index>,
    /// Whether changes are written to a stream, with new and old images.
    pub stream: bool,
    /// The attribute that says when an item expires, in seconds of the epoch.
    pub ttl: Option<String>,
}

/// A global secondary index on two string attributes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Index {
    /// Its name.
    pub name: String,
    /// The attribute of its partition key.
    pub partition: String,
    /// The attribute of its sort key.
    pub sort: String,
    projection: &'static str,
}

impl Table {
    /// A table without indexes, stream and expiry.
    pub fn new(name: impl Into<String>) -> Self {
        Self { name: name.into(), indexes: Vec::new(), stream: false, ttl: None }
    }

    /// Adds an index.
    pub fn index(self, name: &str, partition: &str, sort: &str) -> Self {
        self.index_of("ALL", name, partition, sort)
    }

    /// Adds an index that holds the keys alone.
    pub fn index_of_keys(self, name: &str, partition: &str, sort: &str) -> Self {
        self.index_of("KEYS_ONLY", name, partition, sort)
    }

    fn index_of(mut self, projection: &'static str, name: &str, partition: &str, sort: &str) -> Self {
        let (name, partition, sort) = (name.into(), partition.into(), sort.into());
        self.indexes.push(Index { name, partition, sort, projection });
        self
    }

    /// Writes changes to a stream.
    pub fn stream(mut self) -> Self {
        self.stream = true;
        self
    }

    /// Lets items expire.
    pub fn ttl(mut self, attribute: &str) -> Self {
        self.ttl = Some(attribute.into());
        self
    }

    fn definition(&self) -> Value {
        let mut table = json!({
            "TableName": self.name,
            "BillingMode": "PAY_PER_REQUEST",
            "KeySchema": keys("pk", "sk"),
            "AttributeDefinitions": attributes(&["pk", "sk"]),
        });
        if !self.indexes.is_empty() {
            let mut names = vec!["pk", "sk"];
            for name in self.indexes.iter().flat_map(|index| [index.partition.as_str(), index.sort.as_str()])
            {
                if !names.contains(&name) {
                    names.push(name);
                }
            }
            table["AttributeDefinitions"] = attributes(&names);
            table["GlobalSecondaryIndexes"] = self.indexes.iter().map(Index::definition).collect();
        }
        if self.stream {
            table["StreamSpecification"] = stream();
        }
        table
    }
}

impl Index {
    fn definition(&self) -> Value {
        json!({
            "IndexName": self.name,
            "KeySchema": keys(&self.partition, &self.sort),
            "Projection": { "ProjectionType": self.projection },
        })
    }
}

impl DynamoDb {
    /// Makes the table, or gives the existing one what it lacks.
    pub(crate) async fn ensure_table(&self, table: &Table) -> Result<bool, Fault> {
        let created = match self.ask("CreateTable", table.definition()).await {
            Ok(_) => true,
            Err(DynamoDbError::Engine(DynoxideError::ResourceInUseException(_))) => {
                self.complete(table).await?;
                false
            }
            Err(error) => return Err(error.into()),
        };
        self.ensure_ttl(table).await?;
        Ok(created)
    }

    /// A later version of the platform may want more of a table than the one that made it.
    async fn complete(&self, table: &Table) -> Result<(), Fault> {
        let answer = self.ask("DescribeTable", json!({ "TableName": table.name })).await?;
        let existing = &answer["Table"];
        let has = |index: &&Index| {
            existing["GlobalSecondaryIndexes"]
                .as_array()
                .into_iter()
                .flatten()
                .any(|other| other["IndexName"] == index.name)
        };
        for index in table.indexes.iter().filter(|index| !has(index)) {
            let update = json!({
                "TableName": table.name,
                "AttributeDefinitions": attributes(&[&index.partition, &index.sort]),
                "GlobalSecondaryIndexUpdates": [{ "Create": index.definition() }],
            });
            self.ask("UpdateTable", update).await?;
        }
        if table.stream && existing["StreamSpecification"]["StreamEnabled"] != true {
            self.ask("UpdateTable", json!({ "TableName": table.name, "StreamSpecification": stream() }))
                .await?;
        }
        Ok(())
    }

    /// Switching on what is on already is an error of DynamoDB.
    async fn ensure_ttl(&self, table: &Table) -> Result<(), Fault> {
        let Some(attribute) = &table.ttl else { return Ok(()) };
        let answer = self.ask("DescribeTimeToLive", json!({ "TableName": table.name })).await?;
        if answer["TimeToLiveDescription"]["AttributeName"] != *attribute {
            let specification = json!({ "AttributeName": attribute, "Enabled": true });
            let update = json!({ "TableName": table.name, "TimeToLiveSpecification": specification });
            self.ask("UpdateTimeToLive", update).await?;
        }
        Ok(())
    }
}

fn keys(partition: &str, sort: &str) -> Value {
    json!([{ "AttributeName": partition, "KeyType": "HASH" }, { "AttributeName": sort, "KeyType": "RANGE" }])
}

fn attributes(names: &[&str]) -> Value {
    names.iter().map(|name| json!({ "AttributeName": name, "AttributeType": "S" })).collect()
}

fn stream() -> Value {
    json!({ "StreamEnabled": true, "StreamViewType": "NEW_AND_OLD_IMAGES" })
}
