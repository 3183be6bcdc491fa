use aws_sdk_dynamodb::types::AttributeValue;
use engines::Table;
use serde_json::json;

use crate::house::House;

const TABLE: &str = "careplane-test-identity";

async fn write(house: &House, sk: &str) {
    house
        .dynamodb("admin")
        .put_item()
        .table_name(TABLE)
        .item("pk", AttributeValue::S("outbox".into()))
        .item("sk", AttributeValue::S(sk.into()))
        .item("count", AttributeValue::N("1".into()))
        .send()
        .await
        .unwrap();
}

fn sort_keys(batch: &engines::Batch) -> Vec<&str> {
    let records = batch.event["Records"].as_array().unwrap();
    records.iter().map(|record| record["dynamodb"]["Keys"]["sk"]["S"].as_str().unwrap()).collect()
}

#[tokio::test]
async fn records_come_in_order_until_they_are_committed_across_restarts() {
    let house = House::new().await;
    house.engines.ensure_table(&Table::new(TABLE).stream()).await.unwrap();
    let mut reader = house.engines.stream(TABLE, "relay");
    assert!(reader.next(10).await.unwrap().is_none());
    for sk in ["a", "b", "c", "d"] {
        write(&house, sk).await;
    }
    let batch = reader.next(3).await.unwrap().unwrap();
    assert_eq!(sort_keys(&batch), ["a", "b", "c"]);
    assert_eq!(sort_keys(&reader.next(3).await.unwrap().unwrap()), ["a", "b", "c"], "nothing was committed");

    // The function failed at the third record.
    assert_eq!(batch.before(&batch.sequences[0]), None);
    let done = batch.before(&batch.sequences[2]).unwrap();
    reader.commit(done).await.unwrap();

    let house = house.restart().await;
    let mut reader = house.engines.stream(TABLE, "relay");
    let batch = reader.next(10).await.unwrap().unwrap();
    assert_eq!(sort_keys(&batch), ["c", "d"]);
    reader.commit(batch.last().unwrap()).await.unwrap();
    assert!(reader.next(10).await.unwrap().is_none());
    let other = house.engines.stream(TABLE, "other").next(10).await.unwrap().unwrap();
    assert_eq!(other.sequences.len(), 4, "readers do not disturb one another");
}

#[tokio::test]
async fn a_record_looks_as_lambda_shows_it() {
    let house = House::new().await;
    house.engines.ensure_table(&Table::new(TABLE).stream()).await.unwrap();
    write(&house, "a").await;
    let mut event = house.engines.stream(TABLE, "relay").next(1).await.unwrap().unwrap().event;
    let record = &mut event["Records"][0];
    assert!(record["eventID"].take().is_string());
    assert!(record["dynamodb"]["SequenceNumber"].take().is_string());
    assert!(record["dynamodb"]["ApproximateCreationDateTime"].take().is_number());
    assert!(record["dynamodb"]["SizeBytes"].take().is_number());
    let keys = json!({ "pk": { "S": "outbox" }, "sk": { "S": "a" } });
    let expected = json!({ "Records": [{
        "eventID": null,
        "eventName": "INSERT",
        "eventVersion": "1.1",
        "eventSource": "aws:dynamodb",
        "awsRegion": "eu-central-1",
        "eventSourceARN": "arn:aws:dynamodb:eu-central-1:000000000000:table/careplane-test-identity/stream/local",
        "dynamodb": {
            "ApproximateCreationDateTime": null,
            "Keys": keys,
            "NewImage": { "pk": { "S": "outbox" }, "sk": { "S": "a" }, "count": { "N": "1" } },
            "SequenceNumber": null,
            "SizeBytes": null,
            "StreamViewType": "NEW_AND_OLD_IMAGES",
        },
    }] });
    assert_eq!(event, expected);
}

#[tokio::test]
async fn a_write_through_the_door_wakes_the_reader() {
    let house = House::new().await;
    house.engines.ensure_table(&Table::new(TABLE).stream()).await.unwrap();
    let mut reader = house.engines.stream(TABLE, "relay");
    assert!(reader.next(10).await.unwrap().is_none());
    let woken = tokio::spawn(async move {
        reader.changed().await;
        reader.next(10).await.unwrap().unwrap().sequences.len()
    });
    write(&house, "a").await;
    assert_eq!(woken.await.unwrap(), 1);

    // Nor does a reader wait for ever when nothing more can come.
    let mut reader = house.engines.stream(TABLE, "other");
    house.engines.close().await;
    reader.changed().await;
    assert!(reader.next(10).await.is_err());
}
