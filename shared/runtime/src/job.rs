use aws_lambda_events::sqs::{BatchItemFailure, SqsBatchResponse, SqsEvent, SqsMessage};
use kernel::{ClinicId, Fact, Fault, PatientId, Problem, Status, Timestamp};
use serde::{Serialize, de::DeserializeOwned};
use serde_json::value::RawValue;
use store::{Receipt, Shared, Store, StoreError};

use crate::audit::{Access, Link};
use crate::endpoint::Answered;
use crate::function::{Answer, Boxed, Call};
use crate::settle::{EVENTS, ROUNDS, Settled, digest, settle};
use crate::telemetry::{self, Outcome};
use crate::{Audience as _, Audit, Client, Cx, Done, Failure, System, Use, cx};

/// Work that an event sets off. The type is what the job reads of the event.
///
/// Delivery is at least once; its writes happen once, because each event's receipt is part of the
/// same transaction.
pub trait Job: DeserializeOwned + Send + 'static {
    /// The event's name.
    const EVENT: &'static str;
    /// What it uses beside its receipt and its audit record.
    const USES: &'static [Use];
    /// Does it leave audit records? Not if it concerns nobody.
    const AUDITED: bool = true;

    /// Read, decide, do what must be done outside, and say what is to be written.
    fn run(&self, cx: &Cx<'_, System>) -> impl Future<Output = Result<Done<()>, Problem>> + Send;
}

/// Work that the clock sets off. It must not matter if it is done twice.
pub trait Scheduled: Send + 'static {
    /// As EventBridge Scheduler writes it: `rate(1 day)`.
    const EVERY: &'static str;
    /// What it uses beside its audit record.
    const USES: &'static [Use];
    /// Does it leave audit records? Not if it concerns nobody.
    const AUDITED: bool = true;
    /// Seconds until it is stopped.
    const TIMEOUT: u16 = 60;

    /// Read, decide, and say what is to be written.
    fn run(cx: &Cx<'_, System>) -> impl Future<Output = Result<Done<()>, Problem>> + Send;
}

/// Work that whoever runs an environment sets off, by invoking the function itself; who that is, IAM decides.
/// The type is what they say.
pub trait Command: DeserializeOwned + Clone + Send + Sync + 'static {
    /// What it uses beside its audit record.
    const USES: &'static [Use];
    /// Seconds until it is stopped.
    const TIMEOUT: u16 = 30;
    /// What they are told.
    type Reply: Serialize + Send + 'static;

    /// Read, decide, and say what is to be written.
    fn run(self, cx: &Cx<'_, System>) -> impl Future<Output = Result<Done<Self::Reply>, Problem>> + Send;
}

/// Run a batch; report the messages to be delivered again.
pub(crate) async fn batch<J: Job>(call: &Call<'_>) -> Result<Answer, Failure> {
    let event: SqsEvent =
        serde_json::from_str(call.event).map_err(|_| Failure("the event is not of SQS".into()))?;
    let mut response = SqsBatchResponse::default();
    let mut code = None;
    for message in event.records {
        let id = message.message_id.clone().unwrap_or_default();
        if let Err(problem) = one::<J>(call, message).await {
            log(call, &problem);
            code = Some(problem.code);
            let mut failure = BatchItemFailure::default();
            failure.item_identifier = id;
            response.batch_item_failures.push(failure);
        }
    }
    let outcome = if response.batch_item_failures.is_empty() { Outcome::Done } else { Outcome::Failed };
    let body = serde_json::to_string(&response).map_err(|error| Failure(error.to_string()))?;
    Ok(Answer { body, outcome, status: None, code, request: None })
}

async fn one<J: Job>(call: &Call<'_>, message: SqsMessage) -> Result<(), Problem> {
    let body = message.body.as_deref().unwrap_or_default();
    let fact: Fact<Box<RawValue>> = serde_json::from_str(body).map_err(|error| Unreadable::at(&error))?;
    let job: J = serde_json::from_str(fact.data.get()).map_err(|error| Unreadable::at(&error))?;
    let now = call.host.now();
    let store = Store::new(call.host.table().await, now, call.meter);

    let id = digest(&[b"event", call.function.name.as_bytes(), fact.id.to_string().as_bytes()]);
    if store.get(Shared, Receipt::at(&id)).await?.is_some() {
        return Ok(());
    }
    let grant = System::admit(None, None, fact.clinic, now)?;
    let cx =
        Cx { store: store.clone(), grant, now, if_match: None, client: Client::default(), host: call.host };
    for _ in 0..ROUNDS {
        let Done { change, concerns, .. } = job.run(&cx).await?;
        let worth_noting = !change.is_empty() || !concerns.is_empty();
        let audit = (call.function.is_audited() && worth_noting)
            .then(|| record(call, now, fact.id.to_string(), Access::of(&change), fact.clinic, concerns));
        let receipt = Receipt {
            id: id.clone(),
            fingerprint: String::new(),
            status: 200,
            reply: String::new(),
            version: None,
            until: now + EVENTS,
        };
        match settle(call.host, &store, change, audit, Some(&receipt), &call.invocation.request_id).await? {
            Settled::Written | Settled::Before(_) => return Ok(()),
            Settled::Stale => {}
        }
    }
    Err(StoreError::Stale.into())
}

/// Run a schedule once.
pub(crate) async fn tick<S: Scheduled>(call: &Call<'_>) -> Result<Answer, Failure> {
    answer(call, once(call, |cx| Box::pin(S::run(cx))).await)
}

/// Carry out a command once.
pub(crate) async fn obey<C: Command>(call: &Call<'_>) -> Result<Answer, Failure> {
    let command = serde_json::from_str::<C>(call.event).map_err(|error| Failure(error.to_string()))?;
    answer(call, once(call, move |cx| Box::pin(command.clone().run(cx))).await)
}

fn answer<R: Serialize>(call: &Call<'_>, result: Result<R, Problem>) -> Result<Answer, Failure> {
    match result {
        Ok(reply) => Ok(Answer {
            body: serde_json::to_string(&reply).map_err(|error| Failure(error.to_string()))?,
            outcome: Outcome::Done,
            status: None,
            code: None,
            request: None,
        }),
        Err(problem) => {
            log(call, &problem);
            Err(Failure(problem.detail))
        }
    }
}

/// Do something once, without anybody who asks for it and without a receipt.
async fn once<R: Send>(
    call: &Call<'_>,
    run: impl for<'a> Fn(&'a Cx<'_, System>) -> Boxed<'a, Result<Done<R>, Problem>> + Send,
) -> Result<R, Problem> {
    let now = call.host.now();
    let store = Store::new(call.host.table().await, now, call.meter);
    let grant = System::admit(None, None, None, now)?;
    let cx =
        Cx { store: store.clone(), grant, now, if_match: None, client: Client::default(), host: call.host };
    for _ in 0..ROUNDS {
        let Done { change, concerns, answer, .. } = run(&cx).await?;
        let audit = (call.function.is_audited() && !change.is_empty()).then(|| {
            record(call, now, call.invocation.request_id.clone(), Access::of(&change), None, concerns)
        });
        match settle(call.host, &store, change, audit, None, &call.invocation.request_id).await? {
            Settled::Written | Settled::Before(_) => {
                return match answer {
                    Answered::Reply(reply) => Ok(reply),
                    Answered::Refusal(problem) => Err(problem),
                };
            }
            Settled::Stale => {}
        }
    }
    Err(StoreError::Stale.into())
}

/// Nobody asked for it.
fn record(
    call: &Call<'_>,
    now: Timestamp,
    request: String,
    access: Access,
    clinic: Option<ClinicId>,
    patients: Vec<PatientId>,
) -> Audit {
    Audit {
        id: cx::fresh_id(call.host, now),
        request,
        at: now,
        function: call.function.name.into(),
        path: None,
        access,
        user: None,
        role: None,
        clinic,
        patients,
        address: None,
        agent: None,
        refused: None,
        link: Link::none(),
    }
}

fn log(call: &Call<'_>, problem: &Problem) {
    match &problem.cause {
        Some(cause) => telemetry::fault(call.host, call.function.name, call.invocation, cause.as_ref()),
        None => {
            telemetry::fault(call.host, call.function.name, call.invocation, &Refused(problem.code.clone()));
        }
    }
}

/// A job has no client to refuse: whatever it cannot do is an error to be looked at.
#[derive(Debug, thiserror::Error)]
#[error("the job was refused: {0}")]
struct Refused(String);

/// Where the message stops being one, and not what stands there: that may be private.
#[derive(Debug, thiserror::Error)]
#[error("the message is not an event that this job knows: line {line}, column {column}")]
struct Unreadable {
    line: usize,
    column: usize,
}

impl Unreadable {
    fn at(error: &serde_json::Error) -> Self {
        Self { line: error.line(), column: error.column() }
    }
}

impl Fault for Unreadable {
    fn status(&self) -> Status {
        Status::Internal
    }
    fn code(&self) -> &'static str {
        "INTERNAL"
    }
}
