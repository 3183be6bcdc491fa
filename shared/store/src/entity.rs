use std::{fmt::Display, marker::PhantomData, ops::Deref};

use base64::{Engine as _, prelude::BASE64_URL_SAFE_NO_PAD};
use kernel::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize, de::DeserializeOwned};

use crate::read::{names, place};
use crate::{Item, Limit, Scope, StoreError};

/// A record in the table. Its serde form is its stored form.
///
/// Field names `pk`, `sk`, `kind`, `version`, `expires_at` and those of the indexes are the store's.
pub trait Entity: Serialize + DeserializeOwned + Send + Sync + 'static {
    /// Stored with the item, so that a table dump can be read by a person.
    const KIND: &'static str;
    /// Among whose records it is.
    type Scope: Scope;

    /// Where it lives within its scope.
    fn key(&self) -> Key<Self>;

    /// Where else it can be found.
    fn index(&self) -> Option<IndexEntry> {
        None
    }

    /// From when on it is as good as deleted.
    fn expires_at(&self) -> Option<Timestamp> {
        None
    }
}

/// Where one `E` lives, relative to its scope.
pub struct Key<E> {
    pub(crate) partition: String,
    pub(crate) sort: String,
    entity: PhantomData<fn() -> E>,
}

impl<E> Key<E> {
    /// `partition` groups what is read together; `sort` is unique in it.
    pub fn new(partition: impl Display, sort: impl Display) -> Self {
        Self { partition: partition.to_string(), sort: sort.to_string(), entity: PhantomData }
    }

    pub(crate) fn place(&self, scope: &impl Scope) -> Item {
        let (pk, sk) = names(scope, &self.partition, &self.sort);
        place(&pk, &sk)
    }
}

/// A sparse secondary index. Its key attributes are `<attribute>` and `<attribute>_sort`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Index {
    /// Named for the question that it answers: `by-patient`.
    pub name: &'static str,
    /// The partition attribute: `by_patient`.
    pub attribute: &'static str,
    /// Does it hold the keys alone? Then it costs a fraction of a whole copy, and whoever lists through it
    /// reads the records themselves in a second round trip.
    pub keys_only: bool,
}

impl Index {
    /// The sort attribute.
    pub fn sort_attribute(&self) -> String {
        format!("{}_sort", self.attribute)
    }
}

/// An entity's place in an index.
pub struct IndexEntry {
    pub(crate) index: &'static Index,
    pub(crate) partition: String,
    pub(crate) sort: String,
}

impl IndexEntry {
    /// `owner` is the id that the reader's scope will carry.
    pub fn new(
        index: &'static Index,
        owner: impl Display,
        partition: impl Display,
        sort: impl Display,
    ) -> Self {
        Self { index, partition: format!("{owner}/{partition}"), sort: sort.to_string() }
    }
}

/// A run of `E`s in one partition of the table or of an index, in sort-key order.
pub struct Range<E> {
    pub(crate) index: Option<&'static Index>,
    pub(crate) partition: String,
    pub(crate) sort: Sort,
    pub(crate) backwards: bool,
    entity: PhantomData<fn() -> E>,
}

pub(crate) enum Sort {
    Prefix(String),
    Between(String, String),
}

impl<E> Range<E> {
    /// Everything whose sort key begins with `prefix`.
    pub fn new(partition: impl Display, prefix: impl Display) -> Self {
        Self::with(partition, Sort::Prefix(prefix.to_string()))
    }

    /// Everything whose sort key is between the two, both included.
    pub fn between(partition: impl Display, first: impl Display, last: impl Display) -> Self {
        Self::with(partition, Sort::Between(first.to_string(), last.to_string()))
    }

    fn with(partition: impl Display, sort: Sort) -> Self {
        Self { index: None, partition: partition.to_string(), sort, backwards: false, entity: PhantomData }
    }

    /// Read it from an index: eventually consistent.
    pub fn through(self, index: &'static Index) -> Self {
        Self { index: Some(index), ..self }
    }

    /// Last first.
    pub fn backwards(self) -> Self {
        Self { backwards: true, ..self }
    }
}

/// An `E` as read, with the version a write must still find.
#[derive(Clone, Debug)]
pub struct Stored<E> {
    pub(crate) value: E,
    pub(crate) version: u64,
}

impl<E> Deref for Stored<E> {
    type Target = E;
    fn deref(&self) -> &E {
        &self.value
    }
}

impl<E> Stored<E> {
    /// The value alone.
    pub fn into_inner(self) -> E {
        self.value
    }

    /// How often it has been written.
    pub fn version(&self) -> u64 {
        self.version
    }

    /// Change it in place, keeping the version that it was read with.
    #[must_use]
    pub fn with(mut self, change: impl FnOnce(&mut E)) -> Self {
        change(&mut self.value);
        self
    }

    /// Apply a domain decision, keeping the version it was made against.
    pub fn decide<X>(self, decision: impl FnOnce(E) -> Result<E, X>) -> Result<Self, X> {
        Ok(Self { value: decision(self.value)?, version: self.version })
    }
}

/// Which page of a [`Range`] to read.
#[derive(Clone, Debug)]
pub struct Page {
    /// How many at the most.
    pub limit: u8,
    /// Where the previous page ended.
    pub after: Option<Cursor>,
}

impl Page {
    /// One page of everything that a small range can hold.
    pub const ALL: Self = Self { limit: 255, after: None };

    /// The page that a client asks for.
    pub fn of(limit: Limit, after: Option<Cursor>) -> Self {
        Self { limit: limit.into(), after }
    }
}

/// A place in a listing.
///
/// It holds only what follows the partition: that is rebuilt from the query on every page, so a
/// forged cursor can skip records but never leave its scope.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[schemars(with = "String")]
#[serde(try_from = "String", into = "String")]
pub struct Cursor(pub(crate) Vec<String>);

impl TryFrom<String> for Cursor {
    type Error = StoreError;
    fn try_from(text: String) -> Result<Self, StoreError> {
        let bytes = BASE64_URL_SAFE_NO_PAD.decode(text).map_err(|_| StoreError::Cursor)?;
        serde_json::from_slice(&bytes).map(Self).map_err(|_| StoreError::Cursor)
    }
}

impl From<Cursor> for String {
    fn from(cursor: Cursor) -> Self {
        BASE64_URL_SAFE_NO_PAD.encode(serde_json::to_vec(&cursor.0).unwrap_or_default())
    }
}

/// One page.
#[derive(Debug)]
pub struct Listing<E> {
    /// In the range's order.
    pub items: Vec<Stored<E>>,
    /// Where to go on; nothing at the end.
    pub next: Option<Cursor>,
}
