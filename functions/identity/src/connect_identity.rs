use kernel::{Fault, Permission, Private, Problem, Status};
use runtime::{Cx, Done, Endpoint, Personal, Route, Use};
use schemars::JsonSchema;
use serde::Deserialize;
use store::{Change, Shared};

use crate::account::{Handle, Identity};
use crate::federation::{Identified, Return, identify};
use crate::notice::{AccountNotice, Notice, tell};
use crate::own::{Own, own};
use crate::who_am_i::Me;

/// Let somebody else sign you in from now on (ID-10).
///
/// Whoever has a second factor shows it first.
#[derive(Debug, Deserialize, JsonSchema)]
pub struct ConnectIdentity {
    /// `state` of the address that you came back to.
    pub state: Private<String>,
    /// `code` of that address.
    pub code: Private<String>,
    /// `verifier`, as it was told when you left.
    pub verifier: Private<String>,
}

/// It signs somebody else in.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("This sign-in belongs to another account already, or yours has one of theirs.")]
struct IdentityTaken;

impl Fault for IdentityTaken {
    fn status(&self) -> Status {
        Status::Conflict
    }
    fn code(&self) -> &'static str {
        "IDENTITY_TAKEN"
    }
}

impl Endpoint for ConnectIdentity {
    const ROUTE: Route = Route::post("/v1/me/identities");
    type Audience = Personal;
    const NEEDS: Option<Permission> = Some(Permission::ManageOwnAccount);
    const USES: &'static [Use] =
        &[Use::Get, Use::GetMany, Use::Put, Use::Delete, Use::Blind, Use::Unseal, Use::Link, Use::Internet];
    const STATUS: u16 = 201;
    type Reply = Me;

    async fn handle(self, cx: &Cx<'_, Personal>) -> Result<Done<Me>, Problem> {
        let Own { account, session } = own(cx).await?;
        if account.factors.any() {
            cx.grant.caller().stepped_up(cx.now)?;
        }
        let Self { state, code, verifier } = self;
        let back = Return { state, code, verifier };
        let Identified { attempt, provider, claims } = identify(cx, &back).await?;
        if account.identities.iter().any(|known| known.provider == provider.id) {
            return Err(IdentityTaken.into());
        }
        let vault = cx.host.vault().await;
        let blind = vault.blind(Handle::IDENTITY, &claims.identifier(&provider)).await?;
        let handle = Handle { blind: blind.clone(), user: account.user };
        let notice = AccountNotice::about(&account, Notice::IdentityConnected);
        let notice = notice.with("provider", provider.name.as_ref());
        let account = account.with(|account| {
            account.identities.push(Identity { provider: provider.id, blind, connected_at: cx.now });
        });
        let change = Change::new()
            .delete(Shared, &attempt)
            .create(Shared, &handle)
            .otherwise(IdentityTaken)
            .update(Shared, &account);
        let change = tell(cx, change, notice);
        let version = account.version() + 1;
        let me = Me::of(cx, &account, &session).await?;
        Ok(Done::concerning(account.patient, me).version(version).writing(change))
    }
}
