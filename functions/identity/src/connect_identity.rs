use kernel::{Fault, Permission, Private, Problem, Status};
use runtime::{Cx, Done, Endpoint, Personal, Route, Use};
use schemars::JsonSchema;
use serde::Deserialize;
use store::{Change, Shared};

use crate::account::{Handle, Identity};
use crate::federation::{Return, Returning, identify};
use crate::guard::{may_try, succeeded};
use crate::identity_provider::IdentityProviderId;
use crate::notice::{AccountNotice, Notice, failed, tell};
use crate::own::{Own, Shown, WRONG, guarded, shown};
use crate::who_am_i::Me;

/// Let somebody else sign you in from now on (ID-10).
///
/// It opens your account for good, so you show once more who you are: by a second factor of the last five
/// minutes if you have one, by your password otherwise, and without either by a sign-in of the last five minutes.
#[derive(Debug, Deserialize, JsonSchema)]
pub struct ConnectIdentity {
    /// To whose address you came back.
    pub provider: IdentityProviderId,
    /// `state` of the address that you came back to.
    pub state: Private<String>,
    /// `code` of that address.
    pub code: Private<String>,
    /// `verifier`, as it was told when you left.
    pub verifier: Private<String>,
    /// `iss` of that address, if there is one.
    pub iss: Option<String>,
    /// Your own, to be sure that it is you, unless you have none, or show a second factor instead.
    #[schemars(extend("format" = "password"))]
    pub password: Option<Private<String>>,
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
        &[
        Use::Get,
        Use::GetMany,
        Use::Put,
        Use::Delete,
        Use::Check,
        Use::Blind,
        Use::Unseal,
        Use::Link,
        Use::Internet,
    ];
    const STATUS: u16 = 201;
    /// Argon2 wants a whole CPU: Lambda gives one at 1769 MB, and in proportion below.
    const MEMORY: u16 = 1024;
    /// Each may wait for somebody else: a provider that hangs must not take everybody's place.
    const RESERVED: Option<u16> = Some(10);
    type Reply = Me;

    async fn handle(self, cx: &Cx<'_, Personal>) -> Result<Done<Me>, Problem> {
        let subject = format!("password/{}", cx.grant.caller().user);
        let (own, guard) = guarded(cx, &subject).await?;
        may_try(guard.as_ref(), cx.now)?;
        let Self { provider, state, code, verifier, iss, password } = self;
        if let Shown::Wrong = shown(cx, &own, password).await? {
            let change = failed(cx, Change::new(), guard, &subject, &own.account);
            return Ok(Done::refusing(own.account.patient, WRONG).writing(change));
        }
        let Own { account, session } = own;
        let back = Return { provider, state, code, verifier, iss };
        let mut batch = cx.store.batch();
        let returning = Returning::want(cx, &mut batch, &back);
        let (attempt, settings) = returning.take(cx, &mut batch.get().await?, &back)?;
        let spent = succeeded(Change::new(), guard.as_ref(), &subject).delete(Shared, &attempt);
        let (provider, claims) = match identify(cx, &settings, &back).await {
            Ok(identified) => identified,
            Err(problem) => return Ok(Done::refusing(account.patient, problem).writing(spent)),
        };
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
        let change = spent
            .create(Shared, &handle)
            .otherwise(IdentityTaken)
            .update(Shared, &account);
        let change = tell(cx, change, notice);
        let version = account.version() + 1;
        let me = Me::of(cx, &account, &session).await?;
        Ok(Done::concerning(account.patient, me).version(version).writing(change))
    }
}
