use kernel::{Event as _, Problem};
use runtime::{Cx, Done, Job, System, Use};
use store::{Change, Shared};

use crate::calendar::Calendar;

/// Keep the copy of what the directory publishes. The event is the copy.
pub type LearnCalendar = Calendar;

impl Job for Calendar {
    const EVENT: &'static str = Calendar::NAME;
    const USES: &'static [Use] = &[Use::Get, Use::Put];

    async fn run(&self, cx: &Cx<'_, System>) -> Result<Done<()>, Problem> {
        let known = cx.store.get(Shared, Calendar::at(self.clinic, self.provider)).await?;
        let change = match known {
            Some(known) if known.version >= self.version => Change::new(),
            Some(known) => {
                let newer: Result<_, Problem> = known.decide(|_| Ok(self.clone()));
                Change::new().update(Shared, &newer?)
            }
            None => Change::new().create(Shared, self),
        };
        Ok(Done::impersonal(()).writing(change))
    }
}
