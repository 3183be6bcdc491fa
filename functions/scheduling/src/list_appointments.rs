use kernel::{Permission, Problem};
use runtime::{Cx, Done, Endpoint, Personal, Route, Use};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use store::{Cursor, Limit, Page, Stored};

use crate::BY_PATIENT;
use crate::appointment::Appointment;

/// List your own appointments of all clinics, latest first.
#[derive(Debug, Deserialize, JsonSchema)]
pub struct ListAppointments {
    /// How many to return, at most 100; 50, if left out.
    #[serde(default)]
    pub limit: Limit,
    /// `next` of the previous page.
    pub after: Option<Cursor>,
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
        let page = Page::of(self.limit, self.after);
        let listing = cx.store.list(patient, Appointment::of_patient(), page).await?;
        let items = listing.items.into_iter().map(Stored::into_inner).collect();
        Ok(Done::concerning([patient.id()], Appointments { items, next: listing.next }))
    }
}
