use std::{pin::Pin, time::Instant};

use kernel::Permission;
use schemars::{JsonSchema, Schema, SchemaGenerator};
use store::Meter;

use crate::telemetry::{Line, Outcome};
use crate::{Audience, Command, Endpoint, Host, Job, Route, Scheduled, Use, answer, job, relay};

pub(crate) type Boxed<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// A deployable function: one row of a context's table of contents.
///
/// Dispatch, the SAM stacks, IAM, the OpenAPI document, the local platform and the permission tests
/// are all read from these rows.
pub struct Function {
    /// The Lambda's name and the operation's id.
    pub name: &'static str,
    /// What sets it off.
    pub trigger: Trigger,
    /// What it uses beside its receipts and audit records. See [`Function::statements`].
    pub uses: &'static [Use],
    /// Memory in MB.
    pub memory: u16,
    /// Seconds until it is stopped.
    pub timeout: u16,
    /// How many run at once in production, if that is not left to Lambda.
    pub reserved: Option<u16>,
    /// Does it leave audit records?
    audited: bool,
    run: Run,
}

/// What sets a function off.
pub enum Trigger {
    /// A request.
    Http(Http),
    /// An event of this name, through the function's own queue.
    Event(&'static str),
    /// A change of the context's table.
    Stream,
    /// The clock, as EventBridge Scheduler writes it: `rate(1 day)`.
    Schedule(&'static str),
    /// Whoever runs the environment, with `aws lambda invoke`. Nothing else may.
    Command,
}

/// What the outside may know of an [`Endpoint`].
pub struct Http {
    /// Where it is.
    pub route: Route,
    /// Whom it serves: [`Audience::NAME`].
    pub audience: &'static str,
    /// What the caller must be allowed to do; nothing for the public.
    pub needs: Option<Permission>,
    /// The status of success.
    pub status: u16,
    /// The media type of success.
    pub media_type: &'static str,
    /// Is an `Idempotency-Key` honoured?
    pub replays: bool,
    /// The request's schema.
    pub request: fn(&mut SchemaGenerator) -> Schema,
    /// The reply's schema.
    pub reply: fn(&mut SchemaGenerator) -> Schema,
}

impl Http {
    /// Must the gateway have seen a valid token?
    pub const fn is_public(&self) -> bool {
        self.needs.is_none()
    }
}

/// One delivery to a function.
#[derive(Clone, Debug)]
pub struct Invocation {
    /// Lambda's id of the delivery.
    pub request_id: String,
}

/// The function could not take the delivery at all; Lambda counts an error and delivers again.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct Failure(pub(crate) String);

pub(crate) type Run = for<'a> fn(&'a Call<'a>) -> Boxed<'a, Result<Answer, Failure>>;

/// What a delivery is answered with, and how it went.
pub(crate) struct Answer {
    pub(crate) body: String,
    pub(crate) outcome: Outcome,
    pub(crate) status: Option<u16>,
    pub(crate) code: Option<String>,
    /// The gateway's id of the request, which the client sees.
    pub(crate) request: Option<String>,
}

/// One delivery, and what it is worked on with.
pub(crate) struct Call<'a> {
    pub(crate) function: &'a Function,
    pub(crate) host: &'a Host,
    pub(crate) event: &'a str,
    pub(crate) invocation: &'a Invocation,
    pub(crate) meter: &'a Meter,
}

impl Function {
    /// A function behind the API.
    pub const fn http<E: Endpoint>(name: &'static str) -> Self {
        Self {
            name,
            trigger: Trigger::Http(Http {
                route: E::ROUTE,
                audience: <E::Audience as Audience>::NAME,
                needs: E::NEEDS,
                status: E::STATUS,
                media_type: E::CONTENT.media_type(),
                replays: E::REPLAYS && !E::ROUTE.method.is_safe(),
                request: <E as JsonSchema>::json_schema,
                reply: |schemas| schemas.subschema_for::<E::Reply>(),
            }),
            uses: E::USES,
            memory: E::MEMORY,
            timeout: 29,
            reserved: E::RESERVED,
            audited: E::AUDITED && (E::NEEDS.is_some() || !E::ROUTE.method.is_safe()),
            run: |call| Box::pin(answer::answer::<E>(call)),
        }
    }

    /// A function behind a queue.
    pub const fn event<J: Job>(name: &'static str) -> Self {
        Self {
            name,
            trigger: Trigger::Event(J::EVENT),
            uses: J::USES,
            memory: 256,
            timeout: 30,
            reserved: None,
            audited: J::AUDITED,
            run: |call| Box::pin(job::batch::<J>(call)),
        }
    }

    /// A function that the clock sets off.
    pub const fn schedule<S: Scheduled>(name: &'static str) -> Self {
        Self {
            name,
            trigger: Trigger::Schedule(S::EVERY),
            uses: S::USES,
            memory: 512,
            timeout: S::TIMEOUT,
            reserved: None,
            audited: S::AUDITED,
            run: |call| Box::pin(job::tick::<S>(call)),
        }
    }

    /// A function that whoever runs the environment invokes.
    pub const fn command<C: Command>(name: &'static str) -> Self {
        Self {
            name,
            trigger: Trigger::Command,
            uses: C::USES,
            memory: 256,
            timeout: C::TIMEOUT,
            reserved: None,
            audited: true,
            run: |call| Box::pin(job::obey::<C>(call)),
        }
    }

    /// The function that carries the outbox of its context's table to the topic of events.
    pub const fn relay(name: &'static str) -> Self {
        Self {
            name,
            trigger: Trigger::Stream,
            uses: &[],
            memory: 256,
            timeout: 30,
            reserved: None,
            audited: false,
            run: |call| Box::pin(relay::relay(call)),
        }
    }

    /// Are answers kept to be given again?
    pub(crate) fn keeps_receipts(&self) -> bool {
        match &self.trigger {
            Trigger::Http(http) => http.replays,
            Trigger::Event(_) => true,
            Trigger::Stream | Trigger::Schedule(_) | Trigger::Command => false,
        }
    }

    /// Does it leave audit records?
    pub(crate) const fn is_audited(&self) -> bool {
        self.audited
    }

    /// Work on one delivery, exactly as Lambda hands it over, and give Lambda's answer.
    ///
    /// HTTP functions take API Gateway's payload 2.0, functions of events an SQS event, relays a
    /// DynamoDB stream event, commands what they are told; schedules take anything.
    pub async fn invoke(&self, host: &Host, event: &str, invocation: &Invocation) -> Result<String, Failure> {
        let begun = Instant::now();
        let cold = host.is_cold();
        let meter = Meter::default();
        let call = Call { function: self, host, event, invocation, meter: &meter };
        let answer = (self.run)(&call).await;
        Line {
            function: self.name,
            at: host.now(),
            invocation,
            cold,
            duration: begun.elapsed(),
            usage: meter.usage(),
            answer: answer.as_ref().ok(),
        }
        .write(host);
        answer.map(|answer| answer.body)
    }
}
