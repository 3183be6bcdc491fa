//! The door on a port of this machine, with clients for it.

use std::{
    convert::Infallible,
    net::SocketAddr,
    path::{Path, PathBuf},
    sync::{
        Arc,
        atomic::{AtomicI64, Ordering},
    },
};

use aws_credential_types::Credentials;
use aws_sdk_dynamodb::config::Region;
use aws_smithy_http_client::Builder;
use aws_smithy_types::retry::RetryConfig;
use bytes::Bytes;
use engines::{Engines, KeySpec, Policies, Queue, Settings, Subscription, Topology};
use http::{Request, Response, StatusCode};
use http_body_util::{BodyExt, Full};
use hyper::{body::Incoming, service::service_fn};
use hyper_util::rt::TokioIo;
use jiff::{SignedDuration, Timestamp};
use tokio::net::{TcpListener, TcpStream};

pub(crate) const TOPIC: &str = "careplane-test-events";
pub(crate) const DATA_KEY: &str = "alias/careplane-test-data";
pub(crate) const INDEX_KEY: &str = "alias/careplane-test-index";
pub(crate) const BUCKET: &str = "careplane-test-documents";
pub(crate) const ORIGIN: &str = "https://careplane.example";

/// What all SDKs are told in the same words.
macro_rules! client {
    ($sdk:ident, $house:expr, $principal:expr) => {
        $sdk::Config::builder()
            .behavior_version_latest()
            .region(Region::new("eu-central-1"))
            .endpoint_url($house.url())
            .credentials_provider($house.credentials($principal))
            .retry_config(RetryConfig::disabled())
            .http_client(Builder::new().build_http())
            .build()
    };
}

/// The engines, served.
pub(crate) struct House {
    pub(crate) engines: Engines,
    pub(crate) address: SocketAddr,
    clock: Arc<AtomicI64>,
    data: Arc<tempfile::TempDir>,
}

impl House {
    pub(crate) async fn new() -> Self {
        Self::with(|_| {}).await
    }

    /// As [`Self::new`], with other settings.
    pub(crate) async fn with(change: impl FnOnce(&mut Settings)) -> Self {
        Self::open(tempfile::tempdir().unwrap().into(), morning(), change).await
    }

    /// As [`Self::new`], with data that is there already.
    pub(crate) async fn on(data: tempfile::TempDir) -> Self {
        Self::open(data.into(), morning(), |_| {}).await
    }

    async fn open(
        data: Arc<tempfile::TempDir>,
        clock: Arc<AtomicI64>,
        change: impl FnOnce(&mut Settings),
    ) -> Self {
        let hands = clock.clone();
        let mut settings = settings();
        settings.clock = Arc::new(move || Timestamp::from_millisecond(hands.load(Ordering::SeqCst)).unwrap());
        change(&mut settings);
        let engines = Engines::open(data.path(), settings).unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        tokio::spawn(serve(listener, engines.clone()));
        Self { engines, address, clock, data }
    }

    /// Closes the engines and opens them again on the same data.
    pub(crate) async fn restart(self) -> Self {
        self.engines.close().await;
        Self::open(self.data, self.clock, |_| {}).await
    }

    pub(crate) fn path(&self) -> PathBuf {
        self.data.path().into()
    }

    pub(crate) fn advance(&self, by: SignedDuration) {
        self.clock.fetch_add(i64::try_from(by.as_millis()).unwrap(), Ordering::SeqCst);
        self.engines.clock_moved();
    }

    fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    pub(crate) fn credentials(&self, principal: &str) -> Credentials {
        let credentials = self.engines.credentials_for(principal);
        Credentials::new(
            credentials.access_key_id,
            credentials.secret_access_key,
            Some(credentials.session_token),
            None,
            "test",
        )
    }

    pub(crate) fn dynamodb(&self, principal: &str) -> aws_sdk_dynamodb::Client {
        aws_sdk_dynamodb::Client::from_conf(client!(aws_sdk_dynamodb, self, principal))
    }

    pub(crate) fn kms(&self, principal: &str) -> aws_sdk_kms::Client {
        aws_sdk_kms::Client::from_conf(client!(aws_sdk_kms, self, principal))
    }

    pub(crate) fn ses(&self, principal: &str) -> aws_sdk_sesv2::Client {
        aws_sdk_sesv2::Client::from_conf(client!(aws_sdk_sesv2, self, principal))
    }

    pub(crate) fn sns(&self, principal: &str) -> aws_sdk_sns::Client {
        aws_sdk_sns::Client::from_conf(client!(aws_sdk_sns, self, principal))
    }

    /// Signs a request in its header and sends it.
    pub(crate) async fn signed(
        &self,
        principal: &str,
        service: &str,
        request: Request<Bytes>,
    ) -> Response<Bytes> {
        let credentials = self.engines.credentials_for(principal);
        let request = signing::in_header(self.address, &credentials, service, request);
        send(self.address, request).await
    }

    /// A URL of S3 that is signed in its query.
    pub(crate) fn presigned(
        &self,
        principal: &str,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
    ) -> String {
        signing::presigned(self.address, &self.engines.credentials_for(principal), method, path, headers)
    }
}

fn morning() -> Arc<AtomicI64> {
    let start: Timestamp = "2026-11-22T10:00:00Z".parse().unwrap();
    AtomicI64::new(start.as_millisecond()).into()
}

/// A small platform: three functions, a topic, two queues and a place for dead letters.
fn settings() -> Settings {
    let mut settings = Settings::new(Arc::new(Timestamp::default));
    settings.keys = vec![KeySpec::seal(DATA_KEY), KeySpec::mac(INDEX_KEY)];
    settings.buckets = vec![BUCKET.into()];
    settings.origins = vec![ORIGIN.into()];
    settings.topology = Topology {
        topics: vec![TOPIC.into()],
        queues: vec![
            Queue::new("booked").visibility(SignedDuration::from_secs(60)).dead_letters("dead", 3),
            Queue::new("everything"),
            Queue::new("dead"),
        ],
        subscriptions: vec![
            Subscription {
                topic: TOPIC.into(),
                queue: "booked".into(),
                events: vec!["appointment-booked".into()],
            },
            Subscription { topic: TOPIC.into(), queue: "everything".into(), events: vec![] },
        ],
    };
    settings.policies = Policies::new();
    settings
}

async fn serve(listener: TcpListener, engines: Engines) {
    loop {
        let (stream, _) = listener.accept().await.unwrap();
        let engines = engines.clone();
        tokio::spawn(async move {
            let answer = service_fn(|request: Request<Incoming>| {
                let engines = engines.clone();
                async move {
                    let (parts, body) = request.into_parts();
                    let body = body.collect().await.unwrap().to_bytes();
                    let response = engines.serve(Request::from_parts(parts, body)).await;
                    Ok::<_, Infallible>(response.map(Full::new))
                }
            });
            let _ = hyper::server::conn::http1::Builder::new()
                .serve_connection(TokioIo::new(stream), answer)
                .await;
        });
    }
}

/// Sends a request as it is.
pub(crate) async fn send(address: SocketAddr, mut request: Request<Bytes>) -> Response<Bytes> {
    request.headers_mut().entry("host").or_insert(address.to_string().parse().unwrap());
    let stream = TcpStream::connect(address).await.unwrap();
    let (mut sender, connection) = hyper::client::conn::http1::handshake(TokioIo::new(stream)).await.unwrap();
    tokio::spawn(connection);
    let (parts, body) = sender.send_request(request.map(Full::new)).await.unwrap().into_parts();
    Response::from_parts(parts, body.collect().await.unwrap().to_bytes())
}

/// The status and the text of an answer.
pub(crate) fn told(response: &Response<Bytes>) -> (StatusCode, String) {
    (response.status(), String::from_utf8_lossy(response.body()).into_owned())
}

/// The error that opening a directory ends with.
pub(crate) fn refusal(data: &Path) -> String {
    Engines::open(data, settings()).expect_err("the directory cannot be opened").to_string()
}

mod signing {
    use std::{net::SocketAddr, time::SystemTime};

    use aws_sigv4::{
        http_request::{
            PayloadChecksumKind, PercentEncodingMode, SignableBody, SignableRequest, SignatureLocation,
            SigningParams, SigningSettings, UriPathNormalizationMode, sign,
        },
        sign::v4,
    };
    use bytes::Bytes;
    use engines::Credentials;
    use http::Request;

    fn parameters<'a>(
        identity: &'a aws_smithy_runtime_api::client::identity::Identity,
        service: &'a str,
        settings: SigningSettings,
    ) -> SigningParams<'a> {
        v4::SigningParams::builder()
            .identity(identity)
            .region("eu-central-1")
            .name(service)
            .time(now())
            .settings(settings)
            .build()
            .unwrap()
            .into()
    }

    #[expect(
        clippy::disallowed_methods,
        reason = "S3 compares the time of a signature with that of the machine"
    )]
    fn now() -> SystemTime {
        SystemTime::now()
    }

    /// S3 signs paths as they are sent, other services encode them once more.
    fn settings() -> SigningSettings {
        let mut settings = SigningSettings::default();
        settings.percent_encoding_mode = PercentEncodingMode::Single;
        settings.uri_path_normalization_mode = UriPathNormalizationMode::Disabled;
        settings
    }

    fn identity(credentials: &Credentials) -> aws_smithy_runtime_api::client::identity::Identity {
        aws_credential_types::Credentials::new(
            &credentials.access_key_id,
            &credentials.secret_access_key,
            Some(credentials.session_token.clone()),
            None,
            "test",
        )
        .into()
    }

    pub(super) fn in_header(
        address: SocketAddr,
        credentials: &Credentials,
        service: &str,
        mut request: Request<Bytes>,
    ) -> Request<Bytes> {
        let identity = identity(credentials);
        let mut settings = settings();
        settings.payload_checksum_kind = PayloadChecksumKind::XAmzSha256;
        request.headers_mut().insert("host", address.to_string().parse().unwrap());
        let url = format!("http://{address}{}", request.uri());
        let body = request.body().clone();
        let headers = request.headers().clone();
        let headers = headers.iter().map(|(name, value)| (name.as_str(), value.to_str().unwrap()));
        let signable =
            SignableRequest::new(request.method().as_str(), url, headers, SignableBody::Bytes(&body))
                .unwrap();
        let (instructions, _) =
            sign(signable, &parameters(&identity, service, settings)).unwrap().into_parts();
        instructions.apply_to_request_http1x(&mut request);
        request
    }

    pub(super) fn presigned(
        address: SocketAddr,
        credentials: &Credentials,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
    ) -> String {
        let identity = identity(credentials);
        let mut settings = settings();
        settings.signature_location = SignatureLocation::QueryParams;
        settings.expires_in = Some(std::time::Duration::from_mins(1));
        settings.payload_checksum_kind = PayloadChecksumKind::NoHeader;
        let host = address.to_string();
        let headers = headers.iter().copied().chain([("host", host.as_str())]);
        let url = format!("http://{address}{path}");
        let signable = SignableRequest::new(method, url, headers, SignableBody::UnsignedPayload).unwrap();
        let (instructions, _) = sign(signable, &parameters(&identity, "s3", settings)).unwrap().into_parts();
        let mut request = Request::builder().method(method).uri(path).body(Bytes::new()).unwrap();
        instructions.apply_to_request_http1x(&mut request);
        request.uri().to_string()
    }
}
