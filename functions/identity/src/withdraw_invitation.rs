use kernel::{ClinicId, Permission, Problem};
use runtime::{Cx, Done, Endpoint, InClinic, Route, Use};
use schemars::JsonSchema;
use serde::Deserialize;
use store::{Change, Shared};

use crate::appointing::{Post, may_dismiss};
use crate::end_session::Ended;
use crate::link::{Invitation, InvitationId, Link};

/// Take an invitation back: its link does not work any more.
#[derive(Debug, Deserialize, JsonSchema)]
pub struct WithdrawInvitation {
    /// Which clinic.
    pub clinic: ClinicId,
    /// Which invitation.
    pub invitation: InvitationId,
}

impl Endpoint for WithdrawInvitation {
    const ROUTE: Route = Route::delete("/v1/clinics/{clinic}/invitations/{invitation}");
    type Audience = InClinic;
    const NEEDS: Option<Permission> = Some(Permission::ManageMembers);
    const USES: &'static [Use] = &[Use::Get, Use::Delete];
    type Reply = Ended;

    async fn handle(self, cx: &Cx<'_, InClinic>) -> Result<Done<Ended>, Problem> {
        let invitation = cx.store.find(cx.grant.clinic(), Invitation::at(self.invitation)).await?;
        may_dismiss(cx, Post { role: invitation.role, custom: invitation.custom_role }).await?;
        let mut change = Change::new().delete(cx.grant.clinic(), &invitation);
        if let Some(link) = cx.store.get(Shared, Link::at(&invitation.link)).await? {
            change = change.delete(Shared, &link);
        }
        Ok(Done::impersonal(Ended {}).writing(change))
    }
}
