//! The way from an SDK client to the engines: a connector instead of a network.

use std::sync::Arc;

use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::body::SdkBody;
use bytes::Bytes;
use engines::Engines;
use gateways::Web;

use crate::stand_in::StandIn;

/// What may go wrong between a client and a service, decided call by call.
pub trait Faults: Send + Sync {
    /// What happens to this call. `operation` is as in `DynamoDB_20120810.PutItem`, or the path.
    fn strike(&self, operation: &str, body: &[u8]) -> Fault;
}

/// What happens to a call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fault {
    /// Nothing.
    None,
    /// The service answers this status and body, and does nothing.
    Answer(u16, String),
    /// The service does what it was asked, and the answer is lost.
    LostAnswer,
    /// The call never arrives.
    Unreachable,
}

/// Connects SDK clients to engines in the same process.
#[derive(Clone)]
pub struct Connector {
    engines: Engines,
    stand_in: Arc<StandIn>,
    faults: Option<Arc<dyn Faults>>,
}

impl std::fmt::Debug for Connector {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Connector")
    }
}

impl Connector {
    /// To these engines, with faults on the way or without.
    pub fn new(engines: Engines, stand_in: Arc<StandIn>, faults: Option<Arc<dyn Faults>>) -> Self {
        Self { engines, stand_in, faults }
    }

    /// To services of others: those that stand in for them here, and over the network to all the rest.
    pub(crate) fn outside(&self, origin: &str) -> Web {
        let network = Web::new().connector();
        Web::through(SharedHttpConnector::new(Outside { here: self.clone(), origin: origin.into(), network }))
    }
}

impl HttpClient for Connector {
    fn http_connector(&self, _: &HttpConnectorSettings, _: &RuntimeComponents) -> SharedHttpConnector {
        SharedHttpConnector::new(self.clone())
    }
}

impl HttpConnector for Connector {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let Self { engines, stand_in, faults } = self.clone();
        HttpConnectorFuture::new(async move {
            let request = request.try_into_http1x().map_err(|error| ConnectorError::user(error.into()))?;
            let (mut head, body) = request.into_parts();
            // On a network the client would have added what it has signed already.
            if let Some(host) = head.uri.authority().and_then(|host| host.as_str().parse().ok()) {
                head.headers.entry(http::header::HOST).or_insert(host);
            }
            let body = Bytes::copy_from_slice(body.bytes().unwrap_or_default());
            let operation = head.headers.get("x-amz-target").and_then(|target| target.to_str().ok());
            let operation = operation.unwrap_or(head.uri.path());
            let fault = faults.map_or(Fault::None, |faults| faults.strike(operation, &body));
            let lost = || ConnectorError::io("the connection broke".into());
            match fault {
                Fault::Unreachable => return Err(lost()),
                Fault::Answer(status, body) => {
                    let status = status.try_into().map_err(|_| lost())?;
                    let mut response = HttpResponse::new(status, SdkBody::from(body));
                    response.headers_mut().insert("content-type", "application/x-amz-json-1.0");
                    return Ok(response);
                }
                Fault::None | Fault::LostAnswer => {}
            }
            let response = match head.uri.path() {
                path if StandIn::serves(path) => {
                    stand_in.answer(&head.method, path, "", &head.headers, &body)
                }
                _ => engines.serve(http::Request::from_parts(head, body)).await,
            };
            if fault == Fault::LostAnswer {
                return Err(lost());
            }
            HttpResponse::try_from(response.map(SdkBody::from))
                .map_err(|error| ConnectorError::other(error.into(), None))
        })
    }
}

/// The way to services of others.
#[derive(Clone, Debug)]
struct Outside {
    here: Connector,
    /// Our own, at which others are stood in for.
    origin: String,
    network: SharedHttpConnector,
}

impl HttpConnector for Outside {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let path = request.uri().strip_prefix(self.origin.as_str());
        if path.is_some_and(StandIn::serves) { self.here.call(request) } else { self.network.call(request) }
    }
}
