use aws_sdk_sesv2::Client;
use aws_sdk_sesv2::types::{Body, Content, Destination, EmailContent, Message};
use kernel::Private;

use crate::{Aws, GatewayError};

/// SES.
#[derive(Debug)]
pub struct Mailer {
    client: Client,
    from: String,
}

/// One mail to one person.
#[derive(Debug)]
pub struct Mail {
    /// The address.
    pub to: Private<String>,
    /// Shown on lock screens and kept by every server on the way: never health information.
    pub subject: String,
    /// The whole message for those who read plain text.
    pub text: Private<String>,
    /// The same, formatted.
    pub html: Private<String>,
}

impl Mailer {
    /// `from` is a verified identity.
    pub fn new(aws: &Aws, from: &str) -> Self {
        Self { client: Client::new(aws), from: from.into() }
    }

    /// Hand a mail over to be delivered.
    pub async fn send(&self, mail: Mail) -> Result<(), GatewayError> {
        let content =
            |text: String| Content::builder().data(text).charset("UTF-8").build().expect("data is given");
        let body = Body::builder().text(content(mail.text.0)).html(content(mail.html.0)).build();
        let message = Message::builder().subject(content(mail.subject)).body(body).build();
        self.client
            .send_email()
            .from_email_address(&self.from)
            .destination(Destination::builder().to_addresses(mail.to.0).build())
            .content(EmailContent::builder().simple(message).build())
            .send()
            .await
            .map_err(GatewayError::unnamed("SES", "take the mail"))?;
        Ok(())
    }
}
