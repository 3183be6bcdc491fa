use jiff::ToSpan as _;
use jiff::civil::Date;
use kernel::Problem;
use runtime::{Command, Cx, Done, System, Use};
use serde::{Deserialize, Serialize};

use crate::anchor::{Anchor, Fault, walk};

/// Look at every record of the audit trail from one day to another, both included, and say what does not hold
/// first.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct VerifyAudit {
    /// The first day, by the clocks of UTC.
    pub from: Date,
    /// The last day.
    pub to: Date,
}

/// What was looked at, and what was found.
#[derive(Debug, Default, Serialize)]
pub struct Verified {
    /// How many days were looked at.
    pub days: u32,
    /// How many of them are anchored: of the others it is not known whether ends are missing.
    pub anchored: u32,
    /// How many chains.
    pub chains: usize,
    /// How many records.
    pub records: u64,
    /// What does not hold first. Nothing later was looked at.
    pub fault: Option<Fault>,
}

impl Command for VerifyAudit {
    const USES: &'static [Use] = &[Use::Trail, Use::Find];
    const TIMEOUT: u16 = 900;
    type Reply = Verified;

    async fn run(self, cx: &Cx<'_, System>) -> Result<Done<Verified>, Problem> {
        let archive = cx.host.archive().await;
        let mut seen = Verified::default();
        let mut day = self.from;
        let mut before = archive.find(&Anchor::key(day.saturating_sub(1.days()))).await?;
        while day <= self.to && seen.fault.is_none() {
            let now = walk(cx, day).await?;
            let body = archive.find(&Anchor::key(day)).await?;
            seen.days += 1;
            seen.chains += now.chains.len() + now.broken.len();
            seen.records += now.chains.values().map(|head| u64::from(head.records)).sum::<u64>();
            seen.fault = match &body {
                None => now.differs(&now),
                Some(body) => {
                    seen.anchored += 1;
                    let previous = before.as_deref().map(Anchor::hash).unwrap_or_default();
                    match serde_json::from_slice::<Anchor>(body) {
                        Ok(anchor) if anchor.day == day && anchor.previous == previous => {
                            anchor.differs(&now)
                        }
                        _ => Some(Fault::Anchor { day }),
                    }
                }
            };
            before = body;
            day = day.saturating_add(1.days());
        }
        Ok(Done::impersonal(seen))
    }
}
