//! A client of the API that reads answers and believes nothing.

use bytes::Bytes;
use http::{HeaderMap, Method, Request};
use http_body_util::{BodyExt as _, Full};
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::client::legacy::{Client, Error};
use hyper_util::rt::TokioExecutor;
use serde_json::{Value, json};

use crate::process::until;

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
    /// Their session.
    pub session: String,
    /// `Bearer …`.
    pub authorization: String,
    /// What their browser keeps.
    pub cookies: Cookies,
}

/// What a session leaves in a browser: with these it goes on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cookies {
    /// The refresh token.
    pub refresh: String,
    /// What must be said back, too.
    pub csrf: String,
}

impl Cookies {
    /// Those that an answer sets. Panics where it sets none.
    #[track_caller]
    pub fn of(answer: &Answer) -> Self {
        let value = |name: &str| {
            let set = answer.headers.get_all("set-cookie").iter().filter_map(|cookie| cookie.to_str().ok());
            let pair = set.filter_map(|cookie| cookie.split(';').next()?.split_once('='));
            let value = pair.filter(|(known, _)| *known == name).map(|(_, value)| value).next();
            value.unwrap_or_else(|| panic!("{name} is not set")).to_owned()
        };
        Self { refresh: value("__Secure-refresh"), csrf: value("__Secure-csrf") }
    }

    /// One by one, as a browser sends them.
    pub fn pairs(&self) -> [String; 2] {
        [format!("__Secure-refresh={}", self.refresh), format!("__Secure-csrf={}", self.csrf)]
    }
}

/// What everybody here calls the device that they sign in on; `events/refresh-session.json` names it, too.
pub const DEVICE: &str = "2f6d1c0e-9a57-4c0b-8f7e-5a3f1f0b7c11";

/// What everybody chooses who registers here.
pub const PASSWORD: &str = "correct horse battery";

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

    /// Sign in with a password.
    pub async fn sign_in(&self, email: &str, password: &str) -> Person {
        let device = json!({ "id": DEVICE, "name": "Firefox on Linux" });
        let credentials = json!({ "email": email, "password": password, "device": device });
        let answer = self.post("/v1/sessions", &credentials).send().await;
        let session = answer.expect(201);
        Person {
            email: email.into(),
            patient: text(&session, "patient"),
            session: text(&session, "session"),
            authorization: bearer(&session),
            cookies: Cookies::of(&answer),
        }
    }

    /// Sign in as staff do: the app shows this code.
    pub async fn sign_in_with_code(&self, email: &str, password: &str, code: &str) -> Person {
        let person = self.sign_in(email, password).await;
        let shown = json!({ "method": "totp", "code": code });
        let session = self.post("/v1/me/second-factor", &shown).by(&person).send().await.expect(200);
        Person { authorization: bearer(&session), ..person }
    }

    /// Go on with a session, in an attempt of this key.
    pub async fn refresh(&self, cookies: &Cookies, key: &str) -> Result<Answer, Broken> {
        let call = self.post("/v1/sessions/refresh", &json!({ "device_id": DEVICE }));
        let call = call.header("cookie", &cookies.pairs().join("; ")).header("x-csrf-token", &cookies.csrf);
        call.key(key).try_send().await
    }

    /// Register a patient of this name and sign them in.
    pub async fn register(&self, name: &str) -> Person {
        self.register_each([name.to_owned()].into()).await.remove(0)
    }

    /// Register many patients at once: hashing their passwords takes every processor there is.
    pub async fn register_all(&self, name: &str, count: usize) -> Vec<Person> {
        self.register_each((0..count).map(|number| format!("{name}{number}")).collect()).await
    }

    async fn register_each(&self, names: Vec<String>) -> Vec<Person> {
        let emails: Vec<_> =
            names.iter().map(|name| format!("{}@patients.example", name.to_lowercase())).collect();
        let registrations = names.into_iter().zip(&emails).map(|(name, email)| {
            let patient =
                json!({ "email": email, "password": PASSWORD, "given_name": name, "family_name": "Example" });
            let api = self.clone();
            async move { api.post("/v1/patients", &patient).send().await.expect(202) }
        });
        together(registrations).await;
        // One look for all of them: an inbox is long, and everybody's own look would be one of many.
        let tokens = until("the links have arrived", async || self.links(&emails).await).await;
        let arrivals = emails.into_iter().zip(tokens).map(|(email, token)| {
            let api = self.clone();
            async move {
                api.open_link(&token, PASSWORD).await;
                api.sign_in(&email, PASSWORD).await
            }
        });
        together(arrivals).await
    }

    /// The tokens of the links in the mails that finish these registrations, once all are there.
    pub async fn links(&self, emails: &[String]) -> Option<Vec<String>> {
        let inbox = self.get("/inbox.json").send().await.expect(200);
        let mails = inbox["items"].as_array()?;
        let link = |email: &String| {
            let own = mails.iter().filter(|mail| mail["to"] == json!([email]));
            let mut tokens = own.filter_map(|mail| {
                let (_, token) = mail["text"].as_str()?.split_once("/verify#token=")?;
                token.split_whitespace().next().map(ToOwned::to_owned)
            });
            tokens.next()
        };
        emails.iter().map(link).collect()
    }

    /// The other half: whoever has the token has read the mail, and the password is that of whoever registered.
    pub async fn open_link(&self, token: &str, password: &str) {
        let fields = json!({ "token": token, "password": password });
        self.post("/v1/email-verifications", &fields).send().await.expect(200);
    }

    /// Go to a stand-in of the demonstration, say there who one is, and come back: what one comes back with.
    pub async fn go_elsewhere(&self, provider: &str, email: &str) -> Value {
        let departure =
            self.post("/v1/sign-in-attempts", &json!({ "provider": provider })).send().await.expect(201);
        let url = text(&departure, "url").replacen("localhost", "127.0.0.1", 1);
        let (page, query) = url.split_once('?').expect("a query");
        let path = page.strip_prefix(self.origin.as_str()).expect("a stand-in of this platform");
        let mut form = self.call(Method::POST, path);
        form.body = format!(
            "{query}&email={}&given_name=Else&family_name=Where&verified=yes",
            email.replace('@', "%40")
        )
        .into();
        let back = form.header("content-type", "application/x-www-form-urlencoded").send().await;
        let location = back.headers["location"].to_str().expect("an address");
        let (_, query) = location.split_once('?').expect("what one comes back with");
        let value = |name: &str| {
            let pairs = query.split('&').filter_map(|pair| pair.split_once('='));
            pairs.filter(|(known, _)| *known == name).map(|(_, value)| value).next().expect("it is there")
        };
        json!({
            "provider": provider, "state": value("state"), "code": value("code"), "verifier": departure["verifier"],
        })
    }

    /// Mails to this address with this subject.
    pub async fn mails(&self, email: &str, subject: &str) -> usize {
        let inbox = self.get("/inbox.json").send().await.expect(200);
        let mails = inbox["items"].as_array().map(Vec::as_slice).unwrap_or_default();
        mails.iter().filter(|mail| mail["to"] == json!([email]) && mail["subject"] == subject).count()
    }
}

fn bearer(session: &Value) -> String {
    format!("Bearer {}", text(session, "access_token"))
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
