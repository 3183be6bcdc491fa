//! Who and what there is in the demonstration. See `local::seed`.

use kernel::{ClinicId, PatientId, ProviderId, Role, ServiceId, UserId};
use local::seed::{self, id};
use serde_json::{Map, Value, json};

use crate::ORIGIN;

/// 1 is in Berlin, on a grid of 15 minutes; 2 is in New York, on a grid of 20.
pub fn clinic(number: u128) -> ClinicId {
    id(number)
}

/// 1 to 3 are in Berlin, 4 to 6 in New York.
pub fn provider(number: u128) -> ProviderId {
    id(number)
}

/// 1 to 4 are of Berlin (45, 30, 60 and 15 minutes), 5 to 7 of New York (60, 20 and 40).
pub fn service(number: u128) -> ServiceId {
    id(number)
}

/// 1 to 16; nothing is booked ahead for the first one.
pub fn patient(number: u128) -> PatientId {
    id(number)
}

/// The first ones are those of the patients, 101 to 108 those of the first clinic's staff.
pub fn user(number: u128) -> UserId {
    id(number)
}

/// The password of all who can sign in.
pub use seed::PASSWORD;

/// A visitor's account.
#[derive(Clone, Debug)]
pub(crate) struct Person {
    user: UserId,
    role: Role,
    clinic: Option<ClinicId>,
    pub(crate) patient: Option<PatientId>,
    /// What they sign in with, if they can.
    pub(crate) sign_in: Option<(String, String)>,
}

impl Person {
    pub(crate) fn patient(number: u128) -> Self {
        let sign_ins = seed::description(ORIGIN);
        let patient = json!(patient(number));
        let known = sign_ins["patient_sign_ins"]
            .as_array()
            .into_iter()
            .flatten()
            .find(|known| known["patient"] == patient);
        Self {
            user: id(number),
            role: Role::Patient,
            clinic: None,
            patient: Some(id(number)),
            sign_in: known.map(credentials),
        }
    }

    pub(crate) fn registered(user: UserId, patient: PatientId, email: &str, password: &str) -> Self {
        let sign_in = Some((email.to_owned(), password.to_owned()));
        Self { user, role: Role::Patient, clinic: None, patient: Some(patient), sign_in }
    }

    pub(crate) fn staff(role: Role, clinic: ClinicId) -> Self {
        let number = match role {
            Role::Practitioner => 101,
            Role::Nurse => 102,
            Role::Receptionist => 103,
            Role::Pharmacist => 104,
            Role::Technician => 105,
            Role::Manager => 106,
            Role::Finance => 107,
            Role::Operator => 108,
            Role::Patient | Role::System => panic!("{role} works in no clinic"),
        };
        let here = clinic == self::clinic(1);
        let user = match role {
            _ if here => number,
            Role::Receptionist => 111,
            Role::Manager => 112,
            _ => number + 1000,
        };
        let name = if here { role.to_string() } else { format!("{role}-elsewhere") };
        let sign_ins = seed::description(ORIGIN);
        let known = sign_ins["sign_ins"].get(name).filter(|known| known["clinic"] == json!(clinic));
        Self { user: id(user), role, clinic: Some(clinic), patient: None, sign_in: known.map(credentials) }
    }

    /// What a token of theirs says.
    pub(crate) fn claims(&self) -> Map<String, Value> {
        let mut claims = Map::from_iter([
            ("sub".to_owned(), json!(self.user)),
            ("role".to_owned(), json!(self.role)),
            ("iss".to_owned(), json!(ORIGIN)),
            ("aud".to_owned(), json!("careplane-api")),
        ]);
        claims.extend(self.clinic.map(|clinic| ("clinic".to_owned(), json!(clinic))));
        claims.extend(self.patient.map(|patient| ("patient".to_owned(), json!(patient))));
        claims
    }
}

fn credentials(known: &Value) -> (String, String) {
    let text = |field: &str| known[field].as_str().unwrap_or_default().to_owned();
    (text("email"), text("password"))
}
