//! The wire protocol of SQS.

use std::{collections::BTreeMap, time::Duration};

use bytes::Bytes;
use http::{HeaderValue, Request, header::HOST};
use jiff::SignedDuration;
use serde::Deserialize;
use serde_json::{Value, json};
use tokio::time::{Instant, timeout_at};

use super::{Message, NewMessage, Queue, Queues};
use crate::{
    ACCOUNT, Fault,
    dispatch::Call,
    door::Door,
    policy::Demand,
    reply::{Dialect, Refusal, Refused, Reply},
};

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Parameters {
    queue_url: Option<String>,
    queue_name: Option<String>,
    message_body: Option<String>,
    #[serde(default)]
    message_attributes: BTreeMap<String, Attribute>,
    delay_seconds: Option<i64>,
    max_number_of_messages: Option<usize>,
    visibility_timeout: Option<i64>,
    wait_time_seconds: Option<u64>,
    receipt_handle: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Attribute {
    data_type: String,
    string_value: Option<String>,
}

/// The refusal of a name that no queue has.
const MISSING: &str = "QueueDoesNotExist";

/// The longest that SQS hides or delays a message.
const LONGEST: i64 = 12 * 60 * 60;

impl Queues {
    /// Answers a request to SQS.
    pub(crate) async fn answer(&self, request: &Request<Bytes>, call: &Call<'_>, door: &Door) -> Reply {
        let outcome = self.perform(request, call, door).await;
        let missing = matches!(&outcome, Err(Refused::Service(Refusal { code: MISSING, .. })));
        let mut reply = Dialect::Sqs.answer(outcome);
        if missing {
            // Clients that were made for the older protocol look for its name of the error.
            let code = HeaderValue::from_static("AWS.SimpleQueueService.NonExistentQueue;Sender");
            reply.headers_mut().insert("x-amzn-query-error", code);
        }
        reply
    }

    async fn perform(
        &self,
        request: &Request<Bytes>,
        call: &Call<'_>,
        door: &Door,
    ) -> Result<Value, Refused> {
        let parameters: Parameters =
            serde_json::from_slice(call.body).map_err(|error| invalid(error.to_string()))?;
        let name = parameters.queue_name.as_deref().or(parameters.queue_url.as_deref()).unwrap_or_default();
        let name = name.rsplit_once('/').map_or(name, |(_, name)| name);
        let demand = Demand {
            action: format!("sqs:{}", call.operation),
            names: vec![self.settings.arn("sqs", name), name.into()],
        };
        door.demand(call.principal, [&demand])?;
        let queue =
            self.find(name).map_err(|_| Refusal::new(MISSING, "The specified queue does not exist."))?;
        let receipts = || parameters.receipt_handle.iter().cloned().collect();
        match call.operation {
            "GetQueueUrl" => {
                let host =
                    request.headers().get(HOST).and_then(|host| host.to_str().ok()).unwrap_or("localhost");
                Ok(json!({ "QueueUrl": format!("http://{host}/{ACCOUNT}/{}", queue.name) }))
            }
            "GetQueueAttributes" => Ok(json!({ "Attributes": self.attributes(queue).await? })),
            "SendMessage" => self.send_message(call, queue, &parameters).await,
            "ReceiveMessage" => self.receive_messages(queue, &parameters).await,
            "DeleteMessage" => {
                self.delete(&queue.name, receipts()).await?;
                Ok(json!({}))
            }
            "ChangeMessageVisibility" => {
                let delay = seconds("VisibilityTimeout", parameters.visibility_timeout)?.unwrap_or_default();
                match self.hide(&queue.name, receipts(), delay).await? {
                    0 => Err(Refusal::new("MessageNotInflight", "The message is not in flight.").into()),
                    _ => Ok(json!({})),
                }
            }
            operation => {
                Err(Refusal::new("UnsupportedOperation", format!("there is no {operation} here")).into())
            }
        }
    }

    async fn send_message(
        &self,
        call: &Call<'_>,
        queue: &Queue,
        parameters: &Parameters,
    ) -> Result<Value, Refused> {
        let body = parameters.message_body.as_deref().filter(|body| !body.is_empty());
        let body = body.ok_or_else(|| invalid("MessageBody must not be empty"))?;
        let delay = seconds("DelaySeconds", parameters.delay_seconds)?.unwrap_or_default();
        let attributes = parameters
            .message_attributes
            .iter()
            .map(|(name, Attribute { data_type, string_value })| match string_value {
                Some(value) if data_type == "String" => Ok((name.clone(), value.clone())),
                _ => Err(invalid(format!("the attribute {name} must be a String"))),
            })
            .collect::<Result<_, _>>()?;
        let message = NewMessage { delay, ..NewMessage::new(&queue.name, body, &attributes, call.principal) };
        let result =
            json!({ "MessageId": message.id, "MD5OfMessageBody": format!("{:x}", md5::compute(body)) });
        self.put(vec![message]).await?;
        Ok(result)
    }

    async fn receive_messages(&self, queue: &Queue, parameters: &Parameters) -> Result<Value, Refused> {
        let max = parameters.max_number_of_messages.unwrap_or(1);
        if !(1..=10).contains(&max) {
            return Err(invalid("MaxNumberOfMessages must be between 1 and 10").into());
        }
        let visibility = seconds("VisibilityTimeout", parameters.visibility_timeout)?;
        let until =
            Instant::now() + Duration::from_secs(parameters.wait_time_seconds.unwrap_or_default().min(20));
        let mut changes = self.changes();
        let messages = loop {
            changes.mark_unchanged();
            let messages = self.receive(&queue.name, max, visibility).await?;
            if !messages.is_empty() || timeout_at(until, changes.changed()).await.is_err() {
                break messages;
            }
        };
        let messages: Vec<Value> = messages.iter().map(Message::document).collect();
        Ok(if messages.is_empty() { json!({}) } else { json!({ "Messages": messages }) })
    }

    async fn attributes(&self, queue: &Queue) -> Result<Value, Fault> {
        let depth = self.depth(&queue.name).await?;
        let mut attributes = json!({
            "QueueArn": self.settings.arn("sqs", &queue.name),
            "ApproximateNumberOfMessages": depth.visible.to_string(),
            "ApproximateNumberOfMessagesNotVisible": depth.in_flight.to_string(),
            "ApproximateNumberOfMessagesDelayed": depth.delayed.to_string(),
            "VisibilityTimeout": queue.visibility.as_secs().to_string(),
        });
        if let Some(dead_letters) = &queue.dead_letters {
            let policy = json!({
                "deadLetterTargetArn": self.settings.arn("sqs", dead_letters),
                "maxReceiveCount": queue.max_receives,
            });
            attributes["RedrivePolicy"] = json!(policy.to_string());
        }
        Ok(attributes)
    }
}

impl Message {
    fn document(&self) -> Value {
        let mut document = json!({
            "MessageId": self.id,
            "ReceiptHandle": self.receipt,
            "Body": self.body,
            "MD5OfBody": self.md5(),
            "Attributes": self.system_attributes(),
        });
        if !self.attributes.is_empty() {
            let attribute = |(name, value): (&String, &String)| {
                (name.clone(), json!({ "DataType": "String", "StringValue": value }))
            };
            document["MessageAttributes"] = self.attributes.iter().map(attribute).collect();
        }
        document
    }
}

fn seconds(name: &str, value: Option<i64>) -> Result<Option<SignedDuration>, Refusal> {
    match value {
        Some(value) if !(0..=LONGEST).contains(&value) => Err(invalid(format!(
            "Value {value} for parameter {name} is invalid. Reason: must be between 0 and {LONGEST}."
        ))),
        value => Ok(value.map(SignedDuration::from_secs)),
    }
}

fn invalid(reason: impl Into<String>) -> Refusal {
    Refusal::new("InvalidParameterValueException", reason)
}
