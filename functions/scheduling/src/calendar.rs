//! When a provider can be booked: opening hours, grid, zone. Pure: no I/O, no clock.

use jiff::civil::{Date, Time, Weekday};
use jiff::tz::{AmbiguousOffset, TimeZone};
use jiff::{SignedDuration, ToSpan as _};
use kernel::{ClinicId, Event, Money, ProviderId, ServiceId, Timestamp, Zone};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use store::{Entity, Key, Shared};

use crate::appointment::{Refusal, end};
use crate::diary::{Busy, TILE_MINUTES};

/// How far ahead can be booked, in days.
pub const HORIZON_DAYS: i64 = 366;

/// The longest appointment in minutes.
const LONGEST: u16 = 12 * 60;

/// What scheduling knows of a provider in a clinic: a copy of what the directory publishes, kept up
/// by its event of the same shape.
///
/// Access pattern: by clinic and provider, at every search and booking.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Calendar {
    /// Where.
    pub clinic: ClinicId,
    /// Its name.
    pub clinic_name: String,
    /// In which zone the openings are meant.
    pub time_zone: Zone,
    /// Appointments start on multiples of this many minutes past the hour, and last multiples of it.
    pub grid_minutes: u16,
    /// Who.
    pub provider: ProviderId,
    /// Their name.
    pub provider_name: String,
    /// What can be booked with them.
    pub services: Vec<Offer>,
    /// When.
    pub weekly: Vec<Opening>,
    /// The directory's version: a copy is only ever replaced by a newer one.
    #[serde(rename = "as_of", alias = "version")]
    pub version: u64,
}

impl Event for Calendar {
    const NAME: &'static str = "provider-calendar-changed";
}

/// A service, as far as booking is concerned.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Offer {
    /// Which.
    pub id: ServiceId,
    /// Its name.
    pub name: String,
    /// How long it takes.
    pub minutes: u16,
    /// What it costs.
    pub price: Money,
}

/// One stretch of a weekday, by the clinic's clocks. It ends at midnight where `to` is `00:00`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Opening {
    /// `monday` to `sunday`.
    pub day: String,
    /// From.
    pub from: Time,
    /// Until.
    pub to: Time,
}

/// The free times of one day.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct FreeDay {
    /// The day, in the clinic's zone.
    pub date: Date,
    /// When an appointment can begin.
    pub times: Vec<FreeTime>,
}

/// A time that can be booked.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct FreeTime {
    /// When it begins; send this to book.
    pub start: Timestamp,
    /// When it ends.
    pub end: Timestamp,
    /// When it begins by the clinic's clocks: `09:00`.
    pub local: String,
}

impl Calendar {
    /// By clinic and provider.
    pub fn at(clinic: ClinicId, provider: ProviderId) -> Key<Self> {
        Key::new(format_args!("calendar/{clinic}"), provider)
    }

    /// What the provider offers under this id.
    pub fn offer(&self, service: ServiceId) -> Result<&Offer, Refusal> {
        self.services.iter().find(|offer| offer.id == service).ok_or(Refusal::ServiceNotOffered)
    }

    /// Is this a length that appointments here can have?
    pub fn check_length(&self, minutes: u16) -> Result<(), Refusal> {
        let grid = self.grid_minutes.max(TILE_MINUTES);
        if minutes == 0 || minutes > LONGEST || !minutes.is_multiple_of(grid) {
            return Err(Refusal::LengthNotOffered);
        }
        Ok(())
    }

    /// Can an appointment take place from `start`, for `minutes`, as far as the calendar knows?
    pub fn check_time(&self, start: Timestamp, minutes: u16, now: Timestamp) -> Result<(), Refusal> {
        if start <= now {
            return Err(Refusal::StartInPast);
        }
        let zone = self.time_zone.rules();
        let date = start.to_zoned(zone.clone()).date();
        // An opening can reach past midnight where the clocks change at night.
        let around = [date.yesterday().unwrap_or(date), date];
        let offered = within_horizon(start, now)
            && around.iter().any(|date| self.starts(*date, &zone, minutes).any(|offered| offered == start));
        if offered { Ok(()) } else { Err(Refusal::TimeNotOffered) }
    }

    /// The free times from `first`, for `days` days by the clinic's calendar.
    pub fn free(&self, first: Date, days: u8, minutes: u16, busy: &Busy, now: Timestamp) -> Vec<FreeDay> {
        let zone = self.time_zone.rules();
        (0..i64::from(days))
            .map(|n| {
                let date = first.saturating_add(n.days());
                let times = self
                    .starts(date, &zone, minutes)
                    .filter(|&start| start > now && within_horizon(start, now))
                    .filter(|&start| busy.is_free(start, end(start, minutes)))
                    .map(|start| {
                        let local = start.to_zoned(zone.clone()).strftime("%H:%M").to_string();
                        FreeTime { start, end: end(start, minutes), local }
                    });
                FreeDay { date, times: times.collect() }
            })
            .collect()
    }

    /// Every instant of a day at which an appointment of this length could begin.
    ///
    /// Openings are wall-clock times. Where the clocks jump forward, a time that does not exist is the
    /// instant of the jump; between an opening's ends real time passes, so that nothing is offered
    /// twice or at an hour that never comes.
    fn starts(&self, date: Date, zone: &TimeZone, minutes: u16) -> impl Iterator<Item = Timestamp> {
        let grid = i64::from(self.grid_minutes.max(TILE_MINUTES));
        let openings = self.weekly.iter().filter(move |opening| opening.day == day_name(date.weekday()));
        let ends = openings.filter_map(move |opening| {
            let last_day = if opening.to == Time::midnight() { date.tomorrow().ok()? } else { date };
            Some((wall(date, opening.from, zone)?, wall(last_day, opening.to, zone)?))
        });
        ends.flat_map(move |(from, to)| {
            (0i64..)
                .map(move |n| {
                    from.saturating_add(SignedDuration::from_mins(n * grid)).unwrap_or(Timestamp::MAX)
                })
                .take_while(move |&start| end(start, minutes) <= to)
        })
    }
}

impl Entity for Calendar {
    const KIND: &'static str = "calendar";
    type Scope = Shared;
    fn key(&self) -> Key<Self> {
        Self::at(self.clinic, self.provider)
    }
}

/// When the clocks say so: the first time, where they say it twice, and the jump, where they skip it.
fn wall(date: Date, time: Time, zone: &TimeZone) -> Option<Timestamp> {
    let ambiguous = zone.to_ambiguous_timestamp(date.to_datetime(time));
    match ambiguous.offset() {
        AmbiguousOffset::Gap { .. } => {
            let after_the_jump = ambiguous.compatible().ok()?;
            zone.preceding(after_the_jump).next().map(|jump| jump.timestamp())
        }
        AmbiguousOffset::Unambiguous { .. } | AmbiguousOffset::Fold { .. } => ambiguous.compatible().ok(),
    }
}

fn within_horizon(start: Timestamp, now: Timestamp) -> bool {
    start.duration_since(now) <= SignedDuration::from_hours(24 * HORIZON_DAYS)
}

fn day_name(day: Weekday) -> &'static str {
    match day {
        Weekday::Monday => "monday",
        Weekday::Tuesday => "tuesday",
        Weekday::Wednesday => "wednesday",
        Weekday::Thursday => "thursday",
        Weekday::Friday => "friday",
        Weekday::Saturday => "saturday",
        Weekday::Sunday => "sunday",
    }
}

#[cfg(test)]
mod tests {
    use kernel::{Currency, Id};
    use proptest::prelude::*;

    use super::*;
    use crate::diary::{DiaryDay, tiles};

    fn calendar(zone: &str, openings: &[(&str, &str, &str)]) -> Calendar {
        let weekly = openings.iter().map(|&(day, from, to)| Opening {
            day: day.into(),
            from: from.parse().unwrap(),
            to: to.parse().unwrap(),
        });
        Calendar {
            clinic: Id::NOBODY,
            clinic_name: "Clinic".into(),
            time_zone: zone.to_owned().try_into().unwrap(),
            grid_minutes: 15,
            provider: Id::NOBODY,
            provider_name: "Dr Who".into(),
            services: vec![Offer {
                id: Id::NOBODY,
                name: "Visit".into(),
                minutes: 30,
                price: Money { minor: 4500, currency: Currency::Eur },
            }],
            weekly: weekly.collect(),
            version: 1,
        }
    }

    fn times(calendar: &Calendar, date: &str, now: &str) -> Vec<String> {
        let free = calendar.free(date.parse().unwrap(), 1, 30, &Busy::default(), now.parse().unwrap());
        free[0].times.iter().map(|time| format!("{} {}", time.local, time.start)).collect()
    }

    #[test]
    fn a_morning_in_berlin() {
        let berlin = calendar("Europe/Berlin", &[("monday", "09:00", "10:00")]);
        let expected =
            ["09:00 2027-03-01T08:00:00Z", "09:15 2027-03-01T08:15:00Z", "09:30 2027-03-01T08:30:00Z"];
        assert_eq!(times(&berlin, "2027-03-01", "2027-02-01T00:00:00Z"), expected);
        assert_eq!(times(&berlin, "2027-03-02", "2027-02-01T00:00:00Z"), Vec::<String>::new());
        assert_eq!(times(&berlin, "2027-03-01", "2027-03-01T08:15:00Z"), expected[2..]);
    }

    #[test]
    fn the_hour_that_does_not_exist_is_not_offered_and_the_hour_that_comes_twice_is_offered_twice() {
        let night = calendar("Europe/Berlin", &[("sunday", "01:30", "03:30")]);
        let spring = times(&night, "2027-03-28", "2027-01-01T00:00:00Z");
        assert_eq!(
            spring,
            ["01:30 2027-03-28T00:30:00Z", "01:45 2027-03-28T00:45:00Z", "03:00 2027-03-28T01:00:00Z"]
        );
        let autumn = times(&night, "2027-10-31", "2027-01-01T00:00:00Z");
        assert_eq!(autumn.iter().filter(|time| time.starts_with("02:30")).count(), 2);
        assert_eq!(autumn.len(), 11);
    }

    #[test]
    fn an_opening_that_touches_the_missing_hour_begins_or_ends_at_the_jump() {
        let locals = |openings: &[(&str, &str, &str)]| -> Vec<String> {
            let times = times(&calendar("Europe/Berlin", openings), "2027-03-28", "2027-01-01T00:00:00Z");
            times.iter().map(|time| time[..5].to_owned()).collect()
        };
        assert_eq!(locals(&[("sunday", "01:00", "02:30")]), ["01:00", "01:15", "01:30"]);
        assert_eq!(locals(&[("sunday", "02:30", "04:00")]), ["03:00", "03:15", "03:30"]);
        assert_eq!(locals(&[("sunday", "01:30", "02:30"), ("sunday", "03:00", "03:30")]), ["01:30", "03:00"]);
    }

    #[test]
    fn an_opening_may_last_until_midnight() {
        let late = calendar("America/New_York", &[("friday", "23:15", "00:00")]);
        let expected = ["23:15 2027-03-06T04:15:00Z", "23:30 2027-03-06T04:30:00Z"];
        assert_eq!(times(&late, "2027-03-05", "2027-01-01T00:00:00Z"), expected);
    }

    #[test]
    fn what_is_taken_is_not_free_whatever_its_length() {
        let berlin = calendar("Europe/Berlin", &[("monday", "09:00", "11:00")]);
        let taken = tiles("2027-03-01T08:40:00Z".parse().unwrap(), "2027-03-01T08:45:00Z".parse().unwrap());
        let busy = Busy::new(taken.into_iter().map(|(day, names)| DiaryDay {
            whose: "prv".into(),
            day,
            tiles: names.into_iter().map(|name| (name, "apt".into())).collect(),
        }));
        let now = "2027-02-01T00:00:00Z".parse().unwrap();
        let free = berlin.free("2027-03-01".parse().unwrap(), 1, 30, &busy, now);
        let local: Vec<_> = free[0].times.iter().map(|time| time.local.as_str()).collect();
        assert_eq!(local, ["09:00", "09:45", "10:00", "10:15", "10:30"]);
    }

    #[test]
    fn a_time_is_refused_for_its_own_reason() {
        let berlin = calendar("Europe/Berlin", &[("monday", "09:00", "10:00")]);
        let now = "2027-02-28T00:00:00Z".parse().unwrap();
        let check = |start: &str, minutes| berlin.check_time(start.parse().unwrap(), minutes, now);
        assert_eq!(check("2027-03-01T08:00:00Z", 30), Ok(()));
        assert_eq!(check("2027-03-01T09:00:00+01:00", 60), Ok(()));
        assert_eq!(check("2027-03-01T08:45:00Z", 30), Err(Refusal::TimeNotOffered));
        assert_eq!(check("2027-03-01T08:05:00Z", 30), Err(Refusal::TimeNotOffered));
        assert_eq!(check("2027-03-01T08:00:00.001Z", 30), Err(Refusal::TimeNotOffered));
        assert_eq!(check("2027-02-22T08:00:00Z", 30), Err(Refusal::StartInPast));
        assert_eq!(check("2029-03-05T08:00:00Z", 30), Err(Refusal::TimeNotOffered));
        let lengths: Vec<_> = [0, 15, 20, 60, 735].map(|minutes| berlin.check_length(minutes).is_ok()).into();
        assert_eq!(lengths, [false, true, false, true, false]);
    }

    proptest! {
        /// In every zone of the database, on every day: what is offered can be booked, on whole
        /// tiles, in order, within the day's wall clock.
        #[test]
        fn what_is_offered_can_be_booked_in_every_zone(
            zone in proptest::sample::select(jiff::tz::db().available().map(|name| name.to_string()).collect::<Vec<_>>()),
            day in 0i64..365,
        ) {
            let week = ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"];
            let openings: Vec<_> = week.iter().flat_map(|day| [(*day, "00:00", "05:00"), (*day, "17:00", "00:00")]).collect();
            let Ok(time_zone) = Zone::try_from(zone.clone()) else { return Ok(()) };
            let calendar = Calendar { time_zone, ..calendar("UTC", &openings) };
            let now: Timestamp = "2026-12-25T00:00:00Z".parse().unwrap();
            let date = jiff::civil::date(2027, 1, 1).saturating_add(day.days());
            let free = calendar.free(date, 1, 45, &Busy::default(), now);
            for pair in free[0].times.windows(2) {
                prop_assert!(pair[0].start < pair[1].start);
            }
            for time in &free[0].times {
                prop_assert!(time.start.as_second() % 300 == 0, "{zone} {}", time.start);
                prop_assert_eq!(calendar.check_time(time.start, 45, now), Ok(()), "{} {}", zone, time.start);
            }
        }
    }
}
