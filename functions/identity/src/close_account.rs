use kernel::{Permission, Private, Problem, Timestamp};
use runtime::{Cx, Done, Endpoint, Personal, Route, Use};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use store::{Change, Shared};

use crate::account::{Handle, State};
use crate::factor::Factors;
use crate::former::Former;
use crate::guard::{may_try, succeeded};
use crate::membership::Member;
use crate::notice::{AccountNotice, Notice, failed, tell};
use crate::own::{Own, Shown, WRONG, guarded, shown};
use crate::passkey::forget_passkeys;
use crate::picture::Picture;
use crate::registration::forget_identities;
use crate::signed_in::{csrf_cookie, refresh_cookie};

/// Close your account.
///
/// Nobody signs in with it again, and its address may be registered anew. What clinics must keep of your
/// treatment stays with them.
#[derive(Debug, Deserialize, JsonSchema)]
pub struct CloseAccount {
    /// To be sure that it is you, unless you have none, or show a second factor instead.
    #[schemars(extend("format" = "password"))]
    pub password: Option<Private<String>>,
}

/// It is closed.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Closed {
    /// When.
    pub closed_at: Timestamp,
}

impl Endpoint for CloseAccount {
    const ROUTE: Route = Route::post("/v1/me/closure");
    type Audience = Personal;
    const NEEDS: Option<Permission> = Some(Permission::ManageOwnAccount);
    const USES: &'static [Use] = &[Use::Get, Use::GetMany, Use::Put, Use::Delete, Use::Check, Use::Blind];
    /// Argon2 wants a whole CPU: Lambda gives one at 1769 MB, and in proportion below.
    const MEMORY: u16 = 1024;
    type Reply = Closed;

    async fn handle(self, cx: &Cx<'_, Personal>) -> Result<Done<Closed>, Problem> {
        let subject = format!("password/{}", cx.grant.caller().user);
        let (own, guard) = guarded(cx, &subject).await?;
        may_try(guard.as_ref(), cx.now)?;
        if let Shown::Wrong = shown(cx, &own, self.password).await? {
            let Own { account, .. } = own;
            let change = failed(cx, Change::new(), guard, &subject, &account);
            return Ok(Done::refusing(account.patient, WRONG).writing(change));
        }
        let Own { account, .. } = own;
        let mut change = succeeded(Change::new(), guard.as_ref(), &subject);
        let email = Some((Handle::EMAIL, account.email.as_ref()));
        let username = account.username.as_deref().map(|name| (Handle::USERNAME, name.as_ref()));
        for (purpose, identifier) in email.into_iter().chain(username) {
            let blind = cx.host.vault().await.blind(purpose, identifier).await?;
            if let Some(in_use) = cx.store.get(Shared, Handle::at(&blind)).await? {
                change = change.delete(Shared, &in_use);
            }
        }
        change = forget_identities(cx, change, &account).await?;
        if account.is_staff() {
            let blind = cx.host.vault().await.blind(Handle::EMAIL, account.email.as_ref()).await?;
            let former = Former { blind, closed_at: cx.now };
            change = match cx.store.get(Shared, Former::at(&former.blind)).await? {
                Some(known) => change.update(Shared, &known.with(|known| *known = former)),
                None => change.create(Shared, &former),
            };
        }
        for membership in &account.memberships {
            let Some(clinic) = membership.scope() else { continue };
            if let Some(member) = cx.store.get(clinic, Member::at(account.user)).await? {
                change = change.delete(clinic, &member);
            }
        }
        if let Some(picture) = cx.store.get(Shared, Picture::at(account.user)).await? {
            change = change.delete(Shared, &picture);
        }
        change = forget_passkeys(cx, change, &account).await?;
        let account = account.with(|account| {
            account.state = State::Closed;
            account.epoch += 1;
            account.factors = Factors::default();
            account.devices.clear();
            account.identities.clear();
            account.memberships.iter_mut().for_each(|membership| membership.active = false);
        });
        let change = change.update(Shared, &account);
        let change = tell(cx, change, AccountNotice::about(&account, Notice::AccountClosed));
        let done = Done::concerning(account.patient, Closed { closed_at: cx.now }).writing(change);
        Ok(done.cookie(refresh_cookie(None)).cookie(csrf_cookie(None)))
    }
}
