use kernel::{ClinicId, Problem, ProviderId};
use runtime::{Cx, Done, Endpoint, Public, Route, Use};
use schemars::JsonSchema;
use serde::Deserialize;
use store::Shared;

use crate::provider::Provider;

/// Show a provider.
#[derive(Debug, Deserialize, JsonSchema)]
pub struct GetProvider {
    /// The clinic.
    pub clinic: ClinicId,
    /// The provider.
    pub provider: ProviderId,
}

impl Endpoint for GetProvider {
    const ROUTE: Route = Route::get("/v1/clinics/{clinic}/providers/{provider}");
    type Audience = Public;
    const USES: &'static [Use] = &[Use::Get];
    const CACHE: &'static str = crate::PUBLISHED;
    type Reply = Provider;

    async fn handle(self, cx: &Cx<'_, Public>) -> Result<Done<Provider>, Problem> {
        let found = cx.store.find(Shared, Provider::at(self.clinic, self.provider)).await?;
        Ok(Done::impersonal(found.into_inner()))
    }
}
