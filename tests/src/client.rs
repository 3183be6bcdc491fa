//! A client of the API that reads answers and believes nothing.

use bytes::Bytes;
use http::{HeaderMap, Method, Request};
use http_body_util::{BodyExt as _, Full};
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::client::legacy::{Client, Error};
use hyper_util::rt::TokioExecutor;
use serde_json::{Value, json};

/// A client of one origin. Clones share their connections.
#[derive(Clone)]
pub struct Api {
    client: Client<HttpConnector, Full<Bytes>>,
    origin: String,
}

/// Somebody who is signed in.
#[derive(Clone, Debug)]
pub struct Person {
    /// Their address.
    pub email: String,
    /// Their patient record; empty for staff.
    pub patient: String,
    /// `Bearer …`.
    pub authorization: String,
}

/// An answer.
#[derive(Clone, Debug)]
pub struct Answer {
    /// The status.
    pub status: u16,
    /// The headers.
    pub headers: HeaderMap,
    /// The body, as it came.
    pub body: Bytes,
}

impl Answer {
    /// The body as JSON; null where it is none.
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_default()
    }

    /// The body as JSON, if the status is this one.
    ///
    /// Panics with the whole answer otherwise.
    #[track_caller]
    pub fn expect(&self, status: u16) -> Value {
        assert_eq!(self.status, status, "{}", String::from_utf8_lossy(&self.body));
        self.json()
    }

    /// The code of a problem document.
    pub fn code(&self) -> String {
        text(&self.json(), "code")
    }
}

/// A text in a JSON object; empty where there is none.
pub fn text(value: &Value, name: &str) -> String {
    value[name].as_str().unwrap_or_default().to_owned()
}

/// The connection broke: whether anything was done is unknown.
#[derive(Debug)]
pub struct Broken;

impl From<Error> for Broken {
    fn from(_: Error) -> Self {
        Self
    }
}

/// A request that is being put together.
#[derive(Clone)]
#[must_use]
pub struct Call<'a> {
    api: &'a Api,
    method: Method,
    path: String,
    headers: Vec<(&'static str, String)>,
    body: Bytes,
}

impl Call<'_> {
    /// As somebody.
    pub fn by(self, person: &Person) -> Self {
        self.header("authorization", &person.authorization)
    }

    /// With an `Idempotency-Key`.
    pub fn key(self, key: &str) -> Self {
        self.header("idempotency-key", key)
    }

    /// With a header.
    pub fn header(mut self, name: &'static str, value: &str) -> Self {
        self.headers.push((name, value.into()));
        self
    }

    /// With a JSON body.
    pub fn json(self, body: &Value) -> Self {
        let typed = self.header("content-type", "application/json");
        Self { body: body.to_string().into(), ..typed }
    }

    /// Send it, and read the whole answer.
    pub async fn try_send(self) -> Result<Answer, Broken> {
        let mut request =
            Request::builder().method(self.method).uri(format!("{}{}", self.api.origin, self.path));
        for (name, value) in self.headers {
            request = request.header(name, value);
        }
        let request = request.body(Full::new(self.body)).expect("a request that can be");
        let (head, body) = self.api.client.request(request).await?.into_parts();
        let body = body.collect().await.map_err(|_| Broken)?.to_bytes();
        Ok(Answer { status: head.status.as_u16(), headers: head.headers, body })
    }

    /// Send it to a platform that must answer.
    pub async fn send(self) -> Answer {
        let what = format!("{} {}", self.method, self.path);
        self.try_send().await.unwrap_or_else(|_| panic!("no answer to {what}"))
    }
}

impl Api {
    /// A client of this origin.
    pub fn new(origin: &str) -> Self {
        Self { client: Client::builder(TokioExecutor::new()).build_http(), origin: origin.into() }
    }

    /// A request.
    pub fn call(&self, method: Method, path: &str) -> Call<'_> {
        Call { api: self, method, path: path.into(), headers: Vec::new(), body: Bytes::new() }
    }

    /// A GET request.
    pub fn get(&self, path: &str) -> Call<'_> {
        self.call(Method::GET, path)
    }

    /// A POST request with a JSON body.
    pub fn post(&self, path: &str, body: &Value) -> Call<'_> {
        self.call(Method::POST, path).json(body)
    }

    /// Sign in.
    pub async fn sign_in(&self, email: &str, password: &str) -> Person {
        let credentials = json!({ "email": email, "password": password });
        let session = self.post("/v1/sessions", &credentials).send().await.expect(201);
        Person {
            email: email.into(),
            patient: text(&session, "patient"),
            authorization: format!("Bearer {}", text(&session, "access_token")),
        }
    }

    /// Register a patient of this name and sign them in.
    pub async fn register(&self, name: &str) -> Person {
        let (email, password) =
            (format!("{}@patients.example", name.to_lowercase()), "correct horse battery");
        let patient =
            json!({ "email": email, "password": password, "given_name": name, "family_name": "Example" });
        self.post("/v1/patients", &patient).send().await.expect(201);
        self.sign_in(&email, password).await
    }

    /// Register many patients at once: hashing their passwords takes every processor there is.
    pub async fn register_all(&self, name: &str, count: usize) -> Vec<Person> {
        let registrations = (0..count).map(|number| {
            let (api, name) = (self.clone(), format!("{name}{number}"));
            async move { api.register(&name).await }
        });
        together(registrations).await
    }
}

/// Do all of this at once; the results in the order of the tasks.
///
/// Panics if one of them did.
pub async fn together<F>(tasks: impl IntoIterator<Item = F>) -> Vec<F::Output>
where
    F: Future<Output: Send + 'static> + Send + 'static,
{
    let tasks: Vec<_> = tasks.into_iter().map(tokio::spawn).collect();
    let mut results = Vec::with_capacity(tasks.len());
    for task in tasks {
        results.push(task.await.expect("a task that does not panic"));
    }
    results
}
