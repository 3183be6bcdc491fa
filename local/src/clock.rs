//! A clock that a demonstration may move.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use jiff::{SignedDuration, Timestamp};

/// The machine's clock, moved by an offset that may change while the platform runs.
#[derive(Clone, Debug, Default)]
pub struct Clock {
    seconds: Arc<AtomicI64>,
}

/// Further than ten years from the real time nothing makes sense: tokens, time zones, calendars.
const FURTHEST: i64 = 10 * 366 * 24 * 3600;

impl Clock {
    /// What it says.
    pub fn now(&self) -> Timestamp {
        let offset = SignedDuration::from_secs(self.seconds.load(Ordering::Relaxed));
        Timestamp::now().saturating_add(offset).unwrap_or(Timestamp::MAX)
    }

    /// How far it has been moved.
    pub fn offset(&self) -> SignedDuration {
        SignedDuration::from_secs(self.seconds.load(Ordering::Relaxed))
    }

    /// Move it on, or back.
    pub fn advance(&self, seconds: i64) {
        let old = self.seconds.load(Ordering::Relaxed);
        self.seconds.store(old.saturating_add(seconds).clamp(-FURTHEST, FURTHEST), Ordering::Relaxed);
    }

    /// Set it right.
    pub fn reset(&self) {
        self.seconds.store(0, Ordering::Relaxed);
    }
}
