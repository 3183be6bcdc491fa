use kernel::{ClinicId, Permission, Problem};
use runtime::{Cx, Done, Endpoint, InClinic, Route, Use};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use store::{Cursor, Limit, Page, Stored};

use crate::invite_member::InvitationView;
use crate::link::Invitation;

/// See who is invited to work in the clinic.
#[derive(Debug, Deserialize, JsonSchema)]
pub struct ListInvitations {
    /// Which clinic.
    pub clinic: ClinicId,
    /// How many at the most.
    #[serde(default)]
    pub limit: Limit,
    /// `next` of the page before.
    pub after: Option<Cursor>,
}

/// A page of invitations, the oldest first.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Invitations {
    /// Those that stand.
    pub items: Vec<InvitationView>,
    /// Where to go on; nothing at the end.
    pub next: Option<Cursor>,
}

impl Endpoint for ListInvitations {
    const ROUTE: Route = Route::get("/v1/clinics/{clinic}/invitations");
    type Audience = InClinic;
    const NEEDS: Option<Permission> = Some(Permission::ReadMembers);
    const USES: &'static [Use] = &[Use::Query];
    type Reply = Invitations;

    async fn handle(self, cx: &Cx<'_, InClinic>) -> Result<Done<Invitations>, Problem> {
        let page = Page::of(self.limit, self.after);
        let listing = cx.store.list(cx.grant.clinic(), Invitation::all(), page).await?;
        let items = listing.items.into_iter().map(Stored::into_inner).map(Into::into).collect();
        Ok(Done::impersonal(Invitations { items, next: listing.next }))
    }
}
