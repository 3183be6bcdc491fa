//! Who and what there is in the demonstration. See `local::seed`.

use aws_lc_rs::hmac;
use kernel::{ClinicId, PatientId, ProviderId, Role, RoleId, ServiceId, UserId};
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

/// 1 is the first clinic's own: what its front desk's lead may do.
pub fn role(number: u128) -> RoleId {
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
    pub(crate) sign_in: Option<SignIn>,
}

/// What somebody signs in with.
#[derive(Clone, Debug)]
pub(crate) struct SignIn {
    pub(crate) email: String,
    pub(crate) password: String,
    /// The secret of their app that shows codes, in base32.
    pub(crate) totp: Option<String>,
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
            sign_in: known.map(SignIn::of),
        }
    }

    pub(crate) fn registered(user: UserId, patient: PatientId, email: &str, password: &str) -> Self {
        let sign_in = SignIn { email: email.into(), password: password.into(), totp: None };
        Self { user, role: Role::Patient, clinic: None, patient: Some(patient), sign_in: Some(sign_in) }
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
            Role::Support => 109,
            Role::Staff => 110,
            Role::Patient | Role::System => panic!("{role} works in no clinic"),
        };
        let here = clinic == self::clinic(1) || !role.is_of_clinic();
        let user = match role {
            _ if here => number,
            Role::Receptionist => 111,
            Role::Manager => 112,
            _ => number + 1000,
        };
        let name = if here { role.to_string() } else { format!("{role}-elsewhere") };
        let clinic = role.is_of_clinic().then_some(clinic);
        let sign_ins = seed::description(ORIGIN);
        let known = sign_ins["sign_ins"].get(name).filter(|known| known["clinic"] == json!(clinic));
        Self { user: id(user), role, clinic, patient: None, sign_in: known.map(SignIn::of) }
    }

    /// What a token of theirs would say, if they could sign in.
    pub(crate) fn claims(&self) -> Map<String, Value> {
        let mut claims = Map::from_iter([
            ("sub".to_owned(), json!(self.user)),
            ("sid".to_owned(), json!(id::<kernel::kind::Session>(1))),
            ("role".to_owned(), json!(self.role)),
            ("iss".to_owned(), json!(ORIGIN)),
            ("aud".to_owned(), json!("careplane-api")),
            ("scope".to_owned(), json!(self.role.permissions())),
            (
                "amr".to_owned(),
                if self.role.is_staff() { json!(["mfa", "otp", "pwd"]) } else { json!(["pwd"]) },
            ),
        ]);
        claims.extend(self.clinic.map(|clinic| ("clinic".to_owned(), json!(clinic))));
        claims.extend(self.patient.map(|patient| ("patient".to_owned(), json!(patient))));
        claims
    }

    /// Everybody of the demonstration who can sign in.
    pub(crate) fn everybody() -> impl Iterator<Item = SignIn> {
        let sign_ins = seed::description(ORIGIN);
        let staff = sign_ins["sign_ins"].as_object().cloned().unwrap_or_default().into_iter();
        let staff = staff.map(|(_, known)| known).filter(|known| known["patient"].is_null());
        let patients = sign_ins["patient_sign_ins"].as_array().cloned().unwrap_or_default();
        staff.chain(patients).map(|known| SignIn::of(&known))
    }
}

impl SignIn {
    fn of(known: &Value) -> Self {
        let text = |field: &str| known[field].as_str().unwrap_or_default().to_owned();
        let totp = known["totp_secret"].as_str().map(ToOwned::to_owned);
        Self { email: text("email"), password: text("password"), totp }
    }
}

/// The code that an app with this secret, in base32, shows at this instant (RFC 6238).
pub fn totp(secret: &str, at: jiff::Timestamp) -> String {
    let bits = secret.bytes().fold(Vec::new(), |mut bits, letter| {
        let value = match letter {
            b'A'..=b'Z' => letter - b'A',
            _ => letter - b'2' + 26,
        };
        bits.extend((0..5).rev().map(|bit| value >> bit & 1));
        bits
    });
    let bytes: Vec<u8> =
        bits.chunks_exact(8).map(|bits| bits.iter().fold(0, |byte, bit| byte << 1 | bit)).collect();
    let step = u64::try_from(at.as_second() / 30).expect("after 1970");
    let key = hmac::Key::new(hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY, &bytes);
    let tag = hmac::sign(&key, &step.to_be_bytes());
    let tag = tag.as_ref();
    let offset = usize::from(tag[19] & 15);
    let number = u32::from_be_bytes(tag[offset..offset + 4].try_into().expect("four bytes"));
    format!("{:06}", (number & 0x7fff_ffff) % 1_000_000)
}
