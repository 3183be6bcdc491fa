//! What nearly everything that somebody does to their own account begins with.

use kernel::{Denied, Problem};
use runtime::{Cx, Personal};
use store::{Shared, Stored};

use crate::account::Account;
use crate::guard::Guard;
use crate::session::Session;

/// The caller's account and the session that the token belongs to.
pub(crate) struct Own {
    pub(crate) account: Stored<Account>,
    pub(crate) session: Stored<Session>,
}

/// Read them. A session that has ended changes nothing any more, although its token lives on for minutes.
pub(crate) async fn own(cx: &Cx<'_, Personal>) -> Result<Own, Problem> {
    guarded(cx, "").await.map(|(own, _)| own)
}

/// Read them, and what is known of failures of `subject`.
pub(crate) async fn guarded(
    cx: &Cx<'_, Personal>,
    subject: &str,
) -> Result<(Own, Option<Stored<Guard>>), Problem> {
    let caller = cx.grant.caller();
    let mut batch = cx.store.batch();
    let account = batch.want(Shared, Account::at(caller.user));
    let session = batch.want(Shared, Session::at(caller.user, caller.session));
    let guard = (!subject.is_empty()).then(|| batch.want(Shared, Guard::at(subject)));
    let mut found = batch.get().await?;
    let account = found.take(&account)?.ok_or(Denied::Unauthenticated)?;
    let session = found.take(&session)?.ok_or(Denied::Unauthenticated)?;
    if !session.is_live(&account, cx.now) {
        return Err(Denied::Unauthenticated.into());
    }
    let guard = guard.map(|guard| found.take(&guard)).transpose()?.flatten();
    Ok((Own { account, session }, guard))
}

/// May they add a second factor? Whoever has one shows it first: a password alone must not add another.
pub(crate) fn may_enrol(cx: &Cx<'_, Personal>, account: &Account) -> Result<(), Denied> {
    if account.factors.any() { cx.grant.caller().stepped_up(cx.now) } else { Ok(()) }
}
