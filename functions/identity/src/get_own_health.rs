use kernel::{Permission, Problem};
use runtime::{Cx, Done, Endpoint, Personal, Route, Use};
use schemars::JsonSchema;
use serde::Deserialize;
use store::Stored;

use crate::own::own;
use crate::patient::Health;

/// See what you have told everybody who treats you.
#[derive(Debug, Deserialize, JsonSchema)]
pub struct GetOwnHealth {}

impl Endpoint for GetOwnHealth {
    const ROUTE: Route = Route::get("/v1/me/health");
    type Audience = Personal;
    const NEEDS: Option<Permission> = Some(Permission::ManageOwnHealth);
    const USES: &'static [Use] = &[Use::Get, Use::GetMany];
    type Reply = Health;

    async fn handle(self, cx: &Cx<'_, Personal>) -> Result<Done<Health>, Problem> {
        own(cx).await?;
        let scope = cx.grant.patient()?;
        let health = cx.store.get(scope, Health::at()).await?;
        Ok(Done::concerning([scope.id()], health.map(Stored::into_inner).unwrap_or_default()))
    }
}
