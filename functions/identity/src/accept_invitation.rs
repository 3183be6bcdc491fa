use kernel::{ClinicId, ClinicScope, Permission, Private, Problem, Reach, Role, Timestamp, UserId};
use runtime::{Cx, Done, Endpoint, Public, Route, Use};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use store::{Change, Shared, Stored};

use crate::account::{Account, Email, Handle, Name, Preferences, State};
use crate::former::Former;
use crate::link::{Appointed, Invitation, Link, LinkInvalid, Purpose};
use crate::membership::{ClinicRole, Decider, Member, Membership, staff_permissions};
use crate::notice::{AccountNotice, Notice, tell};
use crate::password::{NewPassword, Unsuitable, details_needed};
use crate::registration::reclaimed;

/// Join a clinic, or the platform's own staff, with the link of an invitation.
///
/// Whoever has no account yet says their names and a password; whoever has one needs neither, unless the
/// password is shorter than staff's must be. What is missing is refused as `DETAILS_NEEDED`, each with its
/// place. Afterwards, sign in.
#[derive(Debug, Deserialize, JsonSchema)]
pub struct AcceptInvitation {
    /// What the link ends with.
    pub token: Private<String>,
    /// As you like to be called.
    pub given_name: Option<Private<Name>>,
    /// Family name.
    pub family_name: Option<Private<Name>>,
    /// 12 to 128 characters.
    pub password: Option<NewPassword>,
}

/// Welcome.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Joined {
    /// What you sign in with.
    pub email: Private<Email>,
    /// For which clinic you work, if not for the platform.
    pub clinic: Option<ClinicId>,
    /// As what.
    pub role: Role,
    /// Is the account new?
    pub new_account: bool,
}

impl Endpoint for AcceptInvitation {
    const ROUTE: Route = Route::post("/v1/invitations/acceptance");
    type Audience = Public;
    const USES: &'static [Use] = &[Use::Get, Use::GetMany, Use::Put, Use::Delete, Use::Blind];
    /// Argon2 wants a whole CPU: Lambda gives one at 1769 MB, and in proportion below.
    const MEMORY: u16 = 1024;
    type Reply = Joined;

    async fn handle(self, cx: &Cx<'_, Public>) -> Result<Done<Joined>, Problem> {
        let link = cx.store.get(Shared, Link::at(&Link::hash(&self.token))).await?.ok_or(LinkInvalid)?;
        let mut offer = offer(cx, link).await?;
        let email = &offer.email;
        let blind = cx.host.vault().await.blind(Handle::EMAIL, email.as_ref()).await?;
        let mut batch = cx.store.batch();
        let (in_use, former) =
            (batch.want(Shared, Handle::at(&blind)), batch.want(Shared, Former::at(&blind)));
        let appointed = batch.want(Shared, Appointed::at(&blind));
        let mut found = batch.get().await?;
        // Nobody comes back by closing the account from which they were let go.
        if found.take(&former)?.is_some_and(|former| former.closed_at > offer.at) {
            return Err(LinkInvalid.into());
        }
        if let (None, Some(appointed)) = (offer.by, found.take(&appointed)?) {
            offer.spent = offer.spent.delete(Shared, &appointed);
        }
        let account = match found.take(&in_use)? {
            Some(in_use) => cx.store.get(Shared, Account::at(in_use.user)).await?,
            None => None,
        };
        if self.password.as_ref().is_some_and(|password| !password.suits_staff()) {
            return Err(Unsuitable::ShortForStaff.into());
        }
        let membership = offer.membership.clone();
        let new_account = account.is_none();
        let (change, account) = match account {
            Some(account) => self.join(cx, offer, account).await?,
            None => self.begin(cx, offer, blind).await?,
        };
        let change = match membership.scope() {
            None => change,
            Some(scope) => {
                let member = Member::of(&account, &membership);
                match cx.store.get(scope, Member::at(account.user)).await? {
                    Some(known) => change.update(scope, &known.with(|known| *known = member)),
                    None => change.create(scope, &member),
                }
            }
        };
        let notice = if new_account { Notice::Welcome } else { Notice::MembershipChanged };
        let notice = AccountNotice::about(&account, notice).with("role", membership.role);
        let change = tell(cx, change, notice.with("active", true));
        let Account { user, email, patient, .. } = account;
        let reply = Joined { email, clinic: membership.clinic, role: membership.role, new_account };
        Ok(Done::concerning(patient, reply).by(user).writing(change))
    }
}

/// What somebody is offered.
struct Offer {
    email: Private<Email>,
    /// As it will be.
    membership: Membership,
    /// By whom, if not by whoever runs the environment.
    by: Option<UserId>,
    at: Timestamp,
    /// What is used up with it.
    spent: Change,
}

async fn offer(cx: &Cx<'_, Public>, link: Stored<Link>) -> Result<Offer, Problem> {
    let spent = Change::new().delete(Shared, &link);
    let (clinic, invitation) = match link.into_inner().purpose {
        Purpose::Invitation { clinic, invitation } => (clinic, invitation),
        Purpose::Appointment { email, role, at } => {
            let membership =
                Membership { clinic: None, role, custom_role: None, provider: None, active: true, since: cx.now };
            return Ok(Offer { email, membership, by: None, at, spent });
        }
        Purpose::Registration(_) | Purpose::Reset { .. } => return Err(LinkInvalid.into()),
    };
    let scope = Invitation::scope(clinic);
    let invitation = cx.store.get(scope, Invitation::at(invitation)).await?.ok_or(LinkInvalid)?;
    let inviter = cx.store.get(Shared, Account::at(invitation.invited_by)).await?.ok_or(LinkInvalid)?;
    if !may_still_appoint(cx, &inviter, scope, &invitation).await? {
        return Err(LinkInvalid.into());
    }
    let spent = spent.delete(scope, &invitation);
    let Invitation { email, role, custom_role, provider, invited_by, invited_at, .. } = invitation.into_inner();
    let clinic = Some(clinic);
    let membership = Membership { clinic, role, custom_role, provider, active: true, since: cx.now };
    Ok(Offer { email, membership, by: Some(invited_by), at: invited_at, spent })
}

/// Could whoever has sent the invitation still send it? They may have been let go since.
async fn may_still_appoint(
    cx: &Cx<'_, Public>,
    inviter: &Account,
    clinic: ClinicScope,
    invitation: &Invitation,
) -> Result<bool, Problem> {
    if inviter.state != State::Active {
        return Ok(false);
    }
    let offered = match invitation.custom_role {
        Some(id) => match cx.store.get(clinic, ClinicRole::at(id)).await? {
            Some(role) => Some(role.permissions.clone()),
            None => return Ok(false),
        },
        None => None,
    };
    for membership in inviter.memberships.iter().filter(|known| known.active) {
        let is_here = membership.clinic == Some(clinic.id())
            || membership.role.reach(Permission::ManageMembers) == Some(Reach::Platform);
        if !is_here {
            continue;
        }
        let held = match (membership.custom_role, membership.scope()) {
            (Some(id), Some(own)) => match cx.store.get(own, ClinicRole::at(id)).await? {
                Some(role) => staff_permissions(&role.permissions),
                None => continue,
            },
            _ => membership.role.permissions(),
        };
        let decider = Decider { role: membership.role, permissions: &held };
        let may = held.contains(Permission::ManageMembers)
            && decider.appoints(invitation.role, offered.as_ref()).is_ok();
        if may {
            return Ok(true);
        }
    }
    Ok(false)
}

impl AcceptInvitation {
    /// Somebody who has an account works here, too, or again.
    async fn join(
        self,
        cx: &Cx<'_, Public>,
        Offer { membership, by, at, spent, .. }: Offer,
        account: Stored<Account>,
    ) -> Result<(Change, Account), Problem> {
        // Nobody appoints themselves, and an invitation from before the last decision about them undoes none.
        let is_own = by == Some(account.user);
        let is_void = |known: &Membership| known.clinic == membership.clinic && known.since > at;
        if account.state != State::Active || is_own || account.memberships.iter().any(is_void) {
            return Err(LinkInvalid.into());
        }
        let (spent, account) = reclaimed(cx, spent, account).await?;
        let password = match self.password {
            // A link of an invitation is none to replace a password that may stay.
            _ if account.password.as_ref().is_some_and(|known| known.suits_staff) => None,
            // Nor one to replace a password that was chosen since it was sent.
            _ if account.password.as_ref().is_some_and(|known| known.changed_at > at) => return Err(LinkInvalid.into()),
            Some(password) => Some(password.hashed(cx.host.random(), cx.now).await?),
            None => {
                let detail = "Choose a password of 12 to 128 characters: you will work with other people's records.";
                return Err(details_needed(&[("/password", detail)]));
            }
        };
        let has_new_password = password.is_some();
        let account = account.with(|account| {
            if let Some(password) = password {
                account.password = Some(password);
                account.epoch += 1;
            }
            account.memberships.retain(|known| known.clinic != membership.clinic);
            account.memberships.push(membership);
        });
        let spent = if has_new_password {
            tell(cx, spent, AccountNotice::about(&account, Notice::PasswordChanged).with("at", cx.now))
        } else {
            spent
        };
        Ok((spent.update(Shared, &account), account.into_inner()))
    }

    /// Somebody begins here.
    async fn begin(
        self,
        cx: &Cx<'_, Public>,
        Offer { email, membership, spent, .. }: Offer,
        blind: String,
    ) -> Result<(Change, Account), Problem> {
        let (Some(given_name), Some(family_name), Some(password)) =
            (self.given_name.clone(), self.family_name.clone(), self.password.clone())
        else {
            let missing = [
                ("/given_name", "Enter your first name.", self.given_name.is_none()),
                ("/family_name", "Enter your last name.", self.family_name.is_none()),
                ("/password", "Choose a password of 12 to 128 characters.", self.password.is_none()),
            ];
            let missing: Vec<_> =
                missing.into_iter().filter(|(.., missing)| *missing).map(|(at, say, _)| (at, say)).collect();
            return Err(details_needed(&missing));
        };
        let password = password.hashed(cx.host.random(), cx.now).await?;
        let user: UserId = cx.id();
        let names = (given_name, family_name);
        let mut account = Account::new(user, email, names, Preferences::default(), Some(password), cx.now);
        account.memberships.push(membership);
        let change = spent
            .create(Shared, &Handle { blind, user })
            .create(Shared, &account);
        Ok((change, account))
    }
}
