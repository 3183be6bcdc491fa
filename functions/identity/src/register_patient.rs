use kernel::{Private, Problem, Zone};
use runtime::{Cx, Done, Endpoint, Public, Route, Use};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use store::{Change, Entity as _, Shared};

use crate::account::{Account, Channels, Email, Handle, Language, Name, Preferences};
use crate::guard::{Counter, Limit};
use crate::link::{Link, Pending, Purpose};
use crate::notice::{AccountNotice, Notice, sealed_link, tell};
use crate::password::NewPassword;
use crate::settings::Current;

/// Register as a patient.
///
/// A mail with a link follows, and the account comes into being when the link is opened. The answer is the
/// same, and takes as long, if there is an account already: then the mail says so.
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

/// Where to look next.
#[derive(Debug, Serialize, JsonSchema)]
pub struct MailSent {
    /// The address, as it was understood.
    pub email: Private<Email>,
}

impl Endpoint for RegisterPatient {
    const ROUTE: Route = Route::post("/v1/patients");
    type Audience = Public;
    const USES: &'static [Use] = &[Use::Address, Use::Get, Use::GetMany, Use::Put, Use::Update, Use::Blind, Use::Seal];
    const STATUS: u16 = 202;
    /// Argon2 wants a whole CPU: Lambda gives one at 1769 MB, and in proportion below.
    const MEMORY: u16 = 1024;
    /// A flood of registrations must not starve the rest: each holds a CPU for its hash.
    const RESERVED: Option<u16> = Some(20);
    type Reply = MailSent;

    /// Does the same work whether or not there is an account, so that its duration tells nothing.
    async fn handle(self, cx: &Cx<'_, Public>) -> Result<Done<MailSent>, Problem> {
        let Self { email, password, given_name, family_name, time_zone, language } = self;
        let email = Private(email);
        let blind = cx.host.vault().await.blind(Handle::EMAIL, email.as_ref()).await?;
        let from = Counter::of(Limit::RegistrationsOfAddress, &cx.client.address, cx.now);
        let to = Counter::of(Limit::RegistrationMails, &blind, cx.now);
        let mut batch = cx.store.batch();
        let in_use = batch.want(Shared, Handle::at(&blind));
        let (counted, mailed) = (batch.want(Shared, from.key()), batch.want(Shared, to.key()));
        let settings = Current::want(cx, &mut batch);
        let mut found = batch.get().await?;
        settings.take(cx, &mut found)?.may_register()?;
        from.check(found.take(&counted)?.as_ref(), cx.now)?;
        let full = to.check(found.take(&mailed)?.as_ref(), cx.now).is_err();
        let user = found.take(&in_use)?.map_or(kernel::Id::NOBODY, |in_use| in_use.user);
        let account = cx.store.get(Shared, Account::at(user)).await?;

        let password = password.hashed(cx.host.random(), cx.now).await?;
        let preferences = Preferences { language, time_zone, channels: Channels::default() };
        let pending =
            Pending { email: email.clone(), blind, given_name, family_name, preferences, password };
        let verify = AccountNotice {
            notice: Notice::VerifyEmail,
            user: None,
            email: email.clone(),
            given_name: Some(pending.given_name.clone()),
            language: pending.preferences.language.clone(),
            sealed: None,
            facts: std::collections::BTreeMap::new(),
        };
        let purpose = Purpose::Registration(Box::new(pending));
        let (link, token) = Link::new(cx.host.random(), purpose, cx.now);
        let sealed = sealed_link(cx, &token).await?;
        // The link is kept in either case, so that both cost the same; only one of its tokens is mailed.
        let change = to.tally(from.count(Change::new(), cx.now)).create(Shared, &link);
        let change = match (full, account) {
            // Whoever has had enough of our mails gets no more, and whoever asks does not learn it.
            (true, _) => change,
            (false, Some(account)) => {
                tell(cx, change, AccountNotice::about(&account, Notice::AlreadyRegistered))
            }
            (false, None) => tell(cx, change, AccountNotice { sealed, ..verify }),
        };
        Ok(Done::impersonal(MailSent { email }).writing(change))
    }
}
