use kernel::Problem;
use runtime::{Cx, Done, Job, System, Use};
use store::{Change, Shared};

use crate::patient::KnownPatient;

/// Learn that somebody registered as a patient. The event names them, and nothing more is kept.
pub type LearnPatient = KnownPatient;

impl Job for KnownPatient {
    const EVENT: &'static str = "patient-registered";
    const USES: &'static [Use] = &[Use::Get, Use::Put];

    async fn run(&self, cx: &Cx<'_, System>) -> Result<Done<()>, Problem> {
        let change = match cx.store.get(Shared, Self::at(self.patient)).await? {
            Some(_) => Change::new(),
            None => Change::new().create(Shared, self),
        };
        Ok(Done::concerning([self.patient], ()).writing(change))
    }
}
