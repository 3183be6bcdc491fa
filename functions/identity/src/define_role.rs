use kernel::{ClinicId, Fault, Permission, Permissions, Problem, Status};
use runtime::{Cx, Done, Endpoint, InClinic, Route, Use};
use schemars::JsonSchema;
use serde::Deserialize;
use store::{Change, Page};

use crate::appointing::decider;
use crate::list_roles::RoleView;
use crate::membership::{ClinicRole, MOST_ROLES, RoleName};

/// Define a role of the clinic's own, out of permissions that you hold.
#[derive(Debug, Deserialize, JsonSchema)]
pub struct DefineRole {
    /// Which clinic.
    pub clinic: ClinicId,
    /// What you call it.
    pub name: RoleName,
    /// What it allows.
    pub permissions: Vec<Permission>,
}

/// There are enough.
#[derive(Debug, thiserror::Error)]
#[error("A clinic has at most {MOST_ROLES} roles of its own. Remove one first.")]
struct TooManyRoles;

impl Fault for TooManyRoles {
    fn status(&self) -> Status {
        Status::Conflict
    }
    fn code(&self) -> &'static str {
        "TOO_MANY_ROLES"
    }
}

impl Endpoint for DefineRole {
    const ROUTE: Route = Route::post("/v1/clinics/{clinic}/roles");
    type Audience = InClinic;
    const NEEDS: Option<Permission> = Some(Permission::ManageRoles);
    const USES: &'static [Use] = &[Use::Query, Use::Put];
    const STATUS: u16 = 201;
    type Reply = RoleView;

    async fn handle(self, cx: &Cx<'_, InClinic>) -> Result<Done<RoleView>, Problem> {
        let permissions: Permissions = self.permissions.into_iter().collect();
        decider(cx.grant.caller()).owns(&permissions)?;
        let known = cx.store.list(cx.grant.clinic(), ClinicRole::all(), Page::ALL).await?;
        if known.items.len() >= MOST_ROLES as usize {
            return Err(TooManyRoles.into());
        }
        let role = ClinicRole { id: cx.id(), name: self.name, permissions, changed_at: cx.now };
        let change = Change::new().create(cx.grant.clinic(), &role);
        Ok(Done::impersonal(RoleView::from(&role)).version(1).writing(change))
    }
}
