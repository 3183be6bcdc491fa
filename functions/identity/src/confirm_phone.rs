use kernel::{AuthenticationMethod, Permission, Private, Problem};
use runtime::{Cx, Done, Endpoint, Personal, Route, Use};
use schemars::JsonSchema;
use serde::Deserialize;
use store::Shared;

use crate::factor::{PhoneFactor, SmsCode, WrongCode};
use crate::guard::{may_try, succeeded};
use crate::notice::failed;
use crate::own::{Own, guarded, may_enrol};
use crate::pass_second_factor::used;
use crate::signed_in::{Enrolled, enrolled};

/// Finish adding a telephone by showing the code that it got.
#[derive(Debug, Deserialize, JsonSchema)]
pub struct ConfirmPhone {
    /// Six digits.
    #[schemars(extend("maxLength" = 64))]
    pub code: Private<String>,
}

impl Endpoint for ConfirmPhone {
    const ROUTE: Route = Route::put("/v1/me/factors/phone");
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
        let sent = cx.store.get(Shared, SmsCode::at(account.user)).await?.ok_or(WrongCode)?;
        let number = sent.number.clone();
        let (change, verdict) = used(sent, &self.code);
        if let Err(wrong) = verdict {
            let change = failed(cx, change, guard, &subject, &account);
            return Ok(Done::refusing(account.patient, wrong).writing(change));
        }
        let account = account.with(|account| {
            account.factors.phone = Some(PhoneFactor { number, since: cx.now });
        });
        let change = succeeded(change, guard.as_ref(), &subject);
        enrolled(cx, account, session, "phone", AuthenticationMethod::Sms, change).await
    }
}
