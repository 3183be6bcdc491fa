use gateways::Mail;
use kernel::{Private, Problem};
use runtime::{Cx, Done, Job, Setting, System, Use};
use serde::Deserialize;

use crate::notice::{self, Facts, Link, Notice};
use crate::sealed::{Sealed, Unsendable};

/// Tell somebody by mail what happened to their account.
///
/// As with a confirmation, two copies at worst rather than none. A notice that this build does not know
/// is not an event that it can read: it ends among the dead letters, where somebody sees it.
#[derive(Debug, Deserialize)]
pub struct SendAccountNotice {
    notice: Notice,
    email: Private<String>,
    given_name: Option<Private<String>>,
    sealed: Option<Sealed>,
    #[serde(default)]
    facts: Facts,
}

impl Job for SendAccountNotice {
    const EVENT: &'static str = "account-notice";
    const USES: &'static [Use] = &[Use::Unseal, Use::SendMail];

    async fn run(&self, cx: &Cx<'_, System>) -> Result<Done<()>, Problem> {
        let origin = cx.host.setting(Setting::WebOrigin);
        let link = match self.notice.link() {
            None => None,
            Some(Link::Page(path)) => Some(format!("{origin}{path}")),
            Some(Link::Token(path)) => {
                let sealed = self.sealed.as_ref().ok_or(Unsendable::NoToken)?;
                let token = sealed.open(cx, "mail-link", notice::is_token).await?;
                // A fragment stays in the browser: no server and no log of one ever sees the token.
                Some(format!("{origin}{path}#token={}", token.0))
            }
        };
        let given_name = self.given_name.as_ref().map(|name| name.as_str());
        let (text, html) = self.notice.write(given_name, &self.facts, link.as_deref());
        let mail = Mail {
            to: self.email.clone(),
            subject: self.notice.subject().into(),
            text: Private(text),
            html: Private(html),
        };
        cx.host.mailer().await.send(mail).await?;
        Ok(Done::impersonal(()))
    }
}
