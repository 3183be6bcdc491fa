use kernel::{Private, Problem};
use runtime::{Cx, Done, Endpoint, Public, Route, Use};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use store::{Change, Shared};

use crate::account::{Account, Email, State};
use crate::guard::{Guard, succeeded};
use crate::link::{Link, LinkInvalid, Purpose};
use crate::notice::{AccountNotice, Notice, tell};
use crate::password::{NewPassword, Unsuitable};
use crate::registration::{forget_identities, reclaimed};

/// Choose a new password with the link of a mail.
///
/// Every session of the account ends, a lock after failures is lifted, and nobody else signs you in until you
/// connect them again. Second factors stay as they are.
#[derive(Debug, Deserialize, JsonSchema)]
pub struct ResetPassword {
    /// What the link ends with.
    pub token: Private<String>,
    /// 8 to 128 characters; 12 at least for those who work in a clinic.
    pub password: NewPassword,
}

/// What to sign in with now.
#[derive(Debug, Serialize, JsonSchema)]
pub struct PasswordReset {
    /// The address.
    pub email: Private<Email>,
}

impl Endpoint for ResetPassword {
    const ROUTE: Route = Route::post("/v1/password-resets/redemption");
    type Audience = Public;
    const USES: &'static [Use] = &[Use::Get, Use::Put, Use::Delete, Use::Check];
    /// Argon2 wants a whole CPU: Lambda gives one at 1769 MB, and in proportion below.
    const MEMORY: u16 = 1024;
    type Reply = PasswordReset;

    async fn handle(self, cx: &Cx<'_, Public>) -> Result<Done<PasswordReset>, Problem> {
        let link = cx.store.get(Shared, Link::at(&Link::hash(&self.token))).await?.ok_or(LinkInvalid)?;
        let Purpose::Reset { user, epoch } = link.purpose else { return Err(LinkInvalid.into()) };
        let account = cx.store.get(Shared, Account::at(user)).await?;
        let account = account
            .filter(|account| account.epoch == epoch && account.state == State::Active)
            .ok_or(LinkInvalid)?;
        if account.is_staff() && !self.password.suits_staff() {
            return Err(Unsuitable::ShortForStaff.into());
        }
        let password = self.password.hashed(cx.host.random(), cx.now).await?;
        let change = Change::new().delete(Shared, &link);
        let (change, account) = reclaimed(cx, change, account).await?;
        // Whoever resets may have lost more than a password: others sign them in again when they say so.
        let change = forget_identities(cx, change, &account).await?;
        let account = account.with(|account| {
            account.password = Some(password);
            account.identities.clear();
            account.epoch += 1;
        });
        let subject = user.to_string();
        let guard = cx.store.get(Shared, Guard::at(&subject)).await?;
        let change = change.update(Shared, &account);
        let change = succeeded(change, guard.as_ref(), &subject);
        let notice = AccountNotice::about(&account, Notice::PasswordChanged).with("at", cx.now);
        let change = tell(cx, change, notice);
        let reply = PasswordReset { email: account.email.clone() };
        Ok(Done::concerning(account.patient, reply).by(user).writing(change))
    }
}
