use aws_sdk_sns::Client;
use aws_sdk_sns::types::MessageAttributeValue;

use crate::{Aws, GatewayError};

/// The SNS topic on which all contexts announce what happened.
#[derive(Debug)]
pub struct Topic {
    client: Client,
    arn: String,
}

impl Topic {
    /// The topic with this ARN.
    pub fn new(aws: &Aws, arn: &str) -> Self {
        Self { client: Client::new(aws), arn: arn.into() }
    }

    /// Publish one event. Subscriptions filter by the attribute `event`.
    pub async fn publish(&self, event: &str, body: &str) -> Result<(), GatewayError> {
        let name = MessageAttributeValue::builder()
            .data_type("String")
            .string_value(event)
            .build()
            .expect("type is given");
        self.client
            .publish()
            .topic_arn(&self.arn)
            .message(body)
            .message_attributes("event", name)
            .send()
            .await
            .map_err(|error| GatewayError::new("SNS", "take the event")(error.into()))?;
        Ok(())
    }
}
