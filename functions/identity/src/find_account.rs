use kernel::{ClinicId, PatientId, Permission, Private, Problem, Role, Timestamp, UserId};
use runtime::{Cx, Done, Endpoint, OnPlatform, Route, Use};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use store::Shared;

use crate::account::{Account, Email, Handle, Name, State};

/// Find somebody's account by its email address (ID-44).
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
            memberships: work
                .map(|work| Work { clinic: work.clinic, role: work.role, active: work.active })
                .collect(),
        }
    }
}

impl Endpoint for FindAccount {
    const ROUTE: Route = Route::get("/v1/accounts");
    type Audience = OnPlatform;
    const NEEDS: Option<Permission> = Some(Permission::ReadAccounts);
    const USES: &'static [Use] = &[Use::Get, Use::Blind];
    type Reply = Accounts;

    async fn handle(self, cx: &Cx<'_, OnPlatform>) -> Result<Done<Accounts>, Problem> {
        let blind = cx.host.vault().await.blind(Handle::EMAIL, self.email.as_ref()).await?;
        let account = match cx.store.get(Shared, Handle::at(&blind)).await? {
            Some(in_use) => cx.store.get(Shared, Account::at(in_use.user)).await?,
            None => None,
        };
        let patient = account.as_ref().and_then(|account| account.patient);
        let items = account.iter().map(|account| AccountView::from(&**account)).collect();
        Ok(Done::concerning(patient, Accounts { items }))
    }
}
