use kernel::{ClinicId, Denied, Permission, Problem, Role};
use runtime::{Cx, Done, Endpoint, Personal, Route, Use};
use schemars::JsonSchema;
use serde::Deserialize;
use store::{Change, Shared};

use crate::membership::Acting;
use crate::own::{Own, own};
use crate::signed_in::{SignedIn, tokens};

/// Act in another of your memberships.
///
/// Yields a new token, without signing in again; refreshing goes on in the new membership.
#[derive(Debug, Deserialize, JsonSchema)]
pub struct SwitchMembership {
    /// As what.
    pub role: Role,
    /// For which clinic, where the role is one of a clinic.
    pub clinic: Option<ClinicId>,
}

impl Endpoint for SwitchMembership {
    const ROUTE: Route = Route::put("/v1/me/membership");
    type Audience = Personal;
    const NEEDS: Option<Permission> = Some(Permission::ReadOwnAccount);
    const USES: &'static [Use] =
        &[Use::Get, Use::GetMany, Use::Put, Use::Unseal, Use::Issue];
    /// A kept answer would be a kept token.
    const REPLAYS: bool = false;
    type Reply = SignedIn;

    async fn handle(self, cx: &Cx<'_, Personal>) -> Result<Done<SignedIn>, Problem> {
        let Own { account, session } = own(cx).await?;
        let acting = Acting { role: self.role, clinic: self.clinic };
        if !account.may_act(acting) {
            return Err(Denied::Hidden.into());
        }
        let session = session.with(|session| session.acting = acting);
        let change = Change::new().update(Shared, &session);
        let reply = tokens(cx, &account, &session, None).await?;
        Ok(Done::concerning(account.patient, reply).writing(change))
    }
}
