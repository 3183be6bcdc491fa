use kernel::{ClinicId, Permission, Private, Problem, ProviderId, Role, RoleId, Timestamp, UserId};
use runtime::{Cx, Done, Endpoint, InClinic, Route, Use};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use store::{Cursor, Limit, Page, Stored};

use crate::account::{Email, Name};
use crate::membership::Member;

/// See who works in the clinic.
#[derive(Debug, Deserialize, JsonSchema)]
pub struct ListMembers {
    /// Which clinic.
    pub clinic: ClinicId,
    /// How many at the most.
    #[serde(default)]
    pub limit: Limit,
    /// `next` of the page before.
    pub after: Option<Cursor>,
}

/// A page of members, the oldest account first.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Members {
    /// Those who work here, and those who have.
    pub items: Vec<MemberView>,
    /// Where to go on; nothing at the end.
    pub next: Option<Cursor>,
}

/// Who works in a clinic.
#[derive(Debug, Serialize, JsonSchema)]
pub struct MemberView {
    /// Whose account.
    pub user: UserId,
    /// Where they are reached.
    pub email: Private<Email>,
    /// As they like to be called.
    pub given_name: Private<Name>,
    /// Family name.
    pub family_name: Private<Name>,
    /// As what.
    pub role: Role,
    /// In which of the clinic's own roles.
    pub custom_role: Option<RoleId>,
    /// As whom patients book them.
    pub provider: Option<ProviderId>,
    /// Do they still?
    pub active: bool,
    /// Since when.
    pub since: Timestamp,
}

impl From<Member> for MemberView {
    fn from(member: Member) -> Self {
        let Member { user, email, given_name, family_name, membership } = member;
        let crate::membership::Membership { role, custom_role, provider, active, since, .. } = membership;
        Self { user, email, given_name, family_name, role, custom_role, provider, active, since }
    }
}

impl Endpoint for ListMembers {
    const ROUTE: Route = Route::get("/v1/clinics/{clinic}/members");
    type Audience = InClinic;
    const NEEDS: Option<Permission> = Some(Permission::ReadMembers);
    const USES: &'static [Use] = &[Use::Query];
    type Reply = Members;

    async fn handle(self, cx: &Cx<'_, InClinic>) -> Result<Done<Members>, Problem> {
        let page = Page::of(self.limit, self.after);
        let listing = cx.store.list(cx.grant.clinic(), Member::all(), page).await?;
        let items = listing.items.into_iter().map(Stored::into_inner).map(Into::into).collect();
        Ok(Done::impersonal(Members { items, next: listing.next }))
    }
}
