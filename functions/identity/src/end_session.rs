use kernel::{Denied, Permission, Problem, SessionId};
use runtime::{Cx, Done, Endpoint, Personal, Route, Use};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use store::{Change, Shared};

use crate::session::Session;
use crate::signed_in::{csrf_cookie, refresh_cookie};

/// End one of your sessions: your own is signing out.
///
/// Nothing is refreshed from this moment on; a token that was given out is good for the rest of its quarter
/// of an hour.
#[derive(Debug, Deserialize, JsonSchema)]
pub struct EndSession {
    /// Which one.
    pub session: SessionId,
}

/// It is over.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Ended {}

impl Endpoint for EndSession {
    const ROUTE: Route = Route::delete("/v1/me/sessions/{session}");
    type Audience = Personal;
    const NEEDS: Option<Permission> = Some(Permission::SignOut);
    const USES: &'static [Use] = &[Use::Get, Use::Put];
    type Reply = Ended;

    async fn handle(self, cx: &Cx<'_, Personal>) -> Result<Done<Ended>, Problem> {
        let caller = cx.grant.caller();
        let is_own = self.session == caller.session;
        // Whoever has shown one factor of two may go, but not send others away.
        if !is_own && !caller.permissions.contains(Permission::ManageOwnAccount) {
            return Err(Denied::Forbidden.into());
        }
        let session = cx.store.find(Shared, Session::at(caller.user, self.session)).await?;
        let change = match session.ended_at {
            Some(_) => Change::new(),
            None => Change::new().update(Shared, &session.with(|session| session.ended_at = Some(cx.now))),
        };
        let done = Done::concerning(caller.patient, Ended {}).writing(change);
        Ok(if is_own { done.cookie(refresh_cookie(None)).cookie(csrf_cookie(None)) } else { done })
    }
}
