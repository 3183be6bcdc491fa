use std::collections::HashMap;

use kernel::Fault as _;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::Failure;
use crate::function::{Answer, Call};
use crate::telemetry::{self, Outcome};

/// What a relay reads of a DynamoDB stream event.
#[derive(Deserialize)]
struct Batch {
    #[serde(rename = "Records")]
    records: Vec<Record>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Record {
    event_name: String,
    dynamodb: Images,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Images {
    sequence_number: String,
    #[serde(default)]
    new_image: HashMap<String, Value>,
}

impl Record {
    /// Name and body, if the record is a new message in the outbox.
    fn message(&self) -> Option<(&str, &str)> {
        let text = |name: &str| self.dynamodb.new_image.get(name)?.get("S")?.as_str();
        let is_new = self.event_name == "INSERT" && text("kind") == Some("event");
        is_new.then(|| Some((text("event")?, text("body")?)))?
    }
}

/// Publish what is new in the outbox, in order.
///
/// The first message that cannot be published ends the batch: the stream delivers again from there,
/// so nothing is skipped and nothing overtakes.
pub(crate) async fn relay(call: &Call<'_>) -> Result<Answer, Failure> {
    let batch: Batch = serde_json::from_str(call.event)
        .map_err(|_| Failure("the event is not of a DynamoDB stream".into()))?;
    let mut failures = Vec::new();
    let mut code = None;
    for record in &batch.records {
        let Some((event, body)) = record.message() else { continue };
        if let Err(error) = call.host.topic().await.publish(event, body).await {
            telemetry::fault(call.host, call.function.name, call.invocation, &error);
            code = Some(error.code().to_owned());
            failures.push(json!({ "itemIdentifier": record.dynamodb.sequence_number }));
            break;
        }
    }
    let outcome = if failures.is_empty() { Outcome::Done } else { Outcome::Failed };
    let body = json!({ "batchItemFailures": failures }).to_string();
    Ok(Answer { body, outcome, status: None, code, request: None })
}
