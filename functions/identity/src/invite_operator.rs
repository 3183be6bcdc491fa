use std::collections::BTreeMap;

use kernel::{Private, Problem, Role, Timestamp};
use runtime::{Command, Cx, Done, System, Use};
use serde::{Deserialize, Serialize};
use store::{Change, Shared};

use crate::account::{Email, Language};
use crate::link::{Link, Purpose};
use crate::notice::{AccountNotice, Notice, sealed_link, tell};

/// Invite somebody to work for the platform, as the first operator of an environment must be.
///
/// No function of the API does this: whoever may appoint operators holds every account, so it takes leave to
/// invoke this Lambda, which AWS asks for with its own second factor and keeps its own record of.
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

/// The mail is on its way.
#[derive(Debug, Serialize)]
pub struct Invited {
    /// Until when its link is good.
    pub expires_at: Timestamp,
}

impl Command for InviteOperator {
    const USES: &'static [Use] = &[Use::Put, Use::Seal];
    type Reply = Invited;

    async fn run(self, cx: &Cx<'_, System>) -> Result<Done<Invited>, Problem> {
        let Self { email, role, language } = self;
        let (email, role) = (Private(email), Role::from(role));
        let purpose = Purpose::Appointment { email: email.clone(), role, at: cx.now };
        let (link, token) = Link::new(cx.host.random(), purpose, cx.now);
        let notice = AccountNotice {
            notice: Notice::Invitation,
            user: None,
            email,
            given_name: None,
            language,
            sealed: sealed_link(cx, &token).await?,
            facts: BTreeMap::new(),
        };
        let change = Change::new().create(Shared, &link);
        let change = tell(cx, change, notice.with("inviter", "Careplane").with("role", role));
        Ok(Done::impersonal(Invited { expires_at: link.until }).writing(change))
    }
}
