use std::time::Instant;

use jiff::SignedDuration;
use kernel::{Permission, Problem, Timestamp};
use runtime::{Cx, Done, Endpoint, OnPlatform, Route, Setting, Use};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use store::Shared;

use crate::heartbeat::Heartbeat;

/// See how the platform is doing.
#[derive(Debug, Deserialize, JsonSchema)]
pub struct GetSystemStatus {}

/// How the platform is doing.
#[derive(Debug, Serialize, JsonSchema)]
pub struct SystemStatus {
    /// The worst of its components.
    pub status: Condition,
    /// What it is made of.
    pub components: Vec<Component>,
    /// Sessions that were used within half an hour; nothing while it is not known.
    pub active_sessions: Option<u64>,
    /// Of the platform.
    pub version: String,
    /// `dev`, `staging`, `prod` or `local`.
    pub environment: String,
    /// When this was looked at.
    pub checked_at: Timestamp,
}

/// Part of the platform.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Component {
    /// `records`: the tables. `events`: from the outbox to who listens.
    pub name: String,
    /// How it is doing.
    pub status: Condition,
    /// How long one read took, in milliseconds.
    pub latency_ms: Option<f64>,
    /// How long the last heartbeat was on its way, in seconds.
    pub lag_seconds: Option<i64>,
    /// When the last heartbeat was sent.
    pub last_heartbeat_at: Option<Timestamp>,
}

/// How something is doing, the best first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Condition {
    /// As it should.
    Ok,
    /// Slower than it should be.
    Degraded,
    /// Not at all, or nobody knows.
    Down,
}

/// Half a second for one read is more than fifty times what it should be.
const SLOW_MS: f64 = 500.0;

/// Events are heard within seconds. After a minute people notice.
const LATE: SignedDuration = SignedDuration::from_mins(1);

/// A heartbeat is sent every minute: when three are missing, something is broken.
const MISSING: SignedDuration = SignedDuration::from_mins(4);

/// How events are doing, going by the last heartbeat.
fn events(heartbeat: Option<&Heartbeat>, now: Timestamp) -> Component {
    let lag = heartbeat.map(|heard| heard.heard_at.duration_since(heard.sent_at));
    let status = match heartbeat {
        Some(heard) if now.duration_since(heard.sent_at) > MISSING => Condition::Down,
        Some(_) if lag > Some(LATE) => Condition::Degraded,
        Some(_) => Condition::Ok,
        None => Condition::Down,
    };
    Component {
        name: "events".into(),
        status,
        latency_ms: None,
        lag_seconds: lag.map(|lag| lag.as_secs()),
        last_heartbeat_at: heartbeat.map(|heard| heard.sent_at),
    }
}

impl Endpoint for GetSystemStatus {
    const ROUTE: Route = Route::get("/admin/system-status");
    type Audience = OnPlatform;
    const NEEDS: Option<Permission> = Some(Permission::ReadSystemStatus);
    const USES: &'static [Use] = &[Use::Get];
    type Reply = SystemStatus;

    async fn handle(self, cx: &Cx<'_, OnPlatform>) -> Result<Done<SystemStatus>, Problem> {
        let begun = Instant::now();
        let heartbeat = cx.store.get(Shared, Heartbeat::at()).await?;
        let latency = begun.elapsed().as_secs_f64() * 1e3;
        let records = Component {
            name: "records".into(),
            status: if latency > SLOW_MS { Condition::Degraded } else { Condition::Ok },
            latency_ms: Some((latency * 1e3).round() / 1e3),
            lag_seconds: None,
            last_heartbeat_at: None,
        };
        let components = vec![records, events(heartbeat.as_deref(), cx.now)];
        let status = components.iter().map(|component| component.status).max().unwrap_or(Condition::Down);
        let active_sessions = heartbeat.map(|heard| heard.active_sessions);
        Ok(Done::impersonal(SystemStatus {
            status,
            components,
            active_sessions,
            version: env!("CARGO_PKG_VERSION").into(),
            environment: cx.host.setting(Setting::Environment).into(),
            checked_at: cx.now,
        }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn events_are_judged_by_the_last_heartbeat() {
        let at = |seconds| Timestamp::from_second(seconds).unwrap();
        let status = |sent, heard, now| {
            let heartbeat = Heartbeat { active_sessions: 1, sent_at: at(sent), heard_at: at(heard) };
            events(Some(&heartbeat), at(now)).status
        };
        assert_eq!(status(0, 2, 60), Condition::Ok);
        assert_eq!(status(0, 61, 90), Condition::Degraded);
        assert_eq!(status(0, 2, 241), Condition::Down);
        assert_eq!(events(None, at(0)).status, Condition::Down);
    }
}
