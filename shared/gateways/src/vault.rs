use aws_sdk_kms::Client;
use aws_sdk_kms::primitives::Blob;
use aws_sdk_kms::types::MacAlgorithmSpec;

use crate::{Aws, GatewayError};

/// KMS: keys that never leave it.
#[derive(Debug)]
pub struct Vault {
    client: Client,
    data_key: Option<String>,
    index_key: Option<String>,
}

impl Vault {
    /// `data_key` seals, `index_key` makes blind indexes. A function has those that it uses.
    pub fn new(aws: &Aws, data_key: Option<&str>, index_key: Option<&str>) -> Self {
        Self {
            client: Client::new(aws),
            data_key: data_key.map(Into::into),
            index_key: index_key.map(Into::into),
        }
    }

    /// Encrypt up to 4096 bytes. `purpose` must be said again to get them back.
    pub async fn seal(&self, purpose: &str, plain: Vec<u8>) -> Result<Vec<u8>, GatewayError> {
        let reply = self
            .client
            .encrypt()
            .set_key_id(self.data_key.clone())
            .encryption_context("purpose", purpose)
            .plaintext(Blob::new(plain))
            .send()
            .await
            .map_err(|error| GatewayError::new("KMS", "encrypt")(error.into()))?;
        reply.ciphertext_blob.map(Blob::into_inner).ok_or_else(|| GatewayError::odd("KMS", "encrypt"))
    }

    /// Decrypt what [`seal`](Self::seal) made for the same purpose.
    pub async fn unseal(&self, purpose: &str, sealed: Vec<u8>) -> Result<Vec<u8>, GatewayError> {
        let reply = self
            .client
            .decrypt()
            .set_key_id(self.data_key.clone())
            .encryption_context("purpose", purpose)
            .ciphertext_blob(Blob::new(sealed))
            .send()
            .await
            .map_err(|error| GatewayError::new("KMS", "decrypt")(error.into()))?;
        reply.plaintext.map(Blob::into_inner).ok_or_else(|| GatewayError::odd("KMS", "decrypt"))
    }

    /// HMAC-SHA-256 of an identifier: finds it again in an index without saying what it is.
    pub async fn blind(&self, purpose: &str, identifier: &str) -> Result<String, GatewayError> {
        let reply = self
            .client
            .generate_mac()
            .set_key_id(self.index_key.clone())
            .mac_algorithm(MacAlgorithmSpec::HmacSha256)
            .message(Blob::new(format!("{purpose}\0{identifier}")))
            .send()
            .await
            .map_err(|error| GatewayError::new("KMS", "compute a blind index")(error.into()))?;
        let mac = reply.mac.ok_or_else(|| GatewayError::odd("KMS", "compute a blind index"))?;
        Ok(base64::Engine::encode(&base64::prelude::BASE64_URL_SAFE_NO_PAD, mac))
    }
}
