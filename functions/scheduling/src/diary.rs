//! Whose time is taken when. Pure: no I/O, no clock.
//!
//! A day of a provider or of a patient is one item, in which every tile of five minutes is an
//! attribute that holds the appointment that takes it. Booking sets the tiles of all its days under
//! the condition that they are absent. So two bookings that overlap cannot both succeed, whatever
//! their lengths and starts; two that do not overlap never fail because of each other; a booking of
//! any length is one write per resource and day; and a week of a diary is one small query.
//!
//! See `docs/decisions/0003-tiles-in-day-items.md`.

use std::collections::BTreeMap;

use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, ToSpan as _};
use kernel::{PatientId, ProviderId, Timestamp};
use serde::{Deserialize, Serialize};
use store::{Entity, Key, Range, Shared};

/// The length of a tile in minutes. Every clinic's grid is a multiple, and so is every offset of
/// every zone in use since 1972.
pub const TILE_MINUTES: u16 = 5;

/// One UTC day of somebody's time.
///
/// Access patterns: a run of days of one provider; tiles are taken and given back by day.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DiaryDay {
    /// Whose time: the id of a provider or of a patient.
    pub whose: String,
    /// Which day, by UTC.
    pub day: Date,
    /// Who holds which tile. Names are those of [`tile_name`], values ids of appointments.
    #[serde(flatten)]
    pub tiles: BTreeMap<String, String>,
}

impl DiaryDay {
    /// A run of days of a provider.
    pub fn of_provider(provider: ProviderId, first: Date, last: Date) -> Range<Self> {
        Range::between(format_args!("diary/{provider}"), first, last)
    }
}

impl Entity for DiaryDay {
    const KIND: &'static str = "diary-day";
    /// A person's time is one, in whichever clinic they are: this is not a clinic's record.
    type Scope = Shared;
    fn key(&self) -> Key<Self> {
        Key::new(format_args!("diary/{}", self.whose), self.day)
    }
    /// What is over hinders nobody.
    fn expires_at(&self) -> Option<Timestamp> {
        let end = self.day.saturating_add(8.days()).to_zoned(TimeZone::UTC).ok()?;
        Some(end.timestamp())
    }
}

/// A day and the names of its tiles that a stretch of time takes.
pub type TilesOfDay = (Date, Vec<String>);

/// The tiles from `start` to `end`, day by day.
///
/// Both are whole multiples of [`TILE_MINUTES`]; [`crate::calendar`] admits no others.
pub fn tiles(start: Timestamp, end: Timestamp) -> Vec<TilesOfDay> {
    let mut days: Vec<TilesOfDay> = Vec::new();
    let mut at = start;
    while at < end {
        let (day, name) = tile(at);
        match days.last_mut() {
            Some((last, names)) if *last == day => names.push(name),
            _ => days.push((day, vec![name])),
        }
        at = at.saturating_add(SignedDuration::from_mins(TILE_MINUTES.into())).unwrap_or(Timestamp::MAX);
    }
    days
}

/// The day and the name of the tile that `at` is in.
fn tile(at: Timestamp) -> (Date, String) {
    let utc = at.to_zoned(TimeZone::UTC).datetime();
    let minute = i32::from(utc.hour()) * 60 + i32::from(utc.minute());
    (utc.date(), tile_name(minute / i32::from(TILE_MINUTES)))
}

/// `t000` to `t287`.
fn tile_name(number: i32) -> String {
    format!("t{number:03}")
}

/// A day of a provider's time, without its tiles.
pub fn day_of_provider(provider: ProviderId, day: Date) -> DiaryDay {
    DiaryDay { whose: provider.to_string(), day, tiles: BTreeMap::new() }
}

/// A day of a patient's time, without its tiles.
pub fn day_of_patient(patient: PatientId, day: Date) -> DiaryDay {
    DiaryDay { whose: patient.to_string(), day, tiles: BTreeMap::new() }
}

/// When somebody is busy, as far as it was read.
#[derive(Clone, Debug, Default)]
pub struct Busy(BTreeMap<Date, BTreeMap<String, String>>);

impl Busy {
    /// From days as read.
    pub fn new(days: impl IntoIterator<Item = DiaryDay>) -> Self {
        Self(days.into_iter().map(|day| (day.day, day.tiles)).collect())
    }

    /// Is nothing taken from `start` to `end`?
    pub fn is_free(&self, start: Timestamp, end: Timestamp) -> bool {
        tiles(start, end).iter().all(|(day, names)| {
            self.0.get(day).is_none_or(|taken| names.iter().all(|name| !taken.contains_key(name)))
        })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::appointment::end;

    #[test]
    fn a_stretch_over_midnight_takes_tiles_of_both_days() {
        let start: Timestamp = "2027-03-01T23:50:00Z".parse().unwrap();
        let days = tiles(start, end(start, 20));
        let names: Vec<_> = days.iter().map(|(day, names)| (day.to_string(), names.join(" "))).collect();
        assert_eq!(
            names,
            [("2027-03-01".into(), "t286 t287".into()), ("2027-03-02".into(), "t000 t001".into())]
        );
    }

    proptest! {
        #[test]
        fn two_stretches_overlap_exactly_when_they_share_a_tile(
            a in 0i32..600, b in 0i32..600, la in 1u16..=100, lb in 1u16..=100,
        ) {
            let epoch: Timestamp = "2027-03-27T20:00:00Z".parse().unwrap();
            let at = |tile: i32| epoch + SignedDuration::from_mins(i64::from(tile) * 5);
            let shared = |(day, names): &TilesOfDay| {
                tiles(at(b), at(b + i32::from(lb))).iter().any(|(other, others)| {
                    day == other && names.iter().any(|name| others.contains(name))
                })
            };
            let overlap = a < b + i32::from(lb) && b < a + i32::from(la);
            prop_assert_eq!(overlap, tiles(at(a), at(a + i32::from(la))).iter().any(shared));
        }
    }
}
