use std::time::Duration;

use aws_smithy_async::rt::sleep::{SharedAsyncSleep, TokioSleep};
use aws_smithy_http_client::Connector;
use aws_smithy_http_client::tls::{self, rustls_provider::CryptoMode};
use aws_smithy_runtime_api::client::http::{HttpConnector as _, HttpConnectorSettings, SharedHttpConnector};
use aws_smithy_runtime_api::client::orchestrator::HttpRequest;
use aws_smithy_types::body::SdkBody;
use base64::{Engine as _, prelude::BASE64_STANDARD};
use http_body_util::{BodyExt as _, Limited};
use kernel::Private;
use serde::Serialize;

use crate::GatewayError;

/// How long a connection, and how long an answer may take.
const CONNECT: Duration = Duration::from_secs(3);
const ANSWER: Duration = Duration::from_secs(8);

/// Longer answers are none that we asked for.
const MOST: usize = 256 * 1024;

/// Services of others that answer in JSON, for example those that people sign in with.
///
/// It believes the certificates that the operating system believes, and follows no redirects.
#[derive(Clone, Debug)]
pub struct Web {
    connector: SharedHttpConnector,
}

/// What a service of others answered.
#[derive(Debug)]
pub struct Answer {
    /// The HTTP status.
    pub status: u16,
    /// The body.
    pub body: Private<Vec<u8>>,
}

impl Web {
    /// Nothing is connected yet.
    pub fn new() -> Self {
        let settings = HttpConnectorSettings::builder().connect_timeout(CONNECT).read_timeout(ANSWER).build();
        let connector = Connector::builder()
            .tls_provider(tls::Provider::Rustls(CryptoMode::AwsLc))
            .connector_settings(settings)
            .sleep_impl(SharedAsyncSleep::new(TokioSleep::new()))
            .build();
        Self::through(SharedHttpConnector::new(connector))
    }

    /// On another way than over the network.
    pub fn through(connector: SharedHttpConnector) -> Self {
        Self { connector }
    }

    /// The way that requests take.
    pub fn connector(&self) -> SharedHttpConnector {
        self.connector.clone()
    }

    /// Read something, as whoever the token speaks for.
    pub async fn get(&self, url: &str, token: Option<&Private<String>>) -> Result<Answer, GatewayError> {
        let mut request = HttpRequest::new(SdkBody::empty());
        request.set_uri(url).map_err(refused)?;
        if let Some(token) = token {
            request
                .headers_mut()
                .try_insert("authorization", format!("Bearer {}", **token))
                .map_err(refused)?;
        }
        self.send(request).await
    }

    /// Send a form, and with it, if they are given, our id and secret (RFC 6749, 2.3.1).
    pub async fn post<F: Serialize>(
        &self,
        url: &str,
        form: &F,
        client: Option<(&str, &str)>,
    ) -> Result<Answer, GatewayError> {
        let form = serde_html_form::to_string(form).map_err(refused)?;
        let length = form.len();
        let mut request = HttpRequest::new(SdkBody::from(form));
        request.set_method("POST").map_err(refused)?;
        request.set_uri(url).map_err(refused)?;
        let headers = request.headers_mut();
        headers.insert("content-type", "application/x-www-form-urlencoded");
        headers.insert("content-length", length.to_string());
        if let Some((id, secret)) = client {
            let pair = format!("{}:{}", encoded(id)?, encoded(secret)?);
            headers.insert("authorization", format!("Basic {}", BASE64_STANDARD.encode(pair)));
        }
        self.send(request).await
    }

    async fn send(&self, mut request: HttpRequest) -> Result<Answer, GatewayError> {
        request.headers_mut().insert("accept", "application/json");
        request.headers_mut().insert("user-agent", "careplane");
        let response = self.connector.call(request).await.map_err(refused)?;
        let status = response.status().as_u16();
        let body = Limited::new(response.into_body(), MOST).collect();
        let body = tokio::time::timeout(ANSWER, body).await.map_err(refused)?;
        let body = body.map_err(GatewayError::new("the service", "answer whole"))?;
        Ok(Answer { status, body: Private(body.to_bytes().to_vec()) })
    }
}

impl Default for Web {
    fn default() -> Self {
        Self::new()
    }
}

/// As in a form.
fn encoded(text: &str) -> Result<String, GatewayError> {
    let pair = serde_html_form::to_string([("", text)]).map_err(refused)?;
    Ok(pair.trim_start_matches('=').to_owned())
}

fn refused(error: impl std::error::Error + Send + Sync + 'static) -> GatewayError {
    GatewayError::new("the service", "answer")(error.into())
}
