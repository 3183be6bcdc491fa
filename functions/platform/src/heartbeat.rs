use kernel::{Problem, Timestamp};
use runtime::{Cx, Done, Job, System, Use};
use serde::{Deserialize, Serialize};
use store::{Change, Entity, Key, Shared};

/// What was heard last of identity, which counts its sessions every minute: and so, that events arrive.
///
/// Access pattern: the only one there is.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Heartbeat {
    /// Sessions in use.
    pub(crate) active_sessions: u64,
    /// When they were counted, which is when it went into the outbox.
    pub(crate) sent_at: Timestamp,
    /// When it was heard.
    pub(crate) heard_at: Timestamp,
}

impl Heartbeat {
    /// The only one.
    pub(crate) fn at() -> Key<Self> {
        Key::new("heartbeat", "-")
    }
}

impl Entity for Heartbeat {
    const KIND: &'static str = "heartbeat";
    type Scope = Shared;
    fn key(&self) -> Key<Self> {
        Self::at()
    }
}

/// Remember the latest count of sessions, and how long it was on its way.
#[derive(Debug, Deserialize)]
pub struct NoteHeartbeat {
    active: u64,
    at: Timestamp,
}

impl Job for NoteHeartbeat {
    const EVENT: &'static str = "sessions-counted";
    const USES: &'static [Use] = &[Use::Get, Use::Put];
    const AUDITED: bool = false;

    async fn run(&self, cx: &Cx<'_, System>) -> Result<Done<()>, Problem> {
        let heard = Heartbeat { active_sessions: self.active, sent_at: self.at, heard_at: cx.now };
        let change = match cx.store.get(Shared, Heartbeat::at()).await? {
            None => Change::new().create(Shared, &heard),
            // One that was held up says nothing new.
            Some(known) if known.sent_at >= self.at => Change::new(),
            Some(known) => Change::new().update(Shared, &known.with(|known| *known = heard)),
        };
        Ok(Done::impersonal(()).writing(change))
    }
}
