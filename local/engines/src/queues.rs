//! SQS: queues that forget nothing, with visibility, redelivery and dead letters.

mod wire;

use std::{collections::BTreeMap, sync::Arc};

use jiff::{SignedDuration, Timestamp};
use rusqlite::{Row, Transaction, params};
use serde_json::{Value, json};
use tokio::sync::watch;

use crate::{ACCOUNT, Fault, Settings, random, services::Services};

/// A queue as a template declares it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Queue {
    /// Its name.
    pub name: String,
    /// How long a received message is hidden when the receiver does not say.
    pub visibility: SignedDuration,
    /// Where a message goes that was received `max_receives` times and not deleted.
    pub dead_letters: Option<String>,
    /// How often a message may be received when there is a place for dead letters.
    pub max_receives: u32,
}

impl Queue {
    /// A queue without a place for dead letters, and the visibility timeout of SQS.
    pub fn new(name: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            visibility: SignedDuration::from_secs(30),
            dead_letters: None,
            max_receives: 0,
        }
    }

    /// Hides received messages for this long.
    pub fn visibility(mut self, visibility: SignedDuration) -> Self {
        self.visibility = visibility;
        self
    }

    /// Moves messages elsewhere that were received so many times in vain.
    pub fn dead_letters(mut self, queue: impl Into<String>, max_receives: u32) -> Self {
        self.dead_letters = Some(queue.into());
        self.max_receives = max_receives;
        self
    }
}

/// A received message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Message {
    /// Its id, the same at every receipt.
    pub id: String,
    /// What to delete or release it with, good for this receipt.
    pub receipt: String,
    /// What was sent.
    pub body: String,
    /// What was sent with it.
    pub attributes: BTreeMap<String, String>,
    /// How often it was received, this time included.
    pub receives: u32,
    /// When it was sent.
    pub sent: Timestamp,
    /// When it was received first.
    pub first_received: Timestamp,
    /// Who sent it.
    pub sender: String,
    /// The queue that it was in.
    pub queue: String,
}

/// How many messages a queue holds.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Depth {
    /// To be received now.
    pub visible: u64,
    /// Received, and hidden until they are deleted or time runs out.
    pub in_flight: u64,
    /// Sent, to be received later.
    pub delayed: u64,
}

/// A message on its way into a queue.
pub(crate) struct NewMessage {
    id: String,
    queue: String,
    body: String,
    attributes: String,
    sender: String,
    delay: SignedDuration,
}

impl NewMessage {
    pub(crate) fn new(queue: &str, body: &str, attributes: &BTreeMap<String, String>, sender: &str) -> Self {
        Self {
            id: random::uuid(),
            queue: queue.into(),
            body: body.into(),
            attributes: json!(attributes).to_string(),
            sender: sender.into(),
            delay: SignedDuration::ZERO,
        }
    }
}

/// All queues.
#[derive(Clone)]
pub struct Queues {
    services: Services,
    settings: Arc<Settings>,
    changes: Arc<watch::Sender<u64>>,
}

impl Queues {
    pub(crate) fn new(services: Services, settings: &Arc<Settings>) -> Self {
        Self { services, settings: settings.clone(), changes: Arc::new(watch::Sender::new(0)) }
    }

    /// The names of all queues.
    pub fn names(&self) -> Vec<String> {
        self.settings.topology.queues.iter().map(|queue| queue.name.clone()).collect()
    }

    /// Changes whenever there may be more to receive than before: a message came or was released, or the
    /// clock was moved.
    pub fn changes(&self) -> watch::Receiver<u64> {
        self.changes.subscribe()
    }

    pub(crate) fn announce(&self) {
        self.changes.send_modify(|changes| *changes = changes.wrapping_add(1));
    }

    /// Sends a message and tells its id.
    pub async fn send(
        &self,
        queue: &str,
        body: &str,
        attributes: &BTreeMap<String, String>,
        delay: SignedDuration,
    ) -> Result<String, Fault> {
        self.find(queue)?;
        let message = NewMessage { delay, ..NewMessage::new(queue, body, attributes, crate::policy::ADMIN) };
        let id = message.id.clone();
        self.put(vec![message]).await?;
        Ok(id)
    }

    /// Puts messages into their queues, all or none.
    pub(crate) async fn put(&self, messages: Vec<NewMessage>) -> Result<(), Fault> {
        if messages.is_empty() {
            return Ok(());
        }
        let now = self.settings.now();
        self.services
            .transact(move |transaction| {
                let mut insert = transaction.prepare_cached(
                    "INSERT INTO messages (queue, id, body, attributes, sender, sent, visible)
                     VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
                )?;
                for message in &messages {
                    let NewMessage { id, queue, body, attributes, sender, delay } = message;
                    let (sent, visible) = (now.as_millisecond(), (now + *delay).as_millisecond());
                    insert.execute(params![queue, id, body, attributes, sender, sent, visible])?;
                }
                Ok(())
            })
            .await?;
        self.announce();
        Ok(())
    }

    /// Receives messages, oldest first, and hides them from others for a while: for as long as the queue
    /// says unless told otherwise. Messages that were received too often go to the dead letters instead.
    pub async fn receive(
        &self,
        queue: &str,
        max: usize,
        visibility: Option<SignedDuration>,
    ) -> Result<Vec<Message>, Fault> {
        let queue = self.find(queue)?.clone();
        let now = self.settings.now();
        let until = now + visibility.unwrap_or(queue.visibility);
        let (messages, died) = self
            .services
            .transact(move |transaction| {
                let died = bury(transaction, &queue, now)?;
                Ok((take(transaction, &queue, max, now, until)?, died))
            })
            .await?;
        if died {
            self.announce();
        }
        Ok(messages)
    }

    /// Deletes received messages. A receipt that a later one has replaced deletes nothing.
    pub async fn delete(&self, queue: &str, receipts: Vec<String>) -> Result<(), Fault> {
        let queue = self.find(queue)?.name.clone();
        self.services
            .transact(move |transaction| {
                let mut delete =
                    transaction.prepare_cached("DELETE FROM messages WHERE queue = ?1 AND receipt = ?2")?;
                receipts.iter().try_for_each(|receipt| delete.execute(params![queue, receipt]).map(drop))
            })
            .await
    }

    /// Lets received messages be received again after a while.
    pub async fn release(
        &self,
        queue: &str,
        receipts: Vec<String>,
        delay: SignedDuration,
    ) -> Result<(), Fault> {
        self.hide(queue, receipts, delay).await.map(drop)
    }

    /// Sets how long received messages stay hidden from now on. How many there were.
    pub(crate) async fn hide(
        &self,
        queue: &str,
        receipts: Vec<String>,
        delay: SignedDuration,
    ) -> Result<usize, Fault> {
        let queue = self.find(queue)?.name.clone();
        let now = self.settings.now();
        let changed = self
            .services
            .transact(move |transaction| {
                let mut hide = transaction.prepare_cached(
                    "UPDATE messages SET visible = ?3 WHERE queue = ?1 AND receipt = ?2 AND visible > ?4",
                )?;
                let until = (now + delay).as_millisecond();
                receipts
                    .iter()
                    .map(|receipt| hide.execute(params![queue, receipt, until, now.as_millisecond()]))
                    .sum()
            })
            .await?;
        self.announce();
        Ok(changed)
    }

    /// How many messages a queue holds.
    pub async fn depth(&self, queue: &str) -> Result<Depth, Fault> {
        let queue = self.find(queue)?.name.clone();
        let now = self.settings.now().as_millisecond();
        self.services
            .run(move |database| {
                database.query_row(
                    "SELECT COUNT(*) FILTER (WHERE visible <= ?2),
                            COUNT(*) FILTER (WHERE visible > ?2 AND receipt IS NOT NULL),
                            COUNT(*) FILTER (WHERE visible > ?2 AND receipt IS NULL)
                     FROM messages WHERE queue = ?1",
                    params![queue, now],
                    |row| Ok(Depth { visible: row.get(0)?, in_flight: row.get(1)?, delayed: row.get(2)? }),
                )
            })
            .await
    }

    /// When the first of the hidden messages can be received.
    pub async fn next_due(&self, queue: &str) -> Result<Option<Timestamp>, Fault> {
        let queue = self.find(queue)?.name.clone();
        let now = self.settings.now().as_millisecond();
        let due: Option<i64> = self
            .services
            .run(move |database| {
                database.query_row(
                    "SELECT MIN(visible) FROM messages WHERE queue = ?1 AND visible > ?2",
                    params![queue, now],
                    |row| row.get(0),
                )
            })
            .await?;
        Ok(due.and_then(|due| Timestamp::from_millisecond(due).ok()))
    }

    /// The event that Lambda makes of messages.
    pub fn event(&self, messages: &[Message]) -> Value {
        let record = |message: &Message| {
            let attributes: BTreeMap<&String, Value> = message
                .attributes
                .iter()
                .map(|(name, value)| {
                    let value = json!({ "stringValue": value, "stringListValues": [], "binaryListValues": [], "dataType": "String" });
                    (name, value)
                })
                .collect();
            json!({
                "messageId": message.id,
                "receiptHandle": message.receipt,
                "body": message.body,
                "attributes": message.system_attributes(),
                "messageAttributes": attributes,
                "md5OfBody": message.md5(),
                "eventSource": "aws:sqs",
                "eventSourceARN": self.settings.arn("sqs", &message.queue),
                "awsRegion": self.settings.region,
            })
        };
        json!({ "Records": messages.iter().map(record).collect::<Vec<_>>() })
    }

    fn find(&self, name: &str) -> Result<&Queue, Fault> {
        self.settings
            .topology
            .queues
            .iter()
            .find(|queue| queue.name == name)
            .ok_or_else(|| Fault::Refused(format!("there is no queue {name}")))
    }
}

impl Message {
    fn system_attributes(&self) -> Value {
        json!({
            "ApproximateReceiveCount": self.receives.to_string(),
            "SentTimestamp": self.sent.as_millisecond().to_string(),
            "SenderId": format!("{ACCOUNT}:{}", self.sender),
            "ApproximateFirstReceiveTimestamp": self.first_received.as_millisecond().to_string(),
        })
    }

    fn md5(&self) -> String {
        format!("{:x}", md5::compute(&self.body))
    }

    fn read(row: &Row<'_>) -> rusqlite::Result<Self> {
        let instant = |column| {
            Ok::<_, rusqlite::Error>(Timestamp::from_millisecond(row.get(column)?).unwrap_or_default())
        };
        Ok(Self {
            id: row.get(0)?,
            receipt: row.get(1)?,
            body: row.get(2)?,
            attributes: serde_json::from_str(&row.get::<_, String>(3)?).unwrap_or_default(),
            receives: row.get(4)?,
            sent: instant(5)?,
            first_received: instant(6)?,
            sender: row.get(7)?,
            queue: row.get(8)?,
        })
    }
}

/// Moves messages that were received too often. Whether there were any.
fn bury(transaction: &Transaction<'_>, queue: &Queue, now: Timestamp) -> rusqlite::Result<bool> {
    let Some(dead_letters) = &queue.dead_letters else { return Ok(false) };
    let moved = transaction
        .prepare_cached(
            "UPDATE messages SET queue = ?2, died_in = ?1, receives = 0, first_received = NULL, receipt = NULL
             WHERE queue = ?1 AND visible <= ?3 AND receives >= ?4",
        )?
        .execute(params![queue.name, dead_letters, now.as_millisecond(), queue.max_receives])?;
    Ok(moved > 0)
}

fn take(
    transaction: &Transaction<'_>,
    queue: &Queue,
    max: usize,
    now: Timestamp,
    until: Timestamp,
) -> rusqlite::Result<Vec<Message>> {
    let positions: Vec<i64> = transaction
        .prepare_cached(
            "SELECT position FROM messages WHERE queue = ?1 AND visible <= ?2 ORDER BY position LIMIT ?3",
        )?
        .query_map(params![queue.name, now.as_millisecond(), max as u64], |row| row.get(0))?
        .collect::<rusqlite::Result<_>>()?;
    let mut receive = transaction.prepare_cached(
        "UPDATE messages
         SET receives = receives + 1, receipt = ?2, visible = ?3, first_received = COALESCE(first_received, ?4)
         WHERE position = ?1
         RETURNING id, receipt, body, attributes, receives, sent, first_received, sender, queue",
    )?;
    positions
        .into_iter()
        .map(|position| {
            let values = params![position, random::uuid(), until.as_millisecond(), now.as_millisecond()];
            receive.query_row(values, Message::read)
        })
        .collect()
}
