use kernel::{Denied, Fault, Permission, Problem, Status};
use runtime::{Cx, Done, Endpoint, Personal, Route, Use};
use schemars::JsonSchema;
use serde::Deserialize;
use store::{Change, Shared};

use crate::end_session::Ended;
use crate::factor::FactorName;
use crate::notice::{AccountNotice, Notice, tell};
use crate::own::{Own, own};
use crate::passkey::Passkey;

/// Take a second factor off your account.
#[derive(Debug, Deserialize, JsonSchema)]
pub struct RemoveFactor {
    /// `totp`, `phone`, or the id of a passkey.
    pub factor: FactorName,
}

/// Staff always have one.
#[derive(Debug, thiserror::Error)]
#[error("You need at least one second factor. Add another one first.")]
struct LastFactor;

impl Fault for LastFactor {
    fn status(&self) -> Status {
        Status::Conflict
    }
    fn code(&self) -> &'static str {
        "LAST_FACTOR"
    }
}

impl Endpoint for RemoveFactor {
    const ROUTE: Route = Route::delete("/v1/me/factors/{factor}");
    type Audience = Personal;
    const NEEDS: Option<Permission> = Some(Permission::RemoveOwnFactor);
    const USES: &'static [Use] = &[Use::Get, Use::GetMany, Use::Put, Use::Delete];
    type Reply = Ended;

    async fn handle(self, cx: &Cx<'_, Personal>) -> Result<Done<Ended>, Problem> {
        let Own { account, .. } = own(cx).await?;
        let passkey = match self.factor {
            FactorName::Passkey(id) => account.factors.passkeys.iter().find(|passkey| passkey.id == id),
            FactorName::Totp | FactorName::Phone => None,
        };
        let passkey = match passkey {
            Some(passkey) => cx.store.get(Shared, Passkey::at(&passkey.credential)).await?,
            None => None,
        };
        let mut was_there = false;
        let account = account.with(|account| was_there = account.factors.remove(self.factor));
        if !was_there {
            return Err(Denied::Hidden.into());
        }
        if account.is_staff() && !account.factors.any() {
            return Err(LastFactor.into());
        }
        if !account.has_way_in() {
            return Err(LastFactor.into());
        }
        let mut change = Change::new().update(Shared, &account);
        if let Some(passkey) = &passkey {
            change = change.delete(Shared, passkey);
        }
        let factor = match self.factor {
            FactorName::Totp => "totp",
            FactorName::Phone => "phone",
            FactorName::Passkey(_) => "passkey",
        };
        let notice = AccountNotice::about(&account, Notice::FactorRemoved).with("factor", factor);
        let change = tell(cx, change, notice);
        Ok(Done::concerning(account.patient, Ended {}).writing(change))
    }
}
