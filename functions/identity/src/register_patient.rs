use kernel::{Id, PatientId, Private, Problem, Role, Timestamp, UserId, Zone};
use runtime::{Cx, Done, Endpoint, Public, Route, Use};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use store::{Change, Shared};

use crate::account::{Account, Email, EmailInUse, Language, Name, PatientRegistered, Refusal};
use crate::password::{HashError, NewPassword};

/// Register as a patient.
///
/// Afterwards, sign in with the same email address and password.
#[derive(Debug, Deserialize, JsonSchema)]
pub struct RegisterPatient {
    /// Where you are reached, and what you sign in with.
    pub email: Email,
    /// 8 to 128 characters, whichever you like.
    pub password: NewPassword,
    /// As you like to be called.
    pub given_name: Private<Name>,
    /// Family name.
    pub family_name: Private<Name>,
    /// In which zone you want to read times, if another than the clinic's.
    pub time_zone: Option<Zone>,
    /// In which language you want to be addressed.
    #[serde(default)]
    pub language: Language,
}

/// A new patient's account.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Registered {
    /// The account.
    pub user: UserId,
    /// The patient record that is yours.
    pub patient: PatientId,
    /// As it was understood.
    pub email: Private<Email>,
    /// As you like to be called.
    pub given_name: Private<Name>,
    /// Family name.
    pub family_name: Private<Name>,
    /// When the account came into being.
    pub registered_at: Timestamp,
}

impl Endpoint for RegisterPatient {
    const ROUTE: Route = Route::post("/v1/patients");
    type Audience = Public;
    const USES: &'static [Use] = &[Use::Put, Use::Blind];
    const STATUS: u16 = 201;
    /// Argon2 wants a whole CPU: Lambda gives one at 1769 MB, and in proportion below.
    const MEMORY: u16 = 1024;
    /// A flood of registrations must not starve the rest: each holds a CPU for its hash.
    const RESERVED: Option<u16> = Some(20);
    type Reply = Registered;

    async fn handle(self, cx: &Cx<'_, Public>) -> Result<Done<Registered>, Problem> {
        let Self { email, password, given_name, family_name, time_zone, language } = self;
        let blind = cx.host.vault().await.blind(EmailInUse::PURPOSE, email.as_ref()).await?;
        let salt = cx.host.random();
        let hash =
            tokio::task::spawn_blocking(move || password.hash(salt)).await.map_err(|_| HashError)??;

        let user: UserId = cx.id();
        let patient: Id<_> = cx.id();
        let account = Account {
            user,
            email: Private(email),
            given_name,
            family_name,
            role: Role::Patient,
            clinic: None,
            patient: Some(patient),
            password: hash,
            time_zone,
            language,
            registered_at: cx.now,
        };
        let registered = PatientRegistered {
            patient,
            email: account.email.clone(),
            given_name: account.given_name.clone(),
            language: account.language.clone(),
        };
        let change = Change::new()
            .create(Shared, &EmailInUse { blind, user })
            .otherwise(Refusal::EmailTaken)
            .create(Shared, &account)
            .announce(cx.fact(None, registered));
        let Account { email, given_name, family_name, registered_at, .. } = account;
        let reply = Registered { user, patient, email, given_name, family_name, registered_at };
        Ok(Done::concerning([patient], reply).by(user).writing(change))
    }
}
