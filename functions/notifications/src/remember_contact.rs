use kernel::Problem;
use runtime::{Cx, Done, Job, System, Use};
use store::Change;

use crate::contact::Contact;

/// Remember how a new patient is reached. The event is what is remembered.
pub type RememberContact = Contact;

impl Job for Contact {
    const EVENT: &'static str = "patient-registered";
    const USES: &'static [Use] = &[Use::Get, Use::Put];

    async fn run(&self, cx: &Cx<'_, System>) -> Result<Done<()>, Problem> {
        let scope = cx.grant.patient(self.patient);
        let change = match cx.store.get(scope, Contact::at()).await? {
            Some(_) => Change::new(),
            None => Change::new().create(scope, self),
        };
        Ok(Done::concerning([self.patient], ()).writing(change))
    }
}
