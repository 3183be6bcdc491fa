use kernel::{AuthenticationMethod, Permission, Private, Problem};
use runtime::{Cx, Done, Endpoint, Personal, Route, Use};
use schemars::JsonSchema;
use serde::Deserialize;
use store::Change;

use crate::factor::WrongCode;
use crate::guard::{may_try, succeeded};
use crate::notice::failed;
use crate::own::{Own, guarded, may_enrol};
use crate::pass_second_factor::secret;
use crate::signed_in::{Enrolled, enrolled};

/// Finish adding an app by showing its code.
#[derive(Debug, Deserialize, JsonSchema)]
pub struct ConfirmTotp {
    /// Six digits.
    #[schemars(extend("maxLength" = 64))]
    pub code: Private<String>,
}

impl Endpoint for ConfirmTotp {
    const ROUTE: Route = Route::put("/v1/me/factors/totp");
    type Audience = Personal;
    const NEEDS: Option<Permission> = Some(Permission::EnrolOwnFactor);
    const USES: &'static [Use] =
        &[Use::Get, Use::GetMany, Use::Put, Use::Delete, Use::Check, Use::Unseal, Use::Issue];
    /// A kept answer would be a kept token.
    const REPLAYS: bool = false;
    type Reply = Enrolled;

    async fn handle(self, cx: &Cx<'_, Personal>) -> Result<Done<Enrolled>, Problem> {
        let subject = format!("second-factor/{}", cx.grant.caller().user);
        let (Own { account, session }, guard) = guarded(cx, &subject).await?;
        may_try(guard.as_ref(), cx.now)?;
        may_enrol(cx, &account)?;
        let mut app = account.factors.pending_totp.clone().ok_or(WrongCode)?;
        let secret = secret(cx, &app.sealed).await?;
        if let Err(wrong) = app.accept(&secret, &self.code, cx.now) {
            let change = failed(cx, Change::new(), guard, &subject, &account);
            return Ok(Done::refusing(account.patient, wrong).writing(change));
        }
        let account = account.with(|account| {
            account.factors.pending_totp = None;
            account.factors.totp = Some(app);
        });
        let change = succeeded(Change::new(), guard.as_ref(), &subject);
        enrolled(cx, account, session, "totp", AuthenticationMethod::Otp, change).await
    }
}
