use kernel::{ClinicId, PatientId, Permission, Private, Problem, Role, Timestamp, UserId};
use runtime::{Cx, Done, Endpoint, OnPlatform, Route, Use};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use store::{Page, Shared};

use crate::account::{Account, Email, Handle, Name, State};
use crate::session::Session;

/// Find somebody's account by its email address (ID-44).
///
/// An address has no place in a URL, which is kept in many logs: so it is posted.
#[derive(Debug, Deserialize, JsonSchema)]
pub struct FindAccount {
    /// What they sign in with.
    pub email: Email,
}

/// One account, or none.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Accounts {
    /// It.
    pub items: Vec<AccountView>,
}

/// An account, as those who run the platform see it.
#[derive(Debug, Serialize, JsonSchema)]
pub struct AccountView {
    /// The account.
    pub user: UserId,
    /// What they sign in with.
    pub email: Private<Email>,
    /// As they like to be called.
    pub given_name: Private<Name>,
    /// Family name.
    pub family_name: Private<Name>,
    /// Are they a patient?
    pub patient: Option<PatientId>,
    /// May they sign in?
    pub state: State,
    /// Have they a second factor?
    pub has_second_factor: bool,
    /// When the account came into being.
    pub registered_at: Timestamp,
    /// When they signed in last, as far as that session is still known (ID-06).
    pub last_sign_in_at: Option<Timestamp>,
    /// Where they work.
    pub memberships: Vec<Work>,
}

/// One person's work for one clinic, or for the platform.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Work {
    /// For which clinic.
    pub clinic: Option<ClinicId>,
    /// As what.
    pub role: Role,
    /// Do they still?
    pub active: bool,
}

impl AccountView {
    /// With what is not kept in the account itself.
    pub(crate) async fn looked_up(cx: &Cx<'_, OnPlatform>, account: &Account) -> Result<Self, Problem> {
        let latest = Page { limit: 1, after: None };
        let latest = cx.store.list(Shared, Session::all(account.user).backwards(), latest).await?;
        let last_sign_in_at = latest.items.first().map(|session| session.created_at);
        Ok(Self { last_sign_in_at, ..Self::from(account) })
    }
}

impl From<&Account> for AccountView {
    fn from(account: &Account) -> Self {
        let work = account.memberships.iter();
        Self {
            user: account.user,
            email: account.email.clone(),
            given_name: account.given_name.clone(),
            family_name: account.family_name.clone(),
            patient: account.patient,
            state: account.state,
            has_second_factor: account.factors.any(),
            registered_at: account.registered_at,
            last_sign_in_at: None,
            memberships: work
                .map(|work| Work { clinic: work.clinic, role: work.role, active: work.active })
                .collect(),
        }
    }
}

impl Endpoint for FindAccount {
    const ROUTE: Route = Route::post("/v1/account-searches");
    type Audience = OnPlatform;
    const NEEDS: Option<Permission> = Some(Permission::ReadAccounts);
    const USES: &'static [Use] = &[Use::Get, Use::Query, Use::Blind];
    /// It only reads.
    const REPLAYS: bool = false;
    type Reply = Accounts;

    async fn handle(self, cx: &Cx<'_, OnPlatform>) -> Result<Done<Accounts>, Problem> {
        let blind = cx.host.vault().await.blind(Handle::EMAIL, self.email.as_ref()).await?;
        let account = match cx.store.get(Shared, Handle::at(&blind)).await? {
            Some(in_use) => cx.store.get(Shared, Account::at(in_use.user)).await?,
            None => None,
        };
        let Some(account) = account else { return Ok(Done::impersonal(Accounts { items: Vec::new() })) };
        let view = AccountView::looked_up(cx, &account).await?;
        Ok(Done::concerning(account.patient, Accounts { items: vec![view] }))
    }
}
