//! Anchors: once a day has ended, the ends of all its chains of audit records are written where nobody can
//! change them. What is missing at an end, and what is put in later, is known from them.

use std::collections::BTreeMap;

use jiff::civil::Date;
use kernel::Problem;
use runtime::{Audit, Broken, ChainId, Cx, Head, System};
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use store::Page;

/// The most records that are read at once.
const PAGE: u8 = 100;

/// The ends of all chains of a day, and what the day before said.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Anchor {
    /// Which day, by the clocks of UTC.
    pub day: Date,
    /// Where each chain ended.
    pub chains: BTreeMap<ChainId, Head>,
    /// Chains that were broken by then, and where.
    pub broken: BTreeMap<ChainId, u32>,
    /// SHA-256, hex, of the anchor of the day before, byte by byte; empty where there is none.
    pub previous: String,
}

/// What does not hold.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "what", rename_all = "kebab-case")]
pub enum Fault {
    /// A record is missing, or is not what was written.
    Record {
        /// On which day.
        day: Date,
        /// In which chain.
        chain: ChainId,
        /// In which place, from 0.
        number: u32,
    },
    /// A chain ends earlier or otherwise than it did when its day was anchored.
    End {
        /// On which day.
        day: Date,
        /// Which chain.
        chain: ChainId,
    },
    /// A chain was not there when its day was anchored.
    Late {
        /// On which day.
        day: Date,
        /// Which chain.
        chain: ChainId,
    },
    /// The anchor of a day is not one, or is not the one that the next day knew.
    Anchor {
        /// Of which day.
        day: Date,
    },
}

impl Anchor {
    /// Under which key the anchor of a day lies.
    pub fn key(day: Date) -> String {
        format!("audit-anchors/{day}.json")
    }

    /// As it lies there.
    pub fn hash(body: &[u8]) -> String {
        Sha256::digest(body).iter().fold(String::new(), |hex, byte| hex + &format!("{byte:02x}"))
    }

    /// The first thing that is not as it was anchored, going by what is found now.
    pub fn differs(&self, now: &Self) -> Option<Fault> {
        let day = self.day;
        let broken = now.broken.iter().next();
        let record = broken.map(|(chain, number)| Fault::Record { day, chain: *chain, number: *number });
        let ended = self.chains.iter().find(|(chain, head)| now.chains.get(chain) != Some(head));
        let end = ended.map(|(chain, _)| Fault::End { day, chain: *chain });
        let known = |chain: &ChainId| self.chains.contains_key(chain) || self.broken.contains_key(chain);
        let late = now.chains.keys().chain(now.broken.keys()).find(|chain| !known(chain));
        record.or(end).or(late.map(|chain| Fault::Late { day, chain: *chain }))
    }
}

/// Walk all chains of a day.
pub(crate) async fn walk(cx: &Cx<'_, System>, day: Date) -> Result<Anchor, Problem> {
    let trail = cx.store.trail();
    let mut anchor = Anchor { day, ..Anchor::default() };
    let mut after = None;
    loop {
        let firsts = trail.names(Audit::first_of(day), Page { limit: PAGE, after }).await?;
        for name in &firsts.items {
            let Ok(chain) = name.parse::<ChainId>() else { continue };
            match end(cx, chain).await? {
                Ok(head) => drop(anchor.chains.insert(chain, head)),
                Err(Broken { number, .. }) => drop(anchor.broken.insert(chain, number)),
            }
        }
        after = firsts.next;
        if after.is_none() {
            return Ok(anchor);
        }
    }
}

async fn end(cx: &Cx<'_, System>, chain: ChainId) -> Result<Result<Head, Broken>, Problem> {
    let trail = cx.store.trail();
    let (mut head, mut after) = (Head::default(), None);
    loop {
        let (records, next) = trail.inspect(Audit::chain(chain), Page { limit: PAGE, after }).await?;
        for record in &records {
            match head.and(chain, record.as_ref()) {
                Ok(further) => head = further,
                Err(broken) => return Ok(Err(broken)),
            }
        }
        after = next;
        if after.is_none() {
            // A chain that is in the index has a first record.
            return Ok(if head.records == 0 { Err(Broken { chain, number: 0 }) } else { Ok(head) });
        }
    }
}

#[cfg(test)]
mod tests {
    use kernel::Id;

    use super::*;

    fn chain(number: u128) -> ChainId {
        Id::from_uuid(uuid::Uuid::from_u128(number))
    }

    fn anchor(chains: &[(u128, u32)]) -> Anchor {
        let heads = chains.iter().map(|(id, records)| {
            (chain(*id), Head { records: *records, hash: format!("hash of {id} after {records}") })
        });
        Anchor { day: jiff::civil::date(2027, 3, 1), chains: heads.collect(), ..Anchor::default() }
    }

    #[test]
    fn a_day_that_is_as_it_was_differs_in_nothing() {
        assert_eq!(anchor(&[(1, 5), (2, 1)]).differs(&anchor(&[(1, 5), (2, 1)])), None);
    }

    #[test]
    fn an_end_that_is_cut_off_a_chain_that_is_gone_and_one_that_came_later_are_told_apart() {
        let day = jiff::civil::date(2027, 3, 1);
        let known = anchor(&[(1, 5), (2, 1)]);
        assert_eq!(known.differs(&anchor(&[(1, 4), (2, 1)])), Some(Fault::End { day, chain: chain(1) }));
        assert_eq!(known.differs(&anchor(&[(1, 5)])), Some(Fault::End { day, chain: chain(2) }));
        let more = anchor(&[(1, 5), (2, 1), (3, 1)]);
        assert_eq!(known.differs(&more), Some(Fault::Late { day, chain: chain(3) }));
        let broken = Anchor { broken: [(chain(2), 7)].into(), ..anchor(&[(1, 5)]) };
        let fault = Fault::Record { day, chain: chain(2), number: 7 };
        assert_eq!(known.differs(&broken), Some(fault));
    }
}
