use kernel::Problem;
use runtime::{Cx, Done, Endpoint, Public, Route, Setting, Use};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use store::{Change, Shared};

use crate::guard::{Counter, Limit};
use crate::passkey::{Challenge, RelyingParty};

/// Get ready to sign in with a passkey: what `navigator.credentials.get` must know.
///
/// It names no account, so that the device offers the passkeys that it has for us.
#[derive(Debug, Deserialize, JsonSchema)]
pub struct BeginPasskeySignIn {}

/// Options for the showing of a passkey (WebAuthn, 5.5). Ask for a verified user.
#[derive(Debug, Serialize, JsonSchema)]
pub struct RequestOptions {
    /// base64url.
    pub challenge: String,
    /// For whom it signs.
    pub rp_id: String,
}

impl Endpoint for BeginPasskeySignIn {
    const ROUTE: Route = Route::post("/v1/passkey-challenges");
    type Audience = Public;
    const USES: &'static [Use] = &[Use::Address, Use::Put, Use::Update, Use::Link];
    const STATUS: u16 = 201;
    const AUDITED: bool = false;
    type Reply = RequestOptions;

    async fn handle(self, cx: &Cx<'_, Public>) -> Result<Done<RequestOptions>, Problem> {
        let from = Counter::of(Limit::ChallengesOfAddress, &cx.client.address, cx.now);
        let challenge = Challenge::new(cx.host.random(), None, cx.now);
        let change = from.count(Change::new(), cx.now).create(Shared, &challenge);
        let rp_id = RelyingParty::of(cx.host.setting(Setting::WebOrigin)).id;
        let reply = RequestOptions { challenge: challenge.challenge, rp_id };
        Ok(Done::impersonal(reply).writing(change))
    }
}
