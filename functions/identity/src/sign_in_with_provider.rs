use kernel::{
    AuthenticationMethod, AuthenticationMethods, Fault, PatientId, Private, Problem, Status, UserId, Zone,
};
use runtime::{Cx, Done, Endpoint, Public, Route, Use};
use schemars::JsonSchema;
use serde::Deserialize;
use store::{Change, Entity as _, Shared};

use crate::account::{Account, Channels, Handle, Identity, Language, Preferences};
use crate::federation::{Return, Returning, identify};
use crate::guard::{Counter, Limit};
use crate::identity_provider::IdentityProviderId;
use crate::registration::registered;
use crate::session::DeviceInfo;
use crate::signed_in::{SignedIn, begin, open};
use crate::token::Keys;

/// Sign in as whom somebody else says you are (ID-10), or register on the way.
///
/// Whoever has an account already connects it first, in their account: that somebody else believes an
/// address to be theirs is not enough to get into it. Staff and everybody who has a second factor show it as
/// after a password.
#[derive(Debug, Deserialize, JsonSchema)]
pub struct SignInWithProvider {
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
        Use::GetMany,
        Use::Put,
        Use::Update,
        Use::Delete,
        Use::Blind,
        Use::Unseal,
        Use::Issue,
        Use::Link,
        Use::Internet,
    ];
    const STATUS: u16 = 201;
    /// Each may wait for somebody else: a provider that hangs must not take everybody's place.
    const RESERVED: Option<u16> = Some(10);
    /// A kept answer would be a kept token.
    const REPLAYS: bool = false;
    type Reply = SignedIn;

    async fn handle(self, cx: &Cx<'_, Public>) -> Result<Done<SignedIn>, Problem> {
        let Self { provider, state, code, verifier, iss, device, language, time_zone } = self;
        let back = Return { provider, state, code, verifier, iss };
        let from = Counter::of(Limit::FailuresOfAddress, &cx.client.address, cx.now);
        let mut batch = cx.store.batch();
        let returning = Returning::want(cx, &mut batch, &back);
        let (keys, counted) = (Keys::want(cx, &mut batch), batch.want(Shared, from.key()));
        let mut found = batch.get().await?;
        keys.keep(cx, &mut found)?;
        from.check(found.take(&counted)?.as_ref(), cx.now)?;
        let (attempt, settings) = returning.take(cx, &mut found, &back)?;
        let spent = Change::new().delete(Shared, &attempt);
        let (provider, claims) = match identify(cx, &settings, &back).await {
            Ok(identified) => identified,
            Err(problem) => return Ok(Done::refusing([], problem).writing(from.count(spent, cx.now))),
        };
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
            // Somebody knocks at this account; that it is its owner nobody has proved.
            let account = cx.store.get(Shared, Account::at(known.user)).await?;
            let concerned = account.and_then(|account| account.patient);
            return Ok(Done::refusing(concerned, NotYet::AccountExists).writing(spent));
        }
        if let Err(closed) = settings.may_register() {
            return Ok(Done::refusing([], closed).writing(spent));
        }
        let (user, patient): (UserId, PatientId) = (cx.id(), cx.id());
        let preferences =
            Preferences { language, time_zone, channels: Channels::default() };
        let names = (claims.given_name, claims.family_name);
        let mut account = Account::new(user, email, names, preferences, None, cx.now);
        account.patient = Some(patient);
        account.address_proved = false;
        account.meet(&device.fingerprint);
        let handle = Handle { blind: blind.clone(), user };
        account.identities.push(Identity { provider: provider.id, blind, connected_at: cx.now });
        let change = spent.create(Shared, &handle).otherwise(NotYet::AccountExists);
        let change = registered(cx, change, &account, of_email, NotYet::AccountExists);
        open(cx, &account, methods, device, change).await
    }
}
