use kernel::Problem;
use runtime::{Cx, Done, Scheduled, System, Use};
use store::{Change, Shared};

use crate::notice::SessionsCounted;
use crate::session::{BY_ACTIVITY, Session};

/// Count the sessions that are in use, and announce it.
///
/// Whoever uses one refreshes it every quarter of an hour. So those of this quarter and of the one before
/// are counted, in an index that holds nothing else worth reading: the cost grows with who is there, not
/// with who ever was.
pub struct CountSessions;

impl Scheduled for CountSessions {
    const EVERY: &'static str = "rate(1 minute)";
    const USES: &'static [Use] = &[Use::QueryIndex(&BY_ACTIVITY), Use::Put];
    const AUDITED: bool = false;

    async fn run(cx: &Cx<'_, System>) -> Result<Done<()>, Problem> {
        let mut active = 0;
        for range in Session::active(cx.now) {
            active += cx.store.count(Shared, range).await?;
        }
        let counted = SessionsCounted { active, at: cx.now };
        Ok(Done::impersonal(()).writing(Change::new().announce(cx.fact(None, counted))))
    }
}
