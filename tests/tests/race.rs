//! The booking race over HTTP: whoever asks for whatever at the same moment, what is accepted can take
//! place, and what is refused could not.

use std::collections::HashMap;

use jiff::civil::Date;
use jiff::tz::Offset;
use jiff::{SignedDuration, Timestamp, ToSpan as _};
use journeys::booking::{Before, Booking, Dice, Offer, Span, Wish, all_of, assert_disjoint, offers};
use journeys::client::{Answer, Api, Person, together};
use journeys::process::Running;

const CLIENTS: usize = 64;

/// The platform, everybody who books, and everything that was accepted so far.
struct Stage {
    api: Api,
    patients: Vec<Person>,
    receptionist: Person,
    offers: Vec<Offer>,
    /// A Monday that lies beyond the demonstration's diary.
    monday: Date,
    accepted: Vec<Booking>,
    keys: u32,
}

/// What became of a wish.
struct Asked {
    person: Person,
    wish: Wish,
    answer: Answer,
}

impl Stage {
    async fn new(platform: &Running) -> Self {
        let later = platform.today().await + 40.days();
        let monday = later + i64::from(7 - later.weekday().to_monday_zero_offset()).days();
        Self {
            api: platform.api.clone(),
            patients: platform.api.register_all("Racer", CLIENTS).await,
            receptionist: platform.sign_in("receptionist", testkit::demo::totp).await,
            offers: offers(&platform.demo),
            monday,
            accepted: Vec::new(),
            keys: 0,
        }
    }

    /// Everybody's wishes at once, and nobody cancels meanwhile.
    async fn race(&mut self, wishes: Vec<(Person, Wish)>) -> Vec<Asked> {
        let asking = wishes.into_iter().map(|(person, wish)| {
            self.keys += 1;
            let (api, key) = (self.api.clone(), format!("race-{:08}", self.keys));
            async move {
                let answer = wish.book(&api, &person, &key).await.expect("an answer");
                Asked { person, wish, answer }
            }
        });
        let asked = together(asking).await;
        let accepted = asked.iter().filter(|asked| asked.answer.status == 201);
        self.accepted.extend(accepted.map(|asked| Booking::of(&asked.answer.json())));
        assert_disjoint(&self.accepted);
        for asked in &asked {
            self.assert_refused_for_a_reason(asked);
        }
        asked
    }

    /// Whoever was refused could not have been accepted beside those who were.
    fn assert_refused_for_a_reason(&self, asked: &Asked) {
        let Asked { person, wish, answer } = asked;
        if answer.status == 201 {
            return;
        }
        assert_eq!(answer.status, 409, "{wish:?}: {}", answer.json());
        let patient = wish.patient.as_ref().unwrap_or(&person.patient);
        let in_the_way = |booking: &&Booking| booking.span.overlaps(wish.span());
        let mut in_the_way = self.accepted.iter().filter(in_the_way);
        let reason = match answer.code().as_str() {
            "PROVIDER_CONFLICT" => in_the_way.any(|booking| booking.provider == wish.offer.provider),
            "USER_CONFLICT" => in_the_way.any(|booking| booking.patient == *patient),
            "SLOT_LOCKED" => answer.headers.contains_key("retry-after"),
            other => panic!("refused as {other}"),
        };
        assert!(reason, "refused as {} without a reason: {wish:?}", answer.code());
    }

    /// The offers of a provider, shortest first.
    fn of_provider(&self, position: usize) -> Vec<Offer> {
        let mut providers: Vec<_> = self.offers.iter().map(|offer| &offer.provider).collect();
        providers.dedup();
        let mut offers: Vec<_> =
            self.offers.iter().filter(|offer| offer.provider == *providers[position]).cloned().collect();
        offers.sort_by_key(|offer| offer.minutes);
        offers
    }

    /// Free times within a week of the race, counted from its first.
    async fn free(&self, offer: &Offer, week: i64) -> Vec<Span> {
        let monday = self.monday + (7 * week).days();
        let before = Before::look(&self.api, std::slice::from_ref(offer), monday, 7).await;
        let free = before.free(offer).to_vec();
        assert!(!free.is_empty(), "nothing is free for {offer:?}");
        free
    }
}

fn won(asked: &[Asked]) -> usize {
    asked.iter().filter(|asked| asked.answer.status == 201).count()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_accepted_can_take_place() {
    let data = tempfile::tempdir().expect("a directory");
    let platform = Running::on(data.path()).await;
    let mut stage = Stage::new(&platform).await;
    let weeks = Before::look(&stage.api, &stage.offers, stage.monday, 28).await;

    the_same_time(&mut stage).await;
    the_same_instant_in_other_spellings(&mut stage).await;
    overlapping_times(&mut stage).await;
    one_patient_and_many_providers(&mut stage).await;
    the_same_key_many_times(&mut stage).await;
    a_storm_of_bookings_and_cancellations(&mut stage).await;

    everything_accepted_is_readable(&stage).await;
    weeks.assert_only_taken_by(&stage.api, &stage.accepted).await;
    platform.stop().await;
}

/// Of all who want the same time of the same provider exactly one gets it; the others lose nothing else.
async fn the_same_time(stage: &mut Stage) {
    let offer = stage.of_provider(0)[1].clone();
    for time in stage.free(&offer, 0).await.into_iter().step_by(9).take(4) {
        let wishes = stage.patients.iter().map(|person| (person.clone(), Wish::new(&offer, time.start)));
        let asked = stage.race(wishes.collect()).await;
        assert_eq!(won(&asked), 1);
    }
}

/// An instant is one, however it is written.
async fn the_same_instant_in_other_spellings(stage: &mut Stage) {
    let offer = stage.of_provider(1)[0].clone();
    let start = stage.free(&offer, 0).await[3].start;
    let at = |hours: i8| start.display_with_offset(Offset::constant(hours)).to_string();
    let zulu = start.to_string();
    let plain = zulu.strip_suffix('Z').expect("jiff writes a Z");
    let spellings = [
        zulu.clone(),
        format!("{plain}.000Z"),
        format!("{plain}.000000000Z"),
        zulu.to_lowercase(),
        format!("{plain}+00:00"),
        format!("{plain}-00:00"),
        at(2),
        at(-5),
        at(14),
        start.display_with_offset(Offset::from_seconds(5 * 3600 + 45 * 60).expect("Nepal's")).to_string(),
    ];
    let spellings = spellings.iter().cycle();
    let wishes = stage
        .patients
        .iter()
        .zip(spellings)
        .map(|(person, start)| (person.clone(), Wish::new(&offer, start)));
    let asked = stage.race(wishes.collect()).await;
    assert_eq!(won(&asked), 1);
}

/// Starts, services and lengths differ; whoever overlaps nobody must win.
async fn overlapping_times(stage: &mut Stage) {
    let offers = stage.of_provider(2);
    let mut dice = Dice(1);
    for round in 0..3 {
        let starts: Vec<_> =
            stage.free(&offers[0], 0).await.iter().skip(4 * round).take(12).map(|s| s.start).collect();
        let long = stage.free(offers.last().expect("one"), 0).await;
        let wishes = stage.patients.iter().map(|person| {
            let start = *dice.pick(&starts);
            let fits = long.iter().any(|span| span.start == start);
            let offer = if fits { dice.pick(&offers) } else { &offers[0] };
            let wish = Wish::new(offer, start);
            match dice.roll(3) {
                // Staff may choose another length than the service's.
                0 if fits => {
                    let (patient, minutes) = (Some(person.patient.clone()), Some(*dice.pick(&[15, 30, 45])));
                    (stage.receptionist.clone(), Wish { patient, minutes, ..wish })
                }
                _ => (person.clone(), wish),
            }
        });
        let asked = stage.race(wishes.collect()).await;
        assert!(won(&asked) >= 1);
        for Asked { person, wish, answer } in &asked {
            let patient = wish.patient.as_ref().unwrap_or(&person.patient);
            let free = stage.accepted.iter().all(|booking| {
                let concerns = booking.provider == wish.offer.provider || booking.patient == *patient;
                !(concerns && booking.span.overlaps(wish.span()))
            });
            assert!(answer.status == 201 || !free, "nobody took it, and it was refused: {wish:?}");
        }
    }
}

/// A patient can be in one place, in whichever clinic.
async fn one_patient_and_many_providers(stage: &mut Stage) {
    let mut at: HashMap<Timestamp, Vec<Offer>> = HashMap::new();
    for offer in stage.offers.clone() {
        for span in stage.free(&offer, 1).await {
            at.entry(span.start).or_default().push(offer.clone());
        }
    }
    let clinics = |offers: &[Offer]| offers.iter().any(|offer| offer.clinic != offers[0].clinic);
    let busiest =
        at.iter().filter(|(_, offers)| clinics(offers)).max_by_key(|(start, offers)| (offers.len(), **start));
    let (start, offers) = busiest.expect("a moment at which both clinics are open");
    let person = stage.patients[7].clone();
    let wishes = offers.iter().cycle().take(CLIENTS).map(|offer| (person.clone(), Wish::new(offer, start)));
    let asked = stage.race(wishes.collect()).await;
    assert_eq!(won(&asked), 1);
    assert!(asked.iter().any(|asked| asked.answer.code() == "USER_CONFLICT"));
}

/// Whoever repeats a request with its key is given the same appointment every time.
async fn the_same_key_many_times(stage: &mut Stage) {
    let offer = stage.of_provider(3)[0].clone();
    let wish = Wish::new(&offer, stage.free(&offer, 1).await[5].start);
    let person = stage.patients[9].clone();
    let asking = (0..CLIENTS).map(|_| {
        let (api, person, wish) = (stage.api.clone(), person.clone(), wish.clone());
        async move { wish.book(&api, &person, "one-key-for-all").await.expect("an answer").expect(201) }
    });
    let answers = together(asking).await;
    assert!(answers.iter().all(|answer| *answer == answers[0]), "{answers:#?}");
    stage.accepted.push(Booking::of(&answers[0]));
}

/// Everybody books anything and cancels some of it, all at the same time.
async fn a_storm_of_bookings_and_cancellations(stage: &mut Stage) {
    let mut menu = Vec::new();
    for offer in stage.offers.clone() {
        // Few times for many people.
        let free = stage.free(&offer, 2).await;
        menu.extend(free.into_iter().take(10).map(|span| Wish::new(&offer, span.start)));
    }
    let storm = stage.patients.clone().into_iter().enumerate().map(|(number, person)| {
        let (api, menu, mut dice) = (stage.api.clone(), menu.clone(), Dice(number as u64));
        async move {
            let mut held: Vec<Booking> = Vec::new();
            for turn in 0..10 {
                let position = held.len().checked_sub(1).map(|last| dice.roll(last + 1));
                match position.filter(|at| held[*at].scheduled && dice.roll(3) == 0) {
                    Some(position) => {
                        let path = format!("{}/cancellation", held[position].path());
                        let answer = api.post(&path, &serde_json::json!({})).by(&person).send().await;
                        held[position] = Booking::of(&answer.expect(200));
                    }
                    None => {
                        let wish = dice.pick(&menu);
                        let answer = wish.book(&api, &person, &format!("storm-{number:04}-{turn:04}")).await;
                        let answer = answer.expect("an answer");
                        if answer.status == 201 {
                            held.push(Booking::of(&answer.json()));
                        } else {
                            let code = answer.code();
                            assert!(
                                ["PROVIDER_CONFLICT", "USER_CONFLICT", "SLOT_LOCKED"].contains(&&*code),
                                "{code}"
                            );
                        }
                    }
                }
            }
            held
        }
    });
    let held: Vec<_> = together(storm).await.into_iter().flatten().collect();
    assert!(held.iter().any(|booking| booking.scheduled) && held.iter().any(|booking| !booking.scheduled));
    stage.accepted.extend(held);
    assert_disjoint(&stage.accepted);

    // What was called off can be booked by somebody else, unless it was already.
    let cancelled: Vec<_> = stage.accepted.iter().filter(|booking| !booking.scheduled).cloned().collect();
    let mut again = 0;
    for booking in cancelled {
        let offer = stage.offers.iter().find(|offer| {
            offer.provider == booking.provider
                && booking.span.start + SignedDuration::from_mins(offer.minutes) == booking.span.end
        });
        let person = stage.patients.iter().find(|person| {
            let twin = Booking {
                id: String::new(),
                patient: person.patient.clone(),
                scheduled: true,
                ..booking.clone()
            };
            stage.accepted.iter().all(|other| other.bears(&twin))
        });
        if let (Some(offer), Some(person)) = (offer, person) {
            let wish = (person.clone(), Wish::new(offer, booking.span.start));
            assert_eq!(won(&stage.race(vec![wish]).await), 1, "{booking:?}");
            again += 1;
        }
    }
    assert!(again > 0, "no time was free again");
}

/// By id and in the list of its patient, as what it was accepted as; and nothing else is in the lists.
async fn everything_accepted_is_readable(stage: &Stage) {
    for person in &stage.patients {
        let mut listed = all_of(&stage.api, person).await;
        let mut expected: Vec<_> =
            stage.accepted.iter().filter(|b| b.patient == person.patient).cloned().collect();
        for booking in &expected {
            let found = stage.api.get(&booking.path()).by(person).send().await.expect(200);
            assert_eq!(Booking::of(&found), *booking);
        }
        listed.sort_by(|a, b| a.id.cmp(&b.id));
        expected.sort_by(|a, b| a.id.cmp(&b.id));
        assert_eq!(listed, expected);
    }
}
