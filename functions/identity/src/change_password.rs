use kernel::{Permission, Private, Problem, Timestamp};
use runtime::{Cx, Done, Endpoint, Personal, Route, Use};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use store::{Change, Shared};

use crate::guard::{may_try, succeeded};
use crate::notice::{AccountNotice, Notice, failed, tell};
use crate::own::{Own, guarded};
use crate::password::{NewPassword, NoPassword, Unsuitable, WrongPassword, verified};

/// Choose another password.
///
/// Every other session of the account ends.
#[derive(Debug, Deserialize, JsonSchema)]
pub struct ChangePassword {
    /// The one that it is now.
    #[schemars(extend("format" = "password"))]
    pub current: Private<String>,
    /// 8 to 128 characters; 12 at least for those who work in a clinic.
    pub password: NewPassword,
}

/// It is another one now.
#[derive(Debug, Serialize, JsonSchema)]
pub struct PasswordChanged {
    /// Since when.
    pub changed_at: Timestamp,
}

impl Endpoint for ChangePassword {
    const ROUTE: Route = Route::put("/v1/me/password");
    type Audience = Personal;
    const NEEDS: Option<Permission> = Some(Permission::ManageOwnAccount);
    const USES: &'static [Use] = &[Use::GetMany, Use::Put, Use::Delete, Use::Check];
    /// Argon2 wants a whole CPU: Lambda gives one at 1769 MB, and in proportion below.
    const MEMORY: u16 = 1024;
    type Reply = PasswordChanged;

    async fn handle(self, cx: &Cx<'_, Personal>) -> Result<Done<PasswordChanged>, Problem> {
        let subject = format!("password/{}", cx.grant.caller().user);
        let (Own { account, session }, guard) = guarded(cx, &subject).await?;
        may_try(guard.as_ref(), cx.now)?;
        if account.is_staff() && !self.password.suits_staff() {
            return Err(Unsuitable::ShortForStaff.into());
        }
        let hash = account.password.as_ref().map(|known| known.hash.clone()).ok_or(NoPassword)?;
        if !verified(self.current, Some(hash), cx.host.random()).await?.fits {
            let change = failed(cx, Change::new(), guard, &subject, &account);
            return Ok(Done::refusing(account.patient, WrongPassword("/current")).writing(change));
        }
        let password = self.password.hashed(cx.host.random(), cx.now).await?;
        let account = account.with(|account| {
            account.password = Some(password);
            account.epoch += 1;
        });
        let session = session.with(|session| session.epoch = account.epoch);
        let change = succeeded(Change::new(), guard.as_ref(), &subject);
        let change = change.update(Shared, &account).update(Shared, &session);
        let notice = AccountNotice::about(&account, Notice::PasswordChanged).with("at", cx.now);
        let change = tell(cx, change, notice);
        Ok(Done::concerning(account.patient, PasswordChanged { changed_at: cx.now }).writing(change))
    }
}
