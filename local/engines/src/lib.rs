//! Every AWS service that Careplane uses, on one machine, in one process, behind one door.
//!
//! [`Engines`] keeps its data in a directory and answers requests in the wire protocols of AWS, so that
//! an ordinary SDK client needs another endpoint and other credentials and nothing else:
//!
//! | service | what answers |
//! | --- | --- |
//! | DynamoDB and its streams | [`dynoxide`] on `SQLite` |
//! | S3 | `s3s` on the file system, with the encryption headers that it lacks |
//! | KMS, SES, SNS, SQS | small stand-ins in this crate, for the calls that we make |
//!
//! The access key of a request is the name of a function. The door lets a function do what its
//! [`Policies`] say and nothing else, so that a missing permission fails here and not in production.
//!
//! **Invariant:** what was answered with success survives `kill -9`.

mod access;
mod data;
mod dispatch;
mod door;
mod dynamodb;
mod error;
mod kms;
mod lane;
mod mail;
mod objects;
mod policy;
mod queues;
mod random;
mod reply;
mod services;
mod settings;
mod streams;
mod tables;
mod topics;

use std::{path::Path, sync::Arc};

use bytes::Bytes;
use jiff::Timestamp;

use crate::{
    data::DataDirectory, door::Door, dynamodb::DynamoDb, kms::Kms, mail::Mailbox, objects::Objects,
    services::Services, topics::Topics,
};
pub use crate::{
    door::Credentials,
    error::{Fault, OpenError},
    kms::KeySpec,
    mail::{Content, Mail, MailKind},
    policy::{Policies, Statement},
    queues::{Depth, Message, Queue, Queues},
    settings::{Clock, Settings},
    streams::{Batch, StreamReader},
    tables::{Index, Table},
    topics::{Subscription, Topology},
};

/// The account that every resource name here belongs to.
pub const ACCOUNT: &str = "000000000000";

/// The engines of one data directory. Clones share it.
#[derive(Clone)]
pub struct Engines {
    inner: Arc<Inner>,
}

struct Inner {
    settings: Arc<Settings>,
    data: DataDirectory,
    door: Door,
    dynamodb: DynamoDb,
    kms: Kms,
    mailbox: Mailbox,
    objects: Objects,
    queues: Queues,
    services: Services,
    topics: Topics,
}

impl Engines {
    /// Opens the data of a directory, and makes whatever is missing.
    ///
    /// Blocks: on an asynchronous worker, use `spawn_blocking`.
    pub fn open(data: &Path, settings: Settings) -> Result<Self, OpenError> {
        settings.check()?;
        let settings = Arc::new(settings);
        let data = DataDirectory::lock(data)?;
        // All files before any is written to: where one is damaged, none is touched.
        data::examine(&data.services())?;
        data::examine(&data.dynamodb())?;
        services::belongs(&data.services(), &data.dynamodb())?;
        let mut database = services::open(&data.services())?;
        let kms =
            Kms::open(&mut database, &settings).map_err(|error| data::sqlite(&data.services(), &error))?;
        let dynamodb = DynamoDb::open(&data)?;
        let services = Services::start(&data.services(), database)?;
        let queues = Queues::new(services.clone(), &settings);
        let door = Door::new(settings.policies.clone());
        Ok(Self {
            inner: Arc::new(Inner {
                objects: Objects::open(&data, &services, &door, &settings)?,
                topics: Topics::new(queues.clone(), &settings),
                mailbox: Mailbox::new(services.clone(), settings.clock.clone()),
                settings,
                data,
                door,
                dynamodb,
                kms,
                queues,
                services,
            }),
        })
    }

    /// Removes the data of a directory that nobody is using, and nothing else that lies there.
    pub fn forget(data: &Path) -> Result<(), OpenError> {
        DataDirectory::lock(data)?.forget()
    }

    /// Finishes what is running, closes the files and lets another process have the directory. Later
    /// requests are answered with 503.
    pub async fn close(&self) {
        self.inner.dynamodb.close().await;
        self.inner.services.close().await;
        self.inner.data.unlock();
    }

    /// Whether a request is meant for the AWS door: signed in its header or its query, or for a bucket.
    pub fn is_aws<B>(request: &http::Request<B>) -> bool {
        door::is_aws(request)
    }

    /// Answers a request of an AWS client. `Host` and the path must be as the client sent them, because
    /// the signatures of S3 cover them.
    pub async fn serve(&self, request: http::Request<Bytes>) -> http::Response<Bytes> {
        self.inner.dispatch(request).await
    }

    /// What a function signs its requests with: good until this process ends.
    pub fn credentials_for(&self, principal: &str) -> Credentials {
        self.inner.door.credentials_for(principal)
    }

    /// The time by the clock of the settings.
    pub fn now(&self) -> Timestamp {
        self.inner.settings.now()
    }

    /// Wakes everybody who waits for a message to become visible. Call it after moving the clock.
    pub fn clock_moved(&self) {
        self.inner.queues.announce();
    }

    /// The resource name of a topic.
    pub fn topic_arn(&self, topic: &str) -> String {
        self.inner.settings.arn("sns", topic)
    }

    /// The resource name of a queue.
    pub fn queue_arn(&self, queue: &str) -> String {
        self.inner.settings.arn("sqs", queue)
    }

    /// The resource name of a table.
    pub fn table_arn(&self, table: &str) -> String {
        self.inner.settings.arn("dynamodb", &format!("table/{table}"))
    }

    /// The id of the key behind an alias.
    pub fn key_id(&self, alias: &str) -> Option<String> {
        self.inner.kms.id_of(alias)
    }

    /// Makes a table, or gives an existing one the indexes, the stream and the expiry that it lacks.
    /// True when the table is new.
    pub async fn ensure_table(&self, table: &Table) -> Result<bool, Fault> {
        self.inner.dynamodb.ensure_table(table).await
    }

    /// Deletes the items whose time to live has passed by `now`, as DynamoDB does within days, and forgets
    /// stream records that are a day old and were read by everyone. How many items were deleted.
    ///
    /// What a demonstration reaches by moving the clock it may leave again, and what was deleted stays
    /// deleted: so the caller says which time is certain.
    pub async fn sweep_ttl(&self, now: Timestamp) -> Result<usize, Fault> {
        let read = self.inner.services.consumed().await?;
        self.inner.dynamodb.sweep(read, now).await
    }

    /// Reads the stream of a table from where this reader last committed.
    pub fn stream(&self, table: &str, reader: &str) -> StreamReader {
        StreamReader::new(
            self.inner.dynamodb.clone(),
            self.inner.services.clone(),
            self.inner.settings.clone(),
            table,
            reader,
        )
    }

    /// The queues, for whoever pumps them.
    pub fn queues(&self) -> &Queues {
        &self.inner.queues
    }

    /// The newest mails and text messages, newest first.
    pub async fn mails(&self, limit: usize) -> Result<Vec<Mail>, Fault> {
        self.inner.mailbox.newest(limit).await
    }

    /// One mail or text message.
    pub async fn mail(&self, id: i64) -> Result<Option<Mail>, Fault> {
        self.inner.mailbox.get(id).await
    }
}

impl std::fmt::Debug for Engines {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Engines").field("data", &self.inner.data.path()).finish_non_exhaustive()
    }
}
