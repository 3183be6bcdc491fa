//! What connects the services: streams to relays, queues to jobs, the clock to schedules.

use std::sync::Arc;
use std::time::Duration;

use engines::StreamReader;
use jiff::{SignedDuration, Timestamp};
use runtime::Trigger;
use serde::Deserialize;
use tokio::sync::watch;
use tokio::task::JoinSet;

use crate::Platform;
use crate::platform::{queue_name, table_name};

/// How many stream records or messages one delivery carries.
const BATCH: usize = 10;

/// After a delivery that failed whole, the next one waits this long.
const BREATH: Duration = Duration::from_millis(500);

/// How often expired items are deleted.
const SWEEP: Duration = Duration::from_mins(1);

/// Which items of a batch must come again.
#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Partial {
    #[serde(default)]
    batch_item_failures: Vec<Failed>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Failed {
    item_identifier: String,
}

/// How one delivery went.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Delivery {
    /// There was nothing to deliver.
    Nothing,
    /// All of it is done with.
    Done,
    /// Some of it comes again.
    Again,
}

/// Run everything in the background until told to stop; what is under way is finished.
pub fn run(platform: &Arc<Platform>, stop: &watch::Receiver<bool>) -> JoinSet<()> {
    let mut tasks = JoinSet::new();
    let (sweeper, mut stopped) = (platform.clone(), stop.clone());
    tasks.spawn(async move {
        while !*stopped.borrow() {
            sweep(&sweeper, Timestamp::now()).await;
            tokio::select! {
                () = tokio::time::sleep(SWEEP) => {}
                _ = stopped.changed() => {}
            }
        }
    });
    for (context, function) in platform.functions() {
        let (platform, mut stop) = (platform.clone(), stop.clone());
        match function.trigger {
            Trigger::Http(_) | Trigger::Command => {}
            Trigger::Stream => {
                tasks.spawn(async move {
                    let mut reader = platform.engines().stream(&table_name(context), function.name);
                    while !*stop.borrow() {
                        let pause = match stream(&platform, function.name, &mut reader).await {
                            Delivery::Done => continue,
                            Delivery::Again => Some(BREATH),
                            Delivery::Nothing => None,
                        };
                        tokio::select! {
                            () = reader.changed(), if pause.is_none() => {}
                            () = tokio::time::sleep(pause.unwrap_or_default()), if pause.is_some() => {}
                            _ = stop.changed() => {}
                        }
                    }
                });
            }
            Trigger::Event(_) => {
                tasks.spawn(async move {
                    let mut changes = platform.engines().queues().changes();
                    while !*stop.borrow() {
                        changes.mark_unchanged();
                        if queue(&platform, function.name).await != Delivery::Nothing {
                            continue;
                        }
                        let hidden = until_due(&platform, function.name).await;
                        tokio::select! {
                            _ = changes.changed() => {}
                            () = tokio::time::sleep(hidden.unwrap_or_default()), if hidden.is_some() => {}
                            _ = stop.changed() => {}
                        }
                    }
                });
            }
            Trigger::Schedule(expression) => {
                tasks.spawn(async move {
                    while !*stop.borrow() {
                        // A failure is in the log, and the next round is the next try.
                        let _ = platform.invoke(function.name, "{}").await;
                        tokio::select! {
                            () = tokio::time::sleep(every(expression)) => {}
                            _ = stop.changed() => {}
                        }
                    }
                });
            }
        }
    }
    tasks
}

/// Delete what has expired, as DynamoDB does: some time afterwards, and nothing depends on when.
///
/// The platform's clock may be ahead of the machine's and be set right again, and must not have taken
/// anything with it: so what goes has expired by both.
pub async fn sweep(platform: &Platform, machine: Timestamp) {
    let certain = platform.engines().now().min(machine);
    // What could not be deleted now is as good as deleted, and will be next time.
    let _ = platform.engines().sweep_ttl(certain).await;
}

/// Deliver until nothing is left that can be delivered now. For tests and for the seed: when it
/// returns, everything that was announced has been heard, or waits for another try.
pub async fn settle(platform: &Platform) {
    loop {
        let mut moved = false;
        for (context, function) in platform.functions() {
            match function.trigger {
                Trigger::Stream => {
                    let mut reader = platform.engines().stream(&table_name(context), function.name);
                    moved |= stream(platform, function.name, &mut reader).await == Delivery::Done;
                }
                Trigger::Event(_) => moved |= queue(platform, function.name).await != Delivery::Nothing,
                Trigger::Http(_) | Trigger::Schedule(_) | Trigger::Command => {}
            }
        }
        if !moved {
            return;
        }
    }
}

async fn stream(platform: &Platform, function: &str, reader: &mut StreamReader) -> Delivery {
    let batch = match reader.next(BATCH).await {
        Ok(Some(batch)) => batch,
        Ok(None) => return Delivery::Nothing,
        Err(_) => return Delivery::Again,
    };
    let Ok(answer) = platform.invoke(function, &batch.event.to_string()).await else {
        return Delivery::Again;
    };
    let partial: Partial = serde_json::from_str(&answer).unwrap_or_default();
    // A stream goes on from the first record that failed: what lies before it is done.
    let (through, delivery) = match partial.batch_item_failures.first() {
        None => (batch.last(), Delivery::Done),
        Some(failed) => (batch.before(&failed.item_identifier), Delivery::Again),
    };
    match through {
        Some(sequence) if reader.commit(sequence).await.is_err() => Delivery::Again,
        _ => delivery,
    }
}

async fn queue(platform: &Platform, function: &str) -> Delivery {
    let queues = platform.engines().queues();
    let name = queue_name(function);
    let messages = match queues.receive(&name, BATCH, None).await {
        Ok(messages) if messages.is_empty() => return Delivery::Nothing,
        Ok(messages) => messages,
        Err(_) => return Delivery::Nothing,
    };
    let event = queues.event(&messages).to_string();
    let failed: Vec<String> = match platform.invoke(function, &event).await {
        Ok(answer) => {
            let partial: Partial = serde_json::from_str(&answer).unwrap_or_default();
            partial.batch_item_failures.into_iter().map(|failed| failed.item_identifier).collect()
        }
        Err(_) => messages.iter().map(|message| message.id.clone()).collect(),
    };
    let (again, done): (Vec<_>, Vec<_>) =
        messages.into_iter().partition(|message| failed.contains(&message.id));
    let delivery = if again.is_empty() { Delivery::Done } else { Delivery::Again };
    // Where this fails the messages show again by themselves, and their receipts make that harmless.
    let _ = queues.delete(&name, done.into_iter().map(|message| message.receipt).collect()).await;
    for message in again {
        // On AWS a message stays hidden for the queue's visibility; a person who watches would take
        // minutes for never, so here it comes back after seconds, later each time.
        let delay = SignedDuration::from_secs(1 << message.receives.min(6));
        let _ = queues.release(&name, vec![message.receipt], delay).await;
    }
    delivery
}

async fn until_due(platform: &Platform, function: &str) -> Option<Duration> {
    let due = platform.engines().queues().next_due(&queue_name(function)).await.ok()??;
    let wait = due.duration_since(platform.engines().now());
    Some(Duration::try_from(wait).unwrap_or_default().max(Duration::from_millis(10)))
}

/// `rate(1 hour)`, as EventBridge Scheduler writes it.
fn every(expression: &str) -> Duration {
    let inner = expression.strip_prefix("rate(").and_then(|rest| rest.strip_suffix(')')).unwrap_or_default();
    let (number, unit) = inner.split_once(' ').unwrap_or(("1", "day"));
    let minutes = match unit.trim_end_matches('s') {
        "minute" => 1,
        "hour" => 60,
        _ => 24 * 60,
    };
    Duration::from_secs(number.parse::<u64>().unwrap_or(1) * minutes * 60)
}

#[cfg(test)]
mod tests {
    use super::every;

    #[test]
    fn rates_are_read_as_the_scheduler_writes_them() {
        let minutes = |text| every(text).as_secs() / 60;
        assert_eq!(
            [minutes("rate(5 minutes)"), minutes("rate(1 hour)"), minutes("rate(2 days)")],
            [5, 60, 2880]
        );
    }
}
