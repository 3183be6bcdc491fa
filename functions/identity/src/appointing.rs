//! What deciding about roles and members has in common: who decides, and what a role holds.

use kernel::{Caller, ClinicScope, Permissions, Problem, Role, RoleId};
use runtime::{Cx, InClinic};

use crate::membership::{ClinicRole, Decider, NotYours};

/// The caller as somebody who decides.
pub(crate) fn decider(caller: &Caller) -> Decider<'_> {
    Decider { role: caller.role, permissions: &caller.permissions }
}

/// A role, as it is asked for: one of ours, or one of the clinic's own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Post {
    pub(crate) role: Role,
    pub(crate) custom: Option<RoleId>,
}

impl Post {
    /// One of the two must be named.
    pub(crate) fn of(role: Option<Role>, custom: Option<RoleId>) -> Result<Self, NotYours> {
        match (role, custom) {
            (None | Some(Role::Staff), Some(_)) => Ok(Self { role: Role::Staff, custom }),
            (Some(role), None) if role != Role::Staff => Ok(Self { role, custom: None }),
            _ => Err(NotYours::NoSuchRole),
        }
    }
}

/// May the caller appoint somebody to this post, or dismiss them from it?
pub(crate) async fn may_appoint(cx: &Cx<'_, InClinic>, post: Post) -> Result<(), Problem> {
    let permissions = match post.custom {
        Some(id) => Some(permissions_of(cx, cx.grant.clinic(), id).await?),
        None => None,
    };
    Ok(decider(cx.grant.caller()).appoints(post.role, permissions.as_ref())?)
}

/// May the caller dismiss somebody from this post? One that the clinic has removed holds nothing.
pub(crate) async fn may_dismiss(cx: &Cx<'_, InClinic>, post: Post) -> Result<(), Problem> {
    match post.custom {
        Some(id) => {
            let role = cx.store.get(cx.grant.clinic(), ClinicRole::at(id)).await?;
            let held = role.map(|role| role.permissions.clone()).unwrap_or_default();
            Ok(decider(cx.grant.caller()).appoints(Role::Staff, Some(&held))?)
        }
        None => may_appoint(cx, post).await,
    }
}

async fn permissions_of(
    cx: &Cx<'_, InClinic>,
    clinic: ClinicScope,
    id: RoleId,
) -> Result<Permissions, Problem> {
    let role = cx.store.get(clinic, ClinicRole::at(id)).await?.ok_or(NotYours::NoSuchRole)?;
    Ok(role.permissions.clone())
}
