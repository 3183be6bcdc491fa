//! The dialects in which AWS answers and refuses.

use bytes::Bytes;
use http::{Response, StatusCode, header::CONTENT_TYPE};
use serde::Serialize;
use serde_json::{Value, json};

use crate::{Fault, policy::Denied, random};

/// An answer to a client of AWS.
pub(crate) type Reply = Response<Bytes>;

/// Why a stand-in does not do what it was asked, as the service itself would say it.
#[derive(Debug, Clone)]
pub(crate) struct Refusal {
    pub(crate) status: StatusCode,
    pub(crate) code: &'static str,
    pub(crate) message: String,
}

impl Refusal {
    pub(crate) fn new(code: &'static str, message: impl Into<String>) -> Self {
        Self { status: StatusCode::BAD_REQUEST, code, message: message.into() }
    }

    pub(crate) fn with_status(self, status: StatusCode) -> Self {
        Self { status, ..self }
    }
}

/// Everything that can stand in the way of a request.
#[derive(Debug)]
pub(crate) enum Refused {
    Service(Refusal),
    Policy(Denied),
    Engine(Fault),
}

impl From<Refusal> for Refused {
    fn from(refusal: Refusal) -> Self {
        Self::Service(refusal)
    }
}

impl From<Denied> for Refused {
    fn from(denied: Denied) -> Self {
        Self::Policy(denied)
    }
}

impl From<Fault> for Refused {
    fn from(fault: Fault) -> Self {
        Self::Engine(fault)
    }
}

/// Every service has its own words for the same refusals.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Dialect {
    DynamoDb,
    Kms,
    Ses,
    Sns,
    Sqs,
}

impl Dialect {
    /// The signature is from nobody we know.
    pub(crate) fn stranger(self) -> Reply {
        let message = "The security token included in the request is invalid.";
        match self {
            Self::Sns | Self::Sqs => {
                self.refuse(&Refusal::new("InvalidClientTokenId", message).with_status(StatusCode::FORBIDDEN))
            }
            Self::Ses => self.refuse(
                &Refusal::new("UnrecognizedClientException", message).with_status(StatusCode::FORBIDDEN),
            ),
            Self::DynamoDb | Self::Kms => self.refuse(&Refusal::new("UnrecognizedClientException", message)),
        }
    }

    /// Answers with a result, or says why there is none.
    pub(crate) fn answer(self, outcome: Result<Value, Refused>) -> Reply {
        outcome.map_or_else(|refused| self.refused(refused), |result| self.result(&result))
    }

    /// Says why a request was not done.
    pub(crate) fn refused(self, refused: Refused) -> Reply {
        match refused {
            Refused::Service(refusal) => self.refuse(&refusal),
            Refused::Policy(denied) => self.denied(denied),
            Refused::Engine(fault) => self.fault(&fault),
        }
    }

    fn denied(self, denied: Denied) -> Reply {
        tracing::warn!(reason = denied.0, "a permission is missing");
        let (code, status) = match self {
            Self::DynamoDb | Self::Kms => ("AccessDeniedException", StatusCode::BAD_REQUEST),
            Self::Ses | Self::Sqs => ("AccessDeniedException", StatusCode::FORBIDDEN),
            Self::Sns => ("AuthorizationError", StatusCode::FORBIDDEN),
        };
        self.refuse(&Refusal { status, code, message: denied.0 })
    }

    /// Nothing was done, through no fault of the client: SDKs try such a request again.
    fn fault(self, fault: &Fault) -> Reply {
        let (status, code) = match (fault, self) {
            (Fault::Closed, _) => (StatusCode::SERVICE_UNAVAILABLE, "ServiceUnavailable"),
            (_, Self::DynamoDb) => (StatusCode::INTERNAL_SERVER_ERROR, "InternalServerError"),
            _ => (StatusCode::INTERNAL_SERVER_ERROR, "InternalFailure"),
        };
        tracing::error!(%fault, "a stand-in failed");
        self.refuse(&Refusal { status, code, message: fault.to_string() })
    }

    /// The document of a refusal.
    fn refuse(self, refusal: &Refusal) -> Reply {
        let Refusal { status, code, message } = refusal;
        match self {
            Self::DynamoDb => {
                let family = match *code {
                    "AccessDeniedException" | "UnrecognizedClientException" => "com.amazon.coral.service",
                    _ => "com.amazonaws.dynamodb.v20120810",
                };
                dynamodb(
                    status.as_u16(),
                    &json!({ "__type": format!("{family}#{code}"), "message": message }).to_string(),
                )
            }
            Self::Kms => json_document(
                *status,
                "application/x-amz-json-1.1",
                &json!({ "__type": code, "message": message }),
            ),
            Self::Sqs => {
                let document = json!({ "__type": format!("com.amazonaws.sqs#{code}"), "message": message });
                json_document(*status, "application/x-amz-json-1.0", &document)
            }
            Self::Ses => {
                let mut reply = json_document(*status, "application/json", &json!({ "message": message }));
                reply.headers_mut().insert("x-amzn-errortype", http::HeaderValue::from_static(code));
                reply
            }
            Self::Sns => xml(
                *status,
                &format!(
                    r#"<ErrorResponse xmlns="{SNS}"><Error><Type>Sender</Type><Code>{code}</Code><Message>{}</Message></Error><RequestId>{}</RequestId></ErrorResponse>"#,
                    escape(message),
                    random::uuid(),
                ),
            ),
        }
    }

    /// A result as JSON.
    fn result(self, result: &Value) -> Reply {
        let content_type = match self {
            Self::Kms => "application/x-amz-json-1.1",
            Self::Ses => "application/json",
            Self::DynamoDb | Self::Sns | Self::Sqs => "application/x-amz-json-1.0",
        };
        json_document(StatusCode::OK, content_type, result)
    }
}

/// The namespace of the query protocol's documents.
pub(crate) const SNS: &str = "http://sns.amazonaws.com/doc/2010-03-31/";

/// An answer of DynamoDB, with the checksum that its clients verify.
pub(crate) fn dynamodb(status: u16, body: &str) -> Reply {
    let mut reply = with_request_id(
        StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR),
        "application/x-amz-json-1.0",
        Bytes::copy_from_slice(body.as_bytes()),
    );
    reply.headers_mut().insert("x-amz-crc32", crc32fast::hash(body.as_bytes()).into());
    reply
}

/// An answer of the query protocol.
pub(crate) fn xml(status: StatusCode, body: &str) -> Reply {
    with_request_id(status, "text/xml", Bytes::copy_from_slice(body.as_bytes()))
}

fn json_document(status: StatusCode, content_type: &'static str, body: &impl Serialize) -> Reply {
    with_request_id(status, content_type, serde_json::to_vec(body).unwrap_or_default().into())
}

fn with_request_id(status: StatusCode, content_type: &'static str, body: Bytes) -> Reply {
    let mut reply = Response::new(body);
    *reply.status_mut() = status;
    reply.headers_mut().insert(CONTENT_TYPE, http::HeaderValue::from_static(content_type));
    if let Ok(id) = random::uuid().parse() {
        reply.headers_mut().insert("x-amzn-requestid", id);
    }
    reply
}

/// Text as it may stand in XML. Characters that XML cannot hold are replaced.
pub(crate) fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '\t' | '\n' | '\r' => escaped.push(character),
            character if character.is_control() => escaped.push('\u{fffd}'),
            character => escaped.push(character),
        }
    }
    escaped
}
