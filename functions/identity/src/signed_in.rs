//! What every way of signing in ends with.

use kernel::{
    AuthenticationMethod, AuthenticationMethods, ClinicId, Fault, PatientId, Permission, Private, Problem,
    Role, RoleId, SessionId, Status, UserId,
};
use runtime::{Audience, Cookie, Cx, Done};
use schemars::JsonSchema;
use serde::Serialize;
use store::{Batch, Change, Found, Shared, Stored, Wanted};

use crate::account::{Account, Name, State};
use crate::factor::{Shown, recovery_codes};
use crate::membership::ClinicRole;
use crate::notice::{AccountNotice, Notice, tell};
use crate::session::{Device, REFRESH_LIFE, RefreshToken, SecondFactor, Session, caller};
use crate::token;

/// The cookie with the refresh token.
pub(crate) const REFRESH: &str = "__Secure-refresh";

/// The cookie that only pages of our own can read, to say it back in `X-CSRF-Token`.
pub(crate) const CSRF: &str = "__Secure-csrf";

/// Where refresh tokens are sent, and nowhere else.
pub(crate) const REFRESH_PATH: &str = "/v1/sessions/refresh";

/// What signing in, refreshing, showing a second factor and changing membership yield.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "Session")]
pub struct SignedIn {
    /// Send it as `Authorization: Bearer …`.
    pub access_token: Private<String>,
    /// Always `Bearer`.
    pub token_type: String,
    /// Seconds for which the token is good.
    pub expires_in: i64,
    /// Send it as `X-CSRF-Token` when you refresh. Only told when it is new; the cookie holds it, too.
    pub csrf_token: Option<Private<String>>,
    /// The account.
    pub user: UserId,
    /// This signing-in on this device.
    pub session: SessionId,
    /// As you like to be called.
    pub given_name: Private<Name>,
    /// In which role you act.
    pub role: Role,
    /// Staff: for which clinic.
    pub clinic: Option<ClinicId>,
    /// Patients: whose record is yours.
    pub patient: Option<PatientId>,
    /// What the token allows.
    pub permissions: Vec<Permission>,
    /// Where you stand with your second factor.
    pub second_factor: SecondFactor,
    /// While it is required: which ones you have.
    pub second_factors: Vec<Shown>,
}

/// What adding a second factor yields.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Enrolled {
    /// Codes for the day when the factor is lost, with the first one. They are shown this once.
    pub recovery_codes: Vec<Private<String>>,
    /// From here on with the second factor shown.
    pub session: SignedIn,
}

/// A token for this session of this account.
pub(crate) async fn tokens<A: Audience>(
    cx: &Cx<'_, A>,
    account: &Account,
    session: &Session,
    csrf: Option<Private<String>>,
) -> Result<SignedIn, Problem> {
    let role = custom_role(cx, account.post(session.acting)).await?;
    tokens_in(cx, account, session, role.as_ref(), csrf).await
}

/// A token for this session, which acts in this role of a clinic's own, if in any.
pub(crate) async fn tokens_in<A: Audience>(
    cx: &Cx<'_, A>,
    account: &Account,
    session: &Session,
    role: Option<&ClinicRole>,
    csrf: Option<Private<String>>,
) -> Result<SignedIn, Problem> {
    let second_factor = SecondFactor::of(account, session);
    let second_factors = match second_factor {
        SecondFactor::Required => Shown::all(&account.factors),
        SecondFactor::Done | SecondFactor::NotNeeded | SecondFactor::EnrolmentRequired => Vec::new(),
    };
    let caller = caller(account, session, role);
    Ok(SignedIn {
        access_token: Private(token::issue(cx, &caller).await?),
        token_type: "Bearer".into(),
        expires_in: token::LIFE.as_secs(),
        csrf_token: csrf,
        user: caller.user,
        session: session.id,
        given_name: account.given_name.clone(),
        role: caller.role,
        clinic: caller.clinic,
        patient: caller.patient,
        permissions: caller.permissions.iter().collect(),
        second_factor,
        second_factors,
    })
}

/// The clinic's own role that a refresh token names, as part of a batch that is read anyway.
pub(crate) struct CustomRole<R> {
    post: Option<(ClinicId, RoleId)>,
    role: R,
}

impl CustomRole<Option<Wanted<ClinicRole>>> {
    /// Also read this one.
    pub(crate) fn want(batch: &mut Batch<'_>, post: Option<(ClinicId, RoleId)>) -> Self {
        let role = post.map(|(clinic, id)| batch.want(ClinicRole::scope(clinic), ClinicRole::at(id)));
        Self { post, role }
    }

    /// It has been read.
    pub(crate) fn take(self, found: &mut Found) -> Result<CustomRole<Option<ClinicRole>>, Problem> {
        let role = match self.role {
            Some(wanted) => found.take(&wanted)?.map(Stored::into_inner),
            None => None,
        };
        Ok(CustomRole { post: self.post, role })
    }
}

impl CustomRole<Option<ClinicRole>> {
    /// The role that counts: this one, or the one that the account has come to act in since.
    pub(crate) async fn or_read<A: Audience>(
        self,
        cx: &Cx<'_, A>,
        account: &Account,
        session: &Session,
    ) -> Result<Option<ClinicRole>, Problem> {
        let post = account.post(session.acting);
        if post == self.post { Ok(self.role) } else { custom_role(cx, post).await }
    }
}

async fn custom_role<A: Audience>(
    cx: &Cx<'_, A>,
    post: Option<(ClinicId, RoleId)>,
) -> Result<Option<ClinicRole>, Problem> {
    let Some((clinic, id)) = post else { return Ok(None) };
    Ok(cx.store.get(ClinicRole::scope(clinic), ClinicRole::at(id)).await?.map(Stored::into_inner))
}

/// They have shown who they are: begin a session, and note a device that was not seen before.
///
/// `change` and `dirty` are what must be written anyway, and whether `account` is among it.
pub(crate) async fn begin<A: Audience>(
    cx: &Cx<'_, A>,
    account: Stored<Account>,
    dirty: bool,
    methods: AuthenticationMethods,
    device: Device,
    change: Change,
) -> Result<Done<SignedIn>, Problem> {
    if account.state != State::Active || account.acting_first().is_none() {
        return Ok(Done::refusing(account.patient, Inactive).by(account.user));
    }
    let knows = account.devices.contains(&device.fingerprint);
    let mut is_new = false;
    let account = account.with(|account| is_new = account.meet(&device.fingerprint));
    let mut change = change;
    if dirty || !knows {
        change = change.update(Shared, &account);
    }
    if is_new {
        let notice = AccountNotice::about(&account, Notice::NewDevice)
            .with("device", device.name.as_str())
            .with("address", device.address.as_str())
            .with("at", cx.now);
        change = tell(cx, change, notice);
    }
    open(cx, &account, methods, device, change).await
}

/// Begin a session of an account that may have one; `change` is what else must be written.
pub(crate) async fn open<A: Audience>(
    cx: &Cx<'_, A>,
    account: &Account,
    methods: AuthenticationMethods,
    device: Device,
    change: Change,
) -> Result<Done<SignedIn>, Problem> {
    let acting = account.acting_first().ok_or(Inactive)?;
    let secrets = (cx.host.random(), cx.host.random());
    let (session, token, csrf) = Session::begin(cx.id(), account, acting, methods, device, cx.now, secrets);
    let change = change.create(Shared, &session);
    let reply = tokens(cx, account, &session, Some(csrf.clone())).await?;
    let done = Done::concerning(account.patient, reply).by(account.user).writing(change);
    Ok(done.cookie(refresh_cookie(Some(&token))).cookie(csrf_cookie(Some(csrf))))
}

/// A factor has been added: show it as shown, and with the first one give out a list of codes.
///
/// `account` holds the new factor already; `change` is what else must be written.
pub(crate) async fn enrolled<A: Audience>(
    cx: &Cx<'_, A>,
    account: Stored<Account>,
    session: Stored<Session>,
    factor: &str,
    method: AuthenticationMethod,
    change: Change,
) -> Result<Done<Enrolled>, Problem> {
    let mut codes = Vec::new();
    let account = account.with(|account| {
        if account.factors.count() == 1 {
            (codes, account.factors.recovery) = recovery_codes(cx.host.random());
        }
    });
    let session = session.with(|session| session.stepped_up(method, cx.now));
    let change = change.update(Shared, &account).update(Shared, &session);
    let notice = AccountNotice::about(&account, Notice::FactorAdded).with("factor", factor);
    let change = tell(cx, change, notice);
    let session = tokens(cx, &account, &session, None).await?;
    Ok(Done::concerning(account.patient, Enrolled { recovery_codes: codes, session }).writing(change))
}

pub(crate) fn refresh_cookie(token: Option<&RefreshToken>) -> Cookie {
    Cookie {
        name: REFRESH,
        value: token.map(RefreshToken::write),
        path: REFRESH_PATH,
        http_only: true,
        max_age: REFRESH_LIFE.as_secs(),
    }
}

pub(crate) fn csrf_cookie(token: Option<Private<String>>) -> Cookie {
    let value = token.map(|token| token.0);
    Cookie { name: CSRF, value, path: "/", http_only: false, max_age: REFRESH_LIFE.as_secs() }
}

/// Whoever it is has proved it, and may not sign in all the same.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("This account is not active. Ask your clinic, or write to us.")]
pub(crate) struct Inactive;

impl Fault for Inactive {
    fn status(&self) -> Status {
        Status::Forbidden
    }
    fn code(&self) -> &'static str {
        "ACCOUNT_INACTIVE"
    }
}
