use kernel::{ClinicId, Event, Fact, Fault, Id, Kind, Status, Timestamp};
use store::{Store, Stored};
use uuid::{NoContext, Timestamp as UuidTime, Uuid};

use crate::{Audience, Client, Host};

/// What a handler may reach: records, its grant, the time.
pub struct Cx<'a, A: Audience> {
    /// Reads. Writes are returned.
    pub store: Store,
    /// Proof of who is asking and how far they may go.
    pub grant: A::Grant,
    /// Fixed for the whole invocation, so a decision has one "now".
    pub now: Timestamp,
    /// The version that the client saw, from `If-Match`.
    pub if_match: Option<u64>,
    /// What the request says of the machine that it came from.
    pub client: Client,
    /// Gateways and settings.
    pub host: &'a Host,
}

impl<A: Audience> Cx<'_, A> {
    /// A fresh id, sortable by creation time.
    pub fn id<K: Kind>(&self) -> Id<K> {
        fresh_id(self.host, self.now)
    }

    /// Refuse to change what is no longer what the client saw, if it says what it saw.
    pub fn unchanged<E>(&self, stored: &Stored<E>) -> Result<(), ChangedMeanwhile> {
        match self.if_match {
            Some(seen) if seen != stored.version() => Err(ChangedMeanwhile),
            _ => Ok(()),
        }
    }

    /// An event that happens now.
    pub fn fact<D: Event>(&self, clinic: Option<ClinicId>, data: D) -> Fact<D> {
        Fact { id: self.id(), event: D::NAME.into(), at: self.now, clinic, data }
    }
}

/// `If-Match` names another version than the current one.
#[derive(Debug, thiserror::Error)]
#[error("Somebody has changed this since you looked.")]
pub struct ChangedMeanwhile;

impl Fault for ChangedMeanwhile {
    fn status(&self) -> Status {
        Status::PreconditionFailed
    }
    fn code(&self) -> &'static str {
        "CHANGED_MEANWHILE"
    }
}

/// UUIDv7 from the host's clock and entropy. Local clocks may be set before 1970; ids may not.
pub(crate) fn fresh_id<K: Kind>(host: &Host, now: Timestamp) -> Id<K> {
    let seconds = u64::try_from(now.as_second()).unwrap_or(0);
    let nanos = u32::try_from(now.subsec_nanosecond()).unwrap_or(0);
    let dated = Uuid::new_v7(UuidTime::from_unix(NoContext, seconds, nanos));
    let mut bytes = *dated.as_bytes();
    let random = host.random::<10>();
    // The 48 bits of time stay; version and variant are laid over the random rest (RFC 9562, 5.7).
    bytes[6..].copy_from_slice(&random);
    bytes[6] = (bytes[6] & 0x0f) | 0x70;
    bytes[8] = (bytes[8] & 0x3f) | 0x80;
    Id::from_uuid(Uuid::from_bytes(bytes))
}
