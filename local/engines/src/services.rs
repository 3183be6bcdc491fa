//! The file of the stand-ins: keys, messages, mails, checkpoints, encryption headers.

use std::{collections::HashMap, path::Path, sync::Arc};

use rusqlite::{Connection, OptionalExtension, Transaction, TransactionBehavior, params};

use crate::{
    Fault, OpenError,
    data::{sqlite, unwritable},
    lane::Lane,
};

/// Tells our files from those of other programs.
const APPLICATION: i32 = 0x4341_5245;

/// Step by step from an empty file to the current form. A step is never edited once it was released: a
/// file of any earlier version is brought up to date by the steps that it lacks.
const MIGRATIONS: &[&str] = &["
    CREATE TABLE keys (id TEXT PRIMARY KEY, use TEXT NOT NULL, material BLOB NOT NULL) STRICT;
    CREATE TABLE aliases (alias TEXT PRIMARY KEY, key TEXT NOT NULL REFERENCES keys) STRICT;
    CREATE TABLE messages (
        position INTEGER PRIMARY KEY AUTOINCREMENT,
        queue TEXT NOT NULL,
        id TEXT NOT NULL,
        body TEXT NOT NULL,
        attributes TEXT NOT NULL,
        sender TEXT NOT NULL,
        sent INTEGER NOT NULL,
        visible INTEGER NOT NULL,
        receives INTEGER NOT NULL DEFAULT 0,
        first_received INTEGER,
        receipt TEXT UNIQUE,
        died_in TEXT
    ) STRICT;
    CREATE INDEX messages_by_visibility ON messages (queue, visible);
    CREATE TABLE mails (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        kind TEXT NOT NULL,
        principal TEXT NOT NULL,
        at INTEGER NOT NULL,
        content TEXT NOT NULL
    ) STRICT;
    CREATE TABLE checkpoints (
        source TEXT NOT NULL,
        reader TEXT NOT NULL,
        sequence TEXT NOT NULL,
        PRIMARY KEY (source, reader)
    ) STRICT, WITHOUT ROWID;
    CREATE TABLE encryption (
        bucket TEXT NOT NULL,
        object TEXT NOT NULL,
        algorithm TEXT NOT NULL,
        key TEXT,
        PRIMARY KEY (bucket, object)
    ) STRICT, WITHOUT ROWID;
"];

/// The file, and the thread that it is used on.
#[derive(Clone)]
pub(crate) struct Services {
    lane: Arc<Lane<Connection>>,
}

impl Services {
    pub(crate) fn start(file: &Path, database: Connection) -> Result<Self, OpenError> {
        let lane = Lane::start("services", [database]).map_err(|error| unwritable(file, &error))?;
        Ok(Self { lane: Arc::new(lane) })
    }

    /// Reads or writes outside a transaction.
    pub(crate) async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut Connection) -> rusqlite::Result<T> + Send + 'static,
    ) -> Result<T, Fault> {
        Ok(self.lane.run(work).await??)
    }

    /// Writes all or nothing.
    pub(crate) async fn transact<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Transaction<'_>) -> rusqlite::Result<T> + Send + 'static,
    ) -> Result<T, Fault> {
        self.run(move |database| {
            let transaction = database.transaction_with_behavior(TransactionBehavior::Immediate)?;
            let result = work(&transaction)?;
            transaction.commit()?;
            Ok(result)
        })
        .await
    }

    /// Up to where a reader has read.
    pub(crate) async fn checkpoint(&self, source: String, reader: String) -> Result<Option<String>, Fault> {
        self.run(move |database| {
            database
                .query_row(
                    "SELECT sequence FROM checkpoints WHERE source = ?1 AND reader = ?2",
                    params![source, reader],
                    |row| row.get(0),
                )
                .optional()
        })
        .await
    }

    /// Remembers up to where a reader has read.
    pub(crate) async fn set_checkpoint(
        &self,
        source: String,
        reader: String,
        sequence: String,
    ) -> Result<(), Fault> {
        self.transact(move |transaction| {
            transaction
                .prepare_cached(
                    "INSERT OR REPLACE INTO checkpoints (source, reader, sequence) VALUES (?1, ?2, ?3)",
                )?
                .execute(params![source, reader, sequence])
                .map(drop)
        })
        .await
    }

    /// Up to where every reader of a source has read.
    pub(crate) async fn consumed(&self) -> Result<HashMap<String, String>, Fault> {
        self.run(|database| {
            database
                .prepare("SELECT source, MIN(sequence) FROM checkpoints GROUP BY source")?
                .query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?
                .collect()
        })
        .await
    }

    pub(crate) async fn close(&self) {
        self.lane.close().await;
    }
}

/// Opens the file and brings it to the current version.
pub(crate) fn open(file: &Path) -> Result<Connection, OpenError> {
    let foreign = |error: rusqlite::Error| sqlite(file, &error);
    let mut database = Connection::open(file).map_err(foreign)?;
    let number = |name: &str| database.pragma_query_value(None, name, |row| row.get::<_, i32>(0));
    let application = number("application_id").map_err(foreign)?;
    let version = number("user_version").map_err(foreign)?;
    let pages = number("page_count").map_err(foreign)?;
    if pages > 0 && application != APPLICATION {
        return Err(OpenError::Damaged {
            path: file.into(),
            reason: "it is a database of another program".into(),
        });
    }
    let done = usize::try_from(version).unwrap_or_default();
    if done > MIGRATIONS.len() {
        return Err(OpenError::Newer {
            path: file.into(),
            reason: format!(
                "its format is {version}, and this version knows formats up to {}",
                MIGRATIONS.len()
            ),
        });
    }
    // In this mode a commit is in the log before it is answered: a killed process loses nothing. Only a
    // power cut could take the last moments, and that is no concern of a demonstration on a laptop.
    database.pragma_update(None, "journal_mode", "WAL").map_err(foreign)?;
    database.pragma_update(None, "synchronous", "NORMAL").map_err(foreign)?;
    if done < MIGRATIONS.len() {
        migrate(&mut database, done).map_err(foreign)?;
    }
    Ok(database)
}

/// All steps or none: a failure leaves the file at the version that it had.
fn migrate(database: &mut Connection, done: usize) -> rusqlite::Result<()> {
    let transaction = database.transaction_with_behavior(TransactionBehavior::Immediate)?;
    for step in &MIGRATIONS[done..] {
        transaction.execute_batch(step)?;
    }
    transaction.pragma_update(None, "application_id", APPLICATION)?;
    transaction.pragma_update(None, "user_version", i32::try_from(MIGRATIONS.len()).unwrap_or(i32::MAX))?;
    transaction.commit()
}

/// Keys and contents are in two files that mean nothing without each other: contents without their keys
/// are not opened, or new keys would be made beside them.
pub(crate) fn belongs(services: &Path, dynamodb: &Path) -> Result<(), OpenError> {
    let holds_something = |file: &Path| file.metadata().is_ok_and(|facts| facts.len() > 0);
    if holds_something(dynamodb) && !holds_something(services) {
        let reason = "the keys to what is in dynamodb.sqlite beside it are missing".into();
        return Err(OpenError::Damaged { path: services.into(), reason });
    }
    Ok(())
}
