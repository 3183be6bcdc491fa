//! What whoever runs an environment may decide while it runs (ID-45).

use jiff::SignedDuration;
use kernel::{Fault, Private, Problem, Status, Timestamp};
use runtime::{Audience, Cx};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use store::{Batch, Entity, Found, Key, Shared, Stored, Wanted};

use crate::account::{Email, line};
use crate::identity_provider::{IdentityProvider, IdentityProviderId};

/// For how long a process goes by the settings that it read.
const LIFE: SignedDuration = SignedDuration::from_mins(1);

/// How people register and sign in, and what everybody is told. There is one; as long as there is none, the
/// default holds.
///
/// Access pattern: the one there is, for everybody who opens the client, and at registration.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Settings {
    /// May people register themselves as patients?
    pub registration_open: bool,
    /// Where people write who need help.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub support_email: Option<Email>,
    /// What everybody is told.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub announcement: Option<Announcement>,
    /// Who else signs people in, in the order in which they are offered.
    #[serde(default)]
    pub identity_providers: Vec<IdentityProvider>,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            registration_open: true,
            support_email: None,
            announcement: None,
            identity_providers: Vec::new(),
        }
    }
}

/// What everybody is told at the top of every page.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Announcement {
    /// 1 to 300 characters on one line.
    pub text: AnnouncementText,
    /// Until when, if it ends by itself.
    pub until: Option<Timestamp>,
}

/// 1 to 300 characters on one line.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(try_from = "String", into = "String")]
#[schemars(with = "String", extend("minLength" = 1, "maxLength" = 300))]
pub struct AnnouncementText(String);

/// The text is too long, or not one.
#[derive(Debug, thiserror::Error)]
#[error("Enter 1 to 300 characters on one line.")]
pub struct NotAnAnnouncement;

impl TryFrom<String> for AnnouncementText {
    type Error = NotAnAnnouncement;
    fn try_from(text: String) -> Result<Self, NotAnAnnouncement> {
        line(&text, 300).map(Self).ok_or(NotAnAnnouncement)
    }
}

impl From<AnnouncementText> for String {
    fn from(text: AnnouncementText) -> Self {
        text.0
    }
}

impl Settings {
    /// The one there is.
    pub fn at() -> Key<Self> {
        Key::new("settings", "-")
    }

    /// Somebody who signs people in.
    pub fn provider(&self, id: &IdentityProviderId) -> Option<&IdentityProvider> {
        self.identity_providers.iter().find(|provider| provider.id == *id)
    }

    /// May people register themselves?
    pub fn may_register(&self) -> Result<(), RegistrationClosed> {
        if self.registration_open { Ok(()) } else { Err(RegistrationClosed) }
    }
}

impl Entity for Settings {
    const KIND: &'static str = "settings";
    type Scope = Shared;
    fn key(&self) -> Key<Self> {
        Self::at()
    }
}

/// Nobody registers themselves for now.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("Nobody can register at the moment. Ask your clinic.")]
pub struct RegistrationClosed;

impl Fault for RegistrationClosed {
    fn status(&self) -> Status {
        Status::Forbidden
    }
    fn code(&self) -> &'static str {
        "REGISTRATION_CLOSED"
    }
}

struct Known {
    at: Timestamp,
    settings: Settings,
}

fn known<A: Audience>(cx: &Cx<'_, A>) -> Option<Settings> {
    let known = cx.host.kept::<Known>()?;
    (cx.now.duration_since(known.at).abs() < LIFE).then(|| known.settings.clone())
}

fn learn<A: Audience>(cx: &Cx<'_, A>, settings: Option<Stored<Settings>>) -> Settings {
    let settings = settings.map(Stored::into_inner).unwrap_or_default();
    cx.host.keep(Known { at: cx.now, settings: settings.clone() });
    settings
}

/// The settings, at most a minute old.
pub(crate) async fn current<A: Audience>(cx: &Cx<'_, A>) -> Result<Settings, Problem> {
    match known(cx) {
        Some(settings) => Ok(settings),
        None => Ok(learn(cx, cx.store.get(Shared, Settings::at()).await?)),
    }
}

/// The same, as part of a batch that is read anyway.
pub(crate) enum Current {
    Known(Settings),
    Wanted(Wanted<Settings>),
}

impl Current {
    /// Read them with the batch, where this process does not know them.
    pub(crate) fn want<A: Audience>(cx: &Cx<'_, A>, batch: &mut Batch<'_>) -> Self {
        known(cx).map_or_else(|| Self::Wanted(batch.want(Shared, Settings::at())), Self::Known)
    }

    /// The batch has been read.
    pub(crate) fn take<A: Audience>(self, cx: &Cx<'_, A>, found: &mut Found) -> Result<Settings, Problem> {
        match self {
            Self::Known(settings) => Ok(settings),
            Self::Wanted(wanted) => Ok(learn(cx, found.take(&wanted)?)),
        }
    }
}

/// How people register and sign in, and what everybody is told.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "Settings")]
pub struct SettingsView {
    /// May people register themselves as patients?
    pub registration_open: bool,
    /// Where people write who need help.
    pub support_email: Option<Private<Email>>,
    /// What everybody is told, until it ends.
    pub announcement: Option<AnnouncementView>,
    /// Who else signs people in, in the order in which they are offered.
    pub identity_providers: Vec<IdentityProviderView>,
}

/// What everybody is told.
#[derive(Debug, Serialize, JsonSchema)]
pub struct AnnouncementView {
    /// On one line.
    pub text: AnnouncementText,
    /// Until when, if it ends by itself.
    pub until: Option<Timestamp>,
}

/// Somebody who signs people in. What it knows us by is told to nobody.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "IdentityProvider")]
pub struct IdentityProviderView {
    /// Its id.
    pub id: IdentityProviderId,
    /// What people call it.
    pub name: crate::account::Line,
    /// How it is spoken to.
    pub protocol: crate::identity_provider::Protocol,
    /// Where it is.
    pub issuer: crate::identity_provider::Issuer,
    /// What it calls us; everybody who signs in there sees it.
    pub client_id: crate::identity_provider::ClientText,
}

impl SettingsView {
    /// As they are now.
    pub(crate) fn of(settings: &Settings, now: Timestamp) -> Self {
        let stands = |announcement: &Announcement| announcement.until.is_none_or(|until| now < until);
        let announcement = settings.announcement.clone().filter(stands);
        Self {
            registration_open: settings.registration_open,
            support_email: settings.support_email.clone().map(Private),
            announcement: announcement.map(|Announcement { text, until }| AnnouncementView { text, until }),
            identity_providers: settings.identity_providers.iter().map(IdentityProviderView::from).collect(),
        }
    }
}

impl From<&IdentityProvider> for IdentityProviderView {
    fn from(provider: &IdentityProvider) -> Self {
        let IdentityProvider { id, name, protocol, issuer, client_id, .. } = provider.clone();
        Self { id, name, protocol, issuer, client_id }
    }
}
