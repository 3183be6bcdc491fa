use kernel::{Fault, Permission, Problem, Status};
use runtime::{Cx, Done, Endpoint, Personal, Route, Setting, Use};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use store::{Change, Shared};

use crate::factor::SmsCode;
use crate::guard::{Counter, Limit};
use crate::notice::{SmsCodeRequested, sealed_code};
use crate::own::{Own, own};
use crate::passkey::{Challenge, RelyingParty};

/// Get ready to show a second factor that needs something from us first: a text message, or a challenge for
/// a passkey.
#[derive(Debug, Deserialize, JsonSchema)]
pub struct ChallengeSecondFactor {
    /// Which one.
    pub method: Challenged,
}

/// The second factors that need something from us first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Challenged {
    /// A code in a text message.
    Sms,
    /// A passkey.
    Passkey,
}

/// What it takes to go on.
#[derive(Debug, Default, Serialize, JsonSchema)]
pub struct Ready {
    /// How the number ends to which the text message goes.
    pub phone_ending: Option<String>,
    /// What a passkey is to sign, base64url.
    pub challenge: Option<String>,
    /// For whom it signs.
    pub rp_id: Option<String>,
    /// Which passkeys may, base64url.
    pub credentials: Vec<String>,
}

/// There is no such factor.
#[derive(Debug, thiserror::Error)]
#[error("Your account has no second factor of this kind.")]
pub(crate) struct NoSuchMethod;

impl Fault for NoSuchMethod {
    fn status(&self) -> Status {
        Status::Conflict
    }
    fn code(&self) -> &'static str {
        "NO_SUCH_FACTOR"
    }
}

impl Endpoint for ChallengeSecondFactor {
    const ROUTE: Route = Route::post("/v1/me/second-factor/challenges");
    type Audience = Personal;
    const NEEDS: Option<Permission> = Some(Permission::PassSecondFactor);
    const USES: &'static [Use] =
        &[Use::Get, Use::GetMany, Use::Put, Use::Update, Use::Seal, Use::Link];
    const STATUS: u16 = 201;
    type Reply = Ready;

    async fn handle(self, cx: &Cx<'_, Personal>) -> Result<Done<Ready>, Problem> {
        let Own { account, .. } = own(cx).await?;
        let (reply, change) = match self.method {
            Challenged::Sms => {
                let number = account.factors.phone.as_ref().ok_or(NoSuchMethod)?.number.clone();
                let phone_ending = Some(number.ending());
                let change = text_code(cx, &account, number).await?;
                (Ready { phone_ending, ..Ready::default() }, change)
            }
            Challenged::Passkey => {
                let passkeys = &account.factors.passkeys;
                if passkeys.is_empty() {
                    return Err(NoSuchMethod.into());
                }
                let challenge = Challenge::new(cx.host.random(), Some(account.user), cx.now);
                let change = Change::new().create(Shared, &challenge);
                let reply = Ready {
                    challenge: Some(challenge.challenge),
                    rp_id: Some(RelyingParty::of(cx.host.setting(Setting::WebOrigin)).id),
                    credentials: passkeys.iter().map(|passkey| passkey.credential.clone()).collect(),
                    ..Ready::default()
                };
                (reply, change)
            }
        };
        Ok(Done::concerning(account.patient, reply).writing(change))
    }
}

/// Send a code to this number, in place of one that was sent before.
pub(crate) async fn text_code(
    cx: &Cx<'_, Personal>,
    account: &crate::account::Account,
    number: kernel::Private<crate::account::Phone>,
) -> Result<Change, Problem> {
    let user = account.user;
    let before = cx.store.get(Shared, SmsCode::at(user)).await?;
    let (code, digits) = SmsCode::new(user, number.clone(), cx.host.random(), cx.now);
    let sealed = sealed_code(cx, &digits).await?;
    let of = Counter::of(Limit::TextsOfAccount, &user.to_string(), cx.now);
    let to = Counter::of(Limit::TextsToPhone, number.as_ref(), cx.now);
    let change = to.count(of.count(Change::new(), cx.now), cx.now);
    let change = match before {
        Some(before) => change.update(Shared, &before.with(|known| *known = code)),
        None => change.create(Shared, &code),
    };
    let language = account.preferences.language.clone();
    Ok(change.announce(cx.fact(None, SmsCodeRequested { user, phone: number, sealed, language })))
}
