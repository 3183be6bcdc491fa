//! What nearly everything that somebody does to their own account begins with.

use kernel::{Denied, Fault, Private, Problem, STEP_UP, Status};
use runtime::{Cx, Personal};
use store::{Shared, Stored};

use crate::account::Account;
use crate::guard::Guard;
use crate::password::{NoPassword, WrongPassword, verified};
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

/// What somebody shows to be who they are once more, before what outlives the session is done.
pub(crate) enum Shown {
    /// They are.
    Right,
    /// The password is wrong, and that counts.
    Wrong,
}

/// A second factor of the last minutes, where there is one; otherwise the password, where there is one;
/// otherwise a sign-in of the last minutes.
pub(crate) async fn shown(
    cx: &Cx<'_, Personal>,
    own: &Own,
    password: Option<Private<String>>,
) -> Result<Shown, Problem> {
    let Own { account, session } = own;
    if account.factors.any() {
        cx.grant.caller().stepped_up(cx.now)?;
        return Ok(Shown::Right);
    }
    match (&account.password, password) {
        (Some(known), Some(password)) => {
            let verdict = verified(password, Some(known.hash.clone()), cx.host.random()).await?;
            Ok(if verdict.fits { Shown::Right } else { Shown::Wrong })
        }
        (Some(_), None) => Err(PasswordNeeded.into()),
        (None, Some(_)) => Err(NoPassword.into()),
        (None, None) if cx.now.duration_since(session.created_at).abs() <= STEP_UP => Ok(Shown::Right),
        (None, None) => Err(SignInAgain.into()),
    }
}

/// What the password of the field is refused with.
pub(crate) const WRONG: WrongPassword = WrongPassword("/password");

/// The account has a password, and it was not said.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("Enter your password, to be sure that it is you.")]
struct PasswordNeeded;

impl Fault for PasswordNeeded {
    fn status(&self) -> Status {
        Status::Unprocessable
    }
    fn code(&self) -> &'static str {
        "PASSWORD_NEEDED"
    }
    fn pointer(&self) -> Option<String> {
        Some("/password".into())
    }
}

/// They signed in too long ago for this, and have nothing else to show.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("You signed in more than five minutes ago. Sign in again, and then do this at once.")]
struct SignInAgain;

impl Fault for SignInAgain {
    fn status(&self) -> Status {
        Status::Forbidden
    }
    fn code(&self) -> &'static str {
        "SIGN_IN_AGAIN"
    }
}
