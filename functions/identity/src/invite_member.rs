use std::collections::BTreeMap;

use kernel::{ClinicId, Permission, Private, Problem, ProviderId, Role, RoleId, Timestamp};
use runtime::{Cx, Done, Endpoint, InClinic, Route, Use};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use store::{Change, Shared};

use crate::account::{Account, Email, Language};
use crate::appointing::{Post, may_appoint};
use crate::guard::{Counter, Limit};
use crate::link::{Invitation, InvitationId, Link, Purpose};
use crate::membership::NotYours;
use crate::notice::{AccountNotice, Notice, sealed_link, tell};

/// Invite somebody to work in the clinic.
///
/// They get a mail with a link; with it they join, whether or not they have an account. Nobody becomes
/// staff in another way (Z-3).
#[derive(Debug, Deserialize, JsonSchema)]
pub struct InviteMember {
    /// Which clinic.
    pub clinic: ClinicId,
    /// Whom.
    pub email: Email,
    /// As what, if it is one of the roles that every clinic has.
    pub role: Option<Role>,
    /// As what, if it is one of the clinic's own roles.
    pub custom_role: Option<RoleId>,
    /// As whom patients will book them, if they are a practitioner.
    pub provider: Option<ProviderId>,
    /// In which language the mail is.
    #[serde(default)]
    pub language: Language,
}

/// An invitation that stands.
#[derive(Debug, Serialize, JsonSchema)]
pub struct InvitationView {
    /// Its id.
    pub id: InvitationId,
    /// Whom.
    pub email: Private<Email>,
    /// As what.
    pub role: Role,
    /// In which of the clinic's own roles.
    pub custom_role: Option<RoleId>,
    /// When.
    pub invited_at: Timestamp,
    /// Until when.
    pub expires_at: Timestamp,
}

impl From<Invitation> for InvitationView {
    fn from(invitation: Invitation) -> Self {
        let Invitation { id, email, role, custom_role, invited_at, until, .. } = invitation;
        Self { id, email, role, custom_role, invited_at, expires_at: until }
    }
}

impl Endpoint for InviteMember {
    const ROUTE: Route = Route::post("/v1/clinics/{clinic}/invitations");
    type Audience = InClinic;
    const NEEDS: Option<Permission> = Some(Permission::ManageMembers);
    const USES: &'static [Use] = &[Use::Get, Use::Put, Use::Update, Use::Seal];
    const STATUS: u16 = 201;
    type Reply = InvitationView;

    async fn handle(self, cx: &Cx<'_, InClinic>) -> Result<Done<InvitationView>, Problem> {
        let post = Post::of(self.role, self.custom_role)?;
        may_appoint(cx, post).await?;
        let caller = cx.grant.caller();
        let inviter = cx.store.find(Shared, Account::at(caller.user)).await?;
        if *inviter.email == self.email {
            return Err(NotYours::OwnMembership.into());
        }
        let id = cx.id();
        let purpose = Purpose::Invitation { clinic: self.clinic, invitation: id };
        let (link, token) = Link::new(cx.host.random(), purpose, cx.now);
        let invitation = Invitation {
            id,
            email: Private(self.email),
            role: post.role,
            custom_role: post.custom,
            provider: self.provider,
            invited_by: caller.user,
            invited_at: cx.now,
            until: link.until,
            link: link.hash.clone(),
        };
        let name = format!("{} {}", inviter.given_name.as_ref(), inviter.family_name.as_ref());
        let notice = AccountNotice {
            notice: Notice::Invitation,
            user: None,
            email: invitation.email.clone(),
            given_name: None,
            language: self.language,
            sealed: sealed_link(cx, &token).await?,
            facts: BTreeMap::new(),
        };
        let notice = notice.with("inviter", name).with("role", post.role);
        let counter = Counter::of(Limit::InvitationsOfClinic, &self.clinic.to_string(), cx.now);
        let change = counter
            .count(Change::new(), cx.now)
            .create(cx.grant.clinic(), &invitation)
            .create(Shared, &link);
        let change = tell(cx, change, notice);
        Ok(Done::impersonal(invitation.into()).writing(change))
    }
}
