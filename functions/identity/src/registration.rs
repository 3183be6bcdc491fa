//! What every way of registering ends with.

use kernel::{Fault, Problem};
use runtime::{Audience, Cx};
use store::{Change, Shared, Stored};

use crate::account::{Account, Handle};
use crate::factor::Factors;
use crate::notice::{AccountNotice, Notice, PatientRegistered, tell};
use crate::passkey::forget_passkeys;
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

/// Somebody has opened a mail of ours that went to the account's address, which only others had said to be
/// theirs. Whatever opened the account so far may be somebody else's, who had the address before: it goes.
pub(crate) async fn reclaimed<A: Audience>(
    cx: &Cx<'_, A>,
    change: Change,
    account: Stored<Account>,
) -> Result<(Change, Stored<Account>), Problem> {
    if account.address_proved {
        return Ok((change, account));
    }
    let change = forget_passkeys(cx, change, &account).await?;
    let change = forget_identities(cx, change, &account).await?;
    let account = account.with(|account| {
        account.address_proved = true;
        account.factors = Factors::default();
        account.identities.clear();
        account.devices.clear();
        account.epoch += 1;
    });
    Ok((change, account))
}

/// Nobody else signs them in any more: say so, and let go of the identities.
pub(crate) async fn forget_identities<A: Audience>(
    cx: &Cx<'_, A>,
    mut change: Change,
    account: &Account,
) -> Result<Change, Problem> {
    for identity in &account.identities {
        if let Some(in_use) = cx.store.get(Shared, Handle::at(&identity.blind)).await? {
            change = change.delete(Shared, &in_use);
        }
        let notice = AccountNotice::about(account, Notice::IdentityDisconnected);
        change = tell(cx, change, notice.with("provider", identity.provider.as_ref()));
    }
    Ok(change)
}
