use std::collections::HashMap;
use std::marker::PhantomData;
use std::time::Duration;

use aws_sdk_dynamodb::Error;
use aws_sdk_dynamodb::types::{KeysAndAttributes, ReturnConsumedCapacity};

use crate::read::{place, place_of, read};
use crate::{Entity, Item, Key, Store, StoreError, Stored};

/// How many records DynamoDB gives at once.
const AT_ONCE: usize = 100;

/// How often DynamoDB is asked again for what it did not get round to.
const ROUNDS: u32 = 5;

/// Several records of whatever kinds, read in one round trip, each strongly consistent.
///
/// They are not a snapshot: a transaction may have changed one and not yet the other. What is decided on
/// them is protected by the versions that the change demands, as always.
pub struct Batch<'a> {
    store: &'a Store,
    places: Vec<(String, String)>,
}

/// A record that a [`Batch`] was told to read.
pub struct Wanted<E> {
    place: (String, String),
    entity: PhantomData<fn() -> E>,
}

/// What a [`Batch`] has read.
pub struct Found(HashMap<(String, String), Item>);

impl Store {
    /// Read several records at once: say what is [`wanted`](Batch::want), then [`get`](Batch::get) it.
    pub fn batch(&self) -> Batch<'_> {
        Batch { store: self, places: Vec::new() }
    }
}

impl Batch<'_> {
    /// Also read this one.
    pub fn want<E: Entity>(&mut self, scope: E::Scope, key: Key<E>) -> Wanted<E> {
        let place = crate::read::names(&scope, &key.partition, &key.sort);
        // DynamoDB refuses a batch that names a key twice.
        if !self.places.contains(&place) {
            self.places.push(place.clone());
        }
        Wanted { place, entity: PhantomData }
    }

    /// Read them.
    pub async fn get(self) -> Result<Found, StoreError> {
        self.store.fetch(&self.places).await.map(Found)
    }
}

impl Store {
    /// The records at these places: a hundred in one round trip, which is what DynamoDB takes.
    pub(crate) async fn fetch(
        &self,
        places: &[(String, String)],
    ) -> Result<HashMap<(String, String), Item>, StoreError> {
        let mut found = HashMap::new();
        for places in places.chunks(AT_ONCE) {
            self.fetch_at_once(places, &mut found).await?;
        }
        Ok(found)
    }

    async fn fetch_at_once(
        &self,
        places: &[(String, String)],
        found: &mut HashMap<(String, String), Item>,
    ) -> Result<(), StoreError> {
        let keys: Vec<_> = places.iter().map(|(pk, sk)| place(pk, sk)).collect();
        let ask = KeysAndAttributes::builder().set_keys(Some(keys)).consistent_read(true).build();
        let mut ask = Some(HashMap::from([(self.table.name.clone(), ask.expect("keys are given"))]));
        for round in 0..ROUNDS {
            let reply = self
                .table
                .client
                .batch_get_item()
                .set_request_items(ask.take())
                .return_consumed_capacity(ReturnConsumedCapacity::Total)
                .send()
                .await
                .map_err(Error::from)?;
            self.meter.read(Some(
                reply.consumed_capacity().iter().filter_map(|used| used.capacity_units()).sum::<f64>(),
            ));
            for item in reply.responses.into_iter().flatten().flat_map(|(_, items)| items) {
                if let Some(place) = place_of(&item)
                    && self.live(&item)
                {
                    found.insert(place, item);
                }
            }
            match reply.unprocessed_keys.filter(|rest| !rest.is_empty()) {
                None => return Ok(()),
                rest => ask = rest,
            }
            tokio::time::sleep(Duration::from_millis(10 << round)).await;
        }
        Err(StoreError::Contended)
    }
}

impl Found {
    /// The record, if there is one.
    pub fn take<E: Entity>(&mut self, wanted: &Wanted<E>) -> Result<Option<Stored<E>>, StoreError> {
        self.0.get(&wanted.place).cloned().map(read).transpose()
    }
}
