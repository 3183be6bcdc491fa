use kernel::{Denied, Fault, Permission, Problem, Status};
use runtime::{Cx, Done, Endpoint, Personal, Route, Use};
use schemars::JsonSchema;
use serde::Deserialize;
use store::{Change, Shared};

use crate::account::Handle;
use crate::identity_provider::IdentityProviderId;
use crate::notice::{AccountNotice, Notice, tell};
use crate::own::{Own, own};
use crate::settings;
use crate::who_am_i::Me;

/// Let somebody else sign you in no longer. Every other session of the account ends.
#[derive(Debug, Deserialize, JsonSchema)]
pub struct DisconnectIdentity {
    /// Who.
    pub provider: IdentityProviderId,
}

/// Nothing else opens the account.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("You have no other way to sign in. Choose a password first, or add a passkey.")]
struct LastWayIn;

impl Fault for LastWayIn {
    fn status(&self) -> Status {
        Status::Conflict
    }
    fn code(&self) -> &'static str {
        "LAST_WAY_IN"
    }
}

impl Endpoint for DisconnectIdentity {
    const ROUTE: Route = Route::delete("/v1/me/identities/{provider}");
    type Audience = Personal;
    const NEEDS: Option<Permission> = Some(Permission::ManageOwnAccount);
    const USES: &'static [Use] = &[Use::Get, Use::GetMany, Use::Put, Use::Delete];
    type Reply = Me;

    async fn handle(self, cx: &Cx<'_, Personal>) -> Result<Done<Me>, Problem> {
        let Own { account, session } = own(cx).await?;
        let identity = account.identities.iter().find(|known| known.provider == self.provider);
        let identity = identity.cloned().ok_or(Denied::Hidden)?;
        let settings = settings::current(cx).await?;
        let mut others = account.identities.iter().filter(|known| **known != identity);
        let is_offered = others.any(|known| settings.provider(&known.provider).is_some());
        if !is_offered && account.password.is_none() && account.factors.passkeys.is_empty() {
            return Err(LastWayIn.into());
        }
        let mut change = Change::new();
        if let Some(handle) = cx.store.get(Shared, Handle::at(&identity.blind)).await? {
            change = change.delete(Shared, &handle);
        }
        let notice = AccountNotice::about(&account, Notice::IdentityDisconnected);
        let notice = notice.with("provider", identity.provider.as_ref());
        let account = account.with(|account| {
            account.identities.retain(|known| *known != identity);
            // Whoever came in that way is out.
            account.epoch += 1;
        });
        let session = session.with(|session| session.epoch = account.epoch);
        let change = change.update(Shared, &account).update(Shared, &session);
        let change = tell(cx, change, notice);
        let version = account.version() + 1;
        let me = Me::of(cx, &account, &session).await?;
        Ok(Done::concerning(account.patient, me).version(version).writing(change))
    }
}
