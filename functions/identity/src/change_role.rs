use kernel::{ClinicId, Permission, Permissions, Problem, RoleId};
use runtime::{Cx, Done, Endpoint, InClinic, Route, Use};
use schemars::JsonSchema;
use serde::Deserialize;
use store::Change;

use crate::appointing::decider;
use crate::list_roles::RoleView;
use crate::membership::{ClinicRole, RoleName};

/// Change a role of the clinic's own.
///
/// Whoever acts in it is allowed what it says from their next token on.
#[derive(Debug, Deserialize, JsonSchema)]
pub struct ChangeRole {
    /// Which clinic.
    pub clinic: ClinicId,
    /// Which role.
    pub role: RoleId,
    /// What you call it.
    pub name: RoleName,
    /// What it allows.
    pub permissions: Vec<Permission>,
}

impl Endpoint for ChangeRole {
    const ROUTE: Route = Route::put("/v1/clinics/{clinic}/roles/{role}");
    type Audience = InClinic;
    const NEEDS: Option<Permission> = Some(Permission::ManageRoles);
    const USES: &'static [Use] = &[Use::Get, Use::Put];
    type Reply = RoleView;

    async fn handle(self, cx: &Cx<'_, InClinic>) -> Result<Done<RoleView>, Problem> {
        let permissions: Permissions = self.permissions.into_iter().collect();
        let role = cx.store.find(cx.grant.clinic(), ClinicRole::at(self.role)).await?;
        cx.unchanged(&role)?;
        let decider = decider(cx.grant.caller());
        decider.owns(&role.permissions)?;
        decider.owns(&permissions)?;
        let role = role.with(|role| {
            role.name = self.name;
            role.permissions = permissions;
            role.changed_at = cx.now;
        });
        let change = Change::new().update(cx.grant.clinic(), &role);
        Ok(Done::impersonal(RoleView::from(&*role)).version(role.version() + 1).writing(change))
    }
}
