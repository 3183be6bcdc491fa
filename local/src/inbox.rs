//! What people would have received: mails and text messages, as a page. And the clock, to be moved.

use engines::{Mail, MailKind};
use minijinja::{Environment, context};
use serde_json::{Value, json};

use crate::Platform;

/// How many messages the inbox shows.
const SHOWN: usize = 100;

/// The inbox as a page.
pub async fn page(platform: &Platform, offset: jiff::SignedDuration) -> Result<String, engines::Fault> {
    let messages: Vec<_> = platform.engines().mails(SHOWN).await?.iter().map(message).collect();
    let now = (platform.options.clock)();
    let context = context! {
        messages => minijinja::value::Serde(messages),
        now => now.strftime("%Y-%m-%d %H:%M:%S UTC").to_string(),
        moved => (!offset.is_zero()).then(|| format!("{offset:#}")),
    };
    let mut templates = Environment::new();
    templates
        .add_template("inbox.html", include_str!("pages/inbox.html"))
        .expect("the template is part of the program");
    let template = templates.get_template("inbox.html").expect("just added");
    Ok(template.render(context).expect("everything that it names is given"))
}

/// The inbox as JSON, for scripts.
pub async fn list(platform: &Platform) -> Result<Value, engines::Fault> {
    let messages: Vec<_> = platform.engines().mails(SHOWN).await?.iter().map(message).collect();
    Ok(json!({ "items": messages }))
}

fn message(mail: &Mail) -> Value {
    json!({
        "kind": if mail.kind == MailKind::Sms { "sms" } else { "mail" },
        "at": mail.at,
        "from": mail.from,
        "to": mail.to,
        "subject": mail.subject,
        "text": mail.text,
        "html": mail.html,
        "sent_by": mail.principal,
    })
}
