//! Against guessing: how often somebody may be wrong, and how often something may be asked for. Pure.

use jiff::SignedDuration;
use kernel::{Fault, Status, Timestamp};
use serde::{Deserialize, Serialize};
use store::{Change, Entity, Key, Shared, Stored};

use crate::factor::hex;

/// How often somebody may be wrong before they have to wait.
const FREE: u32 = 5;

/// How long the first wait is. Each further failure doubles it.
const FIRST: SignedDuration = SignedDuration::from_secs(30);

/// The longest that one failure makes anybody wait: guessing gets 96 tries a day.
const LONGEST: SignedDuration = SignedDuration::from_mins(15);

/// After so long without a failure everything is forgotten.
const MEMORY: SignedDuration = SignedDuration::from_hours(24);

/// Failures to prove who one is, one after the other (ID-31). A success ends them.
///
/// It is kept for addresses without an account as well, so that it does not tell which ones have one.
///
/// Access pattern: by subject, at every attempt.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Guard {
    /// A blind index, or an account and what it fails at.
    pub subject: String,
    /// How many.
    pub failures: u32,
    /// When the last one was.
    pub last: Timestamp,
}

impl Guard {
    /// By subject.
    pub fn at(subject: &str) -> Key<Self> {
        Key::new(format_args!("guard/{subject}"), "-")
    }

    fn wait(&self) -> SignedDuration {
        match self.failures.checked_sub(FREE) {
            None => SignedDuration::ZERO,
            Some(more) => FIRST.saturating_mul(1 << more.min(10)).min(LONGEST),
        }
    }

    /// Until when nothing is even looked at.
    pub fn locked_until(&self) -> Timestamp {
        self.last + self.wait()
    }
}

impl Entity for Guard {
    const KIND: &'static str = "guard";
    type Scope = Shared;
    fn key(&self) -> Key<Self> {
        Self::at(&self.subject)
    }
    fn expires_at(&self) -> Option<Timestamp> {
        Some(self.last + MEMORY)
    }
}

/// May they try? `guard` is what is known of their failures.
pub fn may_try(guard: Option<&Stored<Guard>>, now: Timestamp) -> Result<(), Locked> {
    match guard.map(|guard| guard.locked_until()) {
        Some(until) if until > now => Err(Locked { until, now }),
        _ => Ok(()),
    }
}

/// They failed once more. The change, and the end of the wait if with this failure the waiting begins.
pub fn failed(
    change: Change,
    guard: Option<Stored<Guard>>,
    subject: &str,
    now: Timestamp,
) -> (Change, Option<Timestamp>) {
    let more = |guard: &mut Guard| {
        guard.failures = guard.failures.saturating_add(1);
        guard.last = now;
    };
    let (change, guard) = match guard {
        Some(stored) => {
            let stored = stored.with(more);
            (change.update(Shared, &stored), stored.into_inner())
        }
        None => {
            let guard = Guard { subject: subject.into(), failures: 1, last: now };
            (change.create(Shared, &guard), guard)
        }
    };
    (change, (guard.failures == FREE).then(|| guard.locked_until()))
}

/// They succeeded: nothing is held against them any more.
///
/// What was read must still be so when it is written. Otherwise a right guess among many wrong ones at the
/// same moment would slip past the lock that they begin.
pub fn succeeded(change: Change, guard: Option<&Stored<Guard>>, subject: &str) -> Change {
    match guard {
        Some(guard) => change.delete(Shared, guard),
        None => change.absent(Shared, &Guard::at(subject)),
    }
}

/// Too many failures.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("Too many attempts. Wait a moment and try again.")]
pub struct Locked {
    until: Timestamp,
    now: Timestamp,
}

impl Fault for Locked {
    fn status(&self) -> Status {
        Status::TooMany
    }
    fn code(&self) -> &'static str {
        "LOCKED_OUT"
    }
    fn retry_after(&self) -> Option<u32> {
        let seconds = self.until.duration_since(self.now).as_secs_f64().ceil();
        Some(format!("{seconds:.0}").parse().unwrap_or(1))
    }
}

/// What is counted: how often it may happen within how many seconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, strum::IntoStaticStr)]
#[strum(serialize_all = "kebab-case")]
pub enum Limit {
    /// Failed sign-ins from one address.
    FailuresOfAddress,
    /// Registrations from one address.
    RegistrationsOfAddress,
    /// Mails about registration that strangers make us send to one address.
    RegistrationMails,
    /// Mails to choose a new password that strangers make us send to one address.
    ResetMails,
    /// The same, asked for from one address.
    ResetsOfAddress,
    /// Text messages of one account.
    TextsOfAccount,
    /// Text messages to one telephone, whichever account asks.
    TextsToPhone,
    /// Challenges for a passkey, asked for from one address.
    ChallengesOfAddress,
    /// Sign-ins with somebody else, begun from one address.
    FederatedOfAddress,
    /// Invitations of a clinic.
    InvitationsOfClinic,
}

impl Limit {
    /// How many, in how many seconds.
    const fn of(self) -> (u32, i64) {
        match self {
            Limit::FailuresOfAddress => (100, 900),
            Limit::RegistrationsOfAddress => (300, 3600),
            Limit::RegistrationMails => (5, 3600),
            Limit::ResetMails => (5, 3600),
            Limit::ResetsOfAddress => (300, 3600),
            Limit::TextsOfAccount => (5, 3600),
            Limit::TextsToPhone => (10, 3600),
            Limit::ChallengesOfAddress => (300, 900),
            Limit::FederatedOfAddress => (300, 900),
            Limit::InvitationsOfClinic => (200, 86_400),
        }
    }
}

/// A count of something within a window of time (ID-32).
///
/// The window is part of the key: what is counted in the next one is another record, and nothing depends
/// on when this one is deleted.
///
/// Access pattern: by what it counts, before it is counted.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Counter {
    /// What.
    what: String,
    /// Of whom: a hash.
    subject: String,
    /// When the window ends.
    until: Timestamp,
    /// How many so far.
    #[serde(default)]
    count: u32,
    #[serde(skip)]
    most: u32,
}

impl Counter {
    /// The count of this window. `subject` is not kept as it is.
    pub fn of(limit: Limit, subject: &str, now: Timestamp) -> Self {
        let (most, seconds) = limit.of();
        let end = (now.as_second().div_euclid(seconds) + 1) * seconds;
        let until = Timestamp::from_second(end).unwrap_or(Timestamp::MAX);
        let what: &str = limit.into();
        let subject = hex(&["counter", subject]);
        Self { what: what.into(), subject, until, count: 0, most }
    }

    /// Is there room for one more, going by what was read?
    pub fn check(&self, read: Option<&Stored<Self>>, now: Timestamp) -> Result<(), TooMany> {
        match read {
            Some(read) if read.count >= self.most => Err(TooMany { until: self.until, now }),
            _ => Ok(()),
        }
    }

    /// One more, whether or not there is room: for what must not show in the answer. How many there were is
    /// decided by what was read, and some that come at the same moment may be too many.
    pub fn tally(&self, change: Change) -> Change {
        change.count(Shared, self, u32::MAX)
    }

    /// One more, if there is room: that is decided when it is written, whatever was read before.
    pub fn count(&self, change: Change, now: Timestamp) -> Change {
        change.count(Shared, self, self.most).otherwise(TooMany { until: self.until, now })
    }
}

impl Entity for Counter {
    const KIND: &'static str = "counter";
    type Scope = Shared;
    fn key(&self) -> Key<Self> {
        let Self { what, subject, until, .. } = self;
        Key::new(format_args!("counter/{what}/{subject}"), until.as_second())
    }
    fn expires_at(&self) -> Option<Timestamp> {
        Some(self.until)
    }
}

/// Somebody asks too often.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("Too many attempts from here. Try again later.")]
pub struct TooMany {
    until: Timestamp,
    now: Timestamp,
}

impl Fault for TooMany {
    fn status(&self) -> Status {
        Status::TooMany
    }
    fn code(&self) -> &'static str {
        "TOO_MANY_ATTEMPTS"
    }
    fn retry_after(&self) -> Option<u32> {
        u32::try_from(self.until.as_second() - self.now.as_second()).ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_further_failure_doubles_the_wait_up_to_a_quarter_of_an_hour() {
        let wait = |failures| {
            let guard = Guard { subject: "x".into(), failures, last: Timestamp::UNIX_EPOCH };
            guard.wait().as_secs()
        };
        assert_eq!([0, 4, 5, 6, 7, 9].map(wait), [0, 0, 30, 60, 120, 480]);
        assert_eq!([10, 50, u32::MAX].map(wait), [900, 900, 900]);
    }

    #[test]
    fn a_window_ends_and_the_next_one_is_another() {
        let at = |second| Timestamp::from_second(second).unwrap();
        let window = |second| Counter::of(Limit::FailuresOfAddress, "198.51.100.7", at(second)).until;
        assert_eq!(window(0), at(900));
        assert_eq!(window(899), at(900));
        assert_eq!(window(900), at(1800));
    }
}
