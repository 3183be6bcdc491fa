use kernel::{ClinicId, Problem, ServiceId};
use runtime::{Cx, Done, Endpoint, Public, Route, Use};
use schemars::JsonSchema;
use serde::Deserialize;
use store::Shared;

use crate::service::Service;

/// Show a service.
#[derive(Debug, Deserialize, JsonSchema)]
pub struct GetService {
    /// The clinic.
    pub clinic: ClinicId,
    /// The service.
    pub service: ServiceId,
}

impl Endpoint for GetService {
    const ROUTE: Route = Route::get("/v1/clinics/{clinic}/services/{service}");
    type Audience = Public;
    const USES: &'static [Use] = &[Use::Get];
    const CACHE: &'static str = crate::PUBLISHED;
    type Reply = Service;

    async fn handle(self, cx: &Cx<'_, Public>) -> Result<Done<Service>, Problem> {
        let found = cx.store.find(Shared, Service::at(self.clinic, self.service)).await?;
        Ok(Done::impersonal(found.into_inner()))
    }
}
