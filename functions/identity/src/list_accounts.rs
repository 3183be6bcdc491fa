use kernel::{Permission, Problem};
use runtime::{Cx, Done, Endpoint, OnPlatform, Route, Use};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use store::{Cursor, Limit, Page, Shared};

use crate::account::{Account, BY_REGISTRATION, Group, State};
use crate::find_account::AccountView;

/// See the accounts of staff or of patients, the newest first (ID-44, ID-45).
#[derive(Debug, Deserialize, JsonSchema)]
pub struct ListAccounts {
    /// Whose. Staff's, if it is not said.
    #[serde(default)]
    pub group: Group,
    /// In which state. Active ones, if it is not said.
    #[serde(default)]
    pub state: State,
    /// How many at the most.
    #[serde(default)]
    pub limit: Limit,
    /// `next` of the page before.
    pub after: Option<Cursor>,
}

/// A page of accounts, the newest first.
#[derive(Debug, Serialize, JsonSchema)]
pub struct AccountPage {
    /// Without `last_sign_in_at`, which is looked up for one account at a time.
    pub items: Vec<AccountView>,
    /// Where to go on; nothing at the end.
    pub next: Option<Cursor>,
}

impl Endpoint for ListAccounts {
    const ROUTE: Route = Route::get("/v1/accounts");
    type Audience = OnPlatform;
    const NEEDS: Option<Permission> = Some(Permission::ReadAccounts);
    const USES: &'static [Use] = &[Use::QueryIndex(&BY_REGISTRATION), Use::GetMany];
    type Reply = AccountPage;

    async fn handle(self, cx: &Cx<'_, OnPlatform>) -> Result<Done<AccountPage>, Problem> {
        let page = Page::of(self.limit, self.after);
        let listing = cx.store.list(Shared, Account::all(self.group, self.state), page).await?;
        let concerned: Vec<_> = listing.items.iter().filter_map(|account| account.patient).collect();
        let items = listing.items.iter().map(|account| AccountView::from(&**account)).collect();
        Ok(Done::concerning(concerned, AccountPage { items, next: listing.next }))
    }
}
