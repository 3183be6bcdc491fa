use aws_config::{BehaviorVersion, SdkConfig};
use aws_smithy_http_client::tls::{TlsContext, TrustStore, rustls_provider::CryptoMode};
use aws_smithy_http_client::{Builder, tls};

/// What every AWS client is built from.
pub type Aws = SdkConfig;

/// Amazon Trust Services' roots (<https://www.amazontrust.com/repository/>): every AWS endpoint
/// chains to one of these.
///
/// Reading the operating system's hundred roots instead would be the longest part of a cold start.
const AMAZON_ROOTS: &[u8] = include_bytes!("amazon-roots.pem");

/// Configuration from the environment, with a TLS client that trusts only Amazon.
pub async fn aws() -> Aws {
    let trust = TrustStore::empty().with_pem_certificate(AMAZON_ROOTS);
    let context =
        TlsContext::builder().with_trust_store(trust).build().expect("the roots are part of the program");
    let client = Builder::new()
        .tls_provider(tls::Provider::Rustls(CryptoMode::AwsLc))
        .tls_context(context)
        .build_https();
    aws_config::defaults(BehaviorVersion::latest()).http_client(client).load().await
}
