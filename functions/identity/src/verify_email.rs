use kernel::{PatientId, Private, Problem, UserId};
use runtime::{Cx, Done, Endpoint, Public, Route, Use};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use store::{Change, Shared};

use crate::account::{Account, Email, Name};
use crate::guard::{Guard, failed, may_try, succeeded};
use crate::link::{Link, LinkInvalid, Pending, Purpose};
use crate::password::{WrongPassword, verified};
use crate::registration::registered;

/// Finish a registration with the link of its mail and the password that was chosen.
///
/// The link proves that the address is yours, and the password that it was you who registered: whoever
/// enters somebody else's address gets no account out of it, even if its owner opens the link.
#[derive(Debug, Deserialize, JsonSchema)]
pub struct VerifyEmail {
    /// What the link ends with.
    pub token: Private<String>,
    /// As chosen.
    #[schemars(extend("format" = "password"))]
    pub password: Private<String>,
}

/// A new account.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Verified {
    /// The account.
    pub user: UserId,
    /// The patient record that is yours.
    pub patient: PatientId,
    /// What you sign in with.
    pub email: Private<Email>,
    /// As you like to be called.
    pub given_name: Private<Name>,
}

impl Endpoint for VerifyEmail {
    const ROUTE: Route = Route::post("/v1/email-verifications");
    type Audience = Public;
    const USES: &'static [Use] = &[Use::Get, Use::Put, Use::Delete, Use::Check];
    /// Argon2 wants a whole CPU: Lambda gives one at 1769 MB, and in proportion below.
    const MEMORY: u16 = 1024;
    type Reply = Verified;

    async fn handle(self, cx: &Cx<'_, Public>) -> Result<Done<Verified>, Problem> {
        let link = cx.store.get(Shared, Link::at(&Link::hash(&self.token))).await?.ok_or(LinkInvalid)?;
        let Purpose::Registration(pending) = link.purpose.clone() else { return Err(LinkInvalid.into()) };
        let subject = format!("registration/{}", link.hash);
        let guard = cx.store.get(Shared, Guard::at(&subject)).await?;
        may_try(guard.as_ref(), cx.now)?;
        let Pending { email, blind, given_name, family_name, preferences, password } = *pending;
        let hash = Some(password.hash.clone());
        if !verified(self.password, hash, cx.host.random()).await?.fits {
            let (change, _) = failed(Change::new(), guard, &subject, cx.now);
            return Ok(Done::refusing([], WrongPassword("/password")).writing(change));
        }
        let (user, patient): (UserId, PatientId) = (cx.id(), cx.id());
        let names = (given_name, family_name);
        let mut account = Account::new(user, email, names, preferences, Some(password), cx.now);
        account.patient = Some(patient);
        let change = succeeded(Change::new(), guard.as_ref(), &subject).delete(Shared, &link);
        // Two registrations of one address: the first link that is opened decides.
        let change = registered(cx, change, &account, blind, LinkInvalid);
        let Account { email, given_name, .. } = account;
        let reply = Verified { user, patient, email, given_name };
        Ok(Done::concerning([patient], reply).by(user).writing(change))
    }
}
