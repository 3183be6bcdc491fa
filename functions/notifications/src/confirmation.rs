//! The words of a confirmation. Pure: no I/O, no clock.

use kernel::{Timestamp, Zone};
use minijinja::context;

use crate::letter;

/// What a confirmation says.
pub struct Confirmation<'a> {
    /// Whom it addresses.
    pub given_name: &'a str,
    /// Where to go.
    pub clinic: &'a str,
    /// Whom to see.
    pub provider: &'a str,
    /// When.
    pub start: Timestamp,
    /// For how long.
    pub minutes: u16,
    /// By which clocks.
    pub time_zone: &'a Zone,
    /// Where the patient finds and changes their appointments.
    pub appointments: &'a str,
}

impl Confirmation<'_> {
    /// As plain text and as HTML. What people or clinics call themselves is escaped in the latter.
    pub fn write(&self) -> (String, String) {
        let local = self.start.to_zoned(self.time_zone.rules());
        let context = context! {
            given_name => self.given_name,
            clinic => self.clinic,
            provider => self.provider,
            date => local.strftime("%A, %-d %B %Y").to_string(),
            time => local.strftime("%H:%M").to_string(),
            zone => self.time_zone.to_string(),
            minutes => self.minutes,
            appointments => self.appointments,
        };
        letter::write(
            include_str!("../templates/confirmation.txt"),
            include_str!("../templates/confirmation.html"),
            &context,
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_those_of_the_clinics_clocks_and_names_are_escaped() {
        let zone = "America/New_York".to_owned().try_into().unwrap();
        let confirmation = Confirmation {
            given_name: "<b>Ada</b>",
            clinic: "Lindenhof & Sons",
            provider: "Dr Grace Hopper",
            start: "2027-03-14T14:00:00Z".parse().unwrap(),
            minutes: 30,
            time_zone: &zone,
            appointments: "https://careplane.example/appointments",
        };
        let (text, html) = confirmation.write();
        assert!(text.contains("Sunday, 14 March 2027"), "{text}");
        assert!(text.contains("10:00 (America/New_York)"), "{text}");
        assert!(text.contains("<b>Ada</b>"), "{text}");
        assert!(html.contains("&lt;b&gt;Ada"), "{html}");
        assert!(html.contains("Lindenhof &amp; Sons"), "{html}");
    }
}
