use kernel::{ClinicId, Problem};
use runtime::{Cx, Done, Endpoint, Public, Route, Use};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use store::{Cursor, Limit, Page, Shared, Stored};

use crate::clinic::Clinic;
use crate::service::Service;

/// List a clinic's services.
#[derive(Debug, Deserialize, JsonSchema)]
pub struct ListServices {
    /// The clinic.
    pub clinic: ClinicId,
    /// How many to return, at most 100; 50, if left out.
    #[serde(default)]
    pub limit: Limit,
    /// `next` of the previous page.
    pub after: Option<Cursor>,
}

/// A page of services.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Services {
    items: Vec<Service>,
    next: Option<Cursor>,
}

impl Endpoint for ListServices {
    const ROUTE: Route = Route::get("/v1/clinics/{clinic}/services");
    type Audience = Public;
    const USES: &'static [Use] = &[Use::Get, Use::Query];
    const CACHE: &'static str = crate::PUBLISHED;
    type Reply = Services;

    async fn handle(self, cx: &Cx<'_, Public>) -> Result<Done<Services>, Problem> {
        let page = Page::of(self.limit, self.after);
        let listing = cx.store.list(Shared, Service::of(self.clinic), page).await?;
        if listing.items.is_empty() {
            // An empty list of a clinic that does not exist would be a lie.
            cx.store.find(Shared, Clinic::at(self.clinic)).await?;
        }
        let items = listing.items.into_iter().map(Stored::into_inner).collect();
        Ok(Done::impersonal(Services { items, next: listing.next }))
    }
}
