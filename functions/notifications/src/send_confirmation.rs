use gateways::Mail;
use kernel::{PatientId, Private, Problem, Timestamp, Zone};
use runtime::{Cx, Done, Job, Setting, System, Use};
use serde::Deserialize;

use crate::confirmation::Confirmation;
use crate::contact::Contact;

/// Confirm a booking by mail.
///
/// SES knows no idempotency key: should this process die between handing the mail over and its
/// receipt, the patient gets a second copy rather than none.
#[derive(Debug, Deserialize)]
pub struct SendConfirmation {
    appointment: Booked,
}

/// What a confirmation needs of the event.
#[derive(Debug, Deserialize)]
struct Booked {
    patient: PatientId,
    clinic_name: String,
    provider_name: String,
    start: Timestamp,
    minutes: u16,
    time_zone: Zone,
}

impl Job for SendConfirmation {
    const EVENT: &'static str = "appointment-booked";
    const USES: &'static [Use] = &[Use::Get, Use::SendMail];

    async fn run(&self, cx: &Cx<'_, System>) -> Result<Done<()>, Problem> {
        let Booked { patient, clinic_name, provider_name, start, minutes, time_zone } = &self.appointment;
        // The booking may have overtaken the registration: then the queue brings it again.
        let contact = cx.store.find(cx.grant.patient(*patient), Contact::at()).await?.into_inner();
        let (text, html) = Confirmation {
            given_name: &contact.given_name,
            clinic: clinic_name,
            provider: provider_name,
            start: *start,
            minutes: *minutes,
            time_zone,
            appointments: &format!("{}/appointments", cx.host.setting(Setting::WebOrigin)),
        }
        .write();
        let mail = Mail {
            to: contact.email,
            subject: "Your appointment is confirmed".into(),
            text: Private(text),
            html: Private(html),
        };
        cx.host.mailer().await.send(mail).await?;
        Ok(Done::concerning([*patient], ()))
    }
}
