use std::collections::BTreeMap;

use kernel::{Private, Problem, Role, Timestamp};
use runtime::{Command, Cx, Done, System, Use};
use serde::{Deserialize, Serialize};
use store::{Change, Shared};

use crate::account::{Email, Handle, Language};
use crate::link::{Appointed, Link, Purpose};
use crate::notice::{AccountNotice, Notice, sealed_link, tell};

/// Invite somebody to work for the platform, as the first operator of an environment must be; or take the
/// invitation back.
///
/// No function of the API does this: whoever may appoint operators holds every account, so it takes leave to
/// invoke this Lambda. A further invitation of the same address takes the place of the one before.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct InviteOperator {
    /// Whom.
    pub email: Email,
    /// As what.
    #[serde(default)]
    pub role: Office,
    /// In which language the mail is.
    #[serde(default)]
    pub language: Language,
    /// Take back the invitation that stands, and send none.
    #[serde(default)]
    pub withdraw: bool,
}

/// What somebody can be on the platform.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Office {
    /// [`Role::Operator`].
    #[default]
    Operator,
    /// [`Role::Support`].
    Support,
}

impl From<Office> for Role {
    fn from(office: Office) -> Self {
        match office {
            Office::Operator => Role::Operator,
            Office::Support => Role::Support,
        }
    }
}

/// The mail is on its way, or no invitation stands any more.
#[derive(Debug, Serialize)]
pub struct Invited {
    /// Until when its link is good; nothing where it was taken back.
    pub expires_at: Option<Timestamp>,
}

impl Command for InviteOperator {
    const USES: &'static [Use] = &[Use::Get, Use::Put, Use::Delete, Use::Seal, Use::Blind];
    type Reply = Invited;

    async fn run(self, cx: &Cx<'_, System>) -> Result<Done<Invited>, Problem> {
        let Self { email, role, language, withdraw } = self;
        let (email, role) = (Private(email), Role::from(role));
        let blind = cx.host.vault().await.blind(Handle::EMAIL, email.as_ref()).await?;
        let before = cx.store.get(Shared, Appointed::at(&blind)).await?;
        let mut change = Change::new();
        if let Some(before) = &before
            && let Some(link) = cx.store.get(Shared, Link::at(&before.link)).await?
        {
            change = change.delete(Shared, &link);
        }
        if withdraw {
            if let Some(before) = &before {
                change = change.delete(Shared, before);
            }
            return Ok(Done::impersonal(Invited { expires_at: None }).writing(change));
        }
        let purpose = Purpose::Appointment { email: email.clone(), role, at: cx.now };
        let (link, token) = Link::new(cx.host.random(), purpose, cx.now);
        let appointed = Appointed { blind, link: link.hash.clone(), until: link.until };
        change = match before {
            Some(before) => change.update(Shared, &before.with(|before| *before = appointed)),
            None => change.create(Shared, &appointed),
        };
        let notice = AccountNotice {
            notice: Notice::Invitation,
            user: None,
            email,
            given_name: None,
            language,
            sealed: sealed_link(cx, &token).await?,
            facts: BTreeMap::new(),
        };
        let change = change.create(Shared, &link);
        let change = tell(cx, change, notice.with("inviter", "Careplane").with("role", role));
        Ok(Done::impersonal(Invited { expires_at: Some(link.until) }).writing(change))
    }
}
