use kernel::{AuthenticationMethod, AuthenticationMethods, Fault, Id, Private, Problem, Status};
use runtime::{Cx, Done, Endpoint, Public, Route, Use};
use schemars::JsonSchema;
use serde::Deserialize;
use store::{Change, Entity as _, Shared, Stored};

use crate::account::{Account, Handle, Typed};
use crate::guard::{self, Counter, Guard, Limit, may_try, succeeded};
use crate::notice::failed;
use crate::password::verified;
use crate::session::DeviceInfo;
use crate::signed_in::{SignedIn, begin};
use crate::token::Keys;

/// Sign in with email address, or username, and password.
///
/// Sets two cookies: `__Secure-refresh`, which is sent to the refresh path alone, and `__Secure-csrf`, which
/// pages of the same origin read. After five failures in a row every further one doubles a wait, for the
/// address and whether or not it has an account.
#[derive(Debug, Deserialize, JsonSchema)]
pub struct SignIn {
    /// The address as registered, or the username that you chose; capitals do not matter.
    pub email: Private<String>,
    /// As chosen.
    #[schemars(extend("format" = "password"))]
    pub password: Private<String>,
    /// What you sign in on.
    #[serde(default)]
    pub device: DeviceInfo,
}

/// One answer for a wrong password and for no account, so that neither tells about the other.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("The email address and the password do not belong together.")]
pub(crate) struct WrongCredentials;

impl Fault for WrongCredentials {
    fn status(&self) -> Status {
        Status::Unauthenticated
    }
    fn code(&self) -> &'static str {
        "WRONG_CREDENTIALS"
    }
}

impl Endpoint for SignIn {
    const ROUTE: Route = Route::post("/v1/sessions");
    type Audience = Public;
    const USES: &'static [Use] = &[Use::Address, 
        Use::Get,
        Use::GetMany,
        Use::Put,
        Use::Update,
        Use::Delete,
        Use::Check,
        Use::Blind,
        Use::Unseal,
        Use::Issue,
    ];
    const STATUS: u16 = 201;
    /// A kept answer would be a kept token.
    const REPLAYS: bool = false;
    /// Argon2 wants a whole CPU: Lambda gives one at 1769 MB, and in proportion below.
    const MEMORY: u16 = 1024;
    /// A flood of sign-ins must not starve the rest: each holds a CPU for its hash.
    const RESERVED: Option<u16> = Some(20);
    type Reply = SignedIn;

    /// Does the same work whether or not there is such an account, so that its duration tells nothing.
    async fn handle(self, cx: &Cx<'_, Public>) -> Result<Done<SignedIn>, Problem> {
        let Self { email, password, device } = self;
        let typed = Typed::read(email.0).ok_or(WrongCredentials)?;
        let (purpose, identifier) = typed.identifier();
        let blind = cx.host.vault().await.blind(purpose, identifier).await?;
        let from = Counter::of(Limit::FailuresOfAddress, &cx.client.address, cx.now);
        let mut batch = cx.store.batch();
        let handle = batch.want(Shared, Handle::at(&blind));
        let counted = batch.want(Shared, from.key());
        let mut found = batch.get().await?;
        from.check(found.take(&counted)?.as_ref(), cx.now)?;
        let user = found.take(&handle)?.map(|handle| handle.user);

        // An account has one lock, whichever of its names is typed, and a device that it knows has another:
        // strangers who guess do not keep its owner out.
        let everywhere = user.map_or(blind, |user| user.to_string());
        let here = device.secret().map(|device| format!("{everywhere}/{device}"));
        let here = here.unwrap_or_else(|| everywhere.clone());
        let mut batch = cx.store.batch();
        let account = batch.want(Shared, Account::at(user.unwrap_or(Id::NOBODY)));
        let (guard_here, guard) = (batch.want(Shared, Guard::at(&here)), batch.want(Shared, Guard::at(&everywhere)));
        let keys = Keys::want(cx, &mut batch);
        let mut found = batch.get().await?;
        keys.keep(cx, &mut found)?;
        let account = found.take(&account)?;
        let knows = |account: &Stored<Account>| {
            device.secret().is_some_and(|device| account.devices.contains(&device))
        };
        let (subject, guard) = match &account {
            Some(account) if knows(account) => (here, found.take(&guard_here)?),
            _ => (everywhere, found.take(&guard)?),
        };
        may_try(guard.as_ref(), cx.now)?;

        let hash = account.as_ref().and_then(|account| account.password.as_ref()).map(|known| known.hash.clone());
        let verdict = verified(password, hash, cx.host.random()).await?;
        let account = match account {
            Some(account) if verdict.fits => account,
            known => {
                let change = from.count(Change::new(), cx.now);
                let Some(account) = known else {
                    let (change, _) = guard::failed(change, guard, &subject, cx.now);
                    return Ok(Done::refusing([], WrongCredentials).writing(change));
                };
                let change = failed(cx, change, guard, &subject, &account);
                let refused = Done::refusing(account.patient, WrongCredentials);
                return Ok(refused.by(account.user).writing(change));
            }
        };
        let change = succeeded(Change::new(), guard.as_ref(), &subject);
        let dirty = verdict.rehashed.is_some();
        let account = account.with(|account| {
            if let (Some(hash), Some(password)) = (verdict.rehashed, &mut account.password) {
                password.hash = hash;
            }
        });
        let methods = AuthenticationMethods::of(AuthenticationMethod::Pwd);
        begin(cx, account, dirty, methods, device.seen(&cx.client), change).await
    }
}
