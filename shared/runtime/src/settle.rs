//! What every delivery ends with: the commit, or a reason why not.

use jiff::SignedDuration;
use kernel::Problem;
use sha2::{Digest as _, Sha256};
use store::{Change, Commit, CommitError, Receipt, Store, StoreError};

use crate::{Audit, Host};

/// How often a handler is run while what it read keeps changing.
pub(crate) const ROUNDS: u32 = 4;

/// For how long an answer is kept to be given again to the same `Idempotency-Key`.
pub(crate) const ANSWERS: SignedDuration = SignedDuration::from_hours(24);

/// For how long it is known that an event was worked on: longer than any queue keeps one, dead
/// letters included (14 days).
pub(crate) const EVENTS: SignedDuration = SignedDuration::from_hours(24 * 15);

/// What became of a commit.
pub(crate) enum Settled {
    /// Everything is written.
    Written,
    /// It had been written before, and this was answered.
    Before(Receipt),
    /// Somebody was quicker; nothing is written. Worth deciding anew.
    Stale,
}

pub(crate) async fn settle(
    host: &Host,
    store: &Store,
    change: Change,
    audit: Option<Audit>,
    receipt: Option<&Receipt>,
    spread: &str,
) -> Result<Settled, Problem> {
    let hash = Sha256::digest(spread);
    let spread = hash.iter().take(8).fold(0, |number, byte| number << 8 | u64::from(*byte));
    // While a request appends to a chain, nobody else has it.
    let hung = audit.map(|record| {
        let chain = host.take_chain(record.at);
        (chain.hang(record), chain)
    });
    let audit = hung.as_ref().map(|(record, _)| record);
    let outcome = store.commit(Commit { change, audit, receipt, spread }).await;
    if let Some((record, chain)) = hung {
        match &outcome {
            Ok(()) => host.give_chain_back(chain.grown(&record)),
            // Nothing is written.
            Err(
                CommitError::Replayed(_) | CommitError::Refused(_) | CommitError::Store(StoreError::Stale),
            ) => {
                host.give_chain_back(chain);
            }
            // Nobody knows whether the record is there: whatever hung on it could hang on nothing. The chain
            // ends here, and holds either way.
            Err(CommitError::Store(_)) => {}
        }
    }
    match outcome {
        Ok(()) => Ok(Settled::Written),
        Err(CommitError::Replayed(receipt)) => Ok(Settled::Before(receipt)),
        Err(CommitError::Store(StoreError::Stale)) => Ok(Settled::Stale),
        Err(CommitError::Refused(problem)) => Err(problem),
        Err(CommitError::Store(error)) => Err(error.into()),
    }
}

/// Hex of SHA-256 over the parts, each ended so that no two lists run together.
pub(crate) fn digest(parts: &[&[u8]]) -> String {
    use std::fmt::Write as _;

    let mut hash = Sha256::new();
    for part in parts {
        hash.update((part.len() as u64).to_be_bytes());
        hash.update(part);
    }
    hash.finalize().iter().fold(String::with_capacity(64), |mut hex, byte| {
        let _ = write!(hex, "{byte:02x}");
        hex
    })
}
