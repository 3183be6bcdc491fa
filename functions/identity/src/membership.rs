//! Where somebody works and as what, and the roles that clinics define for themselves. Pure.
//!
//! A patient's membership is not among these: whoever has a patient record is a patient of every clinic
//! that they turn to. See `docs/decisions/0012-memberships.md`.

use kernel::{
    ClinicId, ClinicScope, Fault, Permission, Permissions, Private, ProviderId, Role, RoleId, Status,
    Timestamp, UserId,
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use store::{Entity, Key, Range};

use crate::account::{Account, Email, Malformed, Name, line};

/// One person's work for one clinic, or for the platform. Part of their account.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Membership {
    /// For which clinic; nothing for those who work for the platform.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub clinic: Option<ClinicId>,
    /// As what. [`Role::Staff`] says that `custom_role` tells.
    pub role: Role,
    /// In which of the clinic's own roles.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub custom_role: Option<RoleId>,
    /// As whom patients book them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub provider: Option<ProviderId>,
    /// May they still act in it?
    pub active: bool,
    /// Since when, or since when no longer.
    pub since: Timestamp,
}

/// What somebody acts as: a membership, or their own patient record.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Acting {
    /// As what.
    pub role: Role,
    /// For which clinic.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub clinic: Option<ClinicId>,
}

impl Acting {
    /// As a patient.
    pub const PATIENT: Self = Self { role: Role::Patient, clinic: None };
}

impl Membership {
    /// What somebody who acts in it acts as.
    pub fn acting(&self) -> Acting {
        Acting { role: self.role, clinic: self.clinic }
    }

    /// Leave to read and write what the clinic keeps of this membership and of its role.
    #[expect(clippy::disallowed_methods, reason = "whoever is a clinic's member is known to it")]
    pub fn scope(&self) -> Option<ClinicScope> {
        self.clinic.map(ClinicScope::of)
    }
}

impl Account {
    /// The active membership in which they may act like this.
    pub fn membership(&self, acting: Acting) -> Option<&Membership> {
        self.memberships.iter().find(|membership| membership.active && membership.acting() == acting)
    }

    /// In which of a clinic's own roles they act like this, if it is one.
    pub fn post(&self, acting: Acting) -> Option<(ClinicId, RoleId)> {
        self.membership(acting).and_then(|membership| membership.clinic.zip(membership.custom_role))
    }

    /// May they act like this now?
    pub fn may_act(&self, acting: Acting) -> bool {
        match acting.role {
            Role::Patient => self.patient.is_some() && acting == Acting::PATIENT,
            _ => self.membership(acting).is_some(),
        }
    }

    /// What they act as when they sign in: where they work, before their own record.
    pub fn acting_first(&self) -> Option<Acting> {
        let work = self.memberships.iter().find(|membership| membership.active).map(Membership::acting);
        work.or_else(|| self.patient.map(|_| Acting::PATIENT))
    }
}

/// Who works in a clinic: the same as the account's [`Membership`], for the clinic's list. Both are written
/// in one transaction.
///
/// Access patterns: the clinic's list, and by account.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Member {
    /// Whose account.
    pub user: UserId,
    /// Where they are reached.
    pub email: Private<Email>,
    /// As they like to be called.
    pub given_name: Private<Name>,
    /// Family name.
    pub family_name: Private<Name>,
    /// As in their account.
    pub membership: Membership,
}

impl Member {
    const PARTITION: &'static str = "members";

    /// By account.
    pub fn at(user: UserId) -> Key<Self> {
        Key::new(Self::PARTITION, user)
    }

    /// All of a clinic.
    pub fn all() -> Range<Self> {
        Range::new(Self::PARTITION, "")
    }

    /// The clinic's view of this account's membership.
    pub fn of(account: &Account, membership: &Membership) -> Self {
        Self {
            user: account.user,
            email: account.email.clone(),
            given_name: account.given_name.clone(),
            family_name: account.family_name.clone(),
            membership: membership.clone(),
        }
    }
}

impl Entity for Member {
    const KIND: &'static str = "member";
    type Scope = ClinicScope;
    fn key(&self) -> Key<Self> {
        Self::at(self.user)
    }
}

/// A role that a clinic has defined for itself (ID-43).
///
/// Access patterns: the clinic's list, and by id when a token of somebody in this role is made.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct ClinicRole {
    /// Its id.
    pub id: RoleId,
    /// What the clinic calls it.
    pub name: RoleName,
    /// What it allows.
    pub permissions: Permissions,
    /// Since when it is so.
    pub changed_at: Timestamp,
}

/// How many roles a clinic may define: all of them fit one page of a list.
pub const MOST_ROLES: u32 = 100;

impl ClinicRole {
    const PARTITION: &'static str = "roles";

    /// By id.
    pub fn at(id: RoleId) -> Key<Self> {
        Key::new(Self::PARTITION, id)
    }

    /// All of a clinic.
    pub fn all() -> Range<Self> {
        Range::new(Self::PARTITION, "rol_")
    }

    /// Leave to read a role of a clinic, for whoever acts in it or claims to: what it says is used for the
    /// clinic's members alone.
    #[expect(clippy::disallowed_methods, reason = "a token is made before there is a grant")]
    pub fn scope(clinic: ClinicId) -> ClinicScope {
        ClinicScope::of(clinic)
    }
}

impl Entity for ClinicRole {
    const KIND: &'static str = "clinic-role";
    type Scope = ClinicScope;
    fn key(&self) -> Key<Self> {
        Self::at(self.id)
    }
}

/// What a clinic calls a role: 1 to 60 characters.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(try_from = "String", into = "String")]
#[schemars(with = "String", extend("minLength" = 1, "maxLength" = 60))]
pub struct RoleName(String);

impl TryFrom<String> for RoleName {
    type Error = Malformed;
    fn try_from(text: String) -> Result<Self, Malformed> {
        line(&text, 60).map(Self).ok_or(Malformed::Line)
    }
}

impl From<RoleName> for String {
    fn from(name: RoleName) -> Self {
        name.0
    }
}

/// What a role of a clinic's own gives whoever acts in it: what it names, as far as a manager could give
/// it, and what everybody may do with their own account.
pub fn staff_permissions(named: &Permissions) -> Permissions {
    let all = Role::Staff.permissions();
    named.and(&all).iter().chain(own_permissions()).collect()
}

fn own_permissions() -> impl Iterator<Item = Permission> {
    use Permission::*;
    [SignOut, PassSecondFactor, EnrolOwnFactor, RemoveOwnFactor, ReadOwnAccount, ManageOwnAccount].into_iter()
}

/// What whoever defines a role may put into it: what they hold themselves, without what everybody has.
pub fn grantable(holder: &Permissions) -> Permissions {
    let all = Role::Staff.permissions();
    holder.and(&all).iter().filter(|permission| own_permissions().all(|own| own != *permission)).collect()
}

/// Why a role or a membership stays as it is.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotYours {
    /// Nobody gives what they do not hold.
    #[error("You can only give permissions that you hold yourself.")]
    ToGive,
    /// Nobody decides about themselves.
    #[error("You cannot change your own membership. Ask another manager.")]
    OwnMembership,
    /// The role is not one that somebody can have in a clinic.
    #[error("This is not a role of a clinic.")]
    NoSuchRole,
}

impl Fault for NotYours {
    fn status(&self) -> Status {
        match self {
            NotYours::ToGive => Status::Forbidden,
            NotYours::OwnMembership => Status::Conflict,
            NotYours::NoSuchRole => Status::Unprocessable,
        }
    }
    fn code(&self) -> &'static str {
        match self {
            NotYours::ToGive => "NOT_YOURS_TO_GIVE",
            NotYours::OwnMembership => "OWN_MEMBERSHIP",
            NotYours::NoSuchRole => "INVALID",
        }
    }
    fn pointer(&self) -> Option<String> {
        (*self == NotYours::NoSuchRole).then(|| "/role".into())
    }
}

/// Whoever decides about roles and members: what they are, and what they hold.
#[derive(Clone, Copy, Debug)]
pub struct Decider<'a> {
    /// In which role they act.
    pub role: Role,
    /// What they hold.
    pub permissions: &'a Permissions,
}

impl Decider<'_> {
    /// May they give these permissions, or take them away?
    ///
    /// What they lack themselves they cannot reach through others: neither by a role that they define, nor
    /// by changing one that holds more than they do.
    pub fn owns(self, permissions: &Permissions) -> Result<(), NotYours> {
        if permissions.is_within(&grantable(self.permissions)) { Ok(()) } else { Err(NotYours::ToGive) }
    }

    /// May they appoint somebody to this role, or dismiss them from it?
    ///
    /// Managers and operators staff a clinic with its doctors and nurses, whose permissions they do not
    /// hold: that is their office, they cannot do it to themselves, and it is on record. Everybody else,
    /// whom a clinic has given a role of its own, gives no more than they hold.
    pub fn appoints(self, role: Role, custom: Option<&Permissions>) -> Result<(), NotYours> {
        match (role, custom) {
            (Role::Staff, None) | (Role::Patient | Role::Operator | Role::Support | Role::System, _) => {
                Err(NotYours::NoSuchRole)
            }
            _ if matches!(self.role, Role::Manager | Role::Operator) => Ok(()),
            (Role::Staff, Some(permissions)) => self.owns(&permissions.and(&Role::Staff.permissions())),
            (role, _) => {
                let given: Permissions = role
                    .permissions()
                    .iter()
                    .filter(|permission| own_permissions().all(|own| own != *permission))
                    .collect();
                self.owns(&given)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;
    use strum::IntoEnumIterator as _;

    use super::*;

    #[test]
    fn a_role_of_a_clinics_own_holds_what_it_names_and_the_own_account() {
        let named = Permissions::from_iter([Permission::ReadMembers, Permission::ManageAccounts]);
        let held = staff_permissions(&named);
        assert!(held.contains(Permission::ReadMembers) && held.contains(Permission::SignOut));
        assert!(!held.contains(Permission::ManageAccounts), "no manager holds it");
        assert!(!held.contains(Permission::ReadClinicalFields));
    }

    #[test]
    fn what_a_manager_can_give_is_what_a_manager_holds() {
        let given = grantable(&Role::Manager.permissions());
        assert!(given.contains(Permission::ManageRoles) && given.contains(Permission::ReadPatients));
        assert!(!given.contains(Permission::ReadClinicalFields));
        assert!(!given.contains(Permission::ReadOwnAccount), "everybody has it");
    }

    #[test]
    fn staff_come_from_managers_and_from_whoever_holds_as_much() {
        let holds =
            |permissions: &Permissions, role| Decider { role: Role::Staff, permissions }.appoints(role, None);
        let office = Role::Manager.permissions();
        assert_eq!(Decider { role: Role::Manager, permissions: &office }.appoints(Role::Nurse, None), Ok(()));
        let some = Permissions::from_iter([Permission::ManageMembers, Permission::ReadMembers]);
        assert_eq!(holds(&some, Role::Nurse), Err(NotYours::ToGive));
        assert_eq!(holds(&some, Role::Manager), Err(NotYours::ToGive));
        for role in [Role::Patient, Role::Operator, Role::Support, Role::Staff, Role::System] {
            assert_eq!(holds(&office, role), Err(NotYours::NoSuchRole), "{role}");
        }
    }

    /// A clinic in which whoever has a role of the clinic's own does whatever they like.
    #[derive(Clone, Debug)]
    enum Edit {
        Define { by: usize, permissions: BTreeSet<usize> },
        Change { by: usize, role: usize, permissions: BTreeSet<usize> },
        Appoint { by: usize, whom: usize, role: usize },
    }

    fn edits() -> impl Strategy<Value = Vec<Edit>> {
        let all = Permission::iter().count();
        let permissions = || prop::collection::btree_set(0..all, 0..all);
        let edit = prop_oneof![
            (0..4usize, permissions()).prop_map(|(by, permissions)| Edit::Define { by, permissions }),
            (0..4usize, 0..8usize, permissions()).prop_map(|(by, role, permissions)| Edit::Change {
                by,
                role,
                permissions
            }),
            (0..4usize, 0..4usize, 0..20usize).prop_map(|(by, whom, role)| Edit::Appoint { by, whom, role }),
        ];
        prop::collection::vec(edit, 1..60)
    }

    fn named(numbers: &BTreeSet<usize>) -> Permissions {
        let all: Vec<_> = Permission::iter().collect();
        numbers.iter().map(|number| all[*number]).collect()
    }

    proptest! {
        /// Four members in roles of the clinic's own define and change roles and appoint each other, in
        /// whatever order. Nobody ever holds what none of them held at the beginning.
        #[test]
        fn nobody_gains_by_edits_what_no_editor_holds(
            start in prop::collection::vec(prop::collection::btree_set(0..Permission::iter().count(), 0..12), 4),
            edits in edits(),
        ) {
            let mut roles: Vec<Permissions> = start.iter().map(named).collect();
            let mut acts: Vec<Result<usize, Role>> = (0..4).map(Ok).collect();
            let holds = |roles: &[Permissions], act: &Result<usize, Role>| match act {
                Ok(custom) => staff_permissions(&roles[*custom]),
                Err(role) => role.permissions(),
            };
            let together: Permissions =
                acts.iter().flat_map(|act| holds(&roles, act).iter().collect::<Vec<_>>()).collect();
            for edit in edits {
                let (Edit::Define { by, .. } | Edit::Change { by, .. } | Edit::Appoint { by, .. }) = &edit;
                let held = holds(&roles, &acts[*by]);
                let decider = Decider { role: acts[*by].err().unwrap_or(Role::Staff), permissions: &held };
                match edit {
                    Edit::Define { permissions, .. }
                        if held.contains(Permission::ManageRoles)
                            && decider.owns(&named(&permissions)).is_ok() =>
                    {
                        roles.push(named(&permissions));
                    }
                    Edit::Change { role, permissions, .. } if held.contains(Permission::ManageRoles) => {
                        let role = role % roles.len();
                        if decider.owns(&roles[role]).is_ok() && decider.owns(&named(&permissions)).is_ok() {
                            roles[role] = named(&permissions);
                        }
                    }
                    Edit::Appoint { by, whom, role } if held.contains(Permission::ManageMembers) && by != whom => {
                        let builtin: Vec<_> = Role::iter().collect();
                        let (to, custom) = match builtin.get(role) {
                            Some(builtin) => (Err(*builtin), None),
                            None => (Ok(role % roles.len()), Some(roles[role % roles.len()].clone())),
                        };
                        let from = match &acts[whom] {
                            Ok(custom) => decider.appoints(Role::Staff, Some(&roles[*custom])),
                            Err(role) => decider.appoints(*role, None),
                        };
                        let role = to.err().unwrap_or(Role::Staff);
                        if from.is_ok() && decider.appoints(role, custom.as_ref()).is_ok() {
                            acts[whom] = to;
                        }
                    }
                    _ => {}
                }
                for act in &acts {
                    let now = holds(&roles, act);
                    prop_assert!(now.is_within(&together), "{now:?} is more than {together:?}");
                }
            }
        }
    }
}
