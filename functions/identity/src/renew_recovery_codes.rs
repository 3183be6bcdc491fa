use kernel::{Permission, Private, Problem};
use runtime::{Cx, Done, Endpoint, Personal, Route, Use};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use store::{Change, Shared};

use crate::challenge_second_factor::NoSuchMethod;
use crate::factor::recovery_codes;
use crate::notice::{AccountNotice, Notice, tell};
use crate::own::{Own, own};

/// Get a new list of codes; the old one is void.
#[derive(Debug, Deserialize, JsonSchema)]
pub struct RenewRecoveryCodes {}

/// A new list.
#[derive(Debug, Serialize, JsonSchema)]
pub struct RecoveryCodes {
    /// Ten codes, each good once. They are shown this once.
    pub recovery_codes: Vec<Private<String>>,
}

impl Endpoint for RenewRecoveryCodes {
    const ROUTE: Route = Route::post("/v1/me/recovery-codes");
    type Audience = Personal;
    const NEEDS: Option<Permission> = Some(Permission::RemoveOwnFactor);
    const USES: &'static [Use] = &[Use::GetMany, Use::Put];
    const STATUS: u16 = 201;
    /// A kept answer would be kept codes.
    const REPLAYS: bool = false;
    type Reply = RecoveryCodes;

    async fn handle(self, cx: &Cx<'_, Personal>) -> Result<Done<RecoveryCodes>, Problem> {
        let Own { account, .. } = own(cx).await?;
        if !account.factors.any() {
            return Err(NoSuchMethod.into());
        }
        let (codes, hashes) = recovery_codes(cx.host.random());
        let account = account.with(|account| account.factors.recovery = hashes);
        let notice = AccountNotice::about(&account, Notice::FactorAdded).with("factor", "recovery-codes");
        let change = tell(cx, Change::new().update(Shared, &account), notice);
        Ok(Done::concerning(account.patient, RecoveryCodes { recovery_codes: codes }).writing(change))
    }
}
