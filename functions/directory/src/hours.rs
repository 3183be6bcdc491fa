//! When a provider can be booked. Pure: no I/O, no clock.

use jiff::civil::Time;
use kernel::{ClinicId, Event, Fault, Money, ProviderId, ServiceId, Status, Zone};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use store::{Entity, Key, Shared};

use crate::clinic::Clinic;
use crate::provider::Provider;
use crate::service::Service;

/// The most openings that a week can have: six a day.
const MAX_OPENINGS: usize = 42;

/// When a provider can be booked in a clinic, week by week, in the clinic's zone (DIR-07).
///
/// Access pattern: by clinic and provider.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Hours {
    /// Who.
    pub provider: ProviderId,
    /// Where.
    pub clinic: ClinicId,
    /// When, sorted.
    pub weekly: Vec<Opening>,
}

/// One stretch of a weekday during which appointments can take place.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Opening {
    /// The day.
    pub day: Day,
    /// From, by the clinic's clocks: `09:00`.
    #[serde(with = "hour_and_minute")]
    #[schemars(with = "String", extend("pattern" = "^([01][0-9]|2[0-3]):[0-5][0-9]$"))]
    pub from: Time,
    /// Until, by the clinic's clocks. `00:00` is midnight, the day's end.
    #[serde(with = "hour_and_minute")]
    #[schemars(with = "String", extend("pattern" = "^([01][0-9]|2[0-3]):[0-5][0-9]$"))]
    pub to: Time,
}

/// A day of the week.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
#[expect(missing_docs, reason = "ISO 8601")]
pub enum Day {
    Monday,
    Tuesday,
    Wednesday,
    Thursday,
    Friday,
    Saturday,
    Sunday,
}

mod hour_and_minute {
    use jiff::civil::Time;
    use serde::{Deserialize as _, Deserializer, Serializer, de};

    pub(super) fn serialize<S: Serializer>(time: &Time, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&time.strftime("%H:%M"))
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Time, D::Error> {
        let text = String::deserialize(deserializer)?;
        let wrong = || de::Error::custom("Enter a time of day such as 09:30.");
        if text.len() != 5 {
            return Err(wrong());
        }
        Time::strptime("%H:%M", &text).map_err(|_| wrong())
    }
}

/// Why hours cannot be.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum BadHours {
    /// At this place of the list.
    #[error("An opening ends after it begins.")]
    Backwards(usize),
    /// At this place of the list.
    #[error("An opening begins and ends on the clinic's grid of {1} minutes.")]
    OffGrid(usize, u16),
    /// At this place of the list.
    #[error("An opening overlaps another one of the same day.")]
    Overlap(usize),
    /// Longer than any week.
    #[error("A week has at most 42 openings.")]
    TooMany,
}

impl Fault for BadHours {
    fn status(&self) -> Status {
        Status::Unprocessable
    }
    fn code(&self) -> &'static str {
        "BAD_HOURS"
    }
    fn pointer(&self) -> Option<String> {
        Some(match self {
            BadHours::Backwards(n) | BadHours::OffGrid(n, _) | BadHours::Overlap(n) => format!("/weekly/{n}"),
            BadHours::TooMany => "/weekly".into(),
        })
    }
}

impl Opening {
    /// Minutes since the day's beginning: from, until.
    fn minutes(self) -> (i32, i32) {
        let minutes = |time: Time| i32::from(time.hour()) * 60 + i32::from(time.minute());
        let to = minutes(self.to);
        (minutes(self.from), if to == 0 { 24 * 60 } else { to })
    }
}

impl Hours {
    /// Check hours against the clinic's grid, and sort them.
    pub fn checked(self, grid_minutes: u16) -> Result<Self, BadHours> {
        let Self { provider, clinic, mut weekly } = self;
        if weekly.len() > MAX_OPENINGS {
            return Err(BadHours::TooMany);
        }
        let grid = i32::from(grid_minutes.max(1));
        for (n, opening) in weekly.iter().enumerate() {
            let (from, to) = opening.minutes();
            if from >= to {
                return Err(BadHours::Backwards(n));
            }
            if from % grid != 0 || to % grid != 0 {
                return Err(BadHours::OffGrid(n, grid_minutes));
            }
            let clash = weekly[..n].iter().any(|other| {
                let (other_from, other_to) = other.minutes();
                other.day == opening.day && from < other_to && other_from < to
            });
            if clash {
                return Err(BadHours::Overlap(n));
            }
        }
        weekly.sort_by_key(|opening| (opening.day, opening.from));
        Ok(Self { provider, clinic, weekly })
    }

    /// By clinic and provider.
    pub fn at(clinic: ClinicId, provider: ProviderId) -> Key<Self> {
        Key::new(format_args!("hours/{clinic}"), provider)
    }
}

impl Entity for Hours {
    const KIND: &'static str = "hours";
    type Scope = Shared;
    fn key(&self) -> Key<Self> {
        Self::at(self.clinic, self.provider)
    }
}

/// When and for what a provider can be booked, as a whole, so that whoever hears of it needs nothing else.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct ProviderCalendarChanged {
    /// Where.
    pub clinic: ClinicId,
    /// Its name.
    pub clinic_name: String,
    /// In which zone the openings are meant.
    pub time_zone: Zone,
    /// See [`Clinic::grid_minutes`].
    pub grid_minutes: u16,
    /// Who.
    pub provider: ProviderId,
    /// Their name.
    pub provider_name: String,
    /// What can be booked with them.
    pub services: Vec<Offer>,
    /// When.
    pub weekly: Vec<Opening>,
    /// Grows with every change, so that a late event is told from a new one.
    pub version: u64,
}

/// A service, as far as booking is concerned.
#[derive(Clone, Debug, Serialize, Deserialize)]
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

impl Event for ProviderCalendarChanged {
    const NAME: &'static str = "provider-calendar-changed";
}

impl ProviderCalendarChanged {
    /// Put together from what is published.
    pub fn of(
        clinic: &Clinic,
        provider: &Provider,
        services: &[Service],
        hours: &Hours,
        version: u64,
    ) -> Self {
        let offers = services.iter().filter(|service| provider.services.contains(&service.id));
        let offers = offers.map(|service| Offer {
            id: service.id,
            name: service.name.clone(),
            minutes: service.minutes,
            price: service.price,
        });
        Self {
            clinic: clinic.id,
            clinic_name: clinic.name.clone(),
            time_zone: clinic.time_zone.clone(),
            grid_minutes: clinic.grid_minutes,
            provider: provider.id,
            provider_name: provider.name.clone(),
            services: offers.collect(),
            weekly: hours.weekly.clone(),
            version,
        }
    }
}

#[cfg(test)]
mod tests {
    use kernel::Id;

    use super::*;

    fn hours(openings: &[(Day, &str, &str)]) -> Result<Vec<Opening>, BadHours> {
        let time = |text: &str| text.parse().unwrap();
        let weekly = openings.iter().map(|&(day, from, to)| Opening { day, from: time(from), to: time(to) });
        let hours = Hours { provider: Id::NOBODY, clinic: Id::NOBODY, weekly: weekly.collect() };
        hours.checked(15).map(|hours| hours.weekly)
    }

    #[test]
    fn openings_are_sorted_and_may_touch() {
        let weekly = hours(&[
            (Day::Tuesday, "09:00", "12:00"),
            (Day::Monday, "12:00", "00:00"),
            (Day::Monday, "09:00", "12:00"),
        ]);
        let days: Vec<_> = weekly.unwrap().iter().map(|opening| (opening.day, opening.from.hour())).collect();
        assert_eq!(days, [(Day::Monday, 9), (Day::Monday, 12), (Day::Tuesday, 9)]);
    }

    #[test]
    fn what_is_wrong_is_pointed_at() {
        let wrong = |openings: &[(Day, &str, &str)]| hours(openings).unwrap_err();
        assert_eq!(wrong(&[(Day::Monday, "12:00", "09:00")]), BadHours::Backwards(0));
        assert_eq!(wrong(&[(Day::Monday, "09:05", "12:00")]), BadHours::OffGrid(0, 15));
        let twice = wrong(&[(Day::Monday, "09:00", "12:00"), (Day::Monday, "11:45", "13:00")]);
        assert_eq!((twice.pointer().as_deref(), twice), (Some("/weekly/1"), BadHours::Overlap(1)));
    }
}
