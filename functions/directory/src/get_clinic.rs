use kernel::{ClinicId, Problem};
use runtime::{Cx, Done, Endpoint, Public, Route, Use};
use schemars::JsonSchema;
use serde::Deserialize;
use store::Shared;

use crate::clinic::Clinic;

/// Show a clinic.
#[derive(Debug, Deserialize, JsonSchema)]
pub struct GetClinic {
    /// The clinic.
    pub clinic: ClinicId,
}

impl Endpoint for GetClinic {
    const ROUTE: Route = Route::get("/v1/clinics/{clinic}");
    type Audience = Public;
    const USES: &'static [Use] = &[Use::Get];
    const CACHE: &'static str = crate::PUBLISHED;
    type Reply = Clinic;

    async fn handle(self, cx: &Cx<'_, Public>) -> Result<Done<Clinic>, Problem> {
        let found = cx.store.find(Shared, Clinic::at(self.clinic)).await?;
        Ok(Done::impersonal(found.into_inner()))
    }
}
