use kernel::{ClinicId, Permission, Problem, RoleId};
use runtime::{Cx, Done, Endpoint, InClinic, Route, Use};
use schemars::JsonSchema;
use serde::Deserialize;
use store::Change;

use crate::appointing::decider;
use crate::end_session::Ended;
use crate::membership::ClinicRole;

/// Remove a role of the clinic's own.
///
/// Whoever acts in it keeps their account and may do nothing in the clinic until they get another role.
#[derive(Debug, Deserialize, JsonSchema)]
pub struct RemoveRole {
    /// Which clinic.
    pub clinic: ClinicId,
    /// Which role.
    pub role: RoleId,
}

impl Endpoint for RemoveRole {
    const ROUTE: Route = Route::delete("/v1/clinics/{clinic}/roles/{role}");
    type Audience = InClinic;
    const NEEDS: Option<Permission> = Some(Permission::ManageRoles);
    const USES: &'static [Use] = &[Use::Get, Use::Delete];
    type Reply = Ended;

    async fn handle(self, cx: &Cx<'_, InClinic>) -> Result<Done<Ended>, Problem> {
        let role = cx.store.find(cx.grant.clinic(), ClinicRole::at(self.role)).await?;
        decider(cx.grant.caller()).owns(&role.permissions)?;
        Ok(Done::impersonal(Ended {}).writing(Change::new().delete(cx.grant.clinic(), &role)))
    }
}
