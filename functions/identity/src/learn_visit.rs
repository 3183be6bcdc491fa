use kernel::{PatientId, Problem, ProviderId};
use runtime::{Cx, Done, Job, System, Use};
use serde::Deserialize;
use store::Change;

use crate::patient::CareRelation;

/// Whoever books with a clinic is its patient, and whoever they book with treats them.
#[derive(Debug, Deserialize)]
pub struct LearnVisit {
    appointment: Booked,
}

/// What is read of the event.
#[derive(Debug, Deserialize)]
struct Booked {
    patient: PatientId,
    provider: ProviderId,
}

impl Job for LearnVisit {
    const EVENT: &'static str = "appointment-booked";
    const USES: &'static [Use] = &[Use::Get, Use::Put];

    async fn run(&self, cx: &Cx<'_, System>) -> Result<Done<()>, Problem> {
        let Booked { patient, provider } = self.appointment;
        let clinic = cx.grant.clinic()?;
        let change = match cx.store.get(clinic, CareRelation::at(patient)).await? {
            None => Change::new().create(clinic, &CareRelation { patient, practitioners: vec![provider] }),
            Some(known) if known.practitioners.contains(&provider) => Change::new(),
            Some(known) => {
                let known = known.with(|relation| relation.practitioners.push(provider));
                Change::new().update(clinic, &known)
            }
        };
        Ok(Done::concerning([patient], ()).writing(change))
    }
}
