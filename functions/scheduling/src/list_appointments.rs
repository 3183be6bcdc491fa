use kernel::{Permission, Problem};
use runtime::{Cx, Done, Endpoint, Personal, Route, Use};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use store::{Cursor, Page, Stored};

use crate::BY_PATIENT;
use crate::appointment::Appointment;

/// List your own appointments of all clinics, latest first.
#[derive(Debug, Deserialize, JsonSchema)]
pub struct ListAppointments {
    /// How many to return, at most 100.
    #[serde(default = "twenty")]
    #[schemars(extend("minimum" = 1, "maximum" = 100))]
    pub limit: u8,
    /// `next` of the previous page.
    pub after: Option<Cursor>,
}

fn twenty() -> u8 {
    20
}

/// A page of appointments.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Appointments {
    items: Vec<Appointment>,
    next: Option<Cursor>,
}

impl Endpoint for ListAppointments {
    const ROUTE: Route = Route::get("/v1/appointments");
    type Audience = Personal;
    const NEEDS: Option<Permission> = Some(Permission::ListOwnAppointments);
    const USES: &'static [Use] = &[Use::QueryIndex(&BY_PATIENT)];
    type Reply = Appointments;

    async fn handle(self, cx: &Cx<'_, Personal>) -> Result<Done<Appointments>, Problem> {
        let patient = cx.grant.patient()?;
        let page = Page { limit: self.limit.clamp(1, 100), after: self.after };
        let listing = cx.store.list(patient, Appointment::of_patient(), page).await?;
        let items = listing.items.into_iter().map(Stored::into_inner).collect();
        Ok(Done::concerning([patient.id()], Appointments { items, next: listing.next }))
    }
}
