use kernel::{AuthenticationMethods, Permission, Private, Problem, SessionId, Timestamp};
use runtime::{Cx, Done, Endpoint, Personal, Route, Use};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use store::{Page, Shared};

use crate::own::{Own, own};
use crate::session::Session;

/// See where you are signed in.
#[derive(Debug, Deserialize, JsonSchema)]
pub struct ListSessions {}

/// Your sessions, the latest first.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Sessions {
    /// Those that have not ended.
    pub items: Vec<SessionView>,
}

/// One signing-in on one device.
#[derive(Debug, Serialize, JsonSchema)]
pub struct SessionView {
    /// Its id.
    pub id: SessionId,
    /// What the device calls itself.
    pub device_name: Private<String>,
    /// As which browser it shows itself.
    pub user_agent: Private<String>,
    /// From where it was seen last.
    pub address: Private<String>,
    /// When you signed in.
    pub created_at: Timestamp,
    /// When it was refreshed last.
    pub last_seen_at: Timestamp,
    /// Is it this one?
    pub current: bool,
    /// How you have shown who you are.
    pub amr: AuthenticationMethods,
}

impl Endpoint for ListSessions {
    const ROUTE: Route = Route::get("/v1/me/sessions");
    type Audience = Personal;
    const NEEDS: Option<Permission> = Some(Permission::ReadOwnAccount);
    const USES: &'static [Use] = &[Use::GetMany, Use::Query];
    type Reply = Sessions;

    async fn handle(self, cx: &Cx<'_, Personal>) -> Result<Done<Sessions>, Problem> {
        let Own { account, session: current } = own(cx).await?;
        let sessions = cx.store.list(Shared, Session::all(account.user).backwards(), Page::ALL).await?;
        let live = sessions.items.iter().filter(|session| session.is_live(&account, cx.now));
        let items = live.map(|session| SessionView {
            id: session.id,
            device_name: session.device.name.clone(),
            user_agent: session.device.agent.clone(),
            address: session.device.address.clone(),
            created_at: session.created_at,
            last_seen_at: session.last_seen_at,
            current: session.id == current.id,
            amr: session.methods.clone(),
        });
        Ok(Done::concerning(account.patient, Sessions { items: items.collect() }))
    }
}
