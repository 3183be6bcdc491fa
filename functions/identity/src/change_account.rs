use kernel::{Denied, Permission, Problem, UserId};
use runtime::{Cx, Done, Endpoint, OnPlatform, Route, Use};
use schemars::JsonSchema;
use serde::Deserialize;
use store::{Change, Shared};

use crate::account::{Account, State};
use crate::find_account::AccountView;
use crate::membership::NotYours;
use crate::notice::{AccountNotice, Notice, tell};

/// Deactivate somebody's account, or activate it again (ID-05).
///
/// Nothing is refreshed from this moment on; a token that was given out is good for the rest of its quarter
/// of an hour.
#[derive(Debug, Deserialize, JsonSchema)]
pub struct ChangeAccount {
    /// Whose.
    pub user: UserId,
    /// May they sign in?
    pub active: bool,
}

impl Endpoint for ChangeAccount {
    const ROUTE: Route = Route::patch("/v1/accounts/{user}");
    type Audience = OnPlatform;
    const NEEDS: Option<Permission> = Some(Permission::ManageAccounts);
    const USES: &'static [Use] = &[Use::Get, Use::Put];
    type Reply = AccountView;

    async fn handle(self, cx: &Cx<'_, OnPlatform>) -> Result<Done<AccountView>, Problem> {
        let account = cx.store.find(Shared, Account::at(self.user)).await?;
        cx.unchanged(&account)?;
        if self.user == cx.grant.caller().user {
            return Err(NotYours::OwnMembership.into());
        }
        let state = if self.active { State::Active } else { State::Deactivated };
        if account.state == State::Closed {
            return Err(Denied::Hidden.into());
        }
        if account.state == state {
            return Ok(Done::concerning(account.patient, AccountView::from(&*account)));
        }
        let account = account.with(|account| {
            account.state = state;
            account.epoch += 1;
        });
        let mut change = Change::new().update(Shared, &account);
        if state == State::Deactivated {
            change = tell(cx, change, AccountNotice::about(&account, Notice::AccountDeactivated));
        }
        Ok(Done::concerning(account.patient, AccountView::from(&*account)).writing(change))
    }
}
