use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, ToSpan as _};
use kernel::{Fault, Problem, Status, Timestamp};
use runtime::{Cx, Done, Scheduled, System, Use};

use crate::anchor::{Anchor, walk};

/// How long after its end a day is closed: longer than any function runs.
const GRACE: SignedDuration = SignedDuration::from_mins(30);

/// How many days are caught up with, should the function not have run.
const DAYS: i64 = 7;

/// Write down where the chains of a day ended, once it has ended, where nobody can change it.
///
/// A day is anchored once. Broken chains are anchored as broken, and the function fails, so that somebody
/// hears of them.
pub struct AnchorAudit;

/// What was written is not what lies there.
#[derive(Debug, thiserror::Error)]
#[error("the audit trail of {0} does not hold: run verify-audit")]
struct DoesNotHold(Date);

impl Fault for DoesNotHold {
    fn status(&self) -> Status {
        Status::Internal
    }
    fn code(&self) -> &'static str {
        "AUDIT_TRAIL_BROKEN"
    }
}

/// The days that have ended, the oldest first.
fn ended(now: Timestamp) -> impl Iterator<Item = Date> {
    let today = (now - GRACE).to_zoned(TimeZone::UTC).date();
    (1..=DAYS).rev().map(move |days| today.saturating_sub(days.days()))
}

impl Scheduled for AnchorAudit {
    const EVERY: &'static str = "rate(1 hour)";
    const USES: &'static [Use] = &[Use::Trail, Use::Keep, Use::Find];
    const TIMEOUT: u16 = 900;
    /// What it writes is an anchor of the trail and not in the table.
    const AUDITED: bool = false;

    async fn run(cx: &Cx<'_, System>) -> Result<Done<()>, Problem> {
        let archive = cx.host.archive().await;
        let mut broken = None;
        for day in ended(cx.now) {
            if archive.find(&Anchor::key(day)).await?.is_some() {
                continue;
            }
            let before = archive.find(&Anchor::key(day.saturating_sub(1.days()))).await?;
            let previous = before.map(|body| Anchor::hash(&body)).unwrap_or_default();
            let anchor = Anchor { previous, ..walk(cx, day).await? };
            let body = serde_json::to_vec(&anchor).map_err(|_| DoesNotHold(day))?;
            let is_ours = archive.keep(&Anchor::key(day), body).await?;
            if is_ours && !anchor.broken.is_empty() {
                broken = broken.or(Some(DoesNotHold(day)));
            }
        }
        match broken {
            Some(fault) => Err(fault.into()),
            None => Ok(Done::impersonal(())),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_is_closed_half_an_hour_after_its_end() {
        let last = |now: &str| ended(now.parse().unwrap()).last().unwrap().to_string();
        assert_eq!(last("2027-03-02T00:29:59Z"), "2027-02-28");
        assert_eq!(last("2027-03-02T00:30:00Z"), "2027-03-01");
        assert_eq!(ended("2027-03-02T12:00:00Z".parse().unwrap()).count(), 7);
    }
}
