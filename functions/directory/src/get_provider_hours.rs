use kernel::{ClinicId, Problem, ProviderId, Zone};
use runtime::{Cx, Done, Endpoint, Public, Route, Use};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use store::Shared;

use crate::clinic::Clinic;
use crate::hours::{Hours, Opening};

/// Show when a provider can be booked, week by week.
#[derive(Debug, Deserialize, JsonSchema)]
pub struct GetProviderHours {
    /// The clinic.
    pub clinic: ClinicId,
    /// The provider.
    pub provider: ProviderId,
}

/// When a provider can be booked.
#[derive(Debug, Serialize, JsonSchema)]
pub struct ProviderHours {
    /// Who.
    pub provider: ProviderId,
    /// Where.
    pub clinic: ClinicId,
    /// In which zone the times are meant.
    pub time_zone: Zone,
    /// When.
    pub weekly: Vec<Opening>,
}

impl Endpoint for GetProviderHours {
    const ROUTE: Route = Route::get("/v1/clinics/{clinic}/providers/{provider}/hours");
    type Audience = Public;
    const USES: &'static [Use] = &[Use::Get];
    type Reply = ProviderHours;

    async fn handle(self, cx: &Cx<'_, Public>) -> Result<Done<ProviderHours>, Problem> {
        let hours = cx.store.find(Shared, Hours::at(self.clinic, self.provider)).await?;
        let time_zone = cx.store.find(Shared, Clinic::at(self.clinic)).await?.into_inner().time_zone;
        let version = hours.version();
        let Hours { provider, clinic, weekly } = hours.into_inner();
        Ok(Done::impersonal(ProviderHours { provider, clinic, time_zone, weekly }).version(version))
    }
}
