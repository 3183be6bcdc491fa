//! SES, and the box in which its mails end up together with the text messages of SNS.

use base64::{Engine, prelude::BASE64_STANDARD};
use bytes::Bytes;
use http::{Method, Request, StatusCode};
use jiff::Timestamp;
use mailparse::{MailAddr, MailHeaderMap, ParsedMail, SingleInfo};
use rusqlite::{OptionalExtension, Row, params};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::{
    Clock, Fault,
    dispatch::Call,
    door::Door,
    policy::Demand,
    random,
    reply::{Dialect, Refusal, Refused, Reply},
    services::Services,
};

/// What somebody was sent.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Mail {
    /// Its number in the box.
    pub id: i64,
    /// Mail or text message.
    pub kind: MailKind,
    /// The function that sent it.
    pub principal: String,
    /// When.
    pub at: Timestamp,
    /// What it says.
    #[serde(flatten)]
    pub content: Content,
}

/// How it was sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MailKind {
    /// By SES.
    Mail,
    /// By SNS to a telephone number.
    Sms,
}

/// The parts of a mail; a text message has a receiver and a text.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Content {
    /// The id that the sender was given.
    pub message_id: String,
    /// The sender's address.
    pub from: Option<String>,
    /// The receivers: addresses, or a telephone number.
    pub to: Vec<String>,
    /// Receivers of a copy.
    pub cc: Vec<String>,
    /// Receivers whom the others do not see.
    pub bcc: Vec<String>,
    /// Where an answer goes.
    pub reply_to: Vec<String>,
    /// The subject line.
    pub subject: Option<String>,
    /// The plain text.
    pub text: Option<String>,
    /// The same as a page.
    pub html: Option<String>,
}

impl std::ops::Deref for Mail {
    type Target = Content;

    fn deref(&self) -> &Content {
        &self.content
    }
}

/// The box.
#[derive(Clone)]
pub(crate) struct Mailbox {
    services: Services,
    clock: Clock,
}

impl Mailbox {
    pub(crate) fn new(services: Services, clock: Clock) -> Self {
        Self { services, clock }
    }

    pub(crate) async fn newest(&self, limit: usize) -> Result<Vec<Mail>, Fault> {
        let limit = i64::try_from(limit).unwrap_or(i64::MAX);
        self.services
            .run(move |database| {
                database
                    .prepare_cached(
                        "SELECT id, kind, principal, at, content FROM mails ORDER BY id DESC LIMIT ?1",
                    )?
                    .query_map([limit], mail)?
                    .collect()
            })
            .await
    }

    pub(crate) async fn get(&self, id: i64) -> Result<Option<Mail>, Fault> {
        self.services
            .run(move |database| {
                database
                    .query_row("SELECT id, kind, principal, at, content FROM mails WHERE id = ?1", [id], mail)
                    .optional()
            })
            .await
    }

    /// Keeps what somebody was sent.
    pub(crate) async fn keep(&self, kind: MailKind, principal: &str, content: &Content) -> Result<(), Fault> {
        let at = (self.clock)().as_millisecond();
        let kind = if kind == MailKind::Mail { "mail" } else { "sms" };
        let principal = principal.to_owned();
        let content = json!(content).to_string();
        self.services
            .transact(move |transaction| {
                transaction
                    .prepare_cached(
                        "INSERT INTO mails (kind, principal, at, content) VALUES (?1, ?2, ?3, ?4)",
                    )?
                    .execute(params![kind, principal, at, content])
                    .map(drop)
            })
            .await
    }

    /// Answers a request to SES.
    pub(crate) async fn answer(&self, request: &Request<Bytes>, call: &Call<'_>, door: &Door) -> Reply {
        Dialect::Ses.answer(self.send(request, call, door).await)
    }

    async fn send(&self, request: &Request<Bytes>, call: &Call<'_>, door: &Door) -> Result<Value, Refused> {
        if request.method() != Method::POST || request.uri().path() != "/v2/email/outbound-emails" {
            let refusal = Refusal::new("NotFoundException", "there is no such operation here");
            return Err(refusal.with_status(StatusCode::NOT_FOUND).into());
        }
        let (action, content) = read(call.body)?;
        let demand =
            Demand { action: action.into(), names: identities(content.from.as_deref().unwrap_or("*")) };
        door.demand(call.principal, [&demand])?;
        self.keep(MailKind::Mail, call.principal, &content).await?;
        Ok(json!({ "MessageId": content.message_id }))
    }
}

fn mail(row: &Row<'_>) -> rusqlite::Result<Mail> {
    let content: String = row.get(4)?;
    Ok(Mail {
        id: row.get(0)?,
        kind: if row.get::<_, String>(1)? == "mail" { MailKind::Mail } else { MailKind::Sms },
        principal: row.get(2)?,
        at: Timestamp::from_millisecond(row.get(3)?).unwrap_or_default(),
        content: serde_json::from_str(&content).unwrap_or_default(),
    })
}

/// What a policy may call the sender: the address, or its domain.
fn identities(from: &str) -> Vec<String> {
    let address = from.rsplit_once('<').map_or(from, |(_, address)| address.trim_end_matches('>')).trim();
    let domain = address.rsplit_once('@').map(|(_, domain)| domain.to_owned());
    std::iter::once(address.to_owned()).chain(domain).collect()
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct SendEmail {
    from_email_address: Option<String>,
    #[serde(default)]
    destination: Destination,
    #[serde(default)]
    reply_to_addresses: Vec<String>,
    content: EmailContent,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Destination {
    #[serde(rename = "ToAddresses")]
    to: Vec<String>,
    #[serde(rename = "CcAddresses")]
    cc: Vec<String>,
    #[serde(rename = "BccAddresses")]
    bcc: Vec<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
enum EmailContent {
    Simple(Simple),
    Raw(Raw),
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Simple {
    subject: Text,
    body: Body,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Body {
    text: Option<Text>,
    html: Option<Text>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Text {
    data: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Raw {
    data: String,
}

/// Reads a mail, and which action it takes to send it.
fn read(body: &[u8]) -> Result<(&'static str, Content), Refusal> {
    let bad = |reason: String| Refusal::new("BadRequestException", reason);
    let request: SendEmail = serde_json::from_slice(body).map_err(|error| bad(error.to_string()))?;
    let mut content = Content {
        message_id: random::uuid(),
        from: request.from_email_address,
        to: request.destination.to,
        cc: request.destination.cc,
        bcc: request.destination.bcc,
        reply_to: request.reply_to_addresses,
        ..Content::default()
    };
    let action = match request.content {
        EmailContent::Simple(Simple { subject, body }) => {
            content.subject = Some(subject.data);
            content.text = body.text.map(|text| text.data);
            content.html = body.html.map(|html| html.data);
            "ses:SendEmail"
        }
        EmailContent::Raw(raw) => {
            let message = BASE64_STANDARD.decode(raw.data).map_err(|error| bad(error.to_string()))?;
            let parsed = mailparse::parse_mail(&message).map_err(|error| bad(error.to_string()))?;
            complete(&mut content, &parsed);
            "ses:SendRawEmail"
        }
    };
    if content.from.as_deref().is_none_or(|from| !from.contains('@')) {
        return Err(bad("FromEmailAddress is missing or is no address".into()));
    }
    let receivers = || content.to.iter().chain(&content.cc).chain(&content.bcc);
    if receivers().count() == 0 {
        return Err(bad("Destination must have at least one address".into()));
    }
    if let Some(wrong) = receivers().find(|address| !address.contains('@') || address.contains(['\r', '\n']))
    {
        return Err(bad(format!("Illegal address {wrong:?}")));
    }
    Ok((action, content))
}

/// Takes from the message what the request does not say.
fn complete(content: &mut Content, message: &ParsedMail<'_>) {
    let headers = &message.headers;
    let addresses = |name: &str| -> Vec<String> {
        let value = headers.get_all_values(name).join(", ");
        let list = mailparse::addrparse(&value).map(mailparse::MailAddrList::into_inner).unwrap_or_default();
        list.into_iter()
            .flat_map(singles)
            .map(|SingleInfo { display_name, addr }| match display_name {
                Some(name) => format!("{name} <{addr}>"),
                None => addr,
            })
            .collect()
    };
    content.from = content.from.take().or_else(|| headers.get_first_value("From"));
    if content.to.is_empty() && content.cc.is_empty() && content.bcc.is_empty() {
        (content.to, content.cc, content.bcc) = (addresses("To"), addresses("Cc"), addresses("Bcc"));
    }
    if content.reply_to.is_empty() {
        content.reply_to = addresses("Reply-To");
    }
    content.subject = headers.get_first_value("Subject");
    let mut parts = vec![message];
    while let Some(part) = parts.pop() {
        parts.extend(part.subparts.iter().rev());
        match part.ctype.mimetype.as_str() {
            "text/plain" if content.text.is_none() => content.text = part.get_body().ok(),
            "text/html" if content.html.is_none() => content.html = part.get_body().ok(),
            _ => {}
        }
    }
}

/// The addresses of a group, or the one address.
fn singles(address: MailAddr) -> Vec<SingleInfo> {
    match address {
        MailAddr::Group(group) => group.addrs,
        MailAddr::Single(single) => vec![single],
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sender_is_known_by_address_and_domain() {
        assert_eq!(
            identities("Careplane <hello@careplane.example>"),
            ["hello@careplane.example", "careplane.example"]
        );
        assert_eq!(identities("hello@careplane.example"), ["hello@careplane.example", "careplane.example"]);
    }

    #[test]
    fn a_raw_message_is_taken_apart() {
        let message = "From: Careplane <hello@careplane.example>\r\nTo: =?utf-8?q?J=C3=BCrgen?= <j@example.org>\r\n\
             Subject: =?utf-8?b?VGVybWluIGJlc3TDpHRpZ3Q=?=\r\nMIME-Version: 1.0\r\n\
             Content-Type: multipart/alternative; boundary=x\r\n\r\n\
             --x\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\nBis bald, J=C3=BCrgen\r\n\
             --x\r\nContent-Type: text/html; charset=utf-8\r\n\r\n<p>Bis bald</p>\r\n--x--\r\n";
        let request = json!({ "Content": { "Raw": { "Data": BASE64_STANDARD.encode(message) } } });
        let (action, content) = read(request.to_string().as_bytes()).unwrap();
        assert_eq!(action, "ses:SendRawEmail");
        assert_eq!(content.from.as_deref(), Some("Careplane <hello@careplane.example>"));
        assert_eq!(content.to, ["Jürgen <j@example.org>"]);
        assert_eq!(content.subject.as_deref(), Some("Termin bestätigt"));
        assert_eq!(content.text.as_deref().map(str::trim_end), Some("Bis bald, Jürgen"));
        assert_eq!(content.html.as_deref().map(str::trim_end), Some("<p>Bis bald</p>"));
    }
}
