//! The whole platform for one test: real functions, real engines, a clock that stands still, a die
//! that always falls the same, and whatever may go wrong on the way to a service.
//!
//! ```ignore
//! let platform = TestPlatform::open().await;
//! let ada = platform.patient(1);
//! ada.key("booking-1").call("book-appointment", json!({ "clinic": …, "start": … })).await.granted(201);
//! ```
//!
//! **Invariant:** a test sees what a client, an operator or a reader of the table sees. Nothing here
//! reaches into a function.

mod answer;
mod authenticator;
mod clock;
pub mod demo;
mod trouble;
mod visitor;

pub use answer::Answer;
pub use authenticator::Authenticator;
pub use trouble::Trouble;
pub use visitor::Visitor;

use std::collections::{BTreeMap, HashMap};
use std::ops::RangeInclusive;
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use aws_sdk_dynamodb::types::AttributeValue;
use base64::{Engine as _, prelude::*};
use jiff::{SignedDuration, Timestamp};
use jsonwebtoken::EncodingKey;
use kernel::{ClinicId, PatientId, Role};
use local::gateway::Gateway;
use local::stand_in::Claimed;
use local::{Options, Platform, pump, seed, table_name};
use serde_json::{Map, Value, json};
use tempfile::TempDir;
use tokio::sync::OnceCell;

use crate::clock::Clock;
use crate::demo::{Person, SignIn};
use crate::trouble::Troubles;

/// When every test begins: a Monday morning, nine o'clock in Berlin and three in New York.
pub const MORNING: &str = "2027-03-01T08:00:00Z";

/// Under which address the platform believes it is served.
pub const ORIGIN: &str = "http://127.0.0.1:8080";

/// A platform of its own for one test.
pub struct TestPlatform {
    platform: Arc<Platform>,
    gateway: Gateway,
    clock: Arc<Clock>,
    log: Arc<Mutex<Vec<String>>>,
    troubles: Arc<Troubles>,
    tokens: Mutex<HashMap<String, (Timestamp, String)>>,
    data: TempDir,
}

impl TestPlatform {
    /// With the demonstration in it and a key that signs tokens.
    pub async fn open() -> Self {
        let data = TempDir::with_prefix("careplane-test-").expect("a temporary directory");
        let demonstration = demonstration().await;
        copy(demonstration.data.path(), data.path());
        let platform = Self::start(data, 1).await;
        lock(&platform.tokens).clone_from(&demonstration.tokens);
        platform
    }

    /// Without a record in it.
    pub async fn open_empty() -> Self {
        Self::start(TempDir::with_prefix("careplane-test-").expect("a temporary directory"), 1).await
    }

    /// Platforms of the same `die` throw the same ids and salts in the same order.
    async fn start(data: TempDir, die: u64) -> Self {
        let clock = Arc::new(Clock::at(MORNING.parse().expect("an instant")));
        let log = Arc::new(Mutex::new(Vec::new()));
        let troubles = Arc::new(Troubles::default());
        let options = Options {
            clock: {
                let clock = clock.clone();
                Arc::new(move || clock.now())
            },
            entropy: Some(dice(die)),
            sink: {
                let log = log.clone();
                Arc::new(move |line: &str| lock(&log).push(line.to_owned()))
            },
            origin: ORIGIN.into(),
            faults: Some(troubles.clone()),
        };
        let platform =
            Arc::new(Platform::open(data.path(), options).await.expect("an empty directory opens"));
        let gateway = Gateway::new(platform.clone(), Vec::new(), false);
        Self { platform, gateway, clock, log, troubles, tokens: Mutex::default(), data }
    }

    /// Somebody who is not signed in.
    pub fn anyone(&self) -> Visitor<'_> {
        Visitor::new(self, None)
    }

    /// Somebody of this role: a patient, or staff of the first clinic.
    pub fn as_role(&self, role: Role) -> Visitor<'_> {
        match role {
            Role::Patient => self.patient(1),
            role => self.staff(role, demo::clinic(1)),
        }
    }

    /// The patient of this number in the demonstration. The first three can sign in.
    pub fn patient(&self, number: u128) -> Visitor<'_> {
        Visitor::new(self, Some(Person::patient(number)))
    }

    /// Somebody who works in this clinic. Everybody of the first clinic can sign in, and the second
    /// one's receptionist and manager.
    pub fn staff(&self, role: Role, clinic: ClinicId) -> Visitor<'_> {
        Visitor::new(self, Some(Person::staff(role, clinic)))
    }

    /// The owner of an account that a test has registered.
    pub fn owner(&self, registered: &Value, email: &str, password: &str) -> Visitor<'_> {
        let id = |field: &str| registered[field].as_str().unwrap_or_default().to_owned();
        let patient: PatientId = id("patient").parse().expect("a patient");
        let user = id("user").parse().expect("a user");
        Visitor::new(self, Some(Person::registered(user, patient, email, password)))
    }

    /// Sign somebody in, second factor and all; their token.
    async fn sign_in(&self, sign_in: &SignIn) -> String {
        let SignIn { email, password, totp } = sign_in;
        let fields = json!({ "email": email, "password": password });
        let session = self.anyone().call("sign-in", fields).await.granted(201);
        let token = |session: &Value| session["access_token"].as_str().expect("a token").to_owned();
        let now = self.now();
        let remember = |token: &String| lock(&self.tokens).insert(email.clone(), (now, token.clone()));
        let mut access = token(&session);
        remember(&access);
        if let Some(secret) = totp {
            let fields = json!({ "method": "totp", "code": demo::totp(secret, now) });
            let bearer =
                [("authorization", format!("Bearer {access}")), ("content-type", "application/json".into())];
            let bearer: Vec<_> = bearer.iter().map(|(name, value)| (*name, value.as_str())).collect();
            let answer =
                self.anyone().http("POST", "/v1/me/second-factor", fields.to_string(), &bearer).await;
            access = token(&answer.granted(200));
            remember(&access);
        }
        access
    }

    /// When the test began; what was before belongs to the demonstration.
    pub fn began(&self) -> Timestamp {
        MORNING.parse().expect("an instant")
    }

    /// What the clock says.
    pub fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// Let time go by.
    pub fn pass(&self, time: SignedDuration) {
        self.clock.set(self.now() + time);
        self.platform.engines().clock_moved();
    }

    /// Let time go by until then.
    pub fn wait_until(&self, instant: &str) {
        self.clock.set(instant.parse().expect("an instant"));
        self.platform.engines().clock_moved();
    }

    /// Carry every event as far as it gets now: from the outbox to the functions that listen.
    pub async fn settle(&self) {
        pump::settle(&self.platform).await;
    }

    /// Invoke a function with an event as AWS hands it over; its answer, or what went wrong.
    pub async fn deliver(&self, function: &str, event: &Value) -> Result<Value, String> {
        let answer =
            self.platform.invoke(function, &event.to_string()).await.map_err(|error| error.to_string())?;
        Ok(serde_json::from_str(&answer).expect("an answer is JSON"))
    }

    /// Let this happen to calls of an operation (`TransactWriteItems`, `Publish`, `SendEmail` …), counted
    /// from now: `1..=2` is the next one and the one after.
    pub fn trouble(&self, operation: &str, calls: RangeInclusive<usize>, trouble: Trouble) {
        self.troubles.plan(operation, "", calls, trouble);
    }

    /// The same, only for calls that say this.
    pub fn trouble_about(
        &self,
        operation: &str,
        words: &str,
        calls: RangeInclusive<usize>,
        trouble: Trouble,
    ) {
        self.troubles.plan(operation, words, calls, trouble);
    }

    /// How many calls met trouble so far.
    pub fn troubles_met(&self) -> usize {
        self.troubles.met()
    }

    /// What functions asked of services since the last time this was asked, in order.
    pub fn calls(&self) -> Vec<String> {
        self.troubles.take_calls()
    }

    /// The functions' log so far.
    pub fn log(&self) -> Vec<String> {
        lock(&self.log).clone()
    }

    /// Everything that lies in a context's table, or in `audit`, sorted by key.
    pub async fn dump(&self, context: &str) -> Vec<Value> {
        let client = aws_sdk_dynamodb::Client::new(&self.platform.admin());
        let mut items = Vec::new();
        let mut start = None;
        loop {
            let scan = client.scan().table_name(table_name(context)).set_exclusive_start_key(start);
            let page = scan.send().await.expect("tests may scan");
            items.extend(page.items.unwrap_or_default());
            start = page.last_evaluated_key;
            if start.is_none() {
                break;
            }
        }
        let mut items: Vec<_> = items.into_iter().map(|item| plain(AttributeValue::M(item))).collect();
        let key = |item: &Value| format!("{}\0{}", item["pk"], item["sk"]);
        items.sort_by_key(key);
        items
    }

    /// The records of one kind in a context's table.
    pub async fn records(&self, context: &str, kind: &str) -> Vec<Value> {
        let items = self.dump(context).await.into_iter();
        items.filter(|item| item["kind"] == kind).collect()
    }

    /// Everything that lies in any table.
    pub async fn dump_all(&self) -> BTreeMap<String, Vec<Value>> {
        let mut all = BTreeMap::new();
        for context in infra::CONTEXTS.iter().map(|context| context.name).chain(["audit"]) {
            all.insert(context.to_owned(), self.dump(context).await);
        }
        all
    }

    /// The same, but for the records of what was refused to somebody.
    pub async fn dump_all_but_refusals(&self) -> BTreeMap<String, Vec<Value>> {
        let mut all = self.dump_all().await;
        all.entry("audit".to_owned()).or_default().retain(|record| record["refused"].is_null());
        all
    }

    /// How often something was refused to somebody, and is on record.
    pub async fn refusals(&self) -> usize {
        self.records("audit", "audit").await.iter().filter(|record| !record["refused"].is_null()).count()
    }

    /// The mails that were sent, oldest first.
    pub async fn mails(&self) -> Vec<engines::Mail> {
        let mut mails = self.platform.engines().mails(1000).await.expect("the inbox opens");
        mails.reverse();
        mails
    }

    /// The token of the link in the last mail to this address, once everything has arrived.
    pub async fn link(&self, to: &str) -> String {
        self.settle().await;
        let mails = self.mails().await;
        let token =
            mails.iter().rev().filter(|mail| mail.content.to.iter().any(|known| known == to)).find_map(
                |mail| {
                    let (_, rest) = mail.content.text.as_deref()?.split_once("#token=")?;
                    rest.split_whitespace().next().map(ToOwned::to_owned)
                },
            );
        token.unwrap_or_else(|| panic!("no link went to {to}"))
    }

    /// Somebody goes to this provider of the demonstration, says there who they are, and comes back: what
    /// they come back with.
    pub async fn goes_elsewhere(&self, provider: &str, email: &str, verified: bool) -> Value {
        let departure = self.anyone().call("begin-provider-sign-in", json!({ "provider": provider })).await;
        let departure = departure.granted(201);
        let claimed = Claimed {
            email: email.to_owned(),
            given_name: "Else".to_owned(),
            family_name: "Where".to_owned(),
            verified: verified.then(|| "yes".to_owned()),
        };
        let url = departure["url"].as_str().expect("a URL");
        let back = self.platform.stand_in().goes_through(url, claimed).expect("the stand-in takes them");
        let (home, query) = back.split_once('?').expect("a query");
        assert_eq!(home, format!("{}/sign-in/return/{provider}", local::web_origin(ORIGIN)));
        let mut back: Map<String, Value> =
            serde_html_form::from_str(query).expect("what they come back with");
        back.insert("verifier".into(), departure["verifier"].clone());
        back.insert("provider".into(), json!(provider));
        Value::Object(back)
    }

    /// The subject and the text of the last mail to this address, once everything has arrived.
    pub async fn last_mail(&self, to: &str) -> String {
        self.settle().await;
        let mails = self.mails().await;
        let mail = mails.iter().rev().find(|mail| mail.content.to.iter().any(|known| known == to));
        let mail = mail.unwrap_or_else(|| panic!("no mail went to {to}"));
        format!("{:?} {:?}", mail.content.subject, mail.content.text)
    }

    /// The code of the last text message to this number, once everything has arrived.
    pub async fn texted(&self, to: &str) -> String {
        self.settle().await;
        let mails = self.mails().await;
        let code =
            mails.iter().rev().filter(|mail| mail.content.to.iter().any(|known| known == to)).find_map(
                |mail| {
                    let digits: String =
                        mail.content.text.as_deref()?.chars().take_while(char::is_ascii_digit).collect();
                    (digits.len() == 6).then_some(digits)
                },
            );
        code.unwrap_or_else(|| panic!("no code went to {to}"))
    }

    /// Somebody registers as a patient and follows the link.
    pub async fn newcomer(&self, email: &str, password: &str) -> Visitor<'_> {
        let fields =
            json!({ "email": email, "password": password, "given_name": "Newly", "family_name": "Arrived" });
        self.anyone().call("register-patient", fields).await.granted(202);
        let token = self.link(email).await;
        let verified =
            self.anyone().call("verify-email", json!({ "token": token, "password": password })).await;
        let verified = verified.granted(200);
        self.owner(&verified, email, password)
    }

    /// How many messages wait for a function, and how many nobody could read.
    pub async fn waiting(&self, function: &str) -> (u64, u64) {
        let queue = format!("careplane-local-{function}");
        let count = |depth: engines::Depth| depth.visible + depth.in_flight + depth.delayed;
        let queues = self.platform.engines().queues();
        let waiting = queues.depth(&queue).await.expect("its queue");
        let dead = queues.depth(&format!("{queue}-dead-letters")).await.expect("its dead letters");
        (count(waiting), count(dead))
    }

    /// Put a message into a function's queue, as it would come from the topic.
    pub async fn post(&self, function: &str, body: &str) {
        let queues = self.platform.engines().queues();
        let queue = format!("careplane-local-{function}");
        queues.send(&queue, body, &BTreeMap::new(), SignedDuration::ZERO).await.expect("its queue");
    }

    /// Hand one message to a function, as Lambda does for its queue. Did it take it?
    pub async fn hand_over(&self, function: &str, body: &str) -> bool {
        let record = json!({ "messageId": "message-1", "body": body, "eventSource": "aws:sqs" });
        let answer = self.deliver(function, &json!({ "Records": [record] })).await.expect("an answer");
        answer["batchItemFailures"] == json!([])
    }

    /// Delete what has expired, as DynamoDB does some day.
    pub async fn sweep(&self) -> usize {
        self.platform.engines().sweep_ttl(self.platform.engines().now()).await.expect("the sweep")
    }

    /// Sign any claims with the key that the platform itself signs with.
    pub async fn sign(&self, header: &jsonwebtoken::Header, claims: &Value) -> String {
        let ring = self.records("identity", "key-ring").await.remove(0);
        let sealed = ring["keys"][0]["sealed"].as_str().expect("a signing key");
        let sealed = BASE64_URL_SAFE_NO_PAD.decode(sealed).expect("as it was stored");
        let vault = gateways::Vault::new(&self.platform.admin(), Some("alias/careplane-local-data"), None);
        let private = vault.unseal("signing-key", sealed).await.expect("our own key");
        let pem = format!(
            "-----BEGIN PRIVATE KEY-----\n{}\n-----END PRIVATE KEY-----\n",
            BASE64_STANDARD.encode(private)
        );
        let key = EncodingKey::from_rsa_pem(pem.as_bytes()).expect("a key");
        jsonwebtoken::encode(header, claims, &key).expect("a token")
    }

    /// The platform itself, for what only it can tell.
    pub fn inside(&self) -> &Arc<Platform> {
        &self.platform
    }
}

/// A data directory with the demonstration and a signing key in it, and everybody signed in. Made once for
/// all tests of a process.
struct Demonstration {
    data: TempDir,
    tokens: HashMap<String, (Timestamp, String)>,
}

async fn demonstration() -> &'static Demonstration {
    static DEMONSTRATION: OnceCell<Demonstration> = OnceCell::const_new();
    let made = DEMONSTRATION.get_or_init(|| async {
        let data = TempDir::with_prefix("careplane-demo-").expect("a temporary directory");
        let kept = TempDir::with_prefix("careplane-demo-").expect("a temporary directory");
        // Another die than the tests', or they would throw the ids that are taken already.
        let platform = TestPlatform::start(data, 0).await;
        seed::seed(&platform.platform).await.expect("the demonstration");
        platform.deliver("rotate-signing-key", &json!({})).await.expect("a signing key");
        // A code is good once, and the next ones are the tests'.
        platform.clock.set(platform.now() - SignedDuration::from_secs(60));
        for sign_in in Person::everybody() {
            platform.sign_in(&sign_in).await;
        }
        platform.clock.set(platform.now() + SignedDuration::from_secs(60));
        platform.settle().await;
        platform.platform.engines().close().await;
        copy(platform.data.path(), kept.path());
        let tokens = lock(&platform.tokens).clone();
        Demonstration { data: kept, tokens }
    });
    made.await
}

fn copy(from: &Path, to: &Path) {
    for entry in std::fs::read_dir(from).expect("a directory") {
        let entry = entry.expect("an entry");
        let target = to.join(entry.file_name());
        if entry.file_type().expect("its type").is_dir() {
            std::fs::create_dir_all(&target).expect("a directory");
            copy(&entry.path(), &target);
        } else {
            std::fs::copy(entry.path(), &target).expect("a copy");
        }
    }
}

/// Bytes that look random and are the same every time: SplitMix64.
fn dice(seed: u64) -> runtime::Entropy {
    let state = AtomicU64::new(seed.wrapping_mul(0x1000_0000_0000_0001));
    Arc::new(move |buffer| {
        for chunk in buffer.chunks_mut(8) {
            let mut mixed = state.fetch_add(0x9e37_79b9_7f4a_7c15, Ordering::Relaxed);
            mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
            mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
            mixed ^= mixed >> 31;
            chunk.copy_from_slice(&mixed.to_le_bytes()[..chunk.len()]);
        }
    })
}

/// An item as a person reads it.
fn plain(value: AttributeValue) -> Value {
    match value {
        AttributeValue::S(text) => text.into(),
        AttributeValue::N(number) => serde_json::from_str(&number).unwrap_or(Value::String(number)),
        AttributeValue::Bool(bool) => bool.into(),
        AttributeValue::L(list) => list.into_iter().map(plain).collect(),
        AttributeValue::M(map) => {
            Value::Object(map.into_iter().map(|(name, value)| (name, plain(value))).collect::<Map<_, _>>())
        }
        AttributeValue::Null(_) => Value::Null,
        other => format!("{other:?}").into(),
    }
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
