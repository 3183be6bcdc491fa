use kernel::{Permission, Problem};
use runtime::{Cx, Done, Endpoint, Personal, Route, Use};
use schemars::JsonSchema;
use serde::Deserialize;
use store::{Change, Shared};

use crate::end_session::Ended;
use crate::own::{Own, own};

/// End all of your sessions but this one.
#[derive(Debug, Deserialize, JsonSchema)]
pub struct EndOtherSessions {}

impl Endpoint for EndOtherSessions {
    const ROUTE: Route = Route::delete("/v1/me/sessions");
    type Audience = Personal;
    const NEEDS: Option<Permission> = Some(Permission::ManageOwnAccount);
    const USES: &'static [Use] = &[Use::GetMany, Use::Put];
    type Reply = Ended;

    async fn handle(self, cx: &Cx<'_, Personal>) -> Result<Done<Ended>, Problem> {
        let Own { account, session } = own(cx).await?;
        let account = account.with(|account| account.epoch += 1);
        let session = session.with(|session| session.epoch = account.epoch);
        let change = Change::new().update(Shared, &account).update(Shared, &session);
        Ok(Done::concerning(account.patient, Ended {}).writing(change))
    }
}
