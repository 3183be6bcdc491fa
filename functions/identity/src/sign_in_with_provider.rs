use kernel::{
    AuthenticationMethod, AuthenticationMethods, Fault, PatientId, Private, Problem, Status, UserId, Zone,
};
use runtime::{Cx, Done, Endpoint, Public, Route, Use};
use schemars::JsonSchema;
use serde::Deserialize;
use store::{Change, Shared};

use crate::account::{Account, Channels, Handle, Identity, Language, Preferences};
use crate::federation::{Identified, Return, identify};
use crate::registration::registered;
use crate::session::DeviceInfo;
use crate::settings;
use crate::signed_in::{SignedIn, begin, open};

/// Sign in as whom somebody else says you are (ID-10), or register on the way.
///
/// Whoever has an account already connects it first, in their account: that somebody else believes an
/// address to be theirs is not enough to get into it. Staff and everybody who has a second factor show it as
/// after a password.
#[derive(Debug, Deserialize, JsonSchema)]
pub struct SignInWithProvider {
    /// `state` of the address that you came back to.
    pub state: Private<String>,
    /// `code` of that address.
    pub code: Private<String>,
    /// `verifier`, as it was told when you left.
    pub verifier: Private<String>,
    /// What you sign in on.
    #[serde(default)]
    pub device: DeviceInfo,
    /// In which language you are addressed, if you register.
    #[serde(default)]
    pub language: Language,
    /// In which zone you read times, if you register.
    pub time_zone: Option<Zone>,
}

/// Why nobody is signed in, although it is known who they are there.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
enum NotYet {
    #[error("There is an account with your email address. Sign in to it, and connect the two in your account.")]
    AccountExists,
    #[error("They do not say that your email address is yours. Register with a password instead.")]
    AddressUnproved,
}

impl Fault for NotYet {
    fn status(&self) -> Status {
        match self {
            NotYet::AccountExists => Status::Conflict,
            NotYet::AddressUnproved => Status::Unprocessable,
        }
    }
    fn code(&self) -> &'static str {
        match self {
            NotYet::AccountExists => "ACCOUNT_EXISTS",
            NotYet::AddressUnproved => "ADDRESS_UNPROVED",
        }
    }
}

impl Endpoint for SignInWithProvider {
    const ROUTE: Route = Route::post("/v1/sessions/identity-provider");
    type Audience = Public;
    const USES: &'static [Use] = &[
        Use::Address,
        Use::Get,
        Use::Put,
        Use::Delete,
        Use::Blind,
        Use::Unseal,
        Use::Issue,
        Use::Link,
        Use::Internet,
    ];
    const STATUS: u16 = 201;
    /// A kept answer would be a kept token.
    const REPLAYS: bool = false;
    type Reply = SignedIn;

    async fn handle(self, cx: &Cx<'_, Public>) -> Result<Done<SignedIn>, Problem> {
        let Self { state, code, verifier, device, language, time_zone } = self;
        let back = Return { state, code, verifier };
        let Identified { attempt, provider, claims } = identify(cx, &back).await?;
        let spent = Change::new().delete(Shared, &attempt);
        let device = device.seen(&cx.client);
        let methods = AuthenticationMethods::of(AuthenticationMethod::Fed);
        let vault = cx.host.vault().await;
        let blind = vault.blind(Handle::IDENTITY, &claims.identifier(&provider)).await?;
        if let Some(known) = cx.store.get(Shared, Handle::at(&blind)).await? {
            let account = cx.store.find(Shared, Account::at(known.user)).await?;
            return begin(cx, account, false, methods, device, spent).await;
        }
        let Some(email) = claims.email else {
            return Ok(Done::refusing([], NotYet::AddressUnproved).writing(spent));
        };
        let of_email = vault.blind(Handle::EMAIL, email.as_ref()).await?;
        if let Some(known) = cx.store.get(Shared, Handle::at(&of_email)).await? {
            return Ok(Done::refusing([], NotYet::AccountExists).by(known.user).writing(spent));
        }
        settings::current(cx).await?.may_register()?;
        let (user, patient): (UserId, PatientId) = (cx.id(), cx.id());
        let preferences =
            Preferences { language, time_zone, channels: Channels::default() };
        let names = (claims.given_name, claims.family_name);
        let mut account = Account::new(user, email, names, preferences, None, cx.now);
        account.patient = Some(patient);
        account.meet(&device.fingerprint);
        let handle = Handle { blind: blind.clone(), user };
        account.identities.push(Identity { provider: provider.id, blind, connected_at: cx.now });
        let change = spent.create(Shared, &handle).otherwise(NotYet::AccountExists);
        let change = registered(cx, change, &account, of_email, NotYet::AccountExists);
        open(cx, &account, methods, device, change).await
    }
}
