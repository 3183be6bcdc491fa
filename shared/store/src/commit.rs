use std::time::Duration;

use aws_sdk_dynamodb::Error;
use aws_sdk_dynamodb::types::AttributeValue::{N, S};
use aws_sdk_dynamodb::types::builders::UpdateBuilder;
use aws_sdk_dynamodb::types::error::TransactionCanceledException;
use aws_sdk_dynamodb::types::{
    CancellationReason, ConditionCheck, Delete, Put, ReturnConsumedCapacity,
    ReturnValuesOnConditionCheckFailure, TransactWriteItem, Update,
};
use kernel::Problem;

use crate::change::{COUNT, What, Write};
use crate::{Change, Entity, Item, Receipt, Shared, Store, StoreError};

/// The most items that DynamoDB takes in one transaction.
pub const MAX_WRITES: usize = 100;

/// How often a transaction is tried while others write the same items.
const ATTEMPTS: u32 = 8;

/// A [`Change`] with everything that must happen along with it.
pub struct Commit<'a, Audit> {
    /// What the handler wants.
    pub change: Change,
    /// Who did it, where that must be known.
    pub audit: Option<&'a Audit>,
    /// What is answered, where the client may ask again.
    pub receipt: Option<&'a Receipt>,
    /// Any number that differs between concurrent invocations, to spread their retries.
    pub spread: u64,
}

/// Why a [`Commit`] did not happen. In every case nothing was written.
#[derive(Debug)]
pub enum CommitError {
    /// The idempotency key was used before; here is what was answered then.
    Replayed(Receipt),
    /// Conditions failed, for the reasons their author gave.
    Refused(Problem),
    /// Anything else.
    Store(StoreError),
}

impl Store {
    /// Write everything in one transaction. Called by the runtime only.
    pub async fn commit<A: Entity<Scope = Shared>>(&self, commit: Commit<'_, A>) -> Result<(), CommitError> {
        let Commit { mut change, audit, receipt, spread } = commit;
        if let Some(record) = audit {
            change = change.audit(Shared, record);
        }
        if let Some(receipt) = receipt {
            change = change.create(Shared, receipt);
        }
        let Change { writes, contended, failure } = change;
        if let Some(error) = failure {
            return Err(CommitError::Store(error));
        }
        match writes.as_slice() {
            [] => return Ok(()),
            [Write { what: What::Audit(item), .. }] => return self.note(item.clone()).await,
            more if more.len() > MAX_WRITES => {
                return Err(CommitError::Store(StoreError::TooManyWrites(more.len())));
            }
            _ => {}
        }
        let items: Vec<_> = writes.iter().map(|write| self.compile(write)).collect();

        for attempt in 0.. {
            let outcome = self
                .table
                .client
                .transact_write_items()
                .set_transact_items(Some(items.clone()))
                .return_consumed_capacity(ReturnConsumedCapacity::Total)
                .send()
                .await;
            match outcome.map_err(Error::from) {
                Ok(reply) => {
                    let used = reply.consumed_capacity().iter().filter_map(|used| used.capacity_units());
                    self.meter.wrote(used.sum());
                    return Ok(());
                }
                Err(Error::TransactionCanceledException(canceled)) if in_flight(&canceled) => {
                    self.meter.wrote(0.0);
                    if attempt + 1 == ATTEMPTS {
                        return Err(
                            contended.map_or(CommitError::Store(StoreError::Contended), CommitError::Refused)
                        );
                    }
                    tokio::time::sleep(pause(attempt, spread)).await;
                }
                Err(Error::TransactionCanceledException(canceled)) => {
                    self.meter.wrote(0.0);
                    return Err(explain(&canceled, writes));
                }
                Err(error) => return Err(CommitError::Store(error.into())),
            }
        }
        unreachable!("the last attempt returns")
    }

    /// An audit record alone: half the price of a transaction.
    async fn note(&self, item: Item) -> Result<(), CommitError> {
        let outcome = self
            .table
            .client
            .put_item()
            .table_name(&self.table.audit)
            .set_item(Some(item))
            .condition_expression("attribute_not_exists(pk)")
            .return_consumed_capacity(ReturnConsumedCapacity::Total)
            .send()
            .await;
        match outcome.map_err(Error::from) {
            Ok(reply) => {
                self.meter
                    .wrote(reply.consumed_capacity().and_then(|used| used.capacity_units()).unwrap_or(0.0));
                Ok(())
            }
            // The SDK tried again after an answer got lost: the record is there.
            Err(Error::ConditionalCheckFailedException(_)) => Ok(()),
            Err(error) => Err(CommitError::Store(error.into())),
        }
    }

    fn compile(&self, write: &Write) -> TransactWriteItem {
        let on_failure = ReturnValuesOnConditionCheckFailure::AllOld;
        let item = TransactWriteItem::builder();
        let now = || (":now".to_owned(), N(self.now.as_second().to_string()));
        let put = |body: &Item, table: &str, condition: &str, values: Item| {
            Put::builder()
                .table_name(table)
                .set_item(Some(body.clone()))
                .condition_expression(condition)
                .set_expression_attribute_values((!values.is_empty()).then_some(values))
                .return_values_on_condition_check_failure(on_failure.clone())
                .build()
                .expect("table and item are given")
        };
        let expected = |version: u64| Item::from([(":expected".to_owned(), N(version.to_string()))]);
        match &write.what {
            What::Create(body) => {
                let absent = "attribute_not_exists(pk) OR expires_at <= :now";
                item.put(put(body, &self.table.name, absent, [now()].into()))
            }
            What::Audit(body) => {
                item.put(put(body, &self.table.audit, "attribute_not_exists(pk)", Item::new()))
            }
            What::Replace(body, version) => {
                item.put(put(body, &self.table.name, "version = :expected", expected(*version)))
            }
            What::Delete(version) => item.delete(
                Delete::builder()
                    .table_name(&self.table.name)
                    .set_key(Some(write.place.clone()))
                    .condition_expression("version = :expected")
                    .set_expression_attribute_values(Some(expected(*version)))
                    .return_values_on_condition_check_failure(on_failure)
                    .build()
                    .expect("table and key are given"),
            ),
            What::Occupy { base, places, holder } => item.update(self.occupancy(
                write,
                &{
                    let all = base.keys().enumerate().map(|(n, _)| format!("#b{n} = :b{n}"));
                    let all = all.chain(places.iter().map(|place| format!("{place} = :holder")));
                    format!("SET {} ADD version :one", all.collect::<Vec<_>>().join(", "))
                },
                &join(places, |place| format!("attribute_not_exists({place})")),
                base,
                holder,
            )),
            What::Absent => item.condition_check(
                ConditionCheck::builder()
                    .table_name(&self.table.name)
                    .set_key(Some(write.place.clone()))
                    .condition_expression("attribute_not_exists(pk) OR expires_at <= :now")
                    .set_expression_attribute_values(Some([now()].into()))
                    .return_values_on_condition_check_failure(on_failure)
                    .build()
                    .expect("table, key and condition are given"),
            ),
            What::Count { base, most } => {
                let all = base.keys().enumerate().map(|(n, _)| format!("#b{n} = :b{n}"));
                let change =
                    format!("SET {} ADD #count :one, version :one", all.collect::<Vec<_>>().join(", "));
                let update =
                    self.update(write, &change, "attribute_not_exists(#count) OR #count < :most", base);
                let most = N(most.to_string());
                let update = update.expression_attribute_values(":most", most);
                item.update(update.expression_attribute_names("#count", COUNT).build().expect("all is given"))
            }
            What::Vacate { places, holder } => item.update(self.occupancy(
                write,
                &format!("REMOVE {} ADD version :one", places.join(", ")),
                &join(places, |place| format!("{place} = :holder")),
                &Item::new(),
                holder,
            )),
        }
        .build()
    }

    fn occupancy(&self, write: &Write, change: &str, condition: &str, base: &Item, holder: &str) -> Update {
        let update = self.update(write, change, condition, base);
        let update = update.expression_attribute_values(":holder", S(holder.into()));
        update.build().expect("table, key and expression are given")
    }

    fn update(&self, write: &Write, change: &str, condition: &str, base: &Item) -> UpdateBuilder {
        let mut update = Update::builder()
            .table_name(&self.table.name)
            .set_key(Some(write.place.clone()))
            .update_expression(change)
            .condition_expression(condition)
            .expression_attribute_values(":one", N("1".into()))
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld);
        for (n, (name, value)) in base.iter().enumerate() {
            update = update
                .expression_attribute_names(format!("#b{n}"), name)
                .expression_attribute_values(format!(":b{n}"), value.clone());
        }
        update
    }
}

fn join(places: &[String], clause: impl Fn(&String) -> String) -> String {
    places.iter().map(clause).collect::<Vec<_>>().join(" AND ")
}

/// Is the refusal about the moment, not about a condition?
///
/// DynamoDB reports a condition that failed even where another item was contended; the condition is
/// the better answer then.
fn in_flight(canceled: &TransactionCanceledException) -> bool {
    let has = |codes: &[&str]| {
        canceled
            .cancellation_reasons()
            .iter()
            .any(|reason| reason.code().is_some_and(|code| codes.contains(&code)))
    };
    !has(&["ConditionalCheckFailed"])
        && has(&["TransactionConflict", "ThrottlingError", "ProvisionedThroughputExceeded"])
}

/// Exponential, and different for everybody: up to 10, 20, 40 … 640 ms.
fn pause(attempt: u32, spread: u64) -> Duration {
    let ceiling = 10_000u64 << attempt.min(6);
    // The multiplier is that of Knuth's 64-bit linear congruential generator (MMIX): it mixes the bits.
    let mixed = (spread ^ u64::from(attempt)).wrapping_mul(6_364_136_223_846_793_005) >> 33;
    Duration::from_micros(ceiling / 2 + mixed % (ceiling / 2))
}

fn explain(canceled: &TransactionCanceledException, writes: Vec<Write>) -> CommitError {
    let failed = |reason: &CancellationReason| reason.code() == Some("ConditionalCheckFailed");
    let reasons = canceled.cancellation_reasons();
    for reason in reasons.iter().filter(|reason| failed(reason)) {
        if let Some(old) = &reason.item
            && old.get("kind") == Some(&S(Receipt::KIND.into()))
            && let Ok(receipt) = serde_dynamo::from_item(old.clone())
        {
            return CommitError::Replayed(receipt);
        }
    }
    let broken: Vec<_> = reasons
        .iter()
        .zip(writes)
        .filter(|(reason, _)| failed(reason))
        .map(|(_, write)| write.otherwise)
        .collect();
    // A broken condition that nobody has words for means that what was read is no longer so.
    if broken.iter().any(Option::is_none) {
        return CommitError::Store(StoreError::Stale);
    }
    Problem::all(broken.into_iter().flatten())
        .map_or(CommitError::Store(StoreError::Stale), CommitError::Refused)
}

#[cfg(test)]
mod tests {
    use super::pause;

    #[test]
    fn pauses_grow_and_differ() {
        for attempt in 0..8 {
            let ceiling = 10_000 << attempt.min(6);
            let pauses: Vec<_> = (0..50).map(|spread| pause(attempt, spread).as_micros()).collect();
            assert!(pauses.iter().all(|&pause| (ceiling / 2..ceiling).contains(&pause)), "{pauses:?}");
            let different: std::collections::HashSet<_> = pauses.iter().collect();
            assert!(different.len() > 25, "{pauses:?}");
        }
    }
}
