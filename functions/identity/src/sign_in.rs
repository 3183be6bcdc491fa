use kernel::{Caller, ClinicId, Id, PatientId, Private, Problem, Role, UserId};
use runtime::{Cx, Done, Endpoint, Public, Route, Use};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use store::Shared;

use crate::account::{Account, Email, EmailInUse, Name, Refusal};
use crate::password::{HashError, verify};
use crate::token;

/// Sign in with email address and password.
#[derive(Debug, Deserialize, JsonSchema)]
pub struct SignIn {
    /// As registered; capitals do not matter.
    pub email: Private<String>,
    /// As chosen.
    #[schemars(extend("format" = "password"))]
    pub password: Private<String>,
}

/// What a sign-in yields.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Session {
    /// Send it as `Authorization: Bearer …`.
    pub access_token: Private<String>,
    /// Always `Bearer`.
    pub token_type: String,
    /// Seconds for which the token is good.
    pub expires_in: i64,
    /// The account.
    pub user: UserId,
    /// In which role you act.
    pub role: Role,
    /// Staff: for which clinic.
    pub clinic: Option<ClinicId>,
    /// Patients: whose record is yours.
    pub patient: Option<PatientId>,
    /// As you like to be called.
    pub given_name: Private<Name>,
}

impl Endpoint for SignIn {
    const ROUTE: Route = Route::post("/v1/sessions");
    type Audience = Public;
    const USES: &'static [Use] = &[Use::Get, Use::Query, Use::Blind, Use::Unseal, Use::Issue];
    const STATUS: u16 = 201;
    /// A kept answer would be a kept token.
    const REPLAYS: bool = false;
    const MEMORY: u16 = 1024;
    /// A flood of sign-ins must not starve the rest: each holds a CPU for its hash.
    const RESERVED: Option<u16> = Some(20);
    type Reply = Session;

    /// Does the same work whether or not there is such an account, so that its duration tells nothing.
    async fn handle(self, cx: &Cx<'_, Public>) -> Result<Done<Session>, Problem> {
        let Self { email, password } = self;
        let address = Email::try_from(email.0).map_err(|_| Refusal::WrongCredentials)?;
        let blind = cx.host.vault().await.blind(EmailInUse::PURPOSE, address.as_ref()).await?;
        let in_use = cx.store.get(Shared, EmailInUse::at(&blind)).await?;
        let user = in_use.map_or(Id::NOBODY, |in_use| in_use.user);
        let account = cx.store.get(Shared, Account::at(user)).await?;

        let hash = account.as_ref().map(|account| account.password.clone());
        let verdict = move || verify(&password, hash.as_deref().map(String::as_str));
        let fits = tokio::task::spawn_blocking(verdict).await.map_err(|_| HashError)??;
        let account = account.filter(|_| fits).ok_or(Refusal::WrongCredentials)?.into_inner();

        let Account { user, role, clinic, patient, given_name, .. } = account;
        let caller = Caller { user, role, clinic, patient };
        let session = Session {
            access_token: Private(token::issue(cx, &caller).await?),
            token_type: "Bearer".into(),
            expires_in: token::LIFE.as_secs(),
            user,
            role,
            clinic,
            patient,
            given_name,
        };
        Ok(Done::concerning(patient, session).by(user))
    }
}
