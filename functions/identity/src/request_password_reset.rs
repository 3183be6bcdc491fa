use kernel::{Id, Private, Problem};
use runtime::{Cx, Done, Endpoint, Public, Route, Use};
use schemars::JsonSchema;
use serde::Deserialize;
use store::{Change, Entity as _, Shared};

use crate::account::{Account, Email, Handle, State};
use crate::guard::{Counter, Limit};
use crate::link::{Link, Purpose};
use crate::notice::{AccountNotice, Notice, sealed_link, tell};
use crate::register_patient::MailSent;

/// Ask for a mail with a link to choose a new password.
///
/// The answer is the same, and takes as long, if there is no account: then no mail follows.
#[derive(Debug, Deserialize, JsonSchema)]
pub struct RequestPasswordReset {
    /// What you sign in with.
    pub email: Email,
}

impl Endpoint for RequestPasswordReset {
    const ROUTE: Route = Route::post("/v1/password-resets");
    type Audience = Public;
    const USES: &'static [Use] = &[Use::Address, Use::Get, Use::GetMany, Use::Put, Use::Update, Use::Blind, Use::Seal];
    const STATUS: u16 = 202;
    type Reply = MailSent;

    async fn handle(self, cx: &Cx<'_, Public>) -> Result<Done<MailSent>, Problem> {
        let email = Private(self.email);
        let blind = cx.host.vault().await.blind(Handle::EMAIL, email.as_ref()).await?;
        let from = Counter::of(Limit::ResetsOfAddress, &cx.client.address, cx.now);
        let to = Counter::of(Limit::ResetMails, &blind, cx.now);
        let mut batch = cx.store.batch();
        let in_use = batch.want(Shared, Handle::at(&blind));
        let (counted, mailed) = (batch.want(Shared, from.key()), batch.want(Shared, to.key()));
        let mut found = batch.get().await?;
        from.check(found.take(&counted)?.as_ref(), cx.now)?;
        let full = to.check(found.take(&mailed)?.as_ref(), cx.now).is_err();
        let user = found.take(&in_use)?.map_or(Id::NOBODY, |in_use| in_use.user);
        let account = cx.store.get(Shared, Account::at(user)).await?;

        let epoch = account.as_ref().map_or(0, |account| account.epoch);
        let (link, token) = Link::new(cx.host.random(), Purpose::Reset { user, epoch }, cx.now);
        let sealed = sealed_link(cx, &token).await?;
        // The link is kept in either case, so that both cost the same; of nobody's the token is never mailed.
        let mut change = to.tally(from.count(Change::new(), cx.now)).create(Shared, &link);
        let mut concerns = None;
        if let Some(account) = account.filter(|account| account.state == State::Active && !full) {
            let notice = AccountNotice { sealed, ..AccountNotice::about(&account, Notice::ResetPassword) };
            change = tell(cx, change, notice);
            concerns = account.patient;
        }
        Ok(Done::concerning(concerns, MailSent { email }).writing(change))
    }
}
