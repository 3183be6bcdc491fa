//! From a request to the service that answers it.

use bytes::Bytes;
use http::{Request, Response, StatusCode};

use crate::{
    Inner, access,
    door::{self, Credential},
    reply::{Dialect, Refusal, Refused, Reply},
};

/// What every service is told: who asks, and what.
pub(crate) struct Call<'a> {
    pub(crate) principal: &'a str,
    /// The operation that `x-amz-target` names, without the name of the service.
    pub(crate) operation: &'a str,
    pub(crate) body: &'a Bytes,
}

impl Inner {
    pub(crate) async fn dispatch(&self, request: Request<Bytes>) -> Reply {
        let credential = Credential::of(&request);
        let service = credential.as_ref().map(|credential| credential.service.as_str());
        if service == Some("s3") || (service.is_none() && door::is_bucket(request.uri())) {
            return self.objects.serve(request).await;
        }
        let Some(Credential { principal, service }) = credential else {
            return plain(StatusCode::FORBIDDEN, "the request is not signed for a service of AWS");
        };
        let dialect = match service.as_str() {
            "dynamodb" => Dialect::DynamoDb,
            "kms" => Dialect::Kms,
            "ses" => Dialect::Ses,
            "sns" => Dialect::Sns,
            "sqs" => Dialect::Sqs,
            other => return plain(StatusCode::NOT_FOUND, &format!("there is no stand-in for {other} here")),
        };
        if !self.door.knows(&principal, request.headers()) {
            return dialect.stranger();
        }
        let target =
            request.headers().get("x-amz-target").and_then(|target| target.to_str().ok()).unwrap_or_default();
        let call = Call {
            principal: &principal,
            operation: target.split_once('.').map_or("", |(_, operation)| operation),
            body: request.body(),
        };
        match dialect {
            Dialect::DynamoDb => {
                self.dynamodb(&call).await.unwrap_or_else(|refused| dialect.refused(refused))
            }
            Dialect::Kms => self.kms.answer(&call, &self.door),
            Dialect::Ses => self.mailbox.answer(&request, &call, &self.door).await,
            Dialect::Sns => self.topics.answer(&call, &self.door, &self.mailbox).await,
            Dialect::Sqs => self.queues.answer(&request, &call, &self.door).await,
        }
    }

    async fn dynamodb(&self, call: &Call<'_>) -> Result<Reply, Refused> {
        let accesses = access::demands(call.operation, call.body)
            .map_err(|reason| Refusal::new("SerializationException", reason))?;
        self.door.demand(call.principal, accesses.iter().map(|access| &access.demand))?;
        Ok(self.dynamodb.answer(call, &accesses).await?)
    }
}

fn plain(status: StatusCode, reason: &str) -> Reply {
    let mut reply = Response::new(Bytes::copy_from_slice(reason.as_bytes()));
    *reply.status_mut() = status;
    reply
}
