//! The platform in this process: what a function costs, and how fast it is without a network.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

use aws_sdk_dynamodb::types::{AttributeValue, Select};
use bytes::Bytes;
use http::{HeaderMap, HeaderValue, Method, Uri};
use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan as _};
use journeys::booking::{Offer, Span, Wish};
use kernel::Role;
use local::gateway::{Delivery, Incoming, event};
use local::{Options, Platform, seed};
use serde_json::{Map, Value, json};

use crate::demand;
use crate::load::{self, CLIENTS};
use crate::table::{Table, median, ms};

/// Costs are measured again when there are so many times the appointments of the demonstration.
const TIMES: usize = 10;

struct Inside {
    platform: Platform,
    demo: Value,
    /// The last line that a function logged.
    line: Arc<Mutex<String>>,
    _data: tempfile::TempDir,
}

pub(crate) async fn measure(table: &mut Table) {
    let inside = Arc::new(Inside::open().await);
    let today = Timestamp::now().to_zoned(TimeZone::UTC).date();
    let offers = demand::shortest(&inside.demo);

    // Beyond the demonstration's diary, and apart from what is booked under load.
    let quiet = today + 36.days();
    let before = inside.costs(&offers[0], quiet).await;
    let mut free = Vec::new();
    for offer in &offers {
        let mut spans = Vec::new();
        for month in 3..11 {
            spans.extend(inside.free(offer, today + (31 * month).days(), 31).await);
        }
        free.push((offer.clone(), spans));
    }
    let mut wishes = demand::bookings(&inside.demo, &free);
    // One share is kept back for a machine on which the load does not make ten times as many.
    let share = wishes.len() / (CLIENTS.len() + 1);

    let seeded = inside.appointments().await;
    let first = wishes[wishes.len() - share..].iter().find(|wish| wish.offer == offers[0]).expect("a wish");
    let busy = first.span().start.to_zoned(TimeZone::UTC).date();
    let mut reports = Vec::new();
    for clients in CLIENTS {
        let tasks: Vec<_> = (0..20_000).map(|_| offers[0].clone()).collect();
        let (this, from) = (inside.clone(), quiet);
        let report = load::run(clients, tasks, move |offer| {
            let this = this.clone();
            async move { drop(this.free(&offer, from, 7).await) }
        })
        .await;
        reports.push(("find-availability, 7 days", clients, report));
    }
    for clients in CLIENTS {
        let tasks: Vec<_> = wishes.split_off(wishes.len() - share).into_iter().enumerate().collect();
        let this = inside.clone();
        let report = load::run(clients, tasks, move |(number, wish)| {
            let this = this.clone();
            async move { this.book(&wish, &format!("load-{clients:04}-{number:08}")).await }
        })
        .await;
        reports.push(("book-appointment", clients, report));
    }
    // Whatever the machine, there are ten times as many at the end.
    let missing = (TIMES * seeded).saturating_sub(inside.appointments().await).min(wishes.len());
    for (number, wish) in wishes.drain(..missing).enumerate() {
        inside.book(&wish, &format!("more-{number:08}")).await;
    }
    let more = format!("{}× the appointments", inside.appointments().await / seeded);
    let after = inside.costs(&offers[0], quiet + 7.days()).await;
    for (cost, grown) in before.iter().zip(&after) {
        table.row(cost.0, "one of its own, demonstration data", &cost.1);
        table.row(cost.0, format!("one of its own, {more}"), &grown.1);
    }
    inside.free(&offers[0], busy, 31).await;
    table.row("find-availability, 31 days", "one of its own, a month that is booked out", inside.cost());
    for (what, clients, report) in reports {
        table.row(what, format!("in process, {clients} at once"), report.text());
    }
    let mut each = Vec::new();
    for _ in 0..21 {
        let begun = Instant::now();
        inside.sign_in().await;
        each.push(begun.elapsed());
    }
    table.row("sign-in", "in process, one of its own", format!("p50 {}", ms(median(each))));
}

impl Inside {
    async fn open() -> Self {
        let data = tempfile::tempdir().expect("a directory");
        let line = Arc::new(Mutex::new(String::new()));
        let log = line.clone();
        let options = Options {
            clock: Arc::new(Timestamp::now),
            entropy: None,
            sink: Arc::new(move |line| {
                line.clone_into(&mut log.lock().unwrap_or_else(PoisonError::into_inner));
            }),
            origin: "http://127.0.0.1".into(),
            faults: None,
        };
        let platform = Platform::open(data.path(), options).await.expect("a platform");
        seed::seed(&platform).await.expect("a demonstration");
        platform.invoke("rotate-signing-key", "{}").await.expect("a key");
        let demo = seed::description(&platform.options.origin);
        Self { platform, demo, line, _data: data }
    }

    /// How many appointments there are.
    async fn appointments(&self) -> usize {
        let client = aws_sdk_dynamodb::Client::new(&self.platform.admin());
        let scan = client.scan().table_name(local::table_name("scheduling")).select(Select::Count);
        let scan = scan.filter_expression("#kind = :kind").expression_attribute_names("#kind", "kind");
        let pages = scan.expression_attribute_values(":kind", AttributeValue::S("appointment".into()));
        let mut pages = pages.into_paginator().send();
        let mut count = 0;
        while let Some(page) = pages.next().await {
            count += usize::try_from(page.expect("a page").count()).unwrap_or_default();
        }
        count
    }

    /// Invoke a function as the gateway does, and expect success.
    async fn call(&self, function: &str, request: Request<'_>) -> Value {
        let Request { method, route, uri, clinic, provider, body, key } = request;
        let claims = json!({
            "sub": "usr_01900000000070008000000000000067",
            "sid": "ses_01900000000070008000000000000067",
            "role": Role::Receptionist,
            "clinic": clinic,
            "scope": Role::Receptionist.permissions(),
            "amr": ["pwd", "otp", "mfa"],
        });
        let claims = match claims {
            Value::Object(claims) => claims,
            _ => Map::new(),
        };
        let mut headers = HeaderMap::new();
        headers.insert("content-type", HeaderValue::from_static("application/json"));
        if let Some(key) = key {
            headers.insert("idempotency-key", HeaderValue::from_str(key).expect("a key"));
        }
        let incoming = Incoming {
            method,
            uri: uri.parse::<Uri>().expect("a path"),
            headers,
            body: Bytes::from(body.map(|body| body.to_string()).unwrap_or_default()),
            source: "127.0.0.1".into(),
        };
        let parameters: BTreeMap<_, _> = [("clinic", clinic), ("provider", provider)]
            .into_iter()
            .filter(|(_, value)| !value.is_empty())
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .collect();
        let payload = event(&Delivery {
            route,
            request: &incoming,
            parameters: &parameters,
            claims: Some(&claims),
            request_id: "bench",
            now: Timestamp::now(),
        });
        let answer = self.platform.invoke(function, &payload).await.expect("an answer");
        let answer: Value = serde_json::from_str(&answer).expect("JSON");
        assert!(answer["statusCode"].as_u64().is_some_and(|status| status < 300), "{answer}");
        serde_json::from_str(answer["body"].as_str().unwrap_or_default()).unwrap_or_default()
    }

    async fn free(&self, offer: &Offer, from: Date, days: u8) -> Vec<Span> {
        let Offer { clinic, provider, service, .. } = offer;
        let found = self
            .call(
                "find-availability",
                Request {
                    method: Method::GET,
                    route: "GET /v1/clinics/{clinic}/providers/{provider}/availability",
                    uri: &format!("/v1/clinics/{clinic}/providers/{provider}/availability?service={service}&from={from}&days={days}"),
                    clinic,
                    provider,
                    body: None,
                    key: None,
                },
            )
            .await;
        journeys::booking::times(&found)
    }

    async fn book(&self, wish: &Wish, key: &str) {
        let clinic = &wish.offer.clinic;
        let request = Request {
            method: Method::POST,
            route: "POST /v1/clinics/{clinic}/appointments",
            uri: &format!("/v1/clinics/{clinic}/appointments"),
            clinic,
            provider: "",
            body: Some(wish.body()),
            key: Some(key),
        };
        self.call("book-appointment", request).await;
    }

    async fn sign_in(&self) {
        let person = &self.demo["sign_ins"]["patient"];
        let request = Request {
            method: Method::POST,
            route: "POST /v1/sessions",
            uri: "/v1/sessions",
            clinic: "",
            provider: "",
            body: Some(json!({ "email": person["email"], "password": person["password"] })),
            key: None,
        };
        self.call("sign-in", request).await;
    }

    /// What the functions say of themselves: round trips and capacity units.
    async fn costs(&self, offer: &Offer, from: Date) -> [(&'static str, String); 3] {
        let free = self.free(offer, from, 7).await;
        let week = self.cost();
        self.free(offer, from, 31).await;
        let month = self.cost();
        let patient = self.demo["patients"][0]["id"].as_str().map(ToOwned::to_owned);
        let wish = Wish { patient, ..Wish::new(offer, free[0].start) };
        self.book(&wish, &format!("cost-{from}")).await;
        [
            ("find-availability, 7 days", week),
            ("find-availability, 31 days", month),
            ("book-appointment", self.cost()),
        ]
    }

    fn cost(&self) -> String {
        let line = self.line.lock().unwrap_or_else(PoisonError::into_inner);
        let line: Value = serde_json::from_str(&line).unwrap_or_default();
        let [reads, writes, read_units, write_units] = ["Reads", "Writes", "ReadUnits", "WriteUnits"]
            .map(|name| line[name].as_f64().unwrap_or_default());
        format!("{reads} reads, {writes} writes; {read_units} read units, {write_units} write units")
    }
}

struct Request<'a> {
    method: Method,
    route: &'a str,
    uri: &'a str,
    clinic: &'a str,
    provider: &'a str,
    body: Option<Value>,
    key: Option<&'a str>,
}
