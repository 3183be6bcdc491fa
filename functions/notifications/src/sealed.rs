use base64::{Engine as _, prelude::BASE64_URL_SAFE_NO_PAD};
use kernel::{Fault, Private, Problem, Status};
use runtime::{Cx, System};
use serde::Deserialize;

/// A secret on its way through an event: KMS ciphertext, base64url. Queues and logs may see it.
#[derive(Debug, Deserialize)]
#[serde(transparent)]
pub(crate) struct Sealed(String);

/// An event asks for a message that cannot be written.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Unsendable {
    #[error("a link needs a token, and the event has none")]
    NoToken,
    #[error("what the event has sealed is not what belongs there")]
    Garbled,
}

impl Fault for Unsendable {
    fn status(&self) -> Status {
        Status::Internal
    }
    fn code(&self) -> &'static str {
        "INTERNAL"
    }
}

impl Sealed {
    /// What was sealed for this purpose, if it is of the form that belongs there.
    pub(crate) async fn open(
        &self,
        cx: &Cx<'_, System>,
        purpose: &str,
        fits: fn(&str) -> bool,
    ) -> Result<Private<String>, Problem> {
        let sealed = BASE64_URL_SAFE_NO_PAD.decode(&self.0).map_err(|_| Unsendable::Garbled)?;
        let bytes = cx.host.vault().await.unseal(purpose, sealed).await?;
        let text = String::from_utf8(bytes).ok().filter(|text| fits(text));
        Ok(Private(text.ok_or(Unsendable::Garbled)?))
    }
}
