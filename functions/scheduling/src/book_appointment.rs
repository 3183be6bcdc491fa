use kernel::{ClinicId, PatientId, Permission, Problem, ProviderId, Reach, ServiceId, Timestamp};
use runtime::{Cx, Done, Endpoint, InClinic, Route, Use};
use schemars::JsonSchema;
use serde::Deserialize;
use store::{Change, Shared};

use crate::appointment::{Appointment, AppointmentBooked, Refusal, Status, end};
use crate::calendar::Calendar;
use crate::diary::{day_of_patient, day_of_provider, tiles};
use crate::patient::KnownPatient;

/// Book an appointment.
///
/// Patient and provider are taken together or not at all. `USER_CONFLICT` means that the patient has
/// another appointment at this time, `PROVIDER_CONFLICT` that the provider has, `SLOT_LOCKED` that
/// somebody is booking it at this very moment; every reason is listed in `errors`.
#[derive(Debug, Deserialize, JsonSchema)]
pub struct BookAppointment {
    /// The clinic.
    pub clinic: ClinicId,
    /// With whom.
    pub provider: ProviderId,
    /// What for.
    pub service: ServiceId,
    /// When, in any RFC 3339 spelling.
    pub start: Timestamp,
    /// For whom. Patients book for themselves and may leave it out.
    pub patient: Option<PatientId>,
    /// How long, if another length than the service's. Only staff can choose.
    pub minutes: Option<u16>,
}

impl Endpoint for BookAppointment {
    const ROUTE: Route = Route::post("/v1/clinics/{clinic}/appointments");
    type Audience = InClinic;
    const NEEDS: Option<Permission> = Some(Permission::BookAppointments);
    const USES: &'static [Use] = &[Use::Get, Use::Put, Use::Update];
    const STATUS: u16 = 201;
    type Reply = Appointment;

    async fn handle(self, cx: &Cx<'_, InClinic>) -> Result<Done<Appointment>, Problem> {
        let Self { provider, service, start, patient, minutes, .. } = self;
        let scope = cx.grant.clinic();
        let patient = patient.or(cx.grant.caller().patient).ok_or(Refusal::PatientUnsaid)?;
        cx.grant.covers(patient)?;
        // A patient's own token proves that they exist; the word of staff does not.
        if cx.grant.reach() != Reach::Own {
            let known = cx.store.get(Shared, KnownPatient::at(patient)).await?;
            known.ok_or(Refusal::UnknownPatient)?;
        }

        let calendar = cx.store.find(Shared, Calendar::at(scope.id(), provider)).await?.into_inner();
        let offer = calendar.offer(service)?.clone();
        let minutes = match (minutes, cx.grant.reach()) {
            (None, _) => offer.minutes,
            (Some(minutes), Reach::OwnPatients | Reach::Clinic | Reach::Platform) => minutes,
            (Some(minutes), Reach::Own) if minutes == offer.minutes => minutes,
            (Some(_), Reach::Own) => return Err(Refusal::LengthNotOffered.into()),
        };
        calendar.check_length(minutes)?;
        calendar.check_time(start, minutes, cx.now)?;

        let appointment = Appointment {
            id: cx.id(),
            clinic: scope.id(),
            clinic_name: calendar.clinic_name,
            provider,
            provider_name: calendar.provider_name,
            service,
            service_name: offer.name,
            patient,
            start,
            end: end(start, minutes),
            minutes,
            time_zone: calendar.time_zone,
            price: offer.price,
            status: Status::Scheduled,
            booked_at: cx.now,
            cancelled_at: None,
        };
        let mut change = Change::new().create(scope, &appointment).contended(Refusal::SlotLocked);
        for (day, places) in tiles(start, appointment.end) {
            change = change
                .occupy(Shared, &day_of_patient(patient, day), places.clone(), appointment.id)
                .otherwise(Refusal::UserConflict)
                .occupy(Shared, &day_of_provider(provider, day), places, appointment.id)
                .otherwise(Refusal::ProviderConflict);
        }
        let booked = AppointmentBooked { appointment: appointment.clone() };
        let change = change.announce(cx.fact(Some(scope.id()), booked));
        Ok(Done::concerning([patient], appointment).version(1).writing(change))
    }
}
