use kernel::{ClinicId, Fault, Permission, Problem, ProviderId, Status};
use runtime::{Cx, Done, Endpoint, InClinic, Route, Use};
use schemars::JsonSchema;
use serde::Deserialize;
use store::{Change, Page, Shared, Stored};

use crate::clinic::Clinic;
use crate::get_provider_hours::ProviderHours;
use crate::hours::{Hours, Opening, ProviderCalendarChanged};
use crate::provider::Provider;
use crate::service::Service;

/// Change when a provider can be booked.
///
/// Appointments that exist stay as they are. Send the `ETag` of the hours you saw as `If-Match`.
#[derive(Debug, Deserialize, JsonSchema)]
pub struct SetProviderHours {
    /// The clinic.
    pub clinic: ClinicId,
    /// The provider.
    pub provider: ProviderId,
    /// When, in the clinic's zone.
    pub weekly: Vec<Opening>,
}

/// Hours are replaced as a whole, so nobody may replace what they have not seen.
#[derive(Debug, thiserror::Error)]
#[error("Say with If-Match which hours you are changing.")]
struct Unsaid;

impl Fault for Unsaid {
    fn status(&self) -> Status {
        Status::PreconditionRequired
    }
    fn code(&self) -> &'static str {
        "IF_MATCH_REQUIRED"
    }
}

impl Endpoint for SetProviderHours {
    const ROUTE: Route = Route::put("/v1/clinics/{clinic}/providers/{provider}/hours");
    type Audience = InClinic;
    const NEEDS: Option<Permission> = Some(Permission::ManageHours);
    const USES: &'static [Use] = &[Use::Get, Use::Query, Use::Put];
    type Reply = ProviderHours;

    async fn handle(self, cx: &Cx<'_, InClinic>) -> Result<Done<ProviderHours>, Problem> {
        let clinic = cx.grant.clinic().id();
        let stored = cx.store.find(Shared, Hours::at(clinic, self.provider)).await?;
        cx.if_match.ok_or(Unsaid)?;
        cx.unchanged(&stored)?;
        let place = cx.store.find(Shared, Clinic::at(clinic)).await?;
        let provider = cx.store.find(Shared, Provider::at(clinic, self.provider)).await?;
        let services = cx.store.list(Shared, Service::of(clinic), Page::ALL).await?.items;
        let services: Vec<_> = services.into_iter().map(Stored::into_inner).collect();

        let stored =
            stored.decide(|hours| Hours { weekly: self.weekly, ..hours }.checked(place.grid_minutes))?;
        let version = stored.version() + 1;
        let news = ProviderCalendarChanged::of(&place, &provider, &services, &stored, version);
        let change = Change::new().update(Shared, &stored).announce(cx.fact(Some(clinic), news));
        let Hours { provider, clinic, weekly } = stored.into_inner();
        let time_zone = place.into_inner().time_zone;
        let reply = ProviderHours { provider, clinic, time_zone, weekly };
        Ok(Done::impersonal(reply).version(version).writing(change))
    }
}
