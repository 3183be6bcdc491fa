use kernel::{AppointmentId, ClinicId, Permission, Problem};
use runtime::{Cx, Done, Endpoint, InClinic, Route, Use};
use schemars::JsonSchema;
use serde::Deserialize;
use store::{Change, Shared};

use crate::appointment::{Appointment, AppointmentCancelled};
use crate::diary::{day_of_patient, day_of_provider, tiles};

/// Cancel an appointment that has not begun. Its time is free at once.
#[derive(Debug, Deserialize, JsonSchema)]
pub struct CancelAppointment {
    /// The clinic.
    pub clinic: ClinicId,
    /// The appointment.
    pub appointment: AppointmentId,
}

impl Endpoint for CancelAppointment {
    const ROUTE: Route = Route::post("/v1/clinics/{clinic}/appointments/{appointment}/cancellation");
    type Audience = InClinic;
    const NEEDS: Option<Permission> = Some(Permission::CancelAppointments);
    const USES: &'static [Use] = &[Use::Get, Use::Put, Use::Update];
    type Reply = Appointment;

    async fn handle(self, cx: &Cx<'_, InClinic>) -> Result<Done<Appointment>, Problem> {
        let scope = cx.grant.clinic();
        let stored = cx.store.find(scope, Appointment::at(self.appointment)).await?;
        cx.grant.covers(stored.patient)?;
        cx.unchanged(&stored)?;

        let stored = stored.decide(|appointment| appointment.cancelled(cx.now))?;
        let mut change = Change::new().update(scope, &stored);
        for (day, places) in tiles(stored.start, stored.end) {
            change = change
                .vacate(Shared, &day_of_patient(stored.patient, day), places.clone(), stored.id)
                .vacate(Shared, &day_of_provider(stored.provider, day), places, stored.id);
        }
        let version = stored.version() + 1;
        let appointment = stored.into_inner();
        let cancelled = AppointmentCancelled { appointment: appointment.clone() };
        let change = change.announce(cx.fact(Some(scope.id()), cancelled));
        Ok(Done::concerning([appointment.patient], appointment).version(version).writing(change))
    }
}
