use base64::{Engine as _, prelude::BASE64_URL_SAFE_NO_PAD};
use kernel::{Fault, Permission, Private, Problem, Status};
use runtime::{Cx, Done, Endpoint, Personal, Route, Setting, Use};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use store::{Change, Shared};

use crate::account::Email;
use crate::factor::MOST_PASSKEYS;
use crate::own::{Own, may_enrol, own};
use crate::passkey::{ALGORITHMS, Challenge, RelyingParty};

/// Begin to add a passkey: what `navigator.credentials.create` must know.
#[derive(Debug, Deserialize, JsonSchema)]
pub struct BeginPasskey {}

/// Options for the making of a passkey (WebAuthn, 5.4). Ask for a resident key, a verified user and no
/// attestation.
#[derive(Debug, Serialize, JsonSchema)]
pub struct CreationOptions {
    /// base64url.
    pub challenge: String,
    /// For whom it will sign.
    pub rp: Party,
    /// Whose it will be.
    pub user: Holder,
    /// Passkeys that there are already, base64url.
    pub exclude: Vec<String>,
    /// COSE algorithms, the preferred one first.
    pub algorithms: Vec<i64>,
}

/// A relying party.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Party {
    /// Our host name.
    pub id: String,
    /// What people see.
    pub name: String,
}

/// Whose a passkey is.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Holder {
    /// The account, base64url.
    pub id: String,
    /// What they sign in with.
    pub name: Private<Email>,
    /// What they are called.
    pub display_name: Private<String>,
}

/// There are enough.
#[derive(Debug, thiserror::Error)]
#[error("You have twenty passkeys. Remove one that you do not use.")]
pub(crate) struct TooManyPasskeys;

impl Fault for TooManyPasskeys {
    fn status(&self) -> Status {
        Status::Conflict
    }
    fn code(&self) -> &'static str {
        "TOO_MANY_PASSKEYS"
    }
}

impl Endpoint for BeginPasskey {
    const ROUTE: Route = Route::post("/v1/me/passkey-challenges");
    type Audience = Personal;
    const NEEDS: Option<Permission> = Some(Permission::EnrolOwnFactor);
    const USES: &'static [Use] = &[Use::GetMany, Use::Put, Use::Link];
    const STATUS: u16 = 201;
    type Reply = CreationOptions;

    async fn handle(self, cx: &Cx<'_, Personal>) -> Result<Done<CreationOptions>, Problem> {
        let Own { account, .. } = own(cx).await?;
        may_enrol(cx, &account)?;
        if account.factors.passkeys.len() >= MOST_PASSKEYS {
            return Err(TooManyPasskeys.into());
        }
        let challenge = Challenge::new(cx.host.random(), Some(account.user), cx.now);
        let name = format!("{} {}", account.given_name.as_ref(), account.family_name.as_ref());
        let change = Change::new().create(Shared, &challenge);
        let reply = CreationOptions {
            challenge: challenge.challenge,
            rp: Party {
                id: RelyingParty::of(cx.host.setting(Setting::WebOrigin)).id,
                name: "Careplane".into(),
            },
            user: Holder {
                id: BASE64_URL_SAFE_NO_PAD.encode(account.user.to_string()),
                name: account.email.clone(),
                display_name: Private(name),
            },
            exclude: account.factors.passkeys.iter().map(|passkey| passkey.credential.clone()).collect(),
            algorithms: ALGORITHMS.into(),
        };
        Ok(Done::concerning(account.patient, reply).writing(change))
    }
}
