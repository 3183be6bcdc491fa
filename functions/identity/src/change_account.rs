use kernel::{Denied, Permission, Problem, UserId};
use runtime::{Cx, Done, Endpoint, OnPlatform, Route, Use};
use schemars::JsonSchema;
use serde::Deserialize;
use store::{Change, Shared};

use crate::account::{Account, State};
use crate::factor::Factors;
use crate::find_account::AccountView;
use crate::membership::{Membership, NotYours};
use crate::notice::{AccountNotice, Notice, tell};
use crate::passkey::forget_passkeys;

/// Deactivate somebody's account, or activate it again (ID-05); help somebody who has lost their second
/// factors; or let somebody go from the platform's own staff.
///
/// Nothing is refreshed from this moment on; a token that was given out is good for the rest of its quarter
/// of an hour.
#[derive(Debug, Deserialize, JsonSchema)]
pub struct ChangeAccount {
    /// Whose.
    pub user: UserId,
    /// May they sign in?
    pub active: Option<bool>,
    /// Take all their second factors away, once they have shown in another way who they are. They are told,
    /// every session ends, and staff add a new one when they sign in.
    #[serde(default)]
    pub clear_factors: bool,
    /// Let them go from the platform's own staff. What they are elsewhere stays.
    #[serde(default)]
    pub leaves_platform: bool,
}

impl Endpoint for ChangeAccount {
    const ROUTE: Route = Route::patch("/v1/accounts/{user}");
    type Audience = OnPlatform;
    const NEEDS: Option<Permission> = Some(Permission::ManageAccounts);
    const USES: &'static [Use] = &[Use::Get, Use::Put, Use::Delete];
    type Reply = AccountView;

    async fn handle(self, cx: &Cx<'_, OnPlatform>) -> Result<Done<AccountView>, Problem> {
        let account = cx.store.find(Shared, Account::at(self.user)).await?;
        cx.unchanged(&account)?;
        if self.user == cx.grant.caller().user {
            return Err(NotYours::OwnMembership.into());
        }
        if account.state == State::Closed {
            return Err(Denied::Hidden.into());
        }
        let state = match self.active {
            Some(true) => State::Active,
            Some(false) => State::Deactivated,
            None => account.state,
        };
        let clears = self.clear_factors && account.factors.any();
        let works_here = |work: &Membership| work.clinic.is_none() && work.active;
        let leaves = self.leaves_platform && account.memberships.iter().any(works_here);
        if account.state == state && !clears && !leaves {
            return Ok(Done::concerning(account.patient, AccountView::from(&*account)));
        }
        let ends = account.state != state && state == State::Deactivated;
        let mut change = Change::new();
        if clears {
            change = forget_passkeys(cx, change, &account).await?;
        }
        let account = account.with(|account| {
            account.state = state;
            account.epoch += 1;
            if clears {
                account.factors = Factors::default();
            }
            if leaves {
                for work in account.memberships.iter_mut().filter(|work| works_here(work)) {
                    (work.active, work.since) = (false, cx.now);
                }
            }
        });
        change = change.update(Shared, &account);
        if clears {
            let notice = AccountNotice::about(&account, Notice::FactorRemoved).with("factor", "all");
            change = tell(cx, change, notice);
        }
        if leaves {
            let role = account.memberships.iter().find(|work| work.clinic.is_none()).map(|work| work.role);
            let notice = AccountNotice::about(&account, Notice::MembershipChanged);
            let notice = role.into_iter().fold(notice, |notice, role| notice.with("role", role));
            change = tell(cx, change, notice.with("active", false));
        }
        if ends {
            change = tell(cx, change, AccountNotice::about(&account, Notice::AccountDeactivated));
        }
        Ok(Done::concerning(account.patient, AccountView::from(&*account)).writing(change))
    }
}
