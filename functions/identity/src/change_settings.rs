use base64::{Engine as _, prelude::BASE64_URL_SAFE_NO_PAD};
use kernel::{Fault, Permission, Private, Problem, Status};
use runtime::{ChangedMeanwhile, Cx, Done, Endpoint, OnPlatform, Route, Setting, Use};
use schemars::JsonSchema;
use serde::Deserialize;
use store::{Change, Shared, Stored};

use crate::account::{Email, Line};
use crate::identity_provider::{ClientText, IdentityProvider, IdentityProviderId, Issuer, Protocol, SECRET};
use crate::settings::{Announcement, Settings, SettingsView};

/// Say how people register and sign in, and what everybody is told (ID-45).
///
/// What is not said is not there any more: `If-Match` must name the version that you saw.
#[derive(Debug, Deserialize, JsonSchema)]
pub struct ChangeSettings {
    /// May people register themselves as patients?
    pub registration_open: bool,
    /// Where people write who need help.
    pub support_email: Option<Email>,
    /// What everybody is told.
    pub announcement: Option<Announcement>,
    /// Who else signs people in, in the order in which they are offered. Ten at the most.
    #[schemars(extend("maxItems" = 10))]
    pub identity_providers: IdentityProviders,
}

/// Ten at the most.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(try_from = "Vec<NewIdentityProvider>")]
#[schemars(with = "Vec<NewIdentityProvider>", inline)]
pub struct IdentityProviders(Vec<NewIdentityProvider>);

/// There are too many.
#[derive(Debug, thiserror::Error)]
#[error("Name at most ten.")]
pub struct TooManyProviders;

impl TryFrom<Vec<NewIdentityProvider>> for IdentityProviders {
    type Error = TooManyProviders;
    fn try_from(list: Vec<NewIdentityProvider>) -> Result<Self, TooManyProviders> {
        if list.len() <= 10 { Ok(Self(list)) } else { Err(TooManyProviders) }
    }
}

/// Somebody who is to sign people in.
#[derive(Debug, Deserialize, JsonSchema)]
pub struct NewIdentityProvider {
    /// What we call it; part of nothing that people see.
    pub id: IdentityProviderId,
    /// What people call it.
    pub name: Line,
    /// How it is spoken to.
    pub protocol: Protocol,
    /// Where it is.
    pub issuer: Issuer,
    /// What it calls us.
    pub client_id: ClientText,
    /// What it knows us by. Not needed where it and the client's id stay as they were.
    #[schemars(extend("format" = "password"))]
    pub client_secret: Option<Private<ClientText>>,
}

/// What is wrong with one of them.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
enum Unfit {
    #[error("Enter the client secret: this one is new, or knows us by another id.")]
    Secretless(usize),
    #[error("Two have the same id.")]
    Twice(usize),
    #[error("Enter an address that begins with https.")]
    Insecure(usize),
    /// People are known by the issuer: under the same id they would be taken for somebody else.
    #[error("Somebody else than before needs an id of their own.")]
    Elsewhere(usize),
}

impl Fault for Unfit {
    fn status(&self) -> Status {
        Status::Unprocessable
    }
    fn code(&self) -> &'static str {
        "INVALID"
    }
    fn pointer(&self) -> Option<String> {
        Some(match self {
            Unfit::Secretless(place) => format!("/identity_providers/{place}/client_secret"),
            Unfit::Twice(place) => format!("/identity_providers/{place}/id"),
            Unfit::Insecure(place) | Unfit::Elsewhere(place) => format!("/identity_providers/{place}/issuer"),
        })
    }
}

/// It is not known what they looked at.
#[derive(Debug, thiserror::Error)]
#[error("Send as If-Match the version that you looked at.")]
struct Unseen;

impl Fault for Unseen {
    fn status(&self) -> Status {
        Status::PreconditionRequired
    }
    fn code(&self) -> &'static str {
        "IF_MATCH_REQUIRED"
    }
}

impl Endpoint for ChangeSettings {
    const ROUTE: Route = Route::put("/v1/settings");
    type Audience = OnPlatform;
    const NEEDS: Option<Permission> = Some(Permission::ManageSettings);
    const USES: &'static [Use] = &[Use::Get, Use::Put, Use::Seal];
    type Reply = SettingsView;

    async fn handle(self, cx: &Cx<'_, OnPlatform>) -> Result<Done<SettingsView>, Problem> {
        let known = cx.store.get(Shared, Settings::at()).await?;
        let seen = cx.if_match.ok_or(Unseen)?;
        if seen != known.as_ref().map_or(0, Stored::version) {
            return Err(ChangedMeanwhile.into());
        }
        let mut identity_providers: Vec<IdentityProvider> = Vec::new();
        for (place, new) in self.identity_providers.0.into_iter().enumerate() {
            if identity_providers.iter().any(|earlier| earlier.id == new.id) {
                return Err(Unfit::Twice(place).into());
            }
            if new.issuer.is_on_this_machine() && cx.host.setting(Setting::Environment) != "local" {
                return Err(Unfit::Insecure(place).into());
            }
            let before = known.as_ref().and_then(|known| known.provider(&new.id));
            if before.is_some_and(|known| known.issuer != new.issuer) {
                return Err(Unfit::Elsewhere(place).into());
            }
            // A secret goes nowhere else than where it was meant to go.
            let before = before.filter(|known| known.client_id == new.client_id);
            let sealed_secret = match (new.client_secret, before) {
                (Some(secret), _) => {
                    let secret = String::from(secret.0).into_bytes();
                    BASE64_URL_SAFE_NO_PAD.encode(cx.host.vault().await.seal(SECRET, secret).await?)
                }
                (None, Some(known)) => known.sealed_secret.clone(),
                (None, None) => return Err(Unfit::Secretless(place).into()),
            };
            let NewIdentityProvider { id, name, protocol, issuer, client_id, .. } = new;
            identity_providers.push(IdentityProvider { id, name, protocol, issuer, client_id, sealed_secret });
        }
        let settings = Settings {
            registration_open: self.registration_open,
            support_email: self.support_email,
            announcement: self.announcement,
            identity_providers,
        };
        let view = SettingsView::of(&settings, cx.now);
        let (change, version) = match known {
            Some(known) => {
                let version = known.version() + 1;
                (Change::new().update(Shared, &known.with(|known| *known = settings)), version)
            }
            None => (Change::new().create(Shared, &settings), 1),
        };
        Ok(Done::impersonal(view).version(version).writing(change))
    }
}
