use kernel::{AppointmentId, ClinicId, Permission, Problem};
use runtime::{Cx, Done, Endpoint, InClinic, Route, Use};
use schemars::JsonSchema;
use serde::Deserialize;

use crate::appointment::Appointment;

/// Show an appointment.
#[derive(Debug, Deserialize, JsonSchema)]
pub struct GetAppointment {
    /// The clinic.
    pub clinic: ClinicId,
    /// The appointment.
    pub appointment: AppointmentId,
}

impl Endpoint for GetAppointment {
    const ROUTE: Route = Route::get("/v1/clinics/{clinic}/appointments/{appointment}");
    type Audience = InClinic;
    const NEEDS: Option<Permission> = Some(Permission::ReadAppointments);
    const USES: &'static [Use] = &[Use::Get];
    type Reply = Appointment;

    async fn handle(self, cx: &Cx<'_, InClinic>) -> Result<Done<Appointment>, Problem> {
        let stored = cx.store.find(cx.grant.clinic(), Appointment::at(self.appointment)).await?;
        cx.grant.covers(stored.patient)?;
        let version = stored.version();
        Ok(Done::concerning([stored.patient], stored.into_inner()).version(version))
    }
}
