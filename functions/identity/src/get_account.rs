use kernel::{Permission, Problem, UserId};
use runtime::{Cx, Done, Endpoint, OnPlatform, Route, Use};
use schemars::JsonSchema;
use serde::Deserialize;
use store::Shared;

use crate::account::Account;
use crate::find_account::AccountView;

/// See somebody's account.
#[derive(Debug, Deserialize, JsonSchema)]
pub struct GetAccount {
    /// Whose.
    pub user: UserId,
}

impl Endpoint for GetAccount {
    const ROUTE: Route = Route::get("/v1/accounts/{user}");
    type Audience = OnPlatform;
    const NEEDS: Option<Permission> = Some(Permission::ReadAccounts);
    const USES: &'static [Use] = &[Use::Get, Use::Query];
    type Reply = AccountView;

    async fn handle(self, cx: &Cx<'_, OnPlatform>) -> Result<Done<AccountView>, Problem> {
        let account = cx.store.find(Shared, Account::at(self.user)).await?;
        let view = AccountView::looked_up(cx, &account).await?;
        Ok(Done::concerning(account.patient, view).version(account.version()))
    }
}
