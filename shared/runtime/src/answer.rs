//! The path every request takes.

use kernel::{Caller, ClinicId, Fault, PatientId, Private, Problem, Status, Timestamp};
use lambda_http::request::RequestContext;
use lambda_http::{Request, RequestExt as _};
use serde::Deserialize as _;
use serde_json::{Map, Value, json};
use store::{Change, Receipt, Store, StoreError};

use crate::audit::{Access, Link};

use crate::decode::decode;
use crate::endpoint::Answered;
use crate::function::{Answer, Call};
use crate::settle::{ANSWERS, ROUNDS, Settled, digest, settle};
use crate::telemetry::{self, Outcome};
use crate::{Audience, Audit, Client, Content, Cookie, Cx, Done, Endpoint, Failure, cx};

/// What a page of ours may do: show itself, with the styles that it carries.
const PAGE_POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; \
    frame-ancestors 'none'";

/// What a client is told when nothing went wrong.
struct Success {
    status: u16,
    body: String,
    version: Option<u64>,
    cookies: Vec<Cookie>,
}

pub(crate) async fn answer<E: Endpoint>(call: &Call<'_>) -> Result<Answer, Failure> {
    let request = lambda_http::request::from_str(call.event)
        .map_err(|_| Failure("the event is not a request of API Gateway".into()))?;
    let request_id = request_id(&request).unwrap_or_else(|| call.invocation.request_id.clone());
    let mut headers = Map::from_iter([("x-request-id".to_owned(), json!(request_id))]);

    let mut set_cookies = Vec::new();
    let (status, body, code) = match succeed::<E>(call, &request, &request_id).await {
        Ok(Success { status, body, version, cookies }) => {
            set_cookies.extend(cookies.iter().map(Cookie::header));
            headers.insert("content-type".into(), E::CONTENT.media_type().into());
            headers.insert("cache-control".into(), E::CACHE.into());
            if E::CONTENT == Content::Html {
                headers.insert("content-security-policy".into(), PAGE_POLICY.into());
            }
            if let Some(version) = version {
                headers.insert("etag".into(), format!("\"{version}\"").into());
            }
            (status, body, None)
        }
        Err(problem) => {
            if let Some(cause) = &problem.cause {
                telemetry::fault(call.host, call.function.name, call.invocation, cause.as_ref());
            }
            headers.insert("content-type".into(), "application/problem+json".into());
            headers.insert("cache-control".into(), "no-store".into());
            if let Some(seconds) = problem.retry_after {
                headers.insert("retry-after".into(), seconds.to_string().into());
            }
            let problem = Problem { request_id: request_id.clone(), ..problem };
            (problem.status, json!(problem).to_string(), Some(problem.code))
        }
    };
    let outcome = match status {
        ..400 => Outcome::Done,
        400..500 => Outcome::Refused,
        _ => Outcome::Failed,
    };
    let mut body =
        json!({ "statusCode": status, "headers": headers, "body": body, "isBase64Encoded": false });
    if !set_cookies.is_empty() {
        body["cookies"] = set_cookies.into();
    }
    Ok(Answer { body: body.to_string(), outcome, status: Some(status), code, request: Some(request_id) })
}

/// A request, and what is known of it before anything is decided.
struct Asked<'a> {
    request: &'a Request,
    id: &'a str,
    now: Timestamp,
    caller: Option<Caller>,
    clinic: Option<ClinicId>,
    client: Client,
}

impl Asked<'_> {
    fn record(&self, call: &Call<'_>, access: Access, patients: Vec<PatientId>) -> Audit {
        let told = |text: &str| (!text.is_empty()).then(|| Private(text.to_owned()));
        Audit {
            id: cx::fresh_id(call.host, self.now),
            request: self.id.into(),
            at: self.now,
            function: call.function.name.into(),
            path: Some(self.request.uri().path().chars().take(256).collect()),
            access,
            user: self.caller.as_ref().map(|caller| caller.user),
            role: self.caller.as_ref().map(|caller| caller.role),
            clinic: self.clinic,
            patients,
            address: told(&self.client.address),
            agent: told(&self.client.agent),
            refused: None,
            link: Link::none(),
        }
    }
}

fn path_id<T: std::str::FromStr>(request: &Request, name: &str) -> Option<T> {
    request.path_parameters().first(name).and_then(|text| text.parse().ok())
}

async fn succeed<E: Endpoint>(
    call: &Call<'_>,
    request: &Request,
    request_id: &str,
) -> Result<Success, Problem> {
    let (host, now) = (call.host, call.host.now());
    let asked = Asked {
        request,
        id: request_id,
        now,
        caller: caller(request),
        clinic: path_id(request, "clinic"),
        client: Client::of(request, host.edge_mark()),
    };
    let store = Store::new(host.table().await, now, call.meter);
    let refusal = match decided::<E>(call, &asked, &store).await {
        Err(refusal) if asked.caller.is_some() && matches!(refusal.status, 403 | 404) => refusal,
        other => return other,
    };
    // Whoever is known and reaches for what is not theirs is on record, too.
    if call.function.is_audited() {
        let patients = path_id(request, "patient").into_iter().collect();
        let access = if E::ROUTE.method.is_safe() { Access::Read } else { Access::Write };
        let refused = Some(refusal.code.clone());
        let record = Audit { refused, ..asked.record(call, access, patients) };
        settle(host, &store, Change::new(), Some(record), None, request_id).await?;
    }
    Err(refusal)
}

async fn decided<E: Endpoint>(call: &Call<'_>, asked: &Asked<'_>, store: &Store) -> Result<Success, Problem> {
    let Asked { request, id: request_id, now, caller, clinic, client } = asked;
    let (host, now) = (call.host, *now);
    let grant = <E::Audience as Audience>::admit(caller.as_ref(), E::NEEDS, *clinic, now)?;
    let mut input: E = decode(E::ROUTE, request)?;
    let if_match = if_match(request)?;

    let attempt =
        if call.function.keeps_receipts() { Attempt::of(call, request, caller.as_ref())? } else { None };
    if let Some(attempt) = &attempt
        && let Some(before) = attempt.look(store).await?
    {
        return Ok(before);
    }

    let cx: Cx<'_, E::Audience> =
        Cx { store: store.clone(), grant, now, if_match, client: client.clone(), host };
    for round in 1.. {
        let outcome = async {
            let Done { answer, change, concerns, user, version, cookies } = input.handle(&cx).await?;
            let access = Access::of(&change);
            let worth_noting = access == Access::Write || user.is_some() || !concerns.is_empty();
            let answer = match answer {
                Answered::Reply(reply) => {
                    let body = write(E::CONTENT, &reply)?;
                    Ok(Success { status: E::STATUS, body, version, cookies })
                }
                Answered::Refusal(problem) => Err(problem),
            };
            let audit = (call.function.is_audited() && worth_noting).then(|| {
                let record = asked.record(call, access, concerns);
                let refused = answer.as_ref().err().map(|problem| problem.code.clone());
                Audit { user: record.user.or(user), refused, ..record }
            });
            // A refusal is not kept to be given again: the same request may succeed later.
            let receipt = attempt.as_ref().zip(answer.as_ref().ok());
            let receipt = receipt.map(|(attempt, success)| attempt.receipt(success, now));
            let settled = settle(host, store, change, audit, receipt.as_ref(), request_id).await?;
            Ok::<_, Problem>((settled, answer))
        }
        .await;
        match (outcome, &attempt) {
            (Ok((Settled::Written, answer)), _) => return answer,
            (Ok((Settled::Before(receipt), _)), Some(attempt)) => return attempt.replay(&receipt),
            (Ok((Settled::Before(_) | Settled::Stale, _)), _) if round == ROUNDS => break,
            (Ok((Settled::Before(_) | Settled::Stale, _)), _) => input = decode(E::ROUTE, request)?,
            // What refuses this request may be what its own twin, with the same key, has just done.
            (Err(refusal), Some(attempt)) if refusal.status < 500 => {
                return attempt.look(store).await?.ok_or(refusal);
            }
            (Err(problem), _) => return Err(problem),
        }
    }
    Err(StoreError::Stale.into())
}

fn write(content: Content, reply: &impl serde::Serialize) -> Result<String, Unserializable> {
    match content {
        Content::Json => serde_json::to_string(reply).map_err(Unserializable),
        Content::Verbatim | Content::Html => match serde_json::to_value(reply).map_err(Unserializable)? {
            Value::String(text) => Ok(text),
            other => Ok(other.to_string()),
        },
    }
}

#[derive(Debug, thiserror::Error)]
#[error("the reply cannot be written as JSON")]
struct Unserializable(#[source] serde_json::Error);

impl Fault for Unserializable {
    fn status(&self) -> Status {
        Status::Internal
    }
    fn code(&self) -> &'static str {
        "INTERNAL"
    }
}

/// A header that we cannot read as what it is for.
#[derive(Debug, thiserror::Error)]
enum HeaderError {
    #[error("This Idempotency-Key was used for a different request.")]
    Reused,
    #[error("An Idempotency-Key is 8 to 64 letters, digits or dashes.")]
    Key,
    #[error("If-Match takes one ETag as we gave it, for example \"3\".")]
    IfMatch,
}

impl Fault for HeaderError {
    fn status(&self) -> Status {
        match self {
            HeaderError::Reused => Status::Unprocessable,
            HeaderError::Key | HeaderError::IfMatch => Status::BadRequest,
        }
    }
    fn code(&self) -> &'static str {
        match self {
            HeaderError::Reused => "IDEMPOTENCY_KEY_REUSED",
            HeaderError::Key => "BAD_IDEMPOTENCY_KEY",
            HeaderError::IfMatch => "BAD_IF_MATCH",
        }
    }
}

/// A request that carries an `Idempotency-Key`.
struct Attempt {
    id: String,
    fingerprint: String,
}

impl Attempt {
    fn of(call: &Call<'_>, request: &Request, caller: Option<&Caller>) -> Result<Option<Self>, HeaderError> {
        let Some(header) = request.headers().get("idempotency-key") else { return Ok(None) };
        let key = header.to_str().map_err(|_| HeaderError::Key)?;
        let fits = (8..=64).contains(&key.len())
            && key.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
        if !fits {
            return Err(HeaderError::Key);
        }
        let caller = caller.map_or_else(|| "anyone".into(), |caller| caller.user.to_string());
        let id = digest(&[b"id", caller.as_bytes(), call.function.name.as_bytes(), key.as_bytes()]);
        let path = request.uri().path().as_bytes();
        let fingerprint = digest(&[b"request", key.as_bytes(), path, request.body().as_ref()]);
        Ok(Some(Self { id, fingerprint }))
    }

    fn receipt(&self, success: &Success, now: kernel::Timestamp) -> Receipt {
        let Success { status, body, version, .. } = success;
        let (id, fingerprint) = (self.id.clone(), self.fingerprint.clone());
        Receipt {
            id,
            fingerprint,
            status: *status,
            reply: body.clone(),
            version: *version,
            until: now + ANSWERS,
        }
    }

    async fn look(&self, store: &Store) -> Result<Option<Success>, Problem> {
        match store.get(store::Shared, Receipt::at(&self.id)).await? {
            Some(receipt) => self.replay(&receipt).map(Some),
            None => Ok(None),
        }
    }

    fn replay(&self, receipt: &Receipt) -> Result<Success, Problem> {
        if receipt.fingerprint != self.fingerprint {
            return Err(HeaderError::Reused.into());
        }
        let Receipt { status, reply, version, .. } = receipt.clone();
        Ok(Success { status, body: reply, version, cookies: Vec::new() })
    }
}

fn if_match(request: &Request) -> Result<Option<u64>, HeaderError> {
    let Some(header) = request.headers().get("if-match") else { return Ok(None) };
    let version =
        header.to_str().ok().and_then(|text| text.strip_prefix('"')?.strip_suffix('"')?.parse().ok());
    version.map(Some).ok_or(HeaderError::IfMatch)
}

/// The caller, from claims that API Gateway's JWT authorizer has already verified.
fn caller(request: &Request) -> Option<Caller> {
    let RequestContext::ApiGatewayV2(context) = request.request_context_ref()? else { return None };
    let claims = &context.authorizer.as_ref()?.jwt.as_ref()?.claims;
    let claims = claims.iter().map(|(name, value)| (name.clone(), value.clone().into())).collect();
    Caller::deserialize(Value::Object(claims)).ok()
}

/// The id under which API Gateway's access log knows the request.
fn request_id(request: &Request) -> Option<String> {
    let RequestContext::ApiGatewayV2(context) = request.request_context_ref()? else { return None };
    context.request_id.clone().filter(|id| !id.is_empty())
}
