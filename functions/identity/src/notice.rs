//! What identity announces, for others to tell and to remember.

use std::collections::BTreeMap;

use base64::{Engine as _, prelude::BASE64_URL_SAFE_NO_PAD};
use kernel::{Event, PatientId, Private, Problem, Timestamp, UserId};
use runtime::{Audience, Cx};
use serde::{Deserialize, Serialize};
use store::{Change, Stored};

use crate::account::{Account, Email, Language, Name, Phone};
use crate::guard::{self, Guard};
use crate::{factor, link};

/// Somebody has proved that an address is theirs, and is a patient from now on.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct PatientRegistered {
    /// The new patient.
    pub patient: PatientId,
    /// Where they are reached.
    pub email: Private<Email>,
    /// As they like to be called.
    pub given_name: Private<Name>,
    /// In which language.
    pub language: Language,
}

impl Event for PatientRegistered {
    const NAME: &'static str = "patient-registered";
}

/// Somebody must be told something about their account.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct AccountNotice {
    /// What.
    pub notice: Notice,
    /// Whose account, if there is one.
    pub user: Option<UserId>,
    /// Where to.
    pub email: Private<Email>,
    /// As they like to be called, where that is known.
    pub given_name: Option<Private<Name>>,
    /// In which language.
    pub language: Language,
    /// The token of the link that goes with it, sealed by KMS for [`link::SEAL`], base64url.
    pub sealed: Option<String>,
    /// What else the words need.
    pub facts: BTreeMap<String, Private<String>>,
}

impl Event for AccountNotice {
    const NAME: &'static str = "account-notice";
}

/// What somebody must be told.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Notice {
    /// Here is the link that finishes the registration.
    VerifyEmail,
    /// Somebody wanted to register with an address that has an account.
    AlreadyRegistered,
    /// Here is the link to choose a new password.
    ResetPassword,
    /// A clinic would like to work with them.
    Invitation,
    /// The account is there.
    Welcome,
    /// They signed in on a device that was not seen before.
    NewDevice,
    /// Too many failures; nobody gets in for a while.
    LockedOut,
    /// The password is another one.
    PasswordChanged,
    /// There is one more second factor.
    FactorAdded,
    /// There is one second factor less.
    FactorRemoved,
    /// Somebody else signs them in from now on.
    IdentityConnected,
    /// Somebody else does no longer.
    IdentityDisconnected,
    /// A code of the list was used in place of a second factor.
    RecoveryCodeUsed,
    /// A used refresh token turned up, and the session was ended.
    SessionsRevoked,
    /// A clinic has changed what they are.
    MembershipChanged,
    /// They have closed their account.
    AccountClosed,
    /// Whoever runs the platform has deactivated their account.
    AccountDeactivated,
}

impl AccountNotice {
    /// About an account.
    pub fn about(account: &Account, notice: Notice) -> Self {
        Self {
            notice,
            user: Some(account.user),
            email: account.email.clone(),
            given_name: Some(account.given_name.clone()),
            language: account.preferences.language.clone(),
            sealed: None,
            facts: account
                .preferences
                .time_zone
                .iter()
                .map(|zone| ("time_zone".to_owned(), Private(zone.to_string())))
                .collect(),
        }
    }

    /// With one more fact.
    #[must_use]
    pub fn with(mut self, name: &str, value: impl ToString) -> Self {
        self.facts.insert(name.into(), Private(value.to_string()));
        self
    }
}

/// A text message with a code is wanted.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct SmsCodeRequested {
    /// Whose.
    pub user: UserId,
    /// Where to.
    pub phone: Private<Phone>,
    /// The six digits, sealed by KMS for [`factor::SMS_CODE`], base64url.
    pub sealed: String,
    /// In which language.
    pub language: Language,
}

impl Event for SmsCodeRequested {
    const NAME: &'static str = "sms-code-requested";
}

/// How many sessions are in use.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct SessionsCounted {
    /// How many.
    pub active: u64,
    /// When they were counted.
    pub at: Timestamp,
}

impl Event for SessionsCounted {
    const NAME: &'static str = "sessions-counted";
}

/// Tell somebody, once the rest has happened.
pub(crate) fn tell<A: Audience>(cx: &Cx<'_, A>, change: Change, notice: AccountNotice) -> Change {
    change.announce(cx.fact(None, notice))
}

/// They failed once more to prove that the account is theirs. With the failure that begins a lock they are
/// told: whoever got as far as this may know the password.
pub(crate) fn failed<A: Audience>(
    cx: &Cx<'_, A>,
    change: Change,
    guard: Option<Stored<Guard>>,
    subject: &str,
    account: &Account,
) -> Change {
    let (change, locked) = guard::failed(change, guard, subject, cx.now);
    match locked {
        Some(until) => {
            tell(cx, change, AccountNotice::about(account, Notice::LockedOut).with("until", until))
        }
        None => change,
    }
}

/// A secret for an event: it lies in the outbox, in a queue, and perhaps among dead letters for two weeks.
pub(crate) async fn sealed<A: Audience>(
    cx: &Cx<'_, A>,
    purpose: &str,
    secret: &Private<String>,
) -> Result<String, Problem> {
    let sealed = cx.host.vault().await.seal(purpose, secret.as_bytes().to_vec()).await?;
    Ok(BASE64_URL_SAFE_NO_PAD.encode(sealed))
}

/// The token of a link, for a notice.
pub(crate) async fn sealed_link<A: Audience>(
    cx: &Cx<'_, A>,
    token: &Private<String>,
) -> Result<Option<String>, Problem> {
    sealed(cx, link::SEAL, token).await.map(Some)
}

/// A code, for a text message.
pub(crate) async fn sealed_code<A: Audience>(
    cx: &Cx<'_, A>,
    code: &Private<String>,
) -> Result<String, Problem> {
    sealed(cx, factor::SMS_CODE, code).await
}
