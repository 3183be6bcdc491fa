//! Lambda's Runtime API, and functions as processes that poll it.

use std::collections::{BTreeMap, HashMap};
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::{Path as Captured, State};
use axum::http::{Response, StatusCode};
use axum::routing::{get, post};
use tokio::net::TcpListener;
use tokio::process::{Child, Command};
use tokio::sync::{Semaphore, mpsc, oneshot};
use tokio::task::JoinHandle;

/// What a function said: its answer, or the error that it reported instead.
pub type Outcome = Result<String, String>;

/// One function's Runtime API: gives out events in the order in which they were put in.
pub struct RuntimeApi {
    address: String,
    events: mpsc::UnboundedSender<Event>,
    shared: Arc<Shared>,
    given_out: AtomicU32,
    server: JoinHandle<()>,
}

struct Event {
    id: String,
    payload: String,
}

struct Shared {
    waiting: tokio::sync::Mutex<mpsc::UnboundedReceiver<Event>>,
    answers: Mutex<HashMap<String, oneshot::Sender<Outcome>>>,
    init_error: Mutex<Option<String>>,
    polls: Semaphore,
    first_poll: Mutex<Option<Instant>>,
}

impl RuntimeApi {
    /// Serve on a free port.
    pub async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let address = listener.local_addr().expect("its address").to_string();
        let (events, waiting) = mpsc::unbounded_channel();
        let shared = Arc::new(Shared {
            waiting: waiting.into(),
            answers: Mutex::default(),
            init_error: Mutex::default(),
            polls: Semaphore::new(0),
            first_poll: Mutex::default(),
        });
        let router = Router::new()
            .route("/2018-06-01/runtime/invocation/next", get(next))
            .route("/2018-06-01/runtime/invocation/{id}/response", post(response))
            .route("/2018-06-01/runtime/invocation/{id}/error", post(error))
            .route("/2018-06-01/runtime/init/error", post(init_error))
            .with_state(shared.clone());
        let server = tokio::spawn(async move {
            let _ = axum::serve(listener, router).await;
        });
        Self { address, events, shared, given_out: AtomicU32::new(0), server }
    }

    /// `AWS_LAMBDA_RUNTIME_API`.
    pub fn address(&self) -> &str {
        &self.address
    }

    /// Hand over an event and wait for what becomes of it.
    pub async fn invoke(&self, payload: &str) -> Outcome {
        let id = format!("8f0d3c1e-0000-4000-8000-{:012}", self.given_out.fetch_add(1, Ordering::Relaxed));
        let (answer, answered) = oneshot::channel();
        lock(&self.shared.answers).insert(id.clone(), answer);
        let _ = self.events.send(Event { id, payload: payload.into() });
        answered.await.map_err(|_| "the function was never heard of again".to_owned())?
    }

    /// Wait until the function polls for the first time, and when that was.
    pub async fn first_poll(&self) -> Instant {
        let _ = self.shared.polls.acquire().await;
        lock(&self.shared.first_poll).unwrap_or_else(Instant::now)
    }

    /// What the function reported instead of polling.
    pub fn init_error(&self) -> Option<String> {
        lock(&self.shared.init_error).clone()
    }
}

impl Drop for RuntimeApi {
    fn drop(&mut self) {
        self.server.abort();
    }
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

async fn next(State(shared): State<Arc<Shared>>) -> Response<Body> {
    lock(&shared.first_poll).get_or_insert_with(Instant::now);
    shared.polls.add_permits(1);
    let Some(Event { id, payload }) = shared.waiting.lock().await.recv().await else {
        return Response::new(Body::empty());
    };
    Response::builder()
        .header("content-type", "application/json")
        .header("lambda-runtime-aws-request-id", id)
        // Far from now: nobody here is stopped by it.
        .header("lambda-runtime-deadline-ms", "4102444800000")
        .header(
            "lambda-runtime-invoked-function-arn",
            "arn:aws:lambda:eu-central-1:000000000000:function:careplane",
        )
        .header("lambda-runtime-trace-id", "Root=1-5bef4de7-ad49b0e87f6ef6c87fc2e700;Sampled=0")
        .body(Body::from(payload))
        .expect("headers that can be")
}

async fn response(
    State(shared): State<Arc<Shared>>,
    Captured(id): Captured<String>,
    body: Bytes,
) -> StatusCode {
    settle(&shared, &id, Ok(String::from_utf8_lossy(&body).into_owned()))
}

async fn error(State(shared): State<Arc<Shared>>, Captured(id): Captured<String>, body: Bytes) -> StatusCode {
    settle(&shared, &id, Err(String::from_utf8_lossy(&body).into_owned()))
}

async fn init_error(State(shared): State<Arc<Shared>>, body: Bytes) -> StatusCode {
    *lock(&shared.init_error) = Some(String::from_utf8_lossy(&body).into_owned());
    StatusCode::ACCEPTED
}

fn settle(shared: &Shared, id: &str, outcome: Outcome) -> StatusCode {
    match lock(&shared.answers).remove(id) {
        Some(answer) => {
            let _ = answer.send(outcome);
            StatusCode::ACCEPTED
        }
        None => StatusCode::BAD_REQUEST,
    }
}

/// A function's process. It ends with this value.
pub struct Sandbox {
    /// The process.
    pub child: Child,
    /// When it was started.
    pub begun: Instant,
}

impl Sandbox {
    /// Start a program as Lambda starts a bootstrap, with nothing in its environment but this, and with
    /// its log there.
    pub fn start(
        program: &Path,
        arguments: &[PathBuf],
        api: &RuntimeApi,
        environment: &BTreeMap<String, String>,
        log: Stdio,
    ) -> Self {
        let mut command = Command::new(program);
        command
            .args(arguments)
            .env_clear()
            .envs(environment)
            .env("AWS_LAMBDA_RUNTIME_API", api.address())
            .env("AWS_LAMBDA_FUNCTION_NAME", environment.get("_HANDLER").map_or("careplane", String::as_str))
            .env("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "256")
            .env("AWS_LAMBDA_FUNCTION_VERSION", "$LATEST")
            .env("AWS_LAMBDA_LOG_GROUP_NAME", "careplane")
            .env("AWS_LAMBDA_LOG_STREAM_NAME", "careplane")
            .stdin(Stdio::null())
            .stdout(log)
            .stderr(Stdio::piped())
            .kill_on_drop(true);
        let begun = Instant::now();
        Self { child: command.spawn().expect("it can be started"), begun }
    }
    /// End it, and what it logged, if that was piped.
    pub async fn stop(mut self) -> String {
        let _ = self.child.start_kill();
        let output = self.child.wait_with_output().await.expect("its output");
        String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned()
    }
}
