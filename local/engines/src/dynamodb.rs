//! DynamoDB: the embedded engine, called as its own server calls it.
//!
//! The engine's server does little besides: it reads the request into the engine's types, which validate,
//! and words the errors. Both are done here, without a connection in between; a test compares the answers.

use std::{
    collections::HashMap,
    path::PathBuf,
    sync::{Arc, Mutex, PoisonError},
};

use dynoxide::{Database, DynoxideError, storage::Storage, storage_backend};
use jiff::{SignedDuration, Timestamp};
use rusqlite::{Connection, params};
use serde::de::DeserializeOwned;
use serde_json::Value;
use tokio::sync::watch;

use crate::{
    Fault, OpenError,
    access::Access,
    data::{DataDirectory, sqlite, unwritable},
    dispatch::Call,
    lane::Lane,
    reply::{self, Reply},
};

/// The engine has one lock; a second thread reads a request while the first is inside.
const THREADS: usize = 2;

/// DynamoDB forgets stream records after a day.
const RETENTION: SignedDuration = SignedDuration::from_hours(24);

/// The engine, its threads, and who waits for writes.
#[derive(Clone)]
pub(crate) struct DynamoDb {
    lane: Arc<Lane<Database>>,
    writes: Arc<Mutex<HashMap<String, watch::Sender<()>>>>,
    file: Arc<PathBuf>,
}

impl DynamoDb {
    pub(crate) fn open(data: &DataDirectory) -> Result<Self, OpenError> {
        let file = data.dynamodb();
        let database = Database::new(&file.to_string_lossy()).map_err(|error| refused(&file, &error))?;
        // The only public way to `synchronous=NORMAL`. In the engine's journal mode that still survives a
        // killed process, and does not wait for the disk at every write.
        database
            .enable_bulk_loading()
            .and_then(|()| database.disable_bulk_loading())
            .map_err(|error| refused(&file, &error))?;
        index_streams(&file)?;
        let lane =
            Lane::start("dynamodb", vec![database; THREADS]).map_err(|error| unwritable(&file, &error))?;
        Ok(Self { lane: Arc::new(lane), writes: Arc::default(), file: Arc::new(file) })
    }

    /// Answers a request that the policies allow.
    pub(crate) async fn answer(&self, call: &Call<'_>, accesses: &[Access]) -> Result<Reply, Fault> {
        let (operation, body) = (call.operation.to_owned(), call.body.clone());
        match self.lane.run(move |database| perform(database, &operation, &body)).await? {
            Ok(result) => {
                for table in accesses.iter().filter_map(|access| access.writes.as_deref()) {
                    self.announce(table);
                }
                Ok(reply::dynamodb(200, &result))
            }
            Err(error) => Ok(reply::dynamodb(error.status_code(), &error.to_json())),
        }
    }

    /// Performs an operation for this process itself.
    pub(crate) async fn ask(&self, operation: &'static str, request: Value) -> Result<Value, DynamoDbError> {
        let answer = self
            .lane
            .run(move |database| perform(database, operation, request.to_string().as_bytes()))
            .await?
            .map_err(DynamoDbError::Engine)?;
        serde_json::from_str(&answer).map_err(|error| DynamoDbError::Fault(Fault::Refused(error.to_string())))
    }

    /// Wakes those who read the stream of a table.
    pub(crate) fn announce(&self, table: &str) {
        if let Some(readers) = self.writes.lock().unwrap_or_else(PoisonError::into_inner).get(table) {
            readers.send_replace(());
        }
    }

    /// Tells of the writes to a table.
    pub(crate) fn writes(&self, table: &str) -> watch::Receiver<()> {
        let mut writes = self.writes.lock().unwrap_or_else(PoisonError::into_inner);
        writes.entry(table.into()).or_insert_with(|| watch::Sender::new(())).subscribe()
    }

    /// Deletes expired items, and old stream records that everyone has read.
    pub(crate) async fn sweep(&self, read: HashMap<String, String>, now: Timestamp) -> Result<usize, Fault> {
        let file = self.file.clone();
        let swept = self
            .lane
            .run(move |_| {
                forget_streams(&file, &read, now)?;
                sweep_ttl(&file, now)
            })
            .await??;
        if swept > 0 {
            for readers in self.writes.lock().unwrap_or_else(PoisonError::into_inner).values() {
                readers.send_replace(());
            }
        }
        Ok(swept)
    }

    pub(crate) async fn close(&self) {
        self.lane.close().await;
        // Who waits for writes would wait for ever.
        self.writes.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }
}

/// Why something that this process asked for itself was not done.
#[derive(Debug)]
pub(crate) enum DynamoDbError {
    Engine(DynoxideError),
    Fault(Fault),
}

impl From<Fault> for DynamoDbError {
    fn from(fault: Fault) -> Self {
        Self::Fault(fault)
    }
}

impl From<DynamoDbError> for Fault {
    fn from(error: DynamoDbError) -> Self {
        match error {
            DynamoDbError::Engine(error) => Self::Refused(error.to_string()),
            DynamoDbError::Fault(fault) => fault,
        }
    }
}

/// Reads the request, performs the operation and writes its result.
fn perform(database: &Database, operation: &str, body: &[u8]) -> Result<String, DynoxideError> {
    macro_rules! operations {
        ($($name:literal => $method:ident,)*) => {
            match operation {
                $($name => read(body).and_then(|request| database.$method(request)).and_then(|result| write(&result)),)*
                _ => Err(DynoxideError::ValidationException(format!("there is no operation {operation} here"))),
            }
        };
    }
    let result = operations! {
        "BatchExecuteStatement" => batch_execute_statement,
        "BatchGetItem" => batch_get_item,
        "BatchWriteItem" => batch_write_item,
        "CreateTable" => create_table,
        "DeleteItem" => delete_item,
        "DeleteTable" => delete_table,
        "DescribeStream" => describe_stream,
        "DescribeTable" => describe_table,
        "DescribeTimeToLive" => describe_time_to_live,
        "ExecuteStatement" => execute_statement,
        "ExecuteTransaction" => execute_transaction,
        "GetItem" => get_item,
        "GetRecords" => get_records,
        "GetShardIterator" => get_shard_iterator,
        "ListStreams" => list_streams,
        "ListTables" => list_tables,
        "ListTagsOfResource" => list_tags_of_resource,
        "PutItem" => put_item,
        "Query" => query,
        "Scan" => scan,
        "TagResource" => tag_resource,
        "TransactGetItems" => transact_get_items,
        "TransactWriteItems" => transact_write_items,
        "UntagResource" => untag_resource,
        "UpdateItem" => update_item,
        "UpdateTable" => update_table,
        "UpdateTimeToLive" => update_time_to_live,
    };
    result.map_err(|error| match (operation, error) {
        // The engine leaves it to its server to say how many mistakes it found.
        ("PutItem" | "UpdateItem" | "DeleteItem", DynoxideError::EnvelopedValidation(message)) => {
            DynoxideError::ValidationException(format!("1 validation error detected: {message}"))
        }
        (_, DynoxideError::EnvelopedValidation(message)) => DynoxideError::ValidationException(message),
        (_, error) => error,
    })
}

/// Reads a request. The engine's types mark in their messages which error of DynamoDB they mean.
fn read<T: DeserializeOwned>(body: &[u8]) -> Result<T, DynoxideError> {
    serde_json::from_slice(body).map_err(|error| {
        let message = error.to_string();
        let plain = |marked: &str| marked.rfind(" at line ").map_or(marked, |end| &marked[..end]).to_owned();
        if let Some(message) = message.strip_prefix("SERIALIZATION_AS_READ:") {
            DynoxideError::SerializationException(message.into())
        } else if let Some(message) = message.strip_prefix("VALIDATION_AS_READ:") {
            DynoxideError::ValidationException(message.into())
        } else if let Some(message) = message.strip_prefix("SERIALIZATION:") {
            DynoxideError::SerializationException(plain(message))
        } else if let Some(message) = message.strip_prefix("VALIDATION_REQUEST:") {
            DynoxideError::EnvelopedValidation(plain(message))
        } else if let Some(message) = message.strip_prefix("VALIDATION:") {
            DynoxideError::ValidationException(plain(message))
        } else if ["missing field", "unknown variant", "invalid type: null"]
            .iter()
            .any(|part| message.contains(part))
        {
            DynoxideError::ValidationException(message)
        } else if message.contains("empty AttributeValue") {
            DynoxideError::ValidationException(
                "Supplied AttributeValue is empty, must contain exactly one of the supported datatypes"
                    .into(),
            )
        } else if message.contains("Supplied AttributeValue") {
            DynoxideError::ValidationException(plain(&message))
        } else {
            DynoxideError::SerializationException(message)
        }
    })
}

fn write(result: &impl serde::Serialize) -> Result<String, DynoxideError> {
    serde_json::to_string(result).map_err(|error| DynoxideError::InternalServerError(error.to_string()))
}

/// The engine numbers a stream record by the greatest number before it, and looks for that among all
/// records of all tables. Without an index every write costs more than the one before: after 13,000
/// records it took fifteen times as long.
fn index_streams(file: &std::path::Path) -> Result<(), OpenError> {
    Connection::open(file)
        .and_then(|database| {
            database.execute_batch(
                "CREATE INDEX IF NOT EXISTS careplane_stream_order
                 ON _stream_records (table_name, CAST(sequence_number AS INTEGER))",
            )
        })
        .map_err(|error| sqlite(file, &error))
}

/// Forgets records that are old and that every reader of their table has read. DynamoDB does not wait
/// for readers; here a laptop may have been closed over the weekend.
fn forget_streams(
    file: &std::path::Path,
    read: &HashMap<String, String>,
    now: Timestamp,
) -> Result<(), Fault> {
    let database = Connection::open(file)?;
    for (table, sequence) in read {
        // Public numbers are the engine's own with a one in front and zeros between.
        let Ok(sequence) = sequence.get(1..).unwrap_or_default().parse::<i64>() else { continue };
        database.execute(
            "DELETE FROM _stream_records
             WHERE table_name = ?1 AND CAST(sequence_number AS INTEGER) <= ?2 AND created_at < ?3",
            params![table, sequence, (now - RETENTION).as_second()],
        )?;
    }
    Ok(())
}

/// The engine's own sweep, on a connection of its own because only there can the clock be chosen.
fn sweep_ttl(file: &std::path::Path, now: Timestamp) -> Result<usize, Fault> {
    struct Ours(Timestamp);
    impl storage_backend::Clock for Ours {
        fn now_unix_secs(&self) -> u64 {
            self.0.as_second().try_into().unwrap_or_default()
        }
        fn now_unix_secs_f64(&self) -> f64 {
            self.0.duration_since(Timestamp::UNIX_EPOCH).as_secs_f64()
        }
    }
    let refused = |error: DynoxideError| Fault::Refused(error.to_string());
    let storage = Storage::new(&file.to_string_lossy()).map_err(refused)?.with_clock(Arc::new(Ours(now)));
    let mut sweep = std::pin::pin!(dynoxide::ttl::sweep_expired_items(&storage));
    // The native engine never waits, so that the first poll has the answer.
    match sweep.as_mut().poll(&mut std::task::Context::from_waker(std::task::Waker::noop())) {
        std::task::Poll::Ready(swept) => swept.map_err(refused),
        std::task::Poll::Pending => Err(Fault::Refused("the sweep did not finish".into())),
    }
}

/// What the engine's refusal to open a file means for the person who starts the platform.
fn refused(file: &std::path::Path, error: &DynoxideError) -> OpenError {
    match error {
        DynoxideError::SqliteError(error) => sqlite(file, error),
        DynoxideError::InternalServerError(reason) if reason.contains("newer version") => {
            OpenError::Newer { path: file.into(), reason: reason.clone() }
        }
        error => OpenError::Damaged { path: file.into(), reason: error.to_string() },
    }
}
