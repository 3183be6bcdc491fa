//! What every way of registering ends with.

use kernel::Fault;
use runtime::{Audience, Cx};
use store::{Change, Shared};

use crate::account::{Account, Handle};
use crate::notice::{AccountNotice, Notice, PatientRegistered, tell};
use crate::patient::PatientAccount;

/// There is one more patient, whose address is proved. Its blind index must be free; `otherwise` is what is
/// answered if it is not.
pub(crate) fn registered<A: Audience>(
    cx: &Cx<'_, A>,
    change: Change,
    account: &Account,
    blind: String,
    otherwise: impl Fault,
) -> Change {
    let user = account.user;
    let change = change.create(Shared, &Handle { blind, user }).otherwise(otherwise).create(Shared, account);
    let change = match account.patient {
        Some(patient) => {
            let registered = PatientRegistered {
                patient,
                email: account.email.clone(),
                given_name: account.given_name.clone(),
                language: account.preferences.language.clone(),
            };
            change.create(Shared, &PatientAccount { patient, user }).announce(cx.fact(None, registered))
        }
        None => change,
    };
    tell(cx, change, AccountNotice::about(account, Notice::Welcome))
}
