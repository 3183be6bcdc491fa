use kernel::{AuthenticationMethod, AuthenticationMethods, Problem};
use runtime::{Cx, Done, Endpoint, Public, Route, Setting, Use};
use schemars::JsonSchema;
use serde::Deserialize;
use store::{Change, Shared};

use crate::account::Account;
use crate::passkey::{
    Assertion, Bytes, Challenge, Passkey, PasskeyRefused, RelyingParty, challenge_of, verify,
};
use crate::session::DeviceInfo;
use crate::signed_in::{SignedIn, begin};

/// Sign in with what `navigator.credentials.get` answered.
///
/// A passkey is two factors at once: the device that holds it, and the person who unlocked that.
#[derive(Debug, Deserialize, JsonSchema)]
pub struct SignInWithPasskey {
    /// `id`: which passkey, base64url.
    pub credential: Bytes,
    /// `clientDataJSON`, base64url.
    pub client_data: Bytes,
    /// `authenticatorData`, base64url.
    pub authenticator_data: Bytes,
    /// `signature`, base64url.
    pub signature: Bytes,
    /// What you sign in on.
    #[serde(default)]
    pub device: DeviceInfo,
}

impl Endpoint for SignInWithPasskey {
    const ROUTE: Route = Route::post("/v1/sessions/passkey");
    type Audience = Public;
    const USES: &'static [Use] = &[Use::Address, 
        Use::Get,
        Use::GetMany,
        Use::Put,
        Use::Delete,
        Use::Unseal,
        Use::Issue,
        Use::Link,
    ];
    const STATUS: u16 = 201;
    /// A kept answer would be a kept token.
    const REPLAYS: bool = false;
    type Reply = SignedIn;

    async fn handle(self, cx: &Cx<'_, Public>) -> Result<Done<SignedIn>, Problem> {
        let Self { credential, client_data, authenticator_data, signature, device } = self;
        let answer = Assertion { credential, client_data, authenticator_data, signature };
        let named = challenge_of(&answer.client_data).ok_or(PasskeyRefused)?;
        let mut batch = cx.store.batch();
        let challenge = batch.want(Shared, Challenge::at(&named));
        let passkey = batch.want(Shared, Passkey::at(&answer.credential.text()));
        let mut found = batch.get().await?;
        let challenge = found.take(&challenge)?.filter(|known| known.user.is_none());
        let (challenge, passkey) = (challenge.ok_or(PasskeyRefused)?, found.take(&passkey)?);
        let passkey = passkey.ok_or(PasskeyRefused)?;
        let party = RelyingParty::of(cx.host.setting(Setting::WebOrigin));
        let count = match verify(&answer, &passkey, &challenge, &party) {
            Ok(count) => count,
            Err(refused) => {
                let change = Change::new().delete(Shared, &challenge);
                return Ok(Done::refusing([], refused).by(passkey.user).writing(change));
            }
        };
        let account = cx.store.get(Shared, Account::at(passkey.user)).await?.ok_or(PasskeyRefused)?;
        let passkey = passkey.with(|passkey| {
            passkey.sign_count = count;
            passkey.last_used_at = Some(cx.now);
        });
        let change = Change::new().delete(Shared, &challenge).update(Shared, &passkey);
        let methods = AuthenticationMethods::of(AuthenticationMethod::Hwk);
        begin(cx, account, false, methods, device.seen(&cx.client), change).await
    }
}
