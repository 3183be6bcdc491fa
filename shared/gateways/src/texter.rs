use aws_sdk_sns::Client;
use aws_sdk_sns::types::MessageAttributeValue;
use kernel::Private;

use crate::{Aws, GatewayError};

/// SNS, as far as it reaches telephones.
#[derive(Debug)]
pub struct Texter {
    client: Client,
}

/// One text message to one person.
#[derive(Debug)]
pub struct Sms {
    /// The number, E.164: `+4915112345678`.
    pub to: Private<String>,
    /// Shown on lock screens and kept by every operator on the way: never health information.
    pub text: Private<String>,
}

impl Texter {
    /// From whichever number or name the account has registered for the country.
    pub fn new(aws: &Aws) -> Self {
        Self { client: Client::new(aws) }
    }

    /// Hand a text message over to be delivered, before those that can wait.
    pub async fn send(&self, sms: Sms) -> Result<(), GatewayError> {
        let kind = MessageAttributeValue::builder()
            .data_type("String")
            .string_value("Transactional")
            .build()
            .expect("type is given");
        self.client
            .publish()
            .phone_number(sms.to.0)
            .message(sms.text.0)
            .message_attributes("AWS.SNS.SMS.SMSType", kind)
            .send()
            .await
            .map_err(GatewayError::unnamed("SNS", "take the text message"))?;
        Ok(())
    }
}
