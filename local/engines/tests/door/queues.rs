use std::collections::BTreeMap;

use aws_sdk_sns::types::{MessageAttributeValue, PublishBatchRequestEntry};
use bytes::Bytes;
use engines::{Depth, Message, Queues};
use http::{Request, StatusCode};
use jiff::SignedDuration;
use serde_json::{Value, json};

use crate::house::{House, TOPIC, told};

fn attribute(event: &str) -> MessageAttributeValue {
    MessageAttributeValue::builder().data_type("String").string_value(event).build().unwrap()
}

async fn publish(house: &House, event: &str, message: &str) {
    let publish = house.sns("admin").publish().topic_arn(house.engines.topic_arn(TOPIC)).message(message);
    publish.message_attributes("event", attribute(event)).send().await.unwrap();
}

async fn receive(queues: &Queues, queue: &str) -> Vec<Message> {
    queues.receive(queue, 10, None).await.unwrap()
}

fn bodies(messages: &[Message]) -> Vec<&str> {
    messages.iter().map(|message| message.body.as_str()).collect()
}

#[tokio::test]
async fn a_message_reaches_the_queues_whose_filter_it_passes() {
    let house = House::new().await;
    let mut changes = house.engines.queues().changes();
    publish(&house, "appointment-booked", "{\"a\":\"ü & <\"}").await;
    publish(&house, "patient-registered", "second").await;
    assert!(changes.has_changed().unwrap());
    changes.mark_unchanged();

    let house = house.restart().await;
    let queues = house.engines.queues();
    let booked = receive(queues, "booked").await;
    assert_eq!(bodies(&booked), ["{\"a\":\"ü & <\"}"]);
    assert_eq!(booked[0].attributes, BTreeMap::from([("event".to_owned(), "appointment-booked".to_owned())]));
    assert_eq!(bodies(&receive(queues, "everything").await).len(), 2);
}

#[tokio::test]
async fn a_batch_is_published_at_once() {
    let house = House::new().await;
    let entry = |id: &str| {
        let entry = PublishBatchRequestEntry::builder().id(id).message(format!("message {id}"));
        entry.message_attributes("event", attribute("appointment-booked")).build().unwrap()
    };
    let sns = house.sns("admin");
    let batch = |ids: &[&str]| {
        let batch = sns.publish_batch().topic_arn(house.engines.topic_arn(TOPIC));
        batch.set_publish_batch_request_entries(Some(ids.iter().map(|id| entry(id)).collect())).send()
    };
    let done = batch(&["a", "b", "c"]).await.unwrap();
    let ids: Vec<_> = done.successful().iter().map(|entry| entry.id().unwrap()).collect();
    assert_eq!(ids, ["a", "b", "c"]);
    assert_eq!(
        bodies(&receive(house.engines.queues(), "booked").await),
        ["message a", "message b", "message c"]
    );
    let refused = batch(&["a", "a"]).await.unwrap_err().into_service_error();
    assert!(refused.is_batch_entry_ids_not_distinct_exception(), "{refused:?}");
    let unknown = sns.publish().topic_arn(house.engines.topic_arn("unknown")).message("x").send().await;
    let unknown = unknown.unwrap_err().into_service_error();
    assert!(unknown.is_not_found_exception(), "{unknown:?}");
}

#[tokio::test]
async fn a_received_message_is_hidden_until_it_is_deleted_released_or_forgotten() {
    let house = House::new().await;
    let queues = house.engines.queues();
    publish(&house, "appointment-booked", "hello").await;
    let first = receive(queues, "booked").await.remove(0);
    assert_eq!(first.receives, 1);
    assert!(receive(queues, "booked").await.is_empty(), "the message is hidden");
    let depth = Depth { in_flight: 1, ..Depth::default() };
    assert_eq!(queues.depth("booked").await.unwrap(), depth);
    assert_eq!(
        queues.next_due("booked").await.unwrap(),
        Some(house.engines.now() + SignedDuration::from_secs(60))
    );

    house.advance(SignedDuration::from_secs(59));
    assert!(receive(queues, "booked").await.is_empty());
    let mut changes = queues.changes();
    house.advance(SignedDuration::from_secs(1));
    changes.changed().await.unwrap();
    let second = receive(queues, "booked").await.remove(0);
    assert_eq!((second.receives, &second.id), (2, &first.id));
    assert_eq!(second.first_received, first.first_received);

    queues.delete("booked", vec![first.receipt]).await.unwrap();
    assert_eq!(queues.depth("booked").await.unwrap(), depth, "an old receipt deletes nothing");
    queues.release("booked", vec![second.receipt], SignedDuration::from_secs(5)).await.unwrap();
    assert!(receive(queues, "booked").await.is_empty());
    house.advance(SignedDuration::from_secs(5));
    let third = receive(queues, "booked").await.remove(0);
    queues.delete("booked", vec![third.receipt]).await.unwrap();
    assert_eq!(queues.depth("booked").await.unwrap(), Depth::default());
}

#[tokio::test]
async fn a_message_that_nobody_can_handle_goes_to_the_dead_letters() {
    let house = House::new().await;
    let queues = house.engines.queues();
    publish(&house, "appointment-booked", "poison").await;
    for receives in 1..=3 {
        assert_eq!(receive(queues, "booked").await[0].receives, receives);
        house.advance(SignedDuration::from_secs(60));
    }
    assert!(receive(queues, "booked").await.is_empty());
    let dead = receive(queues, "dead").await;
    assert_eq!(bodies(&dead), ["poison"]);
    assert_eq!(dead[0].attributes["event"], "appointment-booked");
    assert_eq!(queues.depth("booked").await.unwrap(), Depth::default());
}

#[tokio::test]
async fn a_delayed_message_waits() {
    let house = House::new().await;
    let queues = house.engines.queues();
    queues.send("everything", "later", &BTreeMap::new(), SignedDuration::from_mins(15)).await.unwrap();
    assert_eq!(queues.depth("everything").await.unwrap(), Depth { delayed: 1, ..Depth::default() });
    assert!(receive(queues, "everything").await.is_empty());
    house.advance(SignedDuration::from_mins(15));
    assert_eq!(bodies(&receive(queues, "everything").await), ["later"]);
}

#[tokio::test]
async fn lambda_gets_messages_as_an_event() {
    let house = House::new().await;
    publish(&house, "appointment-booked", "hello").await;
    let queues = house.engines.queues();
    let messages = receive(queues, "booked").await;
    let at = house.engines.now().as_millisecond().to_string();
    let expected = json!({ "Records": [{
        "messageId": messages[0].id,
        "receiptHandle": messages[0].receipt,
        "body": "hello",
        "attributes": {
            "ApproximateReceiveCount": "1",
            "SentTimestamp": at,
            "SenderId": "000000000000:admin",
            "ApproximateFirstReceiveTimestamp": at,
        },
        "messageAttributes": { "event": {
            "stringValue": "appointment-booked", "stringListValues": [], "binaryListValues": [], "dataType": "String",
        } },
        "md5OfBody": "5d41402abc4b2a76b9719d911017c592",
        "eventSource": "aws:sqs",
        "eventSourceARN": "arn:aws:sqs:eu-central-1:000000000000:booked",
        "awsRegion": "eu-central-1",
    }] });
    assert_eq!(queues.event(&messages), expected);
}

async fn sqs(house: &House, operation: &str, parameters: Value) -> (StatusCode, Value) {
    let request = Request::post("/")
        .header("content-type", "application/x-amz-json-1.0")
        .header("x-amz-target", format!("AmazonSQS.{operation}"))
        .body(Bytes::from(parameters.to_string()))
        .unwrap();
    let (status, body) = told(&house.signed("admin", "sqs", request).await);
    (status, serde_json::from_str(&body).unwrap())
}

#[tokio::test]
async fn the_wire_protocol_does_the_same() {
    let house = House::new().await;
    let (_, url) = sqs(&house, "GetQueueUrl", json!({ "QueueName": "everything" })).await;
    let url = &url["QueueUrl"];
    assert_eq!(*url, format!("http://{}/000000000000/everything", house.address));
    let message = json!({
        "QueueUrl": url, "MessageBody": "hello",
        "MessageAttributes": { "event": { "DataType": "String", "StringValue": "x" } },
    });
    let (_, sent) = sqs(&house, "SendMessage", message).await;
    assert_eq!(sent["MD5OfMessageBody"], "5d41402abc4b2a76b9719d911017c592");
    let (_, received) =
        sqs(&house, "ReceiveMessage", json!({ "QueueUrl": url, "WaitTimeSeconds": 20 })).await;
    let message = &received["Messages"][0];
    assert_eq!((&message["MessageId"], &message["Body"]), (&sent["MessageId"], &json!("hello")));
    assert_eq!(message["MessageAttributes"]["event"]["StringValue"], "x");
    let receipt = |more: Value| {
        let mut parameters = json!({ "QueueUrl": url, "ReceiptHandle": message["ReceiptHandle"] });
        parameters.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        parameters
    };
    let (_, attributes) =
        sqs(&house, "GetQueueAttributes", json!({ "QueueUrl": url, "AttributeNames": ["All"] })).await;
    assert_eq!(attributes["Attributes"]["ApproximateNumberOfMessagesNotVisible"], "1");
    let (status, _) =
        sqs(&house, "ChangeMessageVisibility", receipt(json!({ "VisibilityTimeout": 0 }))).await;
    assert_eq!(status, StatusCode::OK);
    let (status, refused) =
        sqs(&house, "ChangeMessageVisibility", receipt(json!({ "VisibilityTimeout": 0 }))).await;
    assert_eq!(
        (status, &refused["__type"]),
        (StatusCode::BAD_REQUEST, &json!("com.amazonaws.sqs#MessageNotInflight"))
    );
    let (status, _) = sqs(&house, "DeleteMessage", receipt(json!({}))).await;
    assert_eq!(status, StatusCode::OK);
    assert_eq!(house.engines.queues().depth("everything").await.unwrap(), Depth::default());
    let (_, refused) = sqs(&house, "GetQueueUrl", json!({ "QueueName": "unknown" })).await;
    assert_eq!(refused["__type"], "com.amazonaws.sqs#QueueDoesNotExist");
}

#[tokio::test]
async fn a_long_poll_ends_when_a_message_comes() {
    let house = House::new().await;
    let parameters = json!({ "QueueUrl": "everything", "WaitTimeSeconds": 20 });
    let (received, ()) =
        tokio::join!(sqs(&house, "ReceiveMessage", parameters), publish(&house, "x", "hello"));
    assert_eq!(received.1["Messages"][0]["Body"], "hello");
}
