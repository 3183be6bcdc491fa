use jiff::tz::TimeZone;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// An IANA time zone that exists: `Europe/Berlin`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(try_from = "String", into = "String")]
#[schemars(with = "String")]
pub struct Zone(String);

/// There is no such zone in the database of this build.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("Enter an IANA time zone such as Europe/Berlin.")]
pub struct UnknownZone;

impl TryFrom<String> for Zone {
    type Error = UnknownZone;
    fn try_from(name: String) -> Result<Self, UnknownZone> {
        match TimeZone::get(&name) {
            Ok(zone) if zone.iana_name().is_some() => Ok(Self(name)),
            _ => Err(UnknownZone),
        }
    }
}

impl From<Zone> for String {
    fn from(zone: Zone) -> Self {
        zone.0
    }
}

impl std::fmt::Display for Zone {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

impl Zone {
    /// Its rules.
    pub fn rules(&self) -> TimeZone {
        // Checked when the value was made, against the same bundled database.
        TimeZone::get(&self.0).unwrap_or(TimeZone::UTC)
    }
}

#[cfg(test)]
mod tests {
    use super::Zone;

    #[test]
    fn only_zones_that_exist_are_zones() {
        assert!(Zone::try_from("America/New_York".to_owned()).is_ok());
        for wrong in ["", "Mars/Olympus", "+02:00", "Europe/Berlin\0"] {
            assert!(Zone::try_from(wrong.to_owned()).is_err(), "{wrong}");
        }
    }
}
