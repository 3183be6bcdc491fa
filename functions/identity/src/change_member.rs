use kernel::{ClinicId, Patch, Permission, Problem, ProviderId, Role, RoleId, UserId};
use runtime::{Cx, Done, Endpoint, InClinic, Route, Use};
use schemars::JsonSchema;
use serde::Deserialize;
use store::{Change, Shared};

use crate::account::Account;
use crate::appointing::{Post, may_appoint, may_dismiss};
use crate::list_members::MemberView;
use crate::membership::{Member, NotYours};
use crate::notice::{AccountNotice, Notice, tell};

/// Change what somebody is in the clinic, or let them go.
///
/// A merge patch (RFC 7396). Somebody who is no longer active is out at their next refresh, a quarter of an
/// hour later at the latest.
#[derive(Debug, Deserialize, JsonSchema)]
pub struct ChangeMember {
    /// Which clinic.
    pub clinic: ClinicId,
    /// Whom.
    pub user: UserId,
    /// As what, if it is one of the roles that every clinic has.
    pub role: Option<Role>,
    /// As what, if it is one of the clinic's own roles.
    pub custom_role: Option<RoleId>,
    /// As whom patients book them; `null` if they do not.
    #[serde(default)]
    pub provider: Patch<ProviderId>,
    /// May they act in it?
    pub active: Option<bool>,
}

impl Endpoint for ChangeMember {
    const ROUTE: Route = Route::patch("/v1/clinics/{clinic}/members/{user}");
    type Audience = InClinic;
    const NEEDS: Option<Permission> = Some(Permission::ManageMembers);
    const USES: &'static [Use] = &[Use::Get, Use::Put];
    type Reply = MemberView;

    async fn handle(self, cx: &Cx<'_, InClinic>) -> Result<Done<MemberView>, Problem> {
        let clinic = cx.grant.clinic();
        let member = cx.store.find(clinic, Member::at(self.user)).await?;
        cx.unchanged(&member)?;
        if self.user == cx.grant.caller().user {
            return Err(NotYours::OwnMembership.into());
        }
        let before = &member.membership;
        may_dismiss(cx, Post { role: before.role, custom: before.custom_role }).await?;
        let mut after = before.clone();
        if self.role.is_some() || self.custom_role.is_some() {
            let post = Post::of(self.role, self.custom_role)?;
            may_appoint(cx, post).await?;
            (after.role, after.custom_role) = (post.role, post.custom);
        }
        self.provider.apply(&mut after.provider);
        after.active = self.active.unwrap_or(before.active);
        if after != *before {
            // Offers from before this are void.
            after.since = cx.now;
        }
        let account = cx.store.find(Shared, Account::at(self.user)).await?;
        let account = account.with(|account| {
            for known in &mut account.memberships {
                if known.clinic == Some(clinic.id()) {
                    *known = after.clone();
                }
            }
        });
        let member = member.with(|member| member.membership = after.clone());
        let change = Change::new().update(clinic, &member).update(Shared, &account);
        let notice = AccountNotice::about(&account, Notice::MembershipChanged)
            .with("role", after.role)
            .with("active", after.active);
        let change = tell(cx, change, notice);
        let version = member.version() + 1;
        Ok(Done::impersonal(member.into_inner().into()).version(version).writing(change))
    }
}
