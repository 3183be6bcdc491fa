use base64::{Engine as _, prelude::BASE64_URL_SAFE_NO_PAD};
use kernel::{Permission, Private, Problem};
use runtime::{Cx, Done, Endpoint, Personal, Route, Use};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use store::{Change, Shared};

use crate::factor::{AppFactor, TOTP, provisioning};
use crate::own::{Own, may_enrol, own};

/// Begin to add an app that shows codes.
///
/// It counts as a second factor once a code of it has been shown: `PUT` the same path.
#[derive(Debug, Deserialize, JsonSchema)]
pub struct BeginTotp {}

/// What the app must know.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Provisioning {
    /// In base32, to be typed.
    pub secret: Private<String>,
    /// `otpauth://…`, to be shown as a picture.
    pub uri: Private<String>,
}

impl Endpoint for BeginTotp {
    const ROUTE: Route = Route::post("/v1/me/factors/totp");
    type Audience = Personal;
    const NEEDS: Option<Permission> = Some(Permission::EnrolOwnFactor);
    const USES: &'static [Use] = &[Use::GetMany, Use::Put, Use::Seal];
    const STATUS: u16 = 201;
    /// A kept answer would be a kept secret.
    const REPLAYS: bool = false;
    type Reply = Provisioning;

    async fn handle(self, cx: &Cx<'_, Personal>) -> Result<Done<Provisioning>, Problem> {
        let Own { account, .. } = own(cx).await?;
        may_enrol(cx, &account)?;
        let secret: [u8; 20] = cx.host.random();
        let sealed = cx.host.vault().await.seal(TOTP, secret.to_vec()).await?;
        let sealed = BASE64_URL_SAFE_NO_PAD.encode(sealed);
        let account = account.with(|account| {
            account.factors.pending_totp = Some(AppFactor { sealed, since: cx.now, last_step: 0 });
        });
        let (secret, uri) = provisioning(&secret, account.email.as_ref());
        let reply = Provisioning { secret: Private(secret), uri: Private(uri) };
        let change = Change::new().update(Shared, &account);
        Ok(Done::concerning(account.patient, reply).writing(change))
    }
}
