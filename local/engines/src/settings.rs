//! What the engines are told when they start.

use std::sync::Arc;

use jiff::Timestamp;

use crate::{ACCOUNT, KeySpec, OpenError, Policies, Topology};

/// Where the engines take the time from; a demonstration may move it.
pub type Clock = Arc<dyn Fn() -> Timestamp + Send + Sync>;

/// What the engines cannot know by themselves.
#[derive(Clone)]
pub struct Settings {
    /// The time.
    pub clock: Clock,
    /// The region in resource names.
    pub region: String,
    /// What each function may do.
    pub policies: Policies,
    /// Topics, queues and who hears what.
    pub topology: Topology,
    /// Keys to make when they do not exist yet.
    pub keys: Vec<KeySpec>,
    /// Buckets to make when they do not exist yet.
    pub buckets: Vec<String>,
    /// Origins from which a browser may call S3.
    pub origins: Vec<String>,
}

impl Settings {
    /// Nothing but a clock: the rest is empty until it is set.
    pub fn new(clock: Clock) -> Self {
        Self {
            clock,
            region: "eu-central-1".into(),
            policies: Policies::default(),
            topology: Topology::default(),
            keys: Vec::new(),
            buckets: Vec::new(),
            origins: Vec::new(),
        }
    }

    pub(crate) fn now(&self) -> Timestamp {
        (self.clock)()
    }

    pub(crate) fn arn(&self, service: &str, resource: &str) -> String {
        format!("arn:aws:{service}:{}:{ACCOUNT}:{resource}", self.region)
    }

    /// Finds the mistakes that would otherwise show as lost messages or unreachable buckets.
    pub(crate) fn check(&self) -> Result<(), OpenError> {
        if let Some(bucket) = self.buckets.iter().find(|bucket| !bucket.starts_with(crate::door::BUCKETS)) {
            return Err(OpenError::Settings(format!(
                "bucket {bucket} must be named {}…, or its path cannot be told from the API's",
                crate::door::BUCKETS
            )));
        }
        self.topology.check().map_err(OpenError::Settings)
    }
}
