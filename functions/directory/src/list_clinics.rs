use kernel::Problem;
use runtime::{Cx, Done, Endpoint, Public, Route, Use};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use store::{Cursor, Limit, Page, Shared, Stored};

use crate::clinic::Clinic;

/// List the clinics.
#[derive(Debug, Deserialize, JsonSchema)]
pub struct ListClinics {
    /// How many to return, at most 100; 50, if left out.
    #[serde(default)]
    pub limit: Limit,
    /// `next` of the previous page.
    pub after: Option<Cursor>,
}

/// A page of clinics.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Clinics {
    items: Vec<Clinic>,
    next: Option<Cursor>,
}

impl Endpoint for ListClinics {
    const ROUTE: Route = Route::get("/v1/clinics");
    type Audience = Public;
    const USES: &'static [Use] = &[Use::Query];
    const CACHE: &'static str = crate::PUBLISHED;
    type Reply = Clinics;

    async fn handle(self, cx: &Cx<'_, Public>) -> Result<Done<Clinics>, Problem> {
        let page = Page::of(self.limit, self.after);
        let listing = cx.store.list(Shared, Clinic::all(), page).await?;
        let items = listing.items.into_iter().map(Stored::into_inner).collect();
        Ok(Done::impersonal(Clinics { items, next: listing.next }))
    }
}
