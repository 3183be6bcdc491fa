use aws_sdk_s3::Client;
use aws_sdk_s3::config::Builder;
use aws_sdk_s3::error::SdkError;
use aws_sdk_s3::operation::get_object::GetObjectError;
use aws_sdk_s3::primitives::ByteStream;
use aws_smithy_types::error::metadata::ProvideErrorMetadata as _;

use crate::{Aws, GatewayError};

/// The S3 bucket whose objects nobody can change or delete before their time (Object Lock).
#[derive(Debug)]
pub struct Archive {
    client: Client,
    bucket: String,
}

impl Archive {
    /// The bucket of this name.
    pub fn new(aws: &Aws, bucket: &str) -> Self {
        // One machine has no subdomains for buckets.
        let client =
            Client::from_conf(Builder::from(aws).force_path_style(aws.endpoint_url().is_some()).build());
        Self { client, bucket: bucket.into() }
    }

    /// What lies under this key, if anything does.
    pub async fn find(&self, key: &str) -> Result<Option<Vec<u8>>, GatewayError> {
        let reply = match self.client.get_object().bucket(&self.bucket).key(key).send().await {
            Ok(reply) => reply,
            Err(SdkError::ServiceError(refusal)) if matches!(refusal.err(), GetObjectError::NoSuchKey(_)) => {
                return Ok(None);
            }
            Err(error) => return Err(GatewayError::new("S3", "give the object")(error.into())),
        };
        let body = reply.body.collect().await;
        let body = body.map_err(|error| GatewayError::new("S3", "give the object whole")(error.into()))?;
        Ok(Some(body.to_vec()))
    }

    /// Put this where nothing lies yet. Is it ours that lies there now?
    pub async fn keep(&self, key: &str, body: Vec<u8>) -> Result<bool, GatewayError> {
        let put = self.client.put_object().bucket(&self.bucket).key(key).if_none_match("*");
        match put.content_type("application/json").body(ByteStream::from(body)).send().await {
            Ok(_) => Ok(true),
            Err(SdkError::ServiceError(refusal)) if refusal.err().code() == Some("PreconditionFailed") => {
                Ok(false)
            }
            Err(error) => Err(GatewayError::new("S3", "keep the object")(error.into())),
        }
    }
}
