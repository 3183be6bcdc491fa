use kernel::{ClinicId, Permission, Problem, Role, RoleId};
use runtime::{Cx, Done, Endpoint, InClinic, Route, Use};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use store::Page;
use strum::IntoEnumIterator as _;

use crate::membership::{ClinicRole, grantable};

/// See the roles that there are in the clinic, and what each allows.
#[derive(Debug, Deserialize, JsonSchema)]
pub struct ListRoles {
    /// Which clinic.
    pub clinic: ClinicId,
}

/// The roles of a clinic.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Roles {
    /// Those that every clinic has, then its own.
    pub items: Vec<RoleView>,
    /// What you may put into a role.
    pub grantable: Vec<Permission>,
}

/// A role.
#[derive(Debug, Serialize, JsonSchema)]
pub struct RoleView {
    /// Of a role of the clinic's own: its id.
    pub id: Option<RoleId>,
    /// `staff` for a role of the clinic's own.
    pub role: Role,
    /// What the clinic calls it.
    pub name: Option<String>,
    /// What it allows.
    pub permissions: Vec<Permission>,
    /// Does every clinic have it?
    pub built_in: bool,
}

impl From<&ClinicRole> for RoleView {
    fn from(role: &ClinicRole) -> Self {
        Self {
            id: Some(role.id),
            role: Role::Staff,
            name: Some(role.name.clone().into()),
            permissions: role.permissions.iter().collect(),
            built_in: false,
        }
    }
}

impl Endpoint for ListRoles {
    const ROUTE: Route = Route::get("/v1/clinics/{clinic}/roles");
    type Audience = InClinic;
    const NEEDS: Option<Permission> = Some(Permission::ReadMembers);
    const USES: &'static [Use] = &[Use::Query];
    type Reply = Roles;

    async fn handle(self, cx: &Cx<'_, InClinic>) -> Result<Done<Roles>, Problem> {
        let own = cx.store.list(cx.grant.clinic(), ClinicRole::all(), Page::ALL).await?;
        let everywhere = Role::iter().filter(|role| role.is_of_clinic() && *role != Role::Staff);
        let everywhere = everywhere.map(|role| RoleView {
            id: None,
            role,
            name: None,
            permissions: role.permissions().iter().collect(),
            built_in: true,
        });
        let items = everywhere.chain(own.items.iter().map(|role| RoleView::from(&**role))).collect();
        let grantable = grantable(&cx.grant.caller().permissions).iter().collect();
        Ok(Done::impersonal(Roles { items, grantable }))
    }
}
