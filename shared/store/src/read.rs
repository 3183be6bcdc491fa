use aws_sdk_dynamodb::error::ProvideErrorMetadata as _;
use aws_sdk_dynamodb::types::AttributeValue::{N, S};
use aws_sdk_dynamodb::types::{ReturnConsumedCapacity, Select};
use aws_sdk_dynamodb::{Client, Error};
use kernel::Timestamp;

use crate::change::base;
use crate::entity::Sort;
use crate::{Cursor, Entity, Item, Key, Listing, Meter, Page, Range, Scope, Shared, StoreError, Stored};

/// The physical tables of one context: a client and two names. Shared by every invocation.
#[derive(Clone, Debug)]
pub struct Table {
    /// The SDK's client.
    pub client: Client,
    /// The context's own table.
    pub name: String,
    /// Where audit records go, which nobody may change or delete.
    pub audit: String,
}

/// The table during one invocation: read-only, with one "now" and one meter.
#[derive(Clone, Debug)]
pub struct Store {
    pub(crate) table: Table,
    pub(crate) now: Timestamp,
    pub(crate) meter: Meter,
}

impl Store {
    /// For one invocation.
    pub fn new(table: &Table, now: Timestamp, meter: &Meter) -> Self {
        Self { table: table.clone(), now, meter: meter.clone() }
    }

    /// Read one record, strongly consistent.
    pub async fn get<E: Entity>(
        &self,
        scope: E::Scope,
        key: Key<E>,
    ) -> Result<Option<Stored<E>>, StoreError> {
        let reply = self
            .table
            .client
            .get_item()
            .table_name(&self.table.name)
            .set_key(Some(key.place(&scope)))
            .consistent_read(true)
            .return_consumed_capacity(ReturnConsumedCapacity::Total)
            .send()
            .await
            .map_err(Error::from)?;
        self.meter.read(reply.consumed_capacity().and_then(|used| used.capacity_units()));
        match reply.item {
            Some(item) if self.live(&item) => read(item).map(Some),
            _ => Ok(None),
        }
    }

    /// [`get`](Self::get), for a record the request depends on.
    pub async fn find<E: Entity>(&self, scope: E::Scope, key: Key<E>) -> Result<Stored<E>, StoreError> {
        self.get(scope, key).await?.ok_or(StoreError::Missing(E::KIND))
    }

    /// Read one page of a range: strongly consistent from the table, eventually from an index.
    pub async fn list<E: Entity>(
        &self,
        scope: impl Scope,
        range: Range<E>,
        page: Page,
    ) -> Result<Listing<E>, StoreError> {
        let (items, next) = self.page(scope, range, page).await?;
        let items = items.into_iter().filter(|item| self.live(item)).map(read).collect::<Result<_, _>>()?;
        Ok(Listing { items, next })
    }

    /// Read one page of a range of records that are written once, and look at every item closely: nothing stands
    /// for one that is not stored as its type would store it, down to the last attribute.
    pub async fn inspect<E: Entity<Scope = Shared>>(
        &self,
        range: Range<E>,
        page: Page,
    ) -> Result<(Vec<Option<E>>, Option<Cursor>), StoreError> {
        let (items, next) = self.page(Shared, range, page).await?;
        Ok((items.into_iter().map(exact).collect(), next))
    }

    /// The sort keys of one page of an index, without the records.
    pub async fn names<E: Entity>(&self, range: Range<E>, page: Page) -> Result<Names, StoreError> {
        let sort = range.index.map_or_else(|| "sk".to_owned(), crate::Index::sort_attribute);
        let (items, next) = self.query(Shared, range, page).await?;
        let name = |item: Item| match item.get(&sort) {
            Some(S(name)) => Some(name.clone()),
            _ => None,
        };
        Ok(Names { items: items.into_iter().filter_map(name).collect(), next })
    }

    /// The table of audit records, to be read.
    #[must_use]
    pub fn trail(&self) -> Self {
        let table = Table { name: self.table.audit.clone(), ..self.table.clone() };
        Self { table, ..self.clone() }
    }

    async fn page<E: Entity>(
        &self,
        scope: impl Scope,
        range: Range<E>,
        page: Page,
    ) -> Result<(Vec<Item>, Option<Cursor>), StoreError> {
        let asked = format!("{}/{}", scope.prefix(), range.partition);
        let index = range.index.filter(|index| index.keys_only);
        let (items, next) = self.query(scope, range, page).await?;
        let Some(index) = index else { return Ok((items, next)) };
        let places: Vec<_> = items.iter().filter_map(place_of).collect();
        let mut found = self.fetch(&places).await?;
        // The index follows the table: what has moved on since is in another partition of it.
        let still = |item: &Item| item.get(index.attribute) == Some(&S(asked.clone()));
        Ok((places.iter().filter_map(|place| found.remove(place)).filter(still).collect(), next))
    }

    async fn query<E: Entity>(
        &self,
        scope: impl Scope,
        range: Range<E>,
        page: Page,
    ) -> Result<(Vec<Item>, Option<Cursor>), StoreError> {
        let partition = format!("{}/{}", scope.prefix(), range.partition);
        let (pk, sk) = match range.index {
            Some(index) => (index.attribute.to_owned(), index.sort_attribute()),
            None => ("pk".to_owned(), "sk".to_owned()),
        };
        let start = page.after.map(|after| match (range.index, <[String; 3]>::try_from(after.0)) {
            (None, Err(sort)) => match <[String; 1]>::try_from(sort) {
                Ok([sort]) => Ok(vec![(pk.clone(), partition.clone()), (sk.clone(), sort)]),
                Err(_) => Err(StoreError::Cursor),
            },
            (Some(_), Ok([sort, table_pk, table_sk])) => Ok(vec![
                (pk.clone(), partition.clone()),
                (sk.clone(), sort),
                ("pk".into(), table_pk),
                ("sk".into(), table_sk),
            ]),
            _ => Err(StoreError::Cursor),
        });
        let start: Option<Item> =
            start.transpose()?.map(|parts| parts.into_iter().map(|(name, value)| (name, S(value))).collect());

        let resumes = start.is_some();
        let query = self
            .table
            .client
            .query()
            .table_name(&self.table.name)
            .set_index_name(range.index.map(|index| index.name.to_owned()))
            .consistent_read(range.index.is_none())
            .scan_index_forward(!range.backwards)
            .expression_attribute_names("#pk", &pk)
            .expression_attribute_names("#sk", &sk)
            .expression_attribute_values(":pk", S(partition.clone()))
            .limit(i32::from(page.limit))
            .set_exclusive_start_key(start)
            .return_consumed_capacity(ReturnConsumedCapacity::Total);
        let query = match range.sort {
            Sort::Prefix(prefix) if prefix.is_empty() => {
                // DynamoDB takes no empty string as a key value, so "everything" is said without it.
                query
                    .key_condition_expression("#pk = :pk")
                    .set_expression_attribute_names(Some([("#pk".to_owned(), pk.clone())].into()))
            }
            Sort::Prefix(prefix) => query
                .key_condition_expression("#pk = :pk AND begins_with(#sk, :prefix)")
                .expression_attribute_values(":prefix", S(prefix)),
            Sort::Between(first, last) => query
                .key_condition_expression("#pk = :pk AND #sk BETWEEN :first AND :last")
                .expression_attribute_values(":first", S(first))
                .expression_attribute_values(":last", S(last)),
        };
        let reply = query.send().await.map_err(|error| match Error::from(error) {
            // Everything else in the query is ours: only a forged start can be one that DynamoDB refuses.
            error if resumes && error.code() == Some("ValidationException") => StoreError::Cursor,
            error => error.into(),
        })?;
        self.meter.read(reply.consumed_capacity().and_then(|used| used.capacity_units()));

        let next = reply.last_evaluated_key.map(|mut last| {
            let mut part = |name: &str| match last.remove(name) {
                Some(S(text)) => text,
                _ => String::new(),
            };
            Cursor(match range.index {
                Some(_) => vec![part(&sk), part("pk"), part("sk")],
                None => vec![part("sk")],
            })
        });
        Ok((reply.items.unwrap_or_default(), next))
    }

    /// How many records there are in a range of an index, without reading what they say.
    pub async fn count<E: Entity>(&self, scope: impl Scope, range: Range<E>) -> Result<u64, StoreError> {
        let partition = format!("{}/{}", scope.prefix(), range.partition);
        let (name, pk) = match range.index {
            Some(index) => (Some(index.name.to_owned()), index.attribute.to_owned()),
            None => (None, "pk".to_owned()),
        };
        let (mut count, mut start) = (0, None);
        loop {
            let reply = self
                .table
                .client
                .query()
                .table_name(&self.table.name)
                .set_index_name(name.clone())
                .select(Select::Count)
                .key_condition_expression("#pk = :pk")
                .expression_attribute_names("#pk", &pk)
                .expression_attribute_values(":pk", S(partition.clone()))
                .set_exclusive_start_key(start)
                .return_consumed_capacity(ReturnConsumedCapacity::Total)
                .send()
                .await
                .map_err(Error::from)?;
            self.meter.read(reply.consumed_capacity().and_then(|used| used.capacity_units()));
            count += u64::try_from(reply.count).unwrap_or(0);
            start = reply.last_evaluated_key;
            if start.is_none() {
                return Ok(count);
            }
        }
    }

    pub(crate) fn live(&self, item: &Item) -> bool {
        match item.get("expires_at") {
            Some(N(seconds)) => seconds.parse::<i64>().is_ok_and(|at| at > self.now.as_second()),
            _ => true,
        }
    }
}

/// The key of a record, as texts.
pub(crate) fn names(scope: &impl Scope, partition: &str, sort: &str) -> (String, String) {
    (format!("{}/{partition}", scope.prefix()), sort.to_owned())
}

pub(crate) fn place(pk: &str, sk: &str) -> Item {
    [("pk".into(), S(pk.into())), ("sk".into(), S(sk.into()))].into()
}

/// The record, if the item says it, the whole of it, and nothing else.
fn exact<E: Entity<Scope = Shared>>(item: Item) -> Option<E> {
    let stored: Stored<E> = read(item.clone()).ok()?;
    let mut expected = base(&stored.value).ok()?;
    expected.insert("version".into(), N("1".into()));
    expected.extend(stored.value.key().place(&Shared));
    (expected == item).then_some(stored.value)
}

/// Sort keys of an index.
#[derive(Debug)]
pub struct Names {
    /// In the range's order.
    pub items: Vec<String>,
    /// Where to go on; nothing at the end.
    pub next: Option<Cursor>,
}

/// Where a record stands.
pub(crate) fn place_of(item: &Item) -> Option<(String, String)> {
    match (item.get("pk"), item.get("sk")) {
        (Some(S(pk)), Some(S(sk))) => Some((pk.clone(), sk.clone())),
        _ => None,
    }
}

pub(crate) fn read<E: Entity>(mut item: Item) -> Result<Stored<E>, StoreError> {
    let Some(N(version)) = item.remove("version") else { return Err(StoreError::Attribute("version")) };
    let version = version.parse().map_err(|_| StoreError::Attribute("version"))?;
    // A flattened map in an entity must not swallow what is the store's own.
    item.retain(|name, _| {
        !matches!(name.as_str(), "pk" | "sk" | "kind" | "expires_at") && !name.starts_with("by_")
    });
    Ok(Stored { value: serde_dynamo::from_item(item)?, version })
}
