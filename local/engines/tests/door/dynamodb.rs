use std::collections::HashMap;

use aws_sdk_dynamodb::types::{
    AttributeValue, ConditionCheck, Put, ReturnConsumedCapacity, ReturnValuesOnConditionCheckFailure,
    TransactWriteItem, Update,
};
use engines::Table;
use jiff::SignedDuration;

use crate::house::House;

const TABLE: &str = "careplane-test-scheduling";

fn table() -> Table {
    Table::new(TABLE).index("by-patient", "by_patient", "by_patient_sort").stream().ttl("expires_at")
}

fn text(value: &str) -> AttributeValue {
    AttributeValue::S(value.into())
}

fn key(sk: &str) -> HashMap<String, AttributeValue> {
    HashMap::from([("pk".into(), text("clinic")), ("sk".into(), text(sk))])
}

#[tokio::test]
async fn an_item_is_found_again_by_key_and_by_index_and_after_a_restart() {
    let house = House::new().await;
    assert!(house.engines.ensure_table(&table()).await.unwrap(), "the table is new");
    assert!(!house.engines.ensure_table(&table()).await.unwrap(), "the table exists");
    let client = house.dynamodb("admin");
    client
        .put_item()
        .table_name(TABLE)
        .set_item(Some(key("appointment")))
        .item("by_patient", text("patient"))
        .item("by_patient_sort", text("2026"))
        .send()
        .await
        .unwrap();
    let house = house.restart().await;
    let client = house.dynamodb("admin");
    let found = client.get_item().table_name(TABLE).set_key(Some(key("appointment"))).send().await.unwrap();
    assert_eq!(found.item().unwrap()["by_patient"], text("patient"));
    let found = client
        .query()
        .table_name(TABLE)
        .index_name("by-patient")
        .key_condition_expression("by_patient = :patient")
        .expression_attribute_values(":patient", text("patient"))
        .send()
        .await
        .unwrap();
    assert_eq!(found.count(), 1);
}

/// The largest write of ours: an appointment takes its time in the diaries of provider and patient, each
/// slot of which must be free, and each of which is a condition.
#[tokio::test]
async fn a_transaction_tells_which_condition_failed_and_what_was_there() {
    let house = House::new().await;
    house.engines.ensure_table(&table()).await.unwrap();
    let client = house.dynamodb("admin");
    let slots = 0..96;
    let free =
        slots.clone().map(|slot| format!("attribute_not_exists(t{slot})")).collect::<Vec<_>>().join(" AND ");
    let take = slots.map(|slot| format!("t{slot} = :taken")).collect::<Vec<_>>().join(", ");
    let update = |taken: &str| {
        let update = Update::builder()
            .table_name(TABLE)
            .set_key(Some(key("diary")))
            .condition_expression(&free)
            .update_expression(format!("SET {take}"))
            .expression_attribute_values(":taken", text(taken))
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld)
            .build()
            .unwrap();
        TransactWriteItem::builder().update(update).build()
    };
    let put = |sk: &str| {
        let put = Put::builder()
            .table_name(TABLE)
            .set_item(Some(key(sk)))
            .condition_expression("attribute_not_exists(pk)");
        TransactWriteItem::builder().put(put.build().unwrap()).build()
    };
    let check = || {
        let check = ConditionCheck::builder().table_name(TABLE).set_key(Some(key("absence")));
        let check = check.condition_expression("attribute_not_exists(pk)").build().unwrap();
        TransactWriteItem::builder().condition_check(check).build()
    };
    let send = |items| {
        client
            .transact_write_items()
            .set_transact_items(Some(items))
            .return_consumed_capacity(ReturnConsumedCapacity::Total)
            .send()
    };

    let done = send(vec![put("first"), update("first"), check()]).await.unwrap();
    let capacity = &done.consumed_capacity()[0];
    // Two writes and a check of small items, each twice because of the transaction.
    assert_eq!((capacity.table_name(), capacity.capacity_units()), (Some(TABLE), Some(6.0)));

    let refused =
        send(vec![put("second"), update("second"), check()]).await.unwrap_err().into_service_error();
    let aws_sdk_dynamodb::operation::transact_write_items::TransactWriteItemsError::TransactionCanceledException(reasons) =
        refused
    else {
        panic!("{refused:?}")
    };
    let reasons = reasons.cancellation_reasons();
    let codes: Vec<_> = reasons.iter().map(|reason| reason.code().unwrap()).collect();
    assert_eq!(codes, ["None", "ConditionalCheckFailed", "None"]);
    assert_eq!(reasons[1].item().unwrap()["t95"], text("first"));
    let second = client.get_item().table_name(TABLE).set_key(Some(key("second"))).send().await.unwrap();
    assert_eq!(second.item(), None, "all or nothing");
}

#[tokio::test]
async fn capacity_is_counted_for_tables_and_indexes() {
    let house = House::new().await;
    house.engines.ensure_table(&table()).await.unwrap();
    let client = house.dynamodb("admin");
    let written = client
        .put_item()
        .table_name(TABLE)
        .set_item(Some(key("appointment")))
        .item("by_patient", text("patient"))
        .item("by_patient_sort", text("2026"))
        .return_consumed_capacity(ReturnConsumedCapacity::Indexes)
        .send()
        .await
        .unwrap();
    let capacity = written.consumed_capacity().unwrap();
    assert_eq!(capacity.capacity_units(), Some(2.0));
    assert_eq!(capacity.global_secondary_indexes().unwrap()["by-patient"].capacity_units(), Some(1.0));
}

#[tokio::test]
async fn expired_items_are_swept_by_the_clock_of_the_platform() {
    let house = House::new().await;
    house.engines.ensure_table(&table()).await.unwrap();
    let client = house.dynamodb("admin");
    let expiry = (house.engines.now() + SignedDuration::from_hours(1)).as_second();
    for (sk, expires) in [("soon", expiry), ("later", expiry + 86400)] {
        let put = client.put_item().table_name(TABLE).set_item(Some(key(sk)));
        put.item("expires_at", AttributeValue::N(expires.to_string())).send().await.unwrap();
    }
    assert_eq!(house.engines.sweep_ttl(house.engines.now()).await.unwrap(), 0);
    house.advance(SignedDuration::from_hours(2));
    assert_eq!(house.engines.sweep_ttl(house.engines.now()).await.unwrap(), 1);
    let gone = client.get_item().table_name(TABLE).set_key(Some(key("soon"))).send().await.unwrap();
    assert_eq!(gone.item(), None);

    // A stream tells such a deletion from one that somebody wanted.
    let batch = house.engines.stream(TABLE, "relay").next(10).await.unwrap().unwrap();
    let record = &batch.event["Records"][2];
    assert_eq!(record["eventName"], "REMOVE");
    assert_eq!(record["userIdentity"]["principalId"], "dynamodb.amazonaws.com");
}

#[tokio::test]
async fn a_table_of_an_earlier_version_gets_what_it_lacks() {
    let house = House::new().await;
    house.engines.ensure_table(&Table::new(TABLE)).await.unwrap();
    let client = house.dynamodb("admin");
    let put = client.put_item().table_name(TABLE).set_item(Some(key("appointment")));
    put.item("by_patient", text("patient")).item("by_patient_sort", text("2026")).send().await.unwrap();

    assert!(!house.engines.ensure_table(&table()).await.unwrap());
    let description = client.describe_table().table_name(TABLE).send().await.unwrap();
    let description = description.table().unwrap();
    assert_eq!(description.global_secondary_indexes()[0].index_name(), Some("by-patient"));
    assert!(description.stream_specification().unwrap().stream_enabled());
    let found = client
        .query()
        .table_name(TABLE)
        .index_name("by-patient")
        .key_condition_expression("by_patient = :patient")
        .expression_attribute_values(":patient", text("patient"))
        .send()
        .await
        .unwrap();
    assert_eq!(found.count(), 1, "the index holds what was there before it");
}
