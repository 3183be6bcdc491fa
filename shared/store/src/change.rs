use aws_sdk_dynamodb::types::AttributeValue::{N, S};
use kernel::{Event, Fact, Fault, Problem, Timestamp};
use serde::{Deserialize, Serialize};

use crate::{Entity, Item, Key, Shared, StoreError, Stored};

/// What a handler wants written: all of it, or none.
///
/// Conditions come from the operation, not from the caller: `create` demands absence, `update` and
/// `delete` demand the version that was read, `occupy` demands that every place is free.
#[derive(Default)]
pub struct Change {
    pub(crate) writes: Vec<Write>,
    pub(crate) contended: Option<Problem>,
    pub(crate) failure: Option<StoreError>,
}

pub(crate) struct Write {
    pub(crate) place: Item,
    pub(crate) what: What,
    pub(crate) otherwise: Option<Problem>,
}

pub(crate) enum What {
    /// The whole item, if there is none.
    Create(Item),
    /// An audit record: in its own table, if there is none.
    Audit(Item),
    /// The whole item, if the version is still this one.
    Replace(Item, u64),
    /// Nothing, if the version is still this one.
    Delete(u64),
    /// These places become the holder's, if all are free; the item comes into being as needed.
    Occupy { base: Item, places: Vec<String>, holder: String },
    /// These places become free, if all are the holder's.
    Vacate { places: Vec<String>, holder: String },
    /// Nothing is written; there must be none.
    Absent,
    /// One more of what the item counts, if they are not as many already; it comes into being as needed.
    Count { base: Item, most: u32 },
}

impl Change {
    /// Nothing yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// A new record.
    pub fn create<E: Entity>(self, scope: E::Scope, entity: &E) -> Self {
        self.put(scope, entity, 1, What::Create)
    }

    /// A record as it is now, in place of the one that was read.
    pub fn update<E: Entity>(self, scope: E::Scope, stored: &Stored<E>) -> Self {
        let version = stored.version;
        self.put(scope, &stored.value, version + 1, |item| What::Replace(item, version))
    }

    /// The record that was read goes.
    pub fn delete<E: Entity>(mut self, scope: E::Scope, stored: &Stored<E>) -> Self {
        self.push(stored.value.key().place(&scope), What::Delete(stored.version));
        self
    }

    /// Take `places` in a record of places, each of which has at most one holder.
    ///
    /// The record is `blank`'s, and need not exist. Two changes that share a place cannot both be
    /// applied; two that share none never hinder each other.
    pub fn occupy<E: Entity>(
        mut self,
        scope: E::Scope,
        blank: &E,
        places: impl IntoIterator<Item = String>,
        holder: impl ToString,
    ) -> Self {
        let place = blank.key().place(&scope);
        let (places, holder) = (places.into_iter().collect(), holder.to_string());
        match base(blank) {
            Ok(base) => self.push(place, What::Occupy { base, places, holder }),
            Err(error) => self.failure = Some(error),
        }
        self
    }

    /// Give `places` back.
    pub fn vacate<E: Entity>(
        mut self,
        scope: E::Scope,
        blank: &E,
        places: impl IntoIterator<Item = String>,
        holder: impl ToString,
    ) -> Self {
        let (places, holder) = (places.into_iter().collect(), holder.to_string());
        self.push(blank.key().place(&scope), What::Vacate { places, holder });
        self
    }

    /// Write nothing here, and everything else only if there still is no such record.
    pub fn absent<E: Entity>(mut self, scope: E::Scope, key: &Key<E>) -> Self {
        self.push(key.place(&scope), What::Absent);
        self
    }

    /// One more in a record that counts something, of which there may be at most `most`.
    ///
    /// The record is `blank`'s, and need not exist; its attribute `count` is the store's. Counting at the
    /// same moment neither loses one nor lets one too many pass.
    pub fn count<E: Entity>(mut self, scope: E::Scope, blank: &E, most: u32) -> Self {
        let place = blank.key().place(&scope);
        match base(blank) {
            Ok(mut base) => {
                base.remove(COUNT);
                self.push(place, What::Count { base, most });
            }
            Err(error) => self.failure = Some(error),
        }
        self
    }

    /// Tell the world, once the rest has happened.
    pub fn announce<D: Event>(mut self, fact: Fact<D>) -> Self {
        let Ok(body) = serde_json::to_string(&fact) else {
            self.failure = Some(StoreError::Attribute("body"));
            return self;
        };
        let message = Outgoing { id: fact.id.to_string(), event: fact.event, at: fact.at, body };
        self.create(Shared, &message)
    }

    /// What to tell the client if the last write finds its condition broken.
    pub fn otherwise(mut self, fault: impl Fault) -> Self {
        if let Some(write) = self.writes.last_mut() {
            write.otherwise = Some(fault.into());
        }
        self
    }

    /// What to tell the client if others keep writing the same items at the same moment.
    pub fn contended(self, fault: impl Fault) -> Self {
        Self { contended: Some(fault.into()), ..self }
    }

    /// Is there nothing to write?
    pub fn is_empty(&self) -> bool {
        self.writes.is_empty() && self.failure.is_none()
    }

    pub(crate) fn audit<E: Entity>(self, scope: E::Scope, record: &E) -> Self {
        self.put(scope, record, 1, What::Audit)
    }

    fn put<E: Entity>(
        mut self,
        scope: E::Scope,
        entity: &E,
        version: u64,
        what: impl FnOnce(Item) -> What,
    ) -> Self {
        let place = entity.key().place(&scope);
        match base(entity) {
            Ok(mut item) => {
                item.insert("version".into(), N(version.to_string()));
                item.extend(place.clone());
                self.push(place, what(item));
            }
            Err(error) => self.failure = Some(error),
        }
        self
    }

    fn push(&mut self, place: Item, what: What) {
        self.writes.push(Write { place, what, otherwise: None });
    }
}

/// The attribute in which [`Change::count`] counts.
pub(crate) const COUNT: &str = "count";

/// An entity's attributes, without its key and version.
pub(crate) fn base<E: Entity>(entity: &E) -> Result<Item, StoreError> {
    let mut item: Item = serde_dynamo::to_item(entity)?;
    item.insert("kind".into(), S(E::KIND.into()));
    if let Some(at) = entity.expires_at() {
        item.insert("expires_at".into(), N(at.as_second().to_string()));
    }
    if let Some(entry) = entity.index() {
        item.insert(entry.index.attribute.into(), S(entry.partition));
        item.insert(entry.index.sort_attribute(), S(entry.sort));
    }
    Ok(item)
}

/// What was answered to an idempotency key, kept to be answered again.
///
/// Neither the key nor the request can be guessed from it: `id` is a hash, and `fingerprint` is a
/// hash that includes the key, which the client chose at random.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Receipt {
    /// Hash of caller, function and key.
    pub id: String,
    /// Hash of key and request, so a key reused for another request is noticed.
    pub fingerprint: String,
    /// What was answered.
    pub status: u16,
    /// What was answered.
    pub reply: String,
    /// What version of what was answered.
    #[serde(rename = "answered_version", default, skip_serializing_if = "Option::is_none")]
    pub version: Option<u64>,
    /// When the key may be used anew.
    pub until: Timestamp,
}

impl Entity for Receipt {
    const KIND: &'static str = "receipt";
    type Scope = Shared;
    fn key(&self) -> Key<Self> {
        Receipt::at(&self.id)
    }
    fn expires_at(&self) -> Option<Timestamp> {
        Some(self.until)
    }
}

impl Receipt {
    /// Access pattern: by id, before and after every unsafe request that carries a key.
    pub fn at(id: &str) -> Key<Self> {
        Key::new(format_args!("receipt/{id}"), "-")
    }
}

/// How the partition keys of the outbox begin: what a stream's filter looks for.
pub const OUTBOX: &str = "shared/outbox/";

/// A message in the outbox. The table's stream carries it on; nobody reads it back.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Outgoing {
    id: String,
    event: String,
    at: Timestamp,
    /// The [`Fact`] as JSON.
    body: String,
}

impl Entity for Outgoing {
    const KIND: &'static str = "event";
    type Scope = Shared;
    fn key(&self) -> Key<Self> {
        Key::new(format_args!("outbox/{}", self.id), "-")
    }
    /// Long enough to publish it again by hand after the worst weekend.
    fn expires_at(&self) -> Option<Timestamp> {
        Some(self.at + jiff::SignedDuration::from_hours(24 * 7))
    }
}
