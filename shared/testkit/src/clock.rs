use std::sync::atomic::{AtomicI64, Ordering};

use jiff::Timestamp;

/// A clock that stands still until it is set.
pub(crate) struct Clock(AtomicI64);

impl Clock {
    pub(crate) fn at(instant: Timestamp) -> Self {
        Self(AtomicI64::new(instant.as_millisecond()))
    }

    pub(crate) fn now(&self) -> Timestamp {
        Timestamp::from_millisecond(self.0.load(Ordering::Relaxed)).unwrap_or(Timestamp::MAX)
    }

    pub(crate) fn set(&self, instant: Timestamp) {
        self.0.store(instant.as_millisecond(), Ordering::Relaxed);
    }
}
