use aws_lc_rs::constant_time;
use kernel::{Fault, Private, Problem, Status};
use runtime::{Cx, Done, Endpoint, Public, Route, Use};
use schemars::JsonSchema;
use serde::Deserialize;
use store::{Change, Shared};

use crate::account::Account;
use crate::notice::{AccountNotice, Notice, tell};
use crate::session::{DeviceText, RefreshToken, Session, SessionEnded, Turn, fingerprint};
use crate::signed_in::{
    CSRF, CustomRole, REFRESH, REFRESH_PATH, SignedIn, csrf_cookie, refresh_cookie, tokens_in,
};
use crate::token::Keys;

/// Go on with the session of the refresh cookie.
///
/// Takes the cookie `__Secure-refresh` and answers with the next one: each is good once. `X-CSRF-Token` must
/// say what the cookie `__Secure-csrf` says. `Idempotency-Key` names the attempt: if its answer gets lost,
/// the same key gets it again; a used cookie with any other key ends the session, because a copy is about.
#[derive(Debug, Deserialize, JsonSchema)]
pub struct RefreshSession {
    /// What the client called its device when it signed in.
    #[schemars(extend("maxLength" = 64))]
    pub device_id: Option<DeviceText<64>>,
}

/// Why nothing is refreshed, beside that the session is over.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
enum Unsent {
    #[error("Send what the cookie __Secure-csrf says as X-CSRF-Token.")]
    Csrf,
    #[error("Send an Idempotency-Key of 8 to 64 characters, made up for this attempt.")]
    Attempt,
}

impl Fault for Unsent {
    fn status(&self) -> Status {
        match self {
            Unsent::Csrf => Status::Forbidden,
            Unsent::Attempt => Status::PreconditionRequired,
        }
    }
    fn code(&self) -> &'static str {
        match self {
            Unsent::Csrf => "CSRF_MISMATCH",
            Unsent::Attempt => "IDEMPOTENCY_KEY_REQUIRED",
        }
    }
}

impl Endpoint for RefreshSession {
    const ROUTE: Route = Route::post(REFRESH_PATH);
    type Audience = Public;
    const USES: &'static [Use] =
        &[Use::Address, Use::Get, Use::GetMany, Use::Put, Use::Unseal, Use::Issue];
    /// A kept answer would be a kept token. What the key is for here is said above.
    const REPLAYS: bool = false;
    type Reply = SignedIn;

    async fn handle(self, cx: &Cx<'_, Public>) -> Result<Done<SignedIn>, Problem> {
        let token = RefreshToken::read(cx.client.cookie(REFRESH).ok_or(SessionEnded)?)?;
        let attempt = cx.client.key.as_deref().filter(|key| (8..=64).contains(&key.len()));
        let attempt = attempt.ok_or(Unsent::Attempt)?;

        let mut batch = cx.store.batch();
        let account = batch.want(Shared, Account::at(token.user));
        let session = batch.want(Shared, Session::at(token.user, token.session));
        let role = CustomRole::want(&mut batch, token.post);
        let keys = Keys::want(cx, &mut batch);
        let mut found = batch.get().await?;
        keys.keep(cx, &mut found)?;
        let role = role.take(&mut found)?;
        let account = found.take(&account)?.ok_or(SessionEnded)?;
        let session = found.take(&session)?.ok_or(SessionEnded)?;

        let said = cx.client.csrf.as_deref().unwrap_or_default();
        let kept = cx.client.cookie(CSRF).unwrap_or_default();
        let is_double = constant_time::verify_slices_are_equal(said.as_bytes(), kept.as_bytes()).is_ok();
        if !is_double || !session.has_csrf(said) {
            return Err(Unsent::Csrf.into());
        }
        if !session.is_live(&account, cx.now) {
            return Err(SessionEnded.into());
        }
        let who = account.patient;
        if session.device.fingerprint != fingerprint(self.device_id.as_ref(), &cx.client.agent) {
            return Ok(Done::refusing(who, SessionEnded).by(account.user));
        }
        let mut turn = None;
        let session = session.decide(|session| {
            let (session, turned) = session.turn(&token, attempt, cx.host.random(), cx.now)?;
            turn = Some(turned);
            Ok::<_, SessionEnded>(session)
        })?;
        let session = session.with(|session| session.device.address = Private(cx.client.address.clone()));
        let (next, change) = match turn.ok_or(SessionEnded)? {
            Turn::On(next) => (next, Change::new().update(Shared, &session)),
            Turn::Again(next) => (next, Change::new()),
            Turn::Stolen => {
                let notice = AccountNotice::about(&account, Notice::SessionsRevoked)
                    .with("device", session.device.name.as_str())
                    .with("at", cx.now);
                let change = tell(cx, Change::new().update(Shared, &session), notice);
                return Ok(Done::refusing(who, SessionEnded).by(account.user).writing(change));
            }
        };
        let csrf = Private(said.to_owned());
        let next = next.in_post(account.post(session.acting));
        let role = role.or_read(cx, &account, &session).await?;
        let reply = tokens_in(cx, &account, &session, role.as_ref(), Some(csrf.clone())).await?;
        let done = Done::concerning(who, reply).by(account.user).writing(change);
        Ok(done.cookie(refresh_cookie(Some(&next))).cookie(csrf_cookie(Some(csrf))))
    }
}
