//! The stream of a table, as a Lambda function gets it.

use std::sync::Arc;

use serde_json::{Value, json};
use tokio::sync::watch;

use crate::{Fault, Settings, dynamodb::DynamoDb, services::Services};

/// Reads one stream in order and remembers how far it has come.
///
/// What was not committed comes again, after a restart too: everything is read at least once.
pub struct StreamReader {
    dynamodb: DynamoDb,
    services: Services,
    settings: Arc<Settings>,
    writes: watch::Receiver<()>,
    table: String,
    reader: String,
    position: Position,
}

/// Up to where a reader has committed.
#[derive(Clone)]
enum Position {
    NotLookedUp,
    Start,
    After(String),
}

/// Records that were not committed yet.
#[derive(Debug, Clone)]
pub struct Batch {
    /// The event that Lambda gives to a function.
    pub event: Value,
    /// The sequence numbers of its records, in order.
    pub sequences: Vec<String>,
}

impl Batch {
    /// The number to commit when all records are done.
    pub fn last(&self) -> Option<&str> {
        self.sequences.last().map(String::as_str)
    }

    /// The number to commit when this record is the first that failed; nothing when none precedes it.
    pub fn before(&self, sequence: &str) -> Option<&str> {
        let failed = self.sequences.iter().position(|other| other == sequence)?;
        self.sequences[..failed].last().map(String::as_str)
    }
}

impl StreamReader {
    pub(crate) fn new(
        dynamodb: DynamoDb,
        services: Services,
        settings: Arc<Settings>,
        table: &str,
        reader: &str,
    ) -> Self {
        let writes = dynamodb.writes(table);
        Self {
            dynamodb,
            services,
            settings,
            writes,
            table: table.into(),
            reader: reader.into(),
            position: Position::NotLookedUp,
        }
    }

    /// The records after the last committed one, the same until they are committed. Nothing when there
    /// are none.
    pub async fn next(&mut self, max: usize) -> Result<Option<Batch>, Fault> {
        // First, so that a write while we read is not slept through.
        self.writes.mark_unchanged();
        if matches!(self.position, Position::NotLookedUp) {
            let sequence = self.services.checkpoint(self.table.clone(), self.reader.clone()).await?;
            self.position = sequence.map_or(Position::Start, Position::After);
        }
        let mut records = self.read(max).await?;
        if records.is_empty() {
            return Ok(None);
        }
        let source =
            format!("{}/stream/local", self.settings.arn("dynamodb", &format!("table/{}", self.table)));
        for record in &mut records {
            record["awsRegion"] = json!(self.settings.region);
            record["eventSourceARN"] = json!(source);
        }
        let sequence =
            |record: &Value| record["dynamodb"]["SequenceNumber"].as_str().unwrap_or_default().to_owned();
        let sequences = records.iter().map(sequence).collect();
        Ok(Some(Batch { event: json!({ "Records": records }), sequences }))
    }

    async fn read(&self, max: usize) -> Result<Vec<Value>, Fault> {
        let mut start = json!({
            // The engine finds the table by its name; the label of the stream does not matter to it.
            "StreamArn": dynoxide::streams::stream_arn(&self.table, "local"),
            "ShardId": dynoxide::streams::shard_id(&self.table),
            "ShardIteratorType": "TRIM_HORIZON",
        });
        if let Position::After(sequence) = &self.position {
            start["ShardIteratorType"] = json!("AFTER_SEQUENCE_NUMBER");
            start["SequenceNumber"] = json!(sequence);
        }
        let iterator = self.dynamodb.ask("GetShardIterator", start).await?;
        let request = json!({ "ShardIterator": iterator["ShardIterator"], "Limit": max });
        match self.dynamodb.ask("GetRecords", request).await?["Records"].take() {
            Value::Array(records) => Ok(records),
            _ => Ok(Vec::new()),
        }
    }

    /// Everything up to and with this record is done.
    pub async fn commit(&mut self, through: &str) -> Result<(), Fault> {
        self.services.set_checkpoint(self.table.clone(), self.reader.clone(), through.into()).await?;
        self.position = Position::After(through.into());
        Ok(())
    }

    /// Waits until something was written to the table since the last look, or the engines were closed.
    pub async fn changed(&mut self) {
        // An error means that the engines were closed; the next look says so.
        let _ = self.writes.changed().await;
    }
}
