//! What is true of bookings, however they came about.

use std::collections::BTreeMap;

use jiff::Timestamp;
use jiff::civil::Date;
use serde_json::{Value, json};

use crate::client::{Answer, Api, Broken, Person, text};

/// Whom to book, where, what for.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Offer {
    /// The clinic.
    pub clinic: String,
    /// The provider.
    pub provider: String,
    /// The service.
    pub service: String,
    /// How long it takes.
    pub minutes: i64,
}

/// Every service of every provider of the demonstration.
pub fn offers(demo: &Value) -> Vec<Offer> {
    let list = |name: &str| demo[name].as_array().cloned().unwrap_or_default();
    let services = list("services");
    let mut offers = Vec::new();
    for provider in list("providers") {
        for service in provider["services"].as_array().into_iter().flatten() {
            let service =
                services.iter().find(|known| known["id"] == *service).expect("a service that is there");
            offers.push(Offer {
                clinic: text(&provider, "clinic"),
                provider: text(&provider, "id"),
                service: text(service, "id"),
                minutes: service["minutes"].as_i64().expect("a length"),
            });
        }
    }
    offers
}

/// A stretch of time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Span {
    /// From.
    pub start: Timestamp,
    /// Until.
    pub end: Timestamp,
}

impl Span {
    /// Do they share a moment?
    pub fn overlaps(self, other: Self) -> bool {
        self.start < other.end && other.start < self.end
    }

    fn of(value: &Value) -> Self {
        let at = |name: &str| text(value, name).parse().expect("an instant");
        Self { start: at("start"), end: at("end") }
    }
}

/// An appointment, as far as it takes time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Booking {
    /// The appointment.
    pub id: String,
    /// Its clinic.
    pub clinic: String,
    /// Who is taken.
    pub provider: String,
    /// Who comes.
    pub patient: String,
    /// When.
    pub span: Span,
    /// Does it still take its time?
    pub scheduled: bool,
}

impl Booking {
    /// An appointment as the API shows it.
    pub fn of(value: &Value) -> Self {
        Self {
            id: text(value, "id"),
            clinic: text(value, "clinic"),
            provider: text(value, "provider"),
            patient: text(value, "patient"),
            span: Span::of(value),
            scheduled: text(value, "status") == "scheduled",
        }
    }

    /// Where it is.
    pub fn path(&self) -> String {
        format!("/v1/clinics/{}/appointments/{}", self.clinic, self.id)
    }

    /// May both take place?
    pub fn bears(&self, other: &Self) -> bool {
        let apart = self.provider != other.provider && self.patient != other.patient;
        self.id == other.id || apart || !self.scheduled || !other.scheduled || !self.span.overlaps(other.span)
    }
}

/// No provider and no patient is in two places at once.
#[track_caller]
pub fn assert_disjoint(bookings: &[Booking]) {
    for (position, one) in bookings.iter().enumerate() {
        for other in &bookings[position + 1..] {
            assert!(one.bears(other), "both were accepted:\n{one:#?}\n{other:#?}");
        }
    }
}

/// What a booking asks for.
#[derive(Clone, Debug)]
pub struct Wish {
    /// What and with whom.
    pub offer: Offer,
    /// When, as it is written.
    pub start: String,
    /// For whom, where staff book.
    pub patient: Option<String>,
    /// How long, where staff choose.
    pub minutes: Option<i64>,
}

impl Wish {
    /// What a patient asks for.
    pub fn new(offer: &Offer, start: impl ToString) -> Self {
        Self { offer: offer.clone(), start: start.to_string(), patient: None, minutes: None }
    }

    /// The time that it would take.
    pub fn span(&self) -> Span {
        let start: Timestamp = self.start.parse().expect("an instant");
        let minutes = self.minutes.unwrap_or(self.offer.minutes);
        Span { start, end: start + jiff::SignedDuration::from_mins(minutes) }
    }

    /// It as JSON.
    pub fn body(&self) -> Value {
        let Offer { provider, service, .. } = &self.offer;
        let mut body = json!({ "provider": provider, "service": service, "start": self.start });
        if let Some(patient) = &self.patient {
            body["patient"] = json!(patient);
        }
        if let Some(minutes) = self.minutes {
            body["minutes"] = json!(minutes);
        }
        body
    }

    /// Ask for it.
    pub async fn book(&self, api: &Api, person: &Person, key: &str) -> Result<Answer, Broken> {
        let path = format!("/v1/clinics/{}/appointments", self.offer.clinic);
        api.post(&path, &self.body()).by(person).key(key).try_send().await
    }
}

/// The free times of an offer, over some days.
pub async fn free_times(api: &Api, offer: &Offer, from: Date, days: u8) -> Vec<Span> {
    let Offer { clinic, provider, service, .. } = offer;
    let query = format!("service={service}&from={from}&days={days}");
    let path = format!("/v1/clinics/{clinic}/providers/{provider}/availability?{query}");
    let found = api.get(&path).send().await.expect(200);
    times(&found)
}

/// The times of an answer about availability.
pub fn times(found: &Value) -> Vec<Span> {
    let days = found["days"].as_array().cloned().unwrap_or_default();
    let times = days.iter().flat_map(|day| day["times"].as_array().cloned().unwrap_or_default());
    times.map(|time| Span::of(&time)).collect()
}

/// Everything that a patient has booked, page by page.
pub async fn all_of(api: &Api, person: &Person) -> Vec<Booking> {
    let mut bookings = Vec::new();
    let mut after = String::new();
    loop {
        let page = api.get(&format!("/v1/appointments?limit=100{after}")).by(person).send().await.expect(200);
        bookings.extend(page["items"].as_array().into_iter().flatten().map(Booking::of));
        match page["next"].as_str() {
            Some(next) => after = format!("&after={next}"),
            None => return bookings,
        }
    }
}

/// What was free before anybody booked, offer by offer.
pub struct Before {
    from: Date,
    days: u8,
    free: BTreeMap<Offer, Vec<Span>>,
}

impl Before {
    /// See what is free.
    pub async fn look(api: &Api, offers: &[Offer], from: Date, days: u8) -> Self {
        let mut free = BTreeMap::new();
        for offer in offers {
            free.insert(offer.clone(), free_times(api, offer, from, days).await);
        }
        Self { from, days, free }
    }

    /// The free times of an offer.
    pub fn free(&self, offer: &Offer) -> &[Span] {
        &self.free[offer]
    }

    /// What is free now is what was free before without what is scheduled: the diaries hold the time of
    /// these bookings and of no others.
    pub async fn assert_only_taken_by(&self, api: &Api, bookings: &[Booking]) {
        for (offer, before) in &self.free {
            let taken: Vec<_> =
                bookings.iter().filter(|b| b.scheduled && b.provider == offer.provider).collect();
            let is_free = |span: &Span| taken.iter().all(|booking| !booking.span.overlaps(*span));
            let expected: Vec<_> = before.iter().copied().filter(is_free).collect();
            let found = free_times(api, offer, self.from, self.days).await;
            assert_eq!(found, expected, "free times of {} for {}", offer.provider, offer.service);
        }
    }
}

/// Numbers that look random and are the same every time: Knuth's 64-bit generator (MMIX).
#[derive(Clone, Debug)]
pub struct Dice(pub u64);

impl Dice {
    /// One of so many.
    pub fn roll(&mut self, sides: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from((self.0 >> 33) % sides as u64).expect("less than the sides")
    }

    /// One of these.
    pub fn pick<'a, T>(&mut self, from: &'a [T]) -> &'a T {
        &from[self.roll(from.len())]
    }
}
