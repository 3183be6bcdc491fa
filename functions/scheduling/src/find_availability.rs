use jiff::ToSpan as _;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use kernel::{ClinicId, Fault, Money, Problem, ProviderId, ServiceId, Status, Zone};
use runtime::{Cx, Done, Endpoint, Public, Route, Use};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use store::{Page, Shared, Stored};

use crate::calendar::{Calendar, FreeDay};
use crate::diary::{Busy, DiaryDay};

/// Find the true free times of a provider, day by day in the clinic's zone.
#[derive(Debug, Deserialize, JsonSchema)]
pub struct FindAvailability {
    /// The clinic.
    pub clinic: ClinicId,
    /// The provider.
    pub provider: ProviderId,
    /// What it is for, which decides how long it takes.
    pub service: ServiceId,
    /// The first day, in the clinic's zone. Today, if left out.
    pub from: Option<Date>,
    /// How many days, 1 to 31.
    #[serde(default = "a_week")]
    #[schemars(extend("minimum" = 1, "maximum" = 31))]
    pub days: u8,
}

fn a_week() -> u8 {
    7
}

/// The free times of a provider.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Availability {
    /// Where.
    pub clinic: ClinicId,
    /// Who.
    pub provider: ProviderId,
    /// What for.
    pub service: ServiceId,
    /// The clinic's zone, in which days and local times are meant.
    pub time_zone: Zone,
    /// How long it takes.
    pub minutes: u16,
    /// What it costs.
    pub price: Money,
    /// Every day that was asked for, also those without a free time.
    pub days: Vec<FreeDay>,
}

/// The range asked for is none.
#[derive(Debug, thiserror::Error)]
enum BadRange {
    #[error("Ask for 1 to 31 days.")]
    Days,
    #[error("Ask for days of this century.")]
    From,
}

impl Fault for BadRange {
    fn status(&self) -> Status {
        Status::Unprocessable
    }
    fn code(&self) -> &'static str {
        "BAD_RANGE"
    }
    fn pointer(&self) -> Option<String> {
        let field = match self {
            BadRange::Days => "/days",
            BadRange::From => "/from",
        };
        Some(field.into())
    }
}

impl Endpoint for FindAvailability {
    const ROUTE: Route = Route::get("/v1/clinics/{clinic}/providers/{provider}/availability");
    type Audience = Public;
    const USES: &'static [Use] = &[Use::Get, Use::Query];
    type Reply = Availability;

    async fn handle(self, cx: &Cx<'_, Public>) -> Result<Done<Availability>, Problem> {
        let Self { clinic, provider, service, from, days } = self;
        if !(1..=31).contains(&days) {
            return Err(BadRange::Days.into());
        }
        let calendar = cx.store.find(Shared, Calendar::at(clinic, provider)).await?.into_inner();
        let offer = calendar.offer(service)?;
        let today = cx.now.to_zoned(calendar.time_zone.rules()).date();
        let first = from.unwrap_or(today);
        if !(2000..2100).contains(&first.year()) {
            return Err(BadRange::From.into());
        }

        // Local days lie within the UTC days from the one before the first to the one after the last:
        // offsets reach from -12 to +14 hours.
        let last = first.saturating_add((i64::from(days) + 1).days());
        let first_utc = first.saturating_sub(1.day()).max(cx.now.to_zoned(TimeZone::UTC).date());
        let listing = if first_utc <= last {
            let range = DiaryDay::of_provider(provider, first_utc, last);
            cx.store.list(Shared, range, Page::ALL).await?.items
        } else {
            Vec::new()
        };
        let busy = Busy::new(listing.into_iter().map(Stored::into_inner));
        let free = calendar.free(first, days, offer.minutes, &busy, cx.now);
        let (minutes, price) = (offer.minutes, offer.price);
        let time_zone = calendar.time_zone;
        Ok(Done::impersonal(Availability {
            clinic,
            provider,
            service,
            time_zone,
            minutes,
            price,
            days: free,
        }))
    }
}
