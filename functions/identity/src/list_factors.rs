use kernel::{Permission, Problem, Timestamp};
use runtime::{Cx, Done, Endpoint, Personal, Route, Use};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use store::Shared;

use crate::factor::PasskeyId;
use crate::own::{Own, own};
use crate::passkey::Passkey;

/// See your second factors.
#[derive(Debug, Deserialize, JsonSchema)]
pub struct ListFactors {}

/// What you can show beside your password.
#[derive(Debug, Serialize, JsonSchema)]
pub struct FactorsView {
    /// An app that shows codes.
    pub totp: Option<AppView>,
    /// A telephone.
    pub phone: Option<PhoneView>,
    /// Passkeys.
    pub passkeys: Vec<PasskeyView>,
    /// How many codes are left of the list.
    pub recovery_codes_left: usize,
}

/// An app that shows codes.
#[derive(Debug, Serialize, JsonSchema)]
pub struct AppView {
    /// Since when.
    pub since: Timestamp,
}

/// A telephone.
#[derive(Debug, Serialize, JsonSchema)]
pub struct PhoneView {
    /// How its number ends.
    pub ending: String,
    /// Since when.
    pub since: Timestamp,
}

/// A passkey.
#[derive(Debug, Serialize, JsonSchema)]
pub struct PasskeyView {
    /// Its id.
    pub id: PasskeyId,
    /// What you call it.
    pub name: String,
    /// Since when.
    pub created_at: Timestamp,
    /// When you showed it last.
    pub last_used_at: Option<Timestamp>,
}

impl Endpoint for ListFactors {
    const ROUTE: Route = Route::get("/v1/me/factors");
    type Audience = Personal;
    const NEEDS: Option<Permission> = Some(Permission::ReadOwnAccount);
    const USES: &'static [Use] = &[Use::GetMany];
    type Reply = FactorsView;

    async fn handle(self, cx: &Cx<'_, Personal>) -> Result<Done<FactorsView>, Problem> {
        let Own { account, .. } = own(cx).await?;
        let factors = &account.factors;
        let mut passkeys = Vec::new();
        if !factors.passkeys.is_empty() {
            let mut batch = cx.store.batch();
            let wanted: Vec<_> = factors
                .passkeys
                .iter()
                .map(|passkey| batch.want(Shared, Passkey::at(&passkey.credential)))
                .collect();
            let mut found = batch.get().await?;
            for (passkey, wanted) in factors.passkeys.iter().zip(wanted) {
                let last_used_at = found.take(&wanted)?.and_then(|known| known.last_used_at);
                let (id, name, created_at) = (passkey.id, passkey.name.clone(), passkey.since);
                passkeys.push(PasskeyView { id, name, created_at, last_used_at });
            }
        }
        let view = FactorsView {
            totp: factors.totp.as_ref().map(|app| AppView { since: app.since }),
            phone: factors
                .phone
                .as_ref()
                .map(|phone| PhoneView { ending: phone.number.ending(), since: phone.since }),
            passkeys,
            recovery_codes_left: factors.recovery.len(),
        };
        Ok(Done::concerning(account.patient, view))
    }
}
