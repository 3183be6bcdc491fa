use std::any::{Any, TypeId};
use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use gateways::{Archive, Aws, Mailer, Texter, Topic, Vault, Web};
use kernel::Timestamp;
use store::Table;
use tokio::sync::OnceCell;

use crate::audit::Chain;
use crate::cx::fresh_id;
use crate::{Setting, Settings};

/// Where `cx.now` comes from.
pub type Clock = Arc<dyn Fn() -> Timestamp + Send + Sync>;
/// Fills a buffer with unpredictable bytes.
pub type Entropy = Arc<dyn Fn(&mut [u8]) + Send + Sync>;
/// Takes a line of log.
pub type Sink = Arc<dyn Fn(&str) + Send + Sync>;

/// The process: clients and memories that live as long as the Lambda sandbox.
///
/// Each client is built on first use, so a function pays only for what it calls.
pub struct Host {
    settings: Settings,
    aws: OnceCell<Aws>,
    clock: Clock,
    entropy: Entropy,
    sink: Sink,
    table: OnceCell<Table>,
    vault: OnceCell<Vault>,
    mailer: OnceCell<Mailer>,
    texter: OnceCell<Texter>,
    topic: OnceCell<Topic>,
    archive: OnceCell<Archive>,
    web: OnceLock<Web>,
    kept: Mutex<HashMap<TypeId, Arc<dyn Any + Send + Sync>>>,
    chains: Mutex<Vec<Chain>>,
    warm: AtomicBool,
}

impl Host {
    /// The real thing: time, randomness and AWS of this machine, logs to standard output.
    pub fn new(settings: Settings) -> Self {
        Self {
            settings,
            aws: OnceCell::new(),
            clock: Arc::new(Timestamp::now),
            entropy: Arc::new(|buffer| {
                for chunk in buffer.chunks_mut(32) {
                    chunk.copy_from_slice(&gateways::random::<32>()[..chunk.len()]);
                }
            }),
            sink: Arc::new(|line| println!("{line}")),
            table: OnceCell::new(),
            vault: OnceCell::new(),
            mailer: OnceCell::new(),
            texter: OnceCell::new(),
            topic: OnceCell::new(),
            archive: OnceCell::new(),
            web: OnceLock::new(),
            kept: Mutex::default(),
            chains: Mutex::default(),
            warm: AtomicBool::new(false),
        }
    }

    /// With these AWS clients' configuration instead of the environment's.
    pub fn with_aws(self, aws: Aws) -> Self {
        Self { aws: OnceCell::new_with(Some(aws)), ..self }
    }

    /// With another way to services of others.
    pub fn with_web(self, web: Web) -> Self {
        Self { web: OnceLock::from(web), ..self }
    }

    /// With another clock.
    pub fn with_clock(self, clock: Clock) -> Self {
        Self { clock, ..self }
    }

    /// With another source of randomness.
    pub fn with_entropy(self, entropy: Entropy) -> Self {
        Self { entropy, ..self }
    }

    /// With the log elsewhere.
    pub fn with_sink(self, sink: Sink) -> Self {
        Self { sink, ..self }
    }

    /// What the environment says.
    pub fn setting(&self, setting: Setting) -> &str {
        self.settings.get(setting)
    }

    pub(crate) fn edge_mark(&self) -> Option<&str> {
        self.settings.find(Setting::EdgeMark)
    }

    /// The KMS keys of this environment.
    pub async fn vault(&self) -> &Vault {
        let keys = |setting| self.settings.find(setting);
        self.vault
            .get_or_init(|| async {
                Vault::new(self.aws().await, keys(Setting::DataKey), keys(Setting::IndexKey))
            })
            .await
    }

    /// Outgoing mail.
    pub async fn mailer(&self) -> &Mailer {
        self.mailer
            .get_or_init(|| async { Mailer::new(self.aws().await, self.setting(Setting::MailFrom)) })
            .await
    }

    /// Outgoing text messages.
    pub async fn texter(&self) -> &Texter {
        self.texter.get_or_init(|| async { Texter::new(self.aws().await) }).await
    }

    /// What must stay as it is.
    pub async fn archive(&self) -> &Archive {
        self.archive
            .get_or_init(|| async { Archive::new(self.aws().await, self.setting(Setting::Archive)) })
            .await
    }

    /// Services of others.
    pub fn web(&self) -> &Web {
        self.web.get_or_init(Web::new)
    }

    /// Unpredictable bytes.
    pub fn random<const N: usize>(&self) -> [u8; N] {
        let mut bytes = [0; N];
        (self.entropy)(&mut bytes);
        bytes
    }

    /// What an earlier invocation of this process kept, for example a decrypted key.
    pub fn kept<T: Any + Send + Sync>(&self) -> Option<Arc<T>> {
        let kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        kept.get(&TypeId::of::<T>()).cloned().and_then(|any| any.downcast().ok())
    }

    /// Keep one value of a type for later invocations.
    pub fn keep<T: Any + Send + Sync>(&self, value: T) -> Arc<T> {
        let value = Arc::new(value);
        self.kept.lock().unwrap_or_else(PoisonError::into_inner).insert(TypeId::of::<T>(), value.clone());
        value
    }

    /// The end of a chain of audit records that nobody else appends to: one of this day that was given back, or
    /// a new one.
    pub(crate) fn take_chain(&self, now: Timestamp) -> Chain {
        let mut chains = self.chains.lock().unwrap_or_else(PoisonError::into_inner);
        chains.retain(|chain| chain.takes(now));
        chains.pop().unwrap_or_else(|| Chain::begin(fresh_id(self, now), now))
    }

    pub(crate) fn give_chain_back(&self, chain: Chain) {
        self.chains.lock().unwrap_or_else(PoisonError::into_inner).push(chain);
    }

    pub(crate) async fn topic(&self) -> &Topic {
        self.topic
            .get_or_init(|| async { Topic::new(self.aws().await, self.setting(Setting::EventsTopic)) })
            .await
    }

    pub(crate) async fn table(&self) -> &Table {
        self.table
            .get_or_init(|| async {
                Table {
                    client: aws_sdk_dynamodb::Client::new(self.aws().await),
                    name: self.settings.find(Setting::Table).unwrap_or_default().into(),
                    audit: self.settings.find(Setting::AuditTable).unwrap_or_default().into(),
                }
            })
            .await
    }

    /// Is this the first delivery to this process?
    pub(crate) fn is_cold(&self) -> bool {
        !self.warm.swap(true, Ordering::Relaxed)
    }

    pub(crate) fn now(&self) -> Timestamp {
        (self.clock)()
    }

    pub(crate) fn log(&self, line: &str) {
        (self.sink)(line);
    }

    async fn aws(&self) -> &Aws {
        self.aws.get_or_init(gateways::aws).await
    }
}
