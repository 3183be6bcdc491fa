//! The audit trail: what is recorded, and how records hold on to each other.
//!
//! Every process that writes keeps chains of its own, so that no two writers wait for each other: a record
//! names its chain and its place in it, and carries a hash of all that it says and of the hash before. Whoever
//! changes a record breaks its hash or the next one's; whoever takes one out of the middle leaves a gap. That the end of a chain is still there is known from the anchors of its day. See
//! `docs/decisions/0021-the-audit-trail-is-chained.md`.

use base64::{Engine as _, prelude::BASE64_URL_SAFE_NO_PAD};
use jiff::civil::Date;
use jiff::tz::TimeZone;
use kernel::{ClinicId, Id, PatientId, Private, Role, Timestamp, UserId, kind};
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use store::{Change, Entity, Index, IndexEntry, Key, Range, Shared};

/// A chain of audit records: one writer's, of one day.
pub type ChainId = Id<kind::AuditChain>;

/// Who did what to whose record, or tried to. Written in the same transaction as the change, or before the
/// answer leaves.
///
/// Access pattern: all of a chain, in order, to verify it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Audit {
    /// Its id, which begins with when.
    pub id: Id<kind::Audit>,
    /// Also in the logs and in the answer.
    pub request: String,
    /// When.
    pub at: Timestamp,
    /// Which operation.
    pub function: String,
    /// Of a request: on what. Paths hold ids and nothing that is private.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub path: Option<String>,
    /// Did it change anything?
    pub access: Access,
    /// Who; nobody for jobs.
    pub user: Option<UserId>,
    /// As what; nothing for a caller who is not signed in.
    pub role: Option<Role>,
    /// Where; nothing outside clinics.
    pub clinic: Option<ClinicId>,
    /// Whose record.
    pub patients: Vec<PatientId>,
    /// From which address of the internet; nothing for jobs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub address: Option<Private<String>>,
    /// With what, as it called itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub agent: Option<Private<String>>,
    /// The code of the refusal, where it was refused.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub refused: Option<String>,
    /// Where it hangs.
    pub link: Link,
}

/// What was done to a record.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Access {
    /// It was looked at.
    Read,
    /// It was changed.
    Write,
}

/// A record's place among the others.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Link {
    /// In which chain.
    pub chain: ChainId,
    /// In which place, from 0.
    pub number: u32,
    /// SHA-256, base64url, of everything else that the record says, and of the hash of the record before.
    pub hash: String,
}

impl Access {
    /// By what is to be written.
    pub(crate) fn of(change: &Change) -> Self {
        if change.is_empty() { Self::Read } else { Self::Write }
    }
}

impl Link {
    /// Of a record that does not hang anywhere yet.
    pub(crate) fn none() -> Self {
        Self { chain: Id::NOBODY, number: 0, hash: String::new() }
    }
}

/// Chains by the day on which they were begun: their first records.
pub static BY_DAY: Index = Index { name: "by-day", attribute: "by_day", keys_only: true };

impl Audit {
    /// All of a chain, in order.
    pub fn chain(chain: ChainId) -> Range<Self> {
        Range::new(partition(chain), "")
    }

    /// The first records of the chains of a day, by the clocks of UTC.
    pub fn first_of(day: Date) -> Range<Self> {
        Range::new(format_args!("chains/{day}"), "").through(&BY_DAY)
    }

    /// The hash that the record should carry, after a record of this hash.
    fn digest(&self, previous: &str) -> String {
        let link = Link { hash: String::new(), ..self.link.clone() };
        let said = serde_json::to_vec(&Self { link, ..self.clone() }).unwrap_or_default();
        let mut hash = Sha256::new();
        // The hash before is empty or of one length, so that the two do not run together.
        hash.update(previous);
        hash.update([0]);
        hash.update(said);
        BASE64_URL_SAFE_NO_PAD.encode(hash.finalize())
    }

    fn day(&self) -> Date {
        day(self.at)
    }
}

fn partition(chain: ChainId) -> String {
    format!("audit/{chain}")
}

fn day(at: Timestamp) -> Date {
    at.to_zoned(TimeZone::UTC).date()
}

impl Entity for Audit {
    const KIND: &'static str = "audit";
    type Scope = Shared;
    fn key(&self) -> Key<Self> {
        Key::new(partition(self.link.chain), format_args!("{:010}", self.link.number))
    }
    fn index(&self) -> Option<IndexEntry> {
        let partition = format!("chains/{}", self.day());
        (self.link.number == 0).then(|| IndexEntry::new(&BY_DAY, "shared", partition, self.link.chain))
    }
}

/// The end of a chain that one request at a time appends to.
#[derive(Clone, Debug)]
pub(crate) struct Chain {
    id: ChainId,
    day: Date,
    next: u32,
    head: String,
}

impl Chain {
    pub(crate) fn begin(id: ChainId, now: Timestamp) -> Self {
        Self { id, day: day(now), next: 0, head: String::new() }
    }

    /// May a record of this moment hang here? A chain belongs to one day, so that a day can be closed.
    pub(crate) fn takes(&self, now: Timestamp) -> bool {
        self.day == day(now)
    }

    /// The record, hung at the end.
    pub(crate) fn hang(&self, record: Audit) -> Audit {
        let link = Link { chain: self.id, number: self.next, hash: String::new() };
        let mut record = Audit { link, ..record };
        record.link.hash = record.digest(&self.head);
        record
    }

    /// It is written: the next one hangs on it.
    pub(crate) fn grown(self, by: &Audit) -> Self {
        Self { next: by.link.number + 1, head: by.link.hash.clone(), ..self }
    }
}

/// How far a chain goes.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Head {
    /// How many records it has.
    pub records: u32,
    /// Hash of the last one.
    pub hash: String,
}

/// Where a chain is broken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the audit trail is broken at record {number} of chain {chain}")]
pub struct Broken {
    /// Which chain.
    pub chain: ChainId,
    /// The first place at which it does not hold.
    pub number: u32,
}

impl Head {
    /// The chain's end after one more record, as it was found in the table: nothing where what lies there is
    /// not what a record of its place would look like.
    pub fn and(self, chain: ChainId, found: Option<&Audit>) -> Result<Self, Broken> {
        let Self { records: number, hash } = self;
        let holds = |record: &&Audit| {
            let Link { chain: named, number: place, hash: own } = &record.link;
            *named == chain && *place == number && *own == record.digest(&hash)
        };
        let record = found.filter(holds).ok_or(Broken { chain, number })?;
        Ok(Self { records: number + 1, hash: record.link.hash.clone() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn record(id: u128) -> Audit {
        let number = |number| Id::from_uuid(uuid::Uuid::from_u128(number));
        Audit {
            id: Id::from_uuid(uuid::Uuid::from_u128(id)),
            request: "request".into(),
            at: "2027-03-01T08:00:00Z".parse().unwrap(),
            function: "get-patient".into(),
            path: None,
            access: Access::Read,
            user: Some(Id::from_uuid(uuid::Uuid::from_u128(1))),
            role: Some(Role::Nurse),
            clinic: None,
            patients: vec![Id::from_uuid(uuid::Uuid::from_u128(2))],
            address: Some(Private("198.51.100.7".into())),
            agent: None,
            refused: None,
            link: Link { chain: number(0), number: 0, hash: String::new() },
        }
    }

    fn chain(records: u128) -> (ChainId, Vec<Audit>) {
        let id = Id::from_uuid(uuid::Uuid::from_u128(9));
        let mut chain = Chain::begin(id, "2027-03-01T08:00:00Z".parse().unwrap());
        let mut hung = Vec::new();
        for number in 0..records {
            let next = chain.hang(record(number));
            chain = chain.grown(&next);
            hung.push(next);
        }
        (id, hung)
    }

    fn walk(id: ChainId, records: &[Audit]) -> Result<Head, Broken> {
        records.iter().try_fold(Head::default(), |head, record| head.and(id, Some(record)))
    }

    #[test]
    fn a_chain_that_nobody_touched_holds() {
        let (id, records) = chain(5);
        let head = walk(id, &records).unwrap();
        assert_eq!((head.records, &head.hash), (5, &records[4].link.hash));
    }

    #[test]
    fn whatever_is_changed_is_found_where_it_was_changed() {
        let (id, records) = chain(5);
        let edits: [fn(&mut Audit); 8] = [
            |record| record.user = None,
            |record| record.patients.clear(),
            |record| record.function = "get-patienT".into(),
            |record| record.at += jiff::SignedDuration::from_nanos(1),
            |record| record.agent = Some(Private(String::new())),
            |record| record.access = Access::Write,
            |record| record.link.number += 1,
            |record| record.link.hash = "0".repeat(64),
        ];
        for edit in edits {
            let (mut records, original) = (records.clone(), records[2].clone());
            edit(&mut records[2]);
            assert_eq!(walk(id, &records), Err(Broken { chain: id, number: 2 }));
            // Whoever mends its hash breaks the next one's; whoever only spoilt the hash has mended all.
            records[2].link.hash = records[2].digest(&records[1].link.hash);
            let mended = walk(id, &records).map_err(|broken| broken.number);
            assert!(matches!(mended, Err(2 | 3)) || records[2] == original, "{mended:?}");
        }
    }

    #[test]
    fn what_is_taken_out_put_in_or_turned_around_is_found() {
        let (id, records) = chain(5);
        let mut without = records.clone();
        without.remove(2);
        assert_eq!(walk(id, &without).unwrap_err().number, 2);
        let mut turned = records.clone();
        turned.swap(1, 2);
        assert_eq!(walk(id, &turned).unwrap_err().number, 1);
        let mut twice = records.clone();
        twice.insert(3, records[2].clone());
        assert_eq!(walk(id, &twice).unwrap_err().number, 3);
        assert_eq!(Head::default().and(id, None).unwrap_err().number, 0);
        let other = Id::from_uuid(uuid::Uuid::from_u128(10));
        assert_eq!(walk(other, &records).unwrap_err().number, 0, "a chain does not pass for another");
    }

    #[test]
    fn a_chain_ends_with_its_day() {
        let chain = Chain::begin(Id::NOBODY, "2027-03-01T23:59:59Z".parse().unwrap());
        assert!(chain.takes("2027-03-01T00:00:00Z".parse().unwrap()));
        assert!(!chain.takes("2027-03-02T00:00:00Z".parse().unwrap()));
    }
}
