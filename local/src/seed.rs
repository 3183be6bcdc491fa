//! A demonstration: one organisation, two clinics in different time zones, six providers, their
//! hours and services, staff of every role, patients, and a month of diary.
//!
//! Deterministic: the same first day gives the same records with the same ids. It is written in
//! transactions, and one that was interrupted is finished by the next start.

use std::collections::{BTreeMap, BTreeSet, HashSet};

use base64::{Engine as _, prelude::BASE64_URL_SAFE_NO_PAD};
use directory::clinic::{Address, Clinic};
use directory::hours::{Day, Hours, Opening, ProviderCalendarChanged};
use directory::provider::Provider;
use directory::service::Service;
use identity::account::{Account, Handle, Preferences};
use identity::factor::{AppFactor, TOTP, provisioning};
use identity::identity_provider::{IdentityProvider, Protocol, SECRET};
use identity::membership::{ClinicRole, Member, Membership};
use identity::password::NewPassword;
use identity::patient::{CareRelation, PatientAccount};
use identity::settings::Settings;
use jiff::civil::Date;
use jiff::{Timestamp, ToSpan as _};
use kernel::{
    ClinicId, ClinicScope, Currency, Event as _, Fact, Id, Kind, Money, PatientId, PatientScope, Permission,
    Private, ProviderId, Role, UserId,
};
use notifications::contact::Contact;
use scheduling::appointment::{Appointment, Status, end};
use scheduling::calendar::Calendar;
use scheduling::diary::{Busy, DiaryDay, tiles};
use scheduling::patient::KnownPatient;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use store::{Change, Commit, CommitError, Entity, Key, MAX_WRITES, Meter, Shared, Store, StoreError, Table};

use crate::platform::{DATA_KEY, INDEX_KEY};
use crate::{Platform, stand_in, table_name};

/// The password of every demonstration account.
pub const PASSWORD: &str = "careplane-demo";

/// How many days of diary lie behind the first day, and how many before it.
const DIARY: (i64, i64) = (7, 24);

/// What went wrong.
#[derive(Debug, thiserror::Error)]
pub enum SeedError {
    /// The store.
    #[error("the demonstration could not be written: {0}")]
    Store(#[from] StoreError),
    /// A condition that nobody should break.
    #[error("the demonstration could not be written: {0}")]
    Refused(String),
    /// Key management or hashing.
    #[error("the demonstration's accounts could not be made")]
    Account,
}

/// That the seed was begun, on which day, and whether it was finished.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Seeded {
    first_day: Date,
    at: Timestamp,
    finished: bool,
}

impl Entity for Seeded {
    const KIND: &'static str = "seeded";
    type Scope = Shared;
    fn key(&self) -> Key<Self> {
        Key::new("seeded", "-")
    }
}

/// A number as an id: the same in every run. The version and variant bits are those of UUIDv7.
pub fn id<K: Kind>(number: u128) -> Id<K> {
    Id::from_uuid(uuid::Uuid::from_u128(0x0190_0000_0000_7000_8000_0000_0000_0000 | number))
}

struct DemoClinic {
    id: ClinicId,
    name: &'static str,
    line: &'static str,
    city: &'static str,
    postal_code: &'static str,
    country: &'static str,
    zone: &'static str,
    phone: &'static str,
    languages: &'static [&'static str],
    grid: u16,
    currency: Currency,
    about: &'static str,
}

fn clinics() -> [DemoClinic; 2] {
    [
        DemoClinic {
            id: id(1),
            name: "Lindenhof Berlin",
            line: "Lindenstraße 14",
            city: "Berlin",
            postal_code: "10969",
            country: "DE",
            zone: "Europe/Berlin",
            phone: "+49 30 5550100",
            languages: &["de", "en", "tr"],
            grid: 15,
            currency: Currency::Eur,
            about: "General practice, cardiology and paediatrics under one roof, two minutes from the park.",
        },
        DemoClinic {
            id: id(2),
            name: "Lindenhof New York",
            line: "210 West 18th Street",
            city: "New York",
            postal_code: "10011",
            country: "US",
            zone: "America/New_York",
            phone: "+1 212 555 0100",
            languages: &["en", "es"],
            grid: 20,
            currency: Currency::Usd,
            about: "Family medicine, dermatology and orthopaedics in Chelsea, open early and late.",
        },
    ]
}

/// Number, clinic, name, description, minutes, price in minor units.
const SERVICES: [(u128, u128, &str, &str, u16, i64); 7] = [
    (1, 1, "First visit", "Time to get to know you, your history and what brings you here.", 45, 9500),
    (2, 1, "Consultation", "A problem, a question or a prescription to talk over.", 30, 6500),
    (3, 1, "Check-up", "Examination, blood pressure and laboratory results, explained.", 60, 12000),
    (4, 1, "Short follow-up", "How are you doing since last time?", 15, 3500),
    (5, 2, "New patient visit", "Time to get to know you, your history and what brings you here.", 60, 24000),
    (6, 2, "Office visit", "A problem, a question or a prescription to talk over.", 20, 14000),
    (7, 2, "Annual physical", "A thorough yearly examination with a plan for the year ahead.", 40, 19500),
];

struct DemoProvider {
    number: u128,
    clinic: u128,
    name: &'static str,
    title: &'static str,
    specialty: &'static str,
    languages: &'static [&'static str],
    about: &'static str,
    services: &'static [u128],
    /// Days, from, to.
    hours: &'static [(&'static [Day], i8, i8)],
}

const PROVIDERS: [DemoProvider; 6] = [
    DemoProvider {
        number: 1,
        clinic: 1,
        name: "Dr. Anna Weber",
        title: "General practitioner",
        specialty: "General practice",
        languages: &["de", "en"],
        about: "Listens first. Looks after whole families, from vaccinations to long-term conditions.",
        services: &[1, 2, 3, 4],
        hours: &[
            (&[Day::Monday, Day::Tuesday, Day::Wednesday, Day::Thursday, Day::Friday], 8, 12),
            (&[Day::Monday, Day::Tuesday, Day::Thursday], 14, 18),
        ],
    },
    DemoProvider {
        number: 2,
        clinic: 1,
        name: "Dr. Emre Yılmaz",
        title: "Consultant cardiologist",
        specialty: "Cardiology",
        languages: &["de", "en", "tr"],
        about: "Heart rhythm, blood pressure and prevention. Explains every result until it makes sense.",
        services: &[1, 2, 3],
        hours: &[(&[Day::Monday, Day::Wednesday, Day::Friday], 9, 16), (&[Day::Saturday], 9, 12)],
    },
    DemoProvider {
        number: 3,
        clinic: 1,
        name: "Dr. Sofia Lindqvist",
        title: "Paediatrician",
        specialty: "Paediatrics",
        languages: &["de", "en", "sv"],
        about: "Check-ups, vaccinations and the questions that parents did not dare to ask.",
        services: &[1, 2, 4],
        hours: &[
            (&[Day::Tuesday, Day::Wednesday, Day::Thursday, Day::Friday], 8, 13),
            (&[Day::Wednesday], 15, 19),
        ],
    },
    DemoProvider {
        number: 4,
        clinic: 2,
        name: "Dr. Grace Okafor",
        title: "Family physician",
        specialty: "Family medicine",
        languages: &["en"],
        about: "Care for every age, with early hours for people who work and time for those who worry.",
        services: &[5, 6, 7],
        hours: &[(&[Day::Monday, Day::Tuesday, Day::Wednesday, Day::Thursday], 7, 15)],
    },
    DemoProvider {
        number: 5,
        clinic: 2,
        name: "Dr. Miguel Santos",
        title: "Dermatologist",
        specialty: "Dermatology",
        languages: &["en", "es"],
        about: "Skin checks, acne and allergies. Takes photographs, so that changes are seen and not guessed.",
        services: &[5, 6],
        hours: &[(&[Day::Tuesday, Day::Thursday, Day::Friday], 10, 18)],
    },
    DemoProvider {
        number: 6,
        clinic: 2,
        name: "Dr. Hannah Cohen",
        title: "Orthopaedic surgeon",
        specialty: "Orthopaedics",
        languages: &["en", "es"],
        about: "Knees, shoulders and backs. Operates only when nothing else helps.",
        services: &[5, 6, 7],
        hours: &[(&[Day::Monday, Day::Wednesday, Day::Friday], 9, 17)],
    },
];

/// Who can sign in: number, role, clinic (0: the platform), given name, family name.
const STAFF: [(u128, Role, u128, &str, &str); 10] = [
    (101, Role::Practitioner, 1, "Anna", "Weber"),
    (102, Role::Nurse, 1, "Jonas", "Becker"),
    (103, Role::Receptionist, 1, "Leyla", "Kaya"),
    (104, Role::Pharmacist, 1, "Marta", "Nowak"),
    (105, Role::Technician, 1, "Felix", "Schulz"),
    (106, Role::Manager, 1, "Clara", "Hoffmann"),
    (107, Role::Finance, 1, "Paul", "Krüger"),
    (108, Role::Operator, 0, "Ines", "Vogel"),
    (109, Role::Support, 0, "Tomás", "Silva"),
    (110, Role::Staff, 1, "Nadia", "Haas"),
];

/// As whom patients book one of [`STAFF`]: account and provider.
const BOOKED_AS: [(u128, u128); 1] = [(101, 1)];

/// What a role of the first clinic's own allows. It is Nadia Haas's.
const DESK_LEAD: [Permission; 6] = [
    Permission::ReadAppointments,
    Permission::BookAppointments,
    Permission::CancelAppointments,
    Permission::ReadPatients,
    Permission::ReadMembers,
    Permission::ManageMembers,
];

/// Staff of the other clinic, to see that clinics do not see each other.
const NEIGHBOURS: [(u128, Role, u128, &str, &str); 2] =
    [(111, Role::Receptionist, 2, "Rosa", "Diaz"), (112, Role::Manager, 2, "Sam", "Turner")];

/// Patients' names. The first ones can sign in.
const PATIENTS: [(&str, &str); 16] = [
    ("Ada", "Lovelace"),
    ("Ben", "Fischer"),
    ("Chiara", "Rossi"),
    ("Daniel", "Kim"),
    ("Elif", "Demir"),
    ("Farid", "Haddad"),
    ("Greta", "Olsen"),
    ("Hugo", "Martin"),
    ("Ivana", "Petrović"),
    ("Jamal", "Brown"),
    ("Keiko", "Tanaka"),
    ("Luca", "Bianchi"),
    ("Mei", "Chen"),
    ("Noah", "Johnson"),
    ("Olivia", "Garcia"),
    ("Pavel", "Novák"),
];

/// How many of [`PATIENTS`] can sign in.
const SIGNED_UP: usize = 3;

/// Fill an empty platform. Where the demonstration is there already, nothing happens.
pub async fn seed(platform: &Platform) -> Result<(), SeedError> {
    let now = (platform.options.clock)();
    let admin = platform.admin();
    let client = aws_sdk_dynamodb::Client::new(&admin);
    let store = |context: &str| {
        let audit = crate::table_name("audit");
        Store::new(
            &Table { client: client.clone(), name: table_name(context), audit },
            now,
            &Meter::default(),
        )
    };
    let home = store("platform");
    let marker = Seeded { first_day: Date::ZERO, at: now, finished: false }.key();
    let marker = match home.get(Shared, marker).await? {
        Some(marker) => marker,
        None => {
            let first_day = now.to_zoned(jiff::tz::TimeZone::UTC).date();
            let begun = Seeded { first_day, at: now, finished: false };
            write(&home, vec![Change::new().create(Shared, &begun)]).await?;
            home.find(Shared, begun.key()).await?
        }
    };
    if marker.finished {
        return Ok(());
    }

    let demo = Demonstration::new(marker.first_day, marker.at);
    write(&store("directory"), demo.directory()).await?;
    write(&store("scheduling"), demo.diary()).await?;
    write(&store("notifications"), contacts()).await?;
    write(&store("identity"), demo.accounts(&admin).await?).await?;
    let settings = settings(&admin, &crate::web_origin(&platform.options.origin)).await?;
    write(&store("identity"), vec![Change::new().create(Shared, &settings)]).await?;

    let done = marker.decide(|seeded| Ok::<_, SeedError>(Seeded { finished: true, ..seeded }))?;
    write(&home, vec![Change::new().update(Shared, &done)]).await
}

/// Publish the demonstration's clinics in a deployed environment, calendars by event. Says what can
/// be booked.
pub async fn publish(
    aws: &aws_config::SdkConfig,
    environment: &str,
    now: Timestamp,
) -> Result<Value, SeedError> {
    let table = |context: &str| format!("careplane-{environment}-{context}");
    let client = aws_sdk_dynamodb::Client::new(aws);
    let table = Table { client, name: table("directory"), audit: table("audit") };
    let demo = Demonstration::new(now.to_zoned(jiff::tz::TimeZone::UTC).date(), now);
    let mut changes = demo.directory();
    for (number, news) in (1..).zip(demo.news()) {
        let clinic = Some(news.clinic);
        let fact =
            Fact { id: id(number), event: ProviderCalendarChanged::NAME.into(), at: now, clinic, data: news };
        changes.push(Change::new().announce(fact));
    }
    write(&Store::new(&table, now, &Meter::default()), changes).await?;
    let provider = &demo.providers[0];
    Ok(json!({ "clinic": provider.clinic, "provider": provider.id, "service": provider.services[0] }))
}

/// Write every change in a transaction of its own. One that was written before is left alone: its
/// records are the same.
async fn write(store: &Store, changes: Vec<Change>) -> Result<(), SeedError> {
    for change in changes {
        let commit = Commit::<runtime::Audit> { change, audit: None, receipt: None, spread: 0 };
        match store.commit(commit).await {
            Ok(()) | Err(CommitError::Store(StoreError::Stale)) => {}
            Err(CommitError::Store(error)) => return Err(error.into()),
            Err(CommitError::Refused(problem)) => return Err(SeedError::Refused(problem.detail)),
            Err(CommitError::Replayed(_)) => {}
        }
    }
    Ok(())
}

/// Collects creations into as few transactions as possible.
#[derive(Default)]
struct Batches {
    full: Vec<Change>,
    open: Change,
    writes: usize,
}

impl Batches {
    fn create<E: Entity>(&mut self, scope: E::Scope, entity: &E) {
        if self.writes == MAX_WRITES {
            self.full.push(std::mem::take(&mut self.open));
            self.writes = 0;
        }
        self.open = std::mem::take(&mut self.open).create(scope, entity);
        self.writes += 1;
    }

    fn finish(mut self) -> Vec<Change> {
        self.full.push(self.open);
        self.full
    }
}

struct Demonstration {
    first_day: Date,
    at: Timestamp,
    clinics: Vec<Clinic>,
    services: Vec<Service>,
    providers: Vec<Provider>,
    hours: Vec<Hours>,
}

impl Demonstration {
    fn new(first_day: Date, at: Timestamp) -> Self {
        let texts = |texts: &[&str]| texts.iter().map(|&text| text.to_owned()).collect::<Vec<_>>();
        let currencies = clinics().map(|clinic| (clinic.id, clinic.currency));
        let clinics: Vec<_> = clinics()
            .into_iter()
            .map(|clinic| Clinic {
                id: clinic.id,
                organization: id(1),
                name: clinic.name.into(),
                address: Address {
                    line: clinic.line.into(),
                    city: clinic.city.into(),
                    postal_code: clinic.postal_code.into(),
                    country: clinic.country.into(),
                },
                time_zone: clinic.zone.to_owned().try_into().expect("a zone that exists"),
                phone: clinic.phone.into(),
                languages: texts(clinic.languages),
                grid_minutes: clinic.grid,
                about: clinic.about.into(),
            })
            .collect();
        let services = SERVICES.iter().map(|&(number, clinic, name, description, minutes, minor)| {
            let currency = currencies.iter().find(|(id, _)| *id == self::id(clinic)).expect("its clinic").1;
            Service {
                id: id(number),
                clinic: id(clinic),
                name: name.into(),
                description: description.into(),
                minutes,
                price: Money { minor, currency },
            }
        });
        let providers = PROVIDERS.iter().map(|provider| Provider {
            id: id(provider.number),
            clinic: id(provider.clinic),
            name: provider.name.into(),
            title: provider.title.into(),
            specialty: provider.specialty.into(),
            languages: texts(provider.languages),
            about: provider.about.into(),
            services: provider.services.iter().map(|&number| id(number)).collect(),
        });
        let hours = PROVIDERS.iter().map(|provider| {
            let time = |hour: i8| jiff::civil::time(hour, 0, 0, 0);
            let openings = provider.hours.iter().flat_map(|&(days, from, to)| {
                days.iter().map(move |&day| Opening { day, from: time(from), to: time(to) })
            });
            let hours = Hours {
                provider: id(provider.number),
                clinic: id(provider.clinic),
                weekly: openings.collect(),
            };
            hours.checked(if provider.clinic == 1 { 15 } else { 20 }).expect("hours that can be")
        });
        Self {
            first_day,
            at,
            services: services.collect(),
            providers: providers.collect(),
            hours: hours.collect(),
            clinics,
        }
    }

    fn directory(&self) -> Vec<Change> {
        let mut batches = Batches::default();
        self.clinics.iter().for_each(|clinic| batches.create(Shared, clinic));
        self.services.iter().for_each(|service| batches.create(Shared, service));
        self.providers.iter().for_each(|provider| batches.create(Shared, provider));
        self.hours.iter().for_each(|hours| batches.create(Shared, hours));
        batches.finish()
    }

    /// What the directory would have announced.
    fn news(&self) -> impl Iterator<Item = ProviderCalendarChanged> {
        self.providers.iter().zip(&self.hours).map(|(provider, hours)| {
            let clinic = self.clinics.iter().find(|clinic| clinic.id == provider.clinic).expect("its clinic");
            ProviderCalendarChanged::of(clinic, provider, &self.services_of(clinic.id), hours, 1)
        })
    }

    /// What scheduling would have learned of it.
    fn calendars(&self) -> impl Iterator<Item = Calendar> {
        self.news().map(|news| {
            let event = serde_json::to_value(news).expect("an event is JSON");
            serde_json::from_value(event).expect("scheduling understands the directory")
        })
    }

    fn services_of(&self, clinic: ClinicId) -> Vec<Service> {
        self.services.iter().filter(|service| service.clinic == clinic).cloned().collect()
    }

    /// Appointments behind and before the first day.
    fn appointments(&self) -> Vec<Appointment> {
        let mut appointments = Vec::new();
        let mut busy_patients: HashSet<(PatientId, Date)> = HashSet::new();
        let mut dice = Dice(0x5eed);
        for (position, calendar) in (0..).zip(self.calendars()) {
            let long_ago = self.at - jiff::SignedDuration::from_hours(24 * 60);
            let first = self.first_day.saturating_sub(DIARY.0.days());
            for day in 0..DIARY.0 + DIARY.1 {
                let date = first.saturating_add(day.days());
                let mut taken_until = Timestamp::MIN;
                for time in &calendar.free(date, 1, 15, &Busy::default(), long_ago)[0].times {
                    // About two in five times are taken, in mornings more than in afternoons.
                    let chance = if time.local.as_str() < "12:00" { 34 } else { 18 };
                    if time.start < taken_until || dice.roll(100) >= chance {
                        continue;
                    }
                    let offer = &calendar.services[dice.roll(calendar.services.len())];
                    let patient: PatientId = id(1 + dice.roll(PATIENTS.len()) as u128);
                    let fits = calendar.check_time(time.start, offer.minutes, long_ago).is_ok();
                    // The sign-ins of the demonstration start with an empty diary ahead of them.
                    let is_ahead = time.start >= self.at;
                    let is_free = !(is_ahead && patient == id(1)) && busy_patients.insert((patient, date));
                    if !fits || !is_free {
                        continue;
                    }
                    taken_until = end(time.start, offer.minutes);
                    appointments.push(Appointment {
                        id: id(appointments.len() as u128 + 1),
                        clinic: calendar.clinic,
                        clinic_name: calendar.clinic_name.clone(),
                        provider: calendar.provider,
                        provider_name: calendar.provider_name.clone(),
                        service: offer.id,
                        service_name: offer.name.clone(),
                        patient,
                        start: time.start,
                        end: taken_until,
                        minutes: offer.minutes,
                        time_zone: calendar.time_zone.clone(),
                        price: offer.price,
                        status: if is_ahead { Status::Scheduled } else { Status::Completed },
                        booked_at: long_ago + jiff::SignedDuration::from_hours(position),
                        cancelled_at: None,
                    });
                }
            }
        }
        appointments
    }

    /// Calendars, and the appointments with the tiles that they take.
    fn diary(&self) -> Vec<Change> {
        let mut batches = Batches::default();
        let mut days: BTreeMap<(String, Date), DiaryDay> = BTreeMap::new();
        self.calendars().for_each(|calendar| batches.create(Shared, &calendar));
        for appointment in self.appointments() {
            batches.create(ClinicScope::of(appointment.clinic), &appointment);
            if appointment.start >= self.at {
                take(&mut days, &appointment);
            }
        }
        for day in days.values() {
            batches.create(Shared, day);
        }
        for (number, _) in (1..).zip(PATIENTS) {
            batches.create(Shared, &KnownPatient { patient: id(number) });
        }
        batches.finish()
    }

    /// Accounts, who works where and who treats whom.
    async fn accounts(&self, admin: &aws_config::SdkConfig) -> Result<Vec<Change>, SeedError> {
        let mut batches = Batches::default();
        for account in accounts(admin, self.at).await? {
            for membership in &account.memberships {
                if let Some(clinic) = membership.clinic {
                    batches.create(ClinicScope::of(clinic), &Member::of(&account, membership));
                }
            }
            if let Some(patient) = account.patient {
                batches.create(Shared, &PatientAccount { patient, user: account.user });
            }
            batches.create(Shared, &Handle { blind: blind(admin, &account).await?, user: account.user });
            batches.create(Shared, &account);
        }
        let name = "Front desk lead".to_owned().try_into().map_err(|_| SeedError::Account)?;
        let permissions = DESK_LEAD.into_iter().collect();
        let role = ClinicRole { id: id(1), name, permissions, changed_at: self.at };
        batches.create(ClinicScope::of(id(1)), &role);
        let mut care: BTreeMap<(ClinicId, PatientId), BTreeSet<ProviderId>> = BTreeMap::new();
        for appointment in self.appointments() {
            let Appointment { clinic, patient, provider, .. } = appointment;
            care.entry((clinic, patient)).or_default().insert(provider);
        }
        // Whatever the dice say, Ada has been a patient of Dr. Weber's for years.
        care.entry((id(1), id(1))).or_default().insert(id(1));
        for ((clinic, patient), practitioners) in care {
            let practitioners = practitioners.into_iter().collect();
            batches.create(ClinicScope::of(clinic), &CareRelation { patient, practitioners });
        }
        Ok(batches.finish())
    }
}

fn contacts() -> Vec<Change> {
    let mut batches = Batches::default();
    for (number, (given_name, family_name)) in (1..).zip(PATIENTS) {
        let contact = Contact {
            patient: id(number),
            email: Private(address(given_name, family_name)),
            given_name: Private(given_name.into()),
            language: "en".into(),
        };
        batches.create(PatientScope::of(contact.patient), &contact);
    }
    batches.finish()
}

fn take(days: &mut BTreeMap<(String, Date), DiaryDay>, appointment: &Appointment) {
    for whose in [appointment.patient.to_string(), appointment.provider.to_string()] {
        for (day, names) in tiles(appointment.start, appointment.end) {
            let blank = || DiaryDay { whose: whose.clone(), day, tiles: BTreeMap::new() };
            let entry = days.entry((whose.clone(), day)).or_insert_with(blank);
            entry.tiles.extend(names.into_iter().map(|name| (name, appointment.id.to_string())));
        }
    }
}

/// Numbers that look random and are the same every time: Knuth's 64-bit generator (MMIX).
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.0 >> 33).unwrap_or(0) % sides
    }
}

fn address(given_name: &str, family_name: &str) -> String {
    let plain = |name: &str| {
        name.to_lowercase()
            .chars()
            .map(|c| match c {
                'ć' => 'c',
                'á' | 'ã' => 'a',
                'ü' => 'u',
                c => c,
            })
            .collect::<String>()
    };
    format!("{}.{}@careplane.example", plain(given_name), plain(family_name))
}

/// Somebody who can sign in.
struct Person {
    number: u128,
    role: Role,
    clinic: Option<u128>,
    patient: Option<u128>,
    given_name: &'static str,
    family_name: &'static str,
}

/// Everybody who can sign in.
fn people() -> impl Iterator<Item = Person> {
    let staff = STAFF.into_iter().chain(NEIGHBOURS);
    let staff = staff.map(|(number, role, clinic, given_name, family_name)| Person {
        number,
        role,
        clinic: (clinic > 0).then_some(clinic),
        patient: None,
        given_name,
        family_name,
    });
    let patients = (1..).zip(PATIENTS).take(SIGNED_UP).map(|(number, (given_name, family_name))| Person {
        number,
        role: Role::Patient,
        clinic: None,
        patient: Some(number),
        given_name,
        family_name,
    });
    patients.chain(staff)
}

impl Person {
    /// The secret of their app that shows codes: staff cannot sign in without one.
    fn totp(&self) -> Option<[u8; 20]> {
        let text = format!("careplane-demo-{:05}", self.number);
        text.into_bytes().try_into().ok().filter(|_| self.role.is_staff())
    }
}

async fn accounts(admin: &aws_config::SdkConfig, at: Timestamp) -> Result<Vec<Account>, SeedError> {
    let vault = gateways::Vault::new(admin, Some(DATA_KEY), None);
    let password = NewPassword::try_from(PASSWORD.to_owned()).map_err(|_| SeedError::Account)?;
    // One hash for all: they share a password that is printed on the screen.
    let password = password.hash(*b"of-demonstration", at).map_err(|_| SeedError::Account)?;
    let name = |text: &str| text.to_owned().try_into().map(Private).map_err(|_| SeedError::Account);
    let mut accounts = Vec::new();
    for person in people() {
        let email = address(person.given_name, person.family_name);
        let email = email.try_into().map(Private).map_err(|_| SeedError::Account)?;
        let names = (name(person.given_name)?, name(person.family_name)?);
        let user: UserId = id(person.number);
        let mut account =
            Account::new(user, email, names, Preferences::default(), Some(password.clone()), at);
        account.patient = person.patient.map(id);
        if let Some(secret) = person.totp() {
            let sealed = vault.seal(TOTP, secret.to_vec()).await.map_err(|_| SeedError::Account)?;
            let sealed = BASE64_URL_SAFE_NO_PAD.encode(sealed);
            account.factors.totp = Some(AppFactor { sealed, since: at, last_step: 0 });
        }
        if person.role.is_staff() {
            let booked_as = BOOKED_AS.into_iter().find(|(number, _)| *number == person.number);
            account.memberships.push(Membership {
                clinic: person.clinic.map(id),
                role: person.role,
                custom_role: (person.role == Role::Staff).then(|| id(1)),
                provider: booked_as.map(|(_, provider)| id(provider)),
                active: true,
                since: at,
            });
        }
        accounts.push(account);
    }
    Ok(accounts)
}

/// With both stand-ins, which this machine serves itself.
async fn settings(admin: &aws_config::SdkConfig, web: &str) -> Result<Settings, SeedError> {
    let vault = gateways::Vault::new(admin, Some(DATA_KEY), None);
    let (client_id, secret) = stand_in::CLIENT;
    let mut identity_providers = Vec::new();
    for (id, name, protocol, path) in [
        ("example-id", "Example ID", Protocol::OpenidConnect, stand_in::OPENID),
        ("example-hub", "Example Hub", Protocol::Github, stand_in::GITHUB),
    ] {
        let sealed = vault.seal(SECRET, secret.into()).await.map_err(|_| SeedError::Account)?;
        let malformed = |_| SeedError::Account;
        identity_providers.push(IdentityProvider {
            id: id.to_owned().try_into().map_err(malformed)?,
            name: name.to_owned().try_into().map_err(|_| SeedError::Account)?,
            protocol,
            issuer: format!("{web}{path}").try_into().map_err(malformed)?,
            client_id: client_id.to_owned().try_into().map_err(malformed)?,
            sealed_secret: BASE64_URL_SAFE_NO_PAD.encode(sealed),
        });
    }
    Ok(Settings { identity_providers, ..Settings::default() })
}

async fn blind(admin: &aws_config::SdkConfig, account: &Account) -> Result<String, SeedError> {
    let vault = gateways::Vault::new(admin, None, Some(INDEX_KEY));
    vault.blind(Handle::EMAIL, account.email.as_ref()).await.map_err(|_| SeedError::Account)
}

/// What scripts need to know of the demonstration.
pub fn description(origin: &str) -> Value {
    let web = crate::platform::web_origin(origin);
    let demo = Demonstration::new(Date::ZERO, Timestamp::UNIX_EPOCH);
    let sign_in = |person: &Person| {
        json!({
            "email": address(person.given_name, person.family_name),
            "password": PASSWORD,
            "totp_secret": person.totp().map(|secret| provisioning(&secret, "").0),
            "clinic": person.clinic.map(id::<kernel::kind::Clinic>),
            "patient": person.patient.map(id::<kernel::kind::Patient>),
        })
    };
    let mut sign_ins = serde_json::Map::new();
    for person in people() {
        let role: &str = person.role.into();
        let name = if person.clinic == Some(2) { format!("{role}-elsewhere") } else { role.to_owned() };
        sign_ins.entry(name).or_insert_with(|| sign_in(&person));
    }
    let patients = people().filter(|person| person.role == Role::Patient);
    let others: Vec<_> = patients.map(|person| sign_in(&person)).collect();
    json!({
        "base_url": origin,
        "sign_ins": sign_ins,
        "patient_sign_ins": others,
        "clinics": demo.clinics.iter().map(|c| json!({ "id": c.id, "name": c.name, "time_zone": c.time_zone })).collect::<Vec<_>>(),
        "providers": demo.providers.iter().map(|p| json!({
            "id": p.id, "clinic": p.clinic, "name": p.name, "services": p.services,
        })).collect::<Vec<_>>(),
        "services": demo.services.iter().map(|s| json!({
            "id": s.id, "clinic": s.clinic, "name": s.name, "minutes": s.minutes,
        })).collect::<Vec<_>>(),
        "patients": (1..).zip(PATIENTS).map(|(n, (given, family))| json!({
            "id": id::<kernel::kind::Patient>(n), "given_name": given, "family_name": family,
        })).collect::<Vec<_>>(),
        "urls": {
            "web": web,
            "inbox": format!("{origin}/inbox"),
            "inbox_json": format!("{origin}/inbox.json"),
            "docs": format!("{origin}/docs"),
            "openapi": format!("{origin}/openapi.json"),
            "clock": format!("{origin}/local/clock"),
            "aws": origin,
        },
    })
}
