use kernel::{AuthenticationMethod, Permission, Private, Problem};
use runtime::{Cx, Done, Endpoint, Personal, Route, Setting, Use};
use schemars::JsonSchema;
use serde::Deserialize;
use store::{Change, Shared, Stored};

use crate::account::Account;
use crate::factor::{Shown, SmsCode, TOTP, WrongCode, recovery_hash};
use crate::guard::{may_try, succeeded};
use crate::notice::{AccountNotice, Notice, failed, tell};
use crate::own::{Own, guarded};
use crate::passkey::{Assertion, Bytes, Challenge, Passkey, RelyingParty, challenge_of, verify};
use crate::signed_in::{SignedIn, tokens};

/// Show your second factor, to finish signing in or because something asks for it again.
///
/// Yields a new token. After five wrong codes in a row every further one doubles a wait.
#[derive(Debug, Deserialize, JsonSchema)]
pub struct PassSecondFactor {
    /// Which one.
    pub method: Shown,
    /// `totp`, `sms` and `recovery`: the code.
    #[schemars(extend("maxLength" = 64))]
    pub code: Option<Private<String>>,
    /// `passkey`: `id`, base64url.
    pub credential: Option<Bytes>,
    /// `passkey`: `clientDataJSON`, base64url.
    pub client_data: Option<Bytes>,
    /// `passkey`: `authenticatorData`, base64url.
    pub authenticator_data: Option<Bytes>,
    /// `passkey`: `signature`, base64url.
    pub signature: Option<Bytes>,
}

/// What is written in either case.
struct Outcome {
    account: Stored<Account>,
    change: Change,
    verdict: Result<AuthenticationMethod, WrongCode>,
}

impl Endpoint for PassSecondFactor {
    const ROUTE: Route = Route::post("/v1/me/second-factor");
    type Audience = Personal;
    const NEEDS: Option<Permission> = Some(Permission::PassSecondFactor);
    const USES: &'static [Use] = &[
        Use::Get,
        Use::GetMany,
        Use::Put,
        Use::Delete, Use::Check,
        Use::Unseal,
        Use::Issue,
        Use::Link,
    ];
    /// A kept answer would be a kept token.
    const REPLAYS: bool = false;
    type Reply = SignedIn;

    async fn handle(self, cx: &Cx<'_, Personal>) -> Result<Done<SignedIn>, Problem> {
        let subject = format!("second-factor/{}", cx.grant.caller().user);
        let (Own { account, session }, guard) = guarded(cx, &subject).await?;
        may_try(guard.as_ref(), cx.now)?;
        let patient = account.patient;
        let Outcome { account, change, verdict } = match self.method {
            Shown::Totp => totp(cx, account, self.code).await?,
            Shown::Sms => sms(cx, account, self.code).await?,
            Shown::Recovery => recovery(cx, account, self.code),
            Shown::Passkey => self.passkey(cx, account).await?,
        };
        match verdict {
            Err(wrong) => {
                let change = failed(cx, change, guard, &subject, &account);
                Ok(Done::refusing(patient, wrong).writing(change))
            }
            Ok(method) => {
                let session = session.with(|session| session.stepped_up(method, cx.now));
                let change = succeeded(change, guard.as_ref(), &subject).update(Shared, &session);
                let reply = tokens(cx, &account, &session, None).await?;
                Ok(Done::concerning(patient, reply).writing(change))
            }
        }
    }
}

/// A code that is replayed meets a step that was taken: in the account as read, or, where two come at the
/// same moment, in the version that the write demands.
async fn totp(
    cx: &Cx<'_, Personal>,
    account: Stored<Account>,
    code: Option<Private<String>>,
) -> Result<Outcome, Problem> {
    let mut verdict = Err(WrongCode);
    let mut account = account;
    if let (Some(app), Some(code)) = (account.factors.totp.clone(), code) {
        let secret = secret(cx, &app.sealed).await?;
        account = account.with(|account| {
            if let Some(app) = &mut account.factors.totp {
                verdict = app.accept(&secret, &code, cx.now).map(|()| AuthenticationMethod::Otp);
            }
        });
    }
    let change = match verdict {
        Ok(_) => Change::new().update(Shared, &account),
        Err(_) => Change::new(),
    };
    Ok(Outcome { account, change, verdict })
}

/// The secret of an app.
pub(crate) async fn secret(cx: &Cx<'_, Personal>, sealed: &str) -> Result<[u8; 20], Problem> {
    use base64::{Engine as _, prelude::BASE64_URL_SAFE_NO_PAD};
    let sealed = BASE64_URL_SAFE_NO_PAD.decode(sealed).map_err(|_| WrongCode)?;
    let secret = cx.host.vault().await.unseal(TOTP, sealed).await?;
    Ok(secret.try_into().map_err(|_| WrongCode)?)
}

async fn sms(
    cx: &Cx<'_, Personal>,
    account: Stored<Account>,
    code: Option<Private<String>>,
) -> Result<Outcome, Problem> {
    let sent = cx.store.get(Shared, SmsCode::at(account.user)).await?;
    let own = |sent: &SmsCode| {
        account.factors.phone.as_ref().is_some_and(|phone| phone.number == sent.number)
    };
    let (Some(sent), Some(code)) = (sent.filter(|sent| own(sent)), code) else {
        return Ok(Outcome { account, change: Change::new(), verdict: Err(WrongCode) });
    };
    let (change, verdict) = used(sent, &code);
    Ok(Outcome { account, change, verdict: verdict.map(|()| AuthenticationMethod::Sms) })
}

/// What becomes of a code that was sent: gone if it was this one, one try less if it was not.
pub(crate) fn used(sent: Stored<SmsCode>, code: &str) -> (Change, Result<(), WrongCode>) {
    let mut verdict = Err(WrongCode);
    let sent = sent.with(|sent| verdict = sent.accept(code));
    let change = match verdict {
        Ok(()) => Change::new().delete(Shared, &sent),
        Err(_) => Change::new().update(Shared, &sent),
    };
    (change, verdict)
}

fn recovery(
    cx: &Cx<'_, Personal>,
    account: Stored<Account>,
    code: Option<Private<String>>,
) -> Outcome {
    let hash = code.map(|code| recovery_hash(&code));
    let mut verdict = Err(WrongCode);
    let account = account.with(|account| {
        let left = &mut account.factors.recovery;
        if let Some(place) = left.iter().position(|known| Some(known) == hash.as_ref()) {
            left.remove(place);
            verdict = Ok(AuthenticationMethod::Otp);
        }
    });
    let change = match verdict {
        Ok(_) => {
            let notice = AccountNotice::about(&account, Notice::RecoveryCodeUsed);
            tell(cx, Change::new().update(Shared, &account), notice)
        }
        Err(_) => Change::new(),
    };
    Outcome { account, change, verdict }
}

impl PassSecondFactor {
    async fn passkey(
        self,
        cx: &Cx<'_, Personal>,
        account: Stored<Account>,
    ) -> Result<Outcome, Problem> {
        let refused =
            |account| Ok(Outcome { account, change: Change::new(), verdict: Err(WrongCode) });
        let (Some(credential), Some(client_data), Some(authenticator_data), Some(signature)) =
            (self.credential, self.client_data, self.authenticator_data, self.signature)
        else {
            return refused(account);
        };
        let answer = Assertion { credential, client_data, authenticator_data, signature };
        let Some(named) = challenge_of(&answer.client_data) else { return refused(account) };
        let mut batch = cx.store.batch();
        let challenge = batch.want(Shared, Challenge::at(&named));
        let passkey = batch.want(Shared, Passkey::at(&answer.credential.text()));
        let mut found = batch.get().await?;
        let challenge = found.take(&challenge)?.filter(|known| known.user == Some(account.user));
        let passkey = found.take(&passkey)?.filter(|known| known.user == account.user);
        let (Some(challenge), Some(passkey)) = (challenge, passkey) else { return refused(account) };
        let party = RelyingParty::of(cx.host.setting(Setting::WebOrigin));
        let Ok(count) = verify(&answer, &passkey, &challenge, &party) else { return refused(account) };
        let passkey = passkey.with(|passkey| {
            passkey.sign_count = count;
            passkey.last_used_at = Some(cx.now);
        });
        let change = Change::new().delete(Shared, &challenge).update(Shared, &passkey);
        Ok(Outcome { account, change, verdict: Ok(AuthenticationMethod::Hwk) })
    }
}
