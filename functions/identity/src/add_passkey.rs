use base64::{Engine as _, prelude::BASE64_URL_SAFE_NO_PAD};
use kernel::{AuthenticationMethod, Permission, Problem};
use runtime::{Cx, Done, Endpoint, Personal, Route, Setting, Use};
use schemars::JsonSchema;
use serde::Deserialize;
use store::{Change, Shared};

use crate::account::Line;
use crate::begin_passkey::TooManyPasskeys;
use crate::factor::{MOST_PASSKEYS, PasskeyFactor};
use crate::own::{Own, may_enrol, own};
use crate::passkey::{
    Bytes, Challenge, NotAPasskey, Passkey, Registration, RelyingParty, challenge_of, register,
};
use crate::signed_in::{Enrolled, enrolled};

/// Finish adding a passkey with what `navigator.credentials.create` answered.
#[derive(Debug, Deserialize, JsonSchema)]
pub struct AddPasskey {
    /// What you call it, for example by where it lives.
    pub name: Line,
    /// `clientDataJSON`, base64url.
    pub client_data: Bytes,
    /// `attestationObject`, base64url.
    pub attestation: Bytes,
}

impl Endpoint for AddPasskey {
    const ROUTE: Route = Route::post("/v1/me/passkeys");
    type Audience = Personal;
    const NEEDS: Option<Permission> = Some(Permission::EnrolOwnFactor);
    const USES: &'static [Use] = &[
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
    type Reply = Enrolled;

    async fn handle(self, cx: &Cx<'_, Personal>) -> Result<Done<Enrolled>, Problem> {
        let Own { account, session } = own(cx).await?;
        may_enrol(cx, &account)?;
        if account.factors.passkeys.len() >= MOST_PASSKEYS {
            return Err(TooManyPasskeys.into());
        }
        let Self { name, client_data, attestation } = self;
        let answer = Registration { client_data, attestation };
        let named = challenge_of(&answer.client_data).ok_or(NotAPasskey)?;
        let challenge = cx.store.get(Shared, Challenge::at(&named)).await?;
        let challenge =
            challenge.filter(|known| known.user == Some(account.user)).ok_or(NotAPasskey)?;
        let party = RelyingParty::of(cx.host.setting(Setting::WebOrigin));
        let made = register(&answer, &challenge, &party)?;

        let credential = BASE64_URL_SAFE_NO_PAD.encode(made.id);
        let passkey = Passkey {
            credential: credential.clone(),
            id: cx.id(),
            user: account.user,
            key: BASE64_URL_SAFE_NO_PAD.encode(made.key),
            sign_count: made.sign_count,
            last_used_at: None,
        };
        let name: String = name.into();
        let factor = PasskeyFactor { id: passkey.id, credential, name, since: cx.now };
        let account = account.with(|account| account.factors.passkeys.push(factor));
        let change = Change::new()
            .delete(Shared, &challenge)
            .create(Shared, &passkey)
            .otherwise(NotAPasskey);
        enrolled(cx, account, session, "passkey", AuthenticationMethod::Hwk, change).await
    }
}
