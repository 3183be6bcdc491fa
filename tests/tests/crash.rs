//! `SIGKILL` amid bookings and refreshes: what was acknowledged is there afterwards, and what was not becomes
//! one appointment, or one pair of tokens, or none, whoever asks again.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use jiff::ToSpan as _;
use jiff::tz::TimeZone;
use journeys::booking::{Before, Booking, Dice, Wish, all_of, assert_disjoint, offers};
use journeys::client::{Answer, Api, Cookies, Person, text, together};
use journeys::process::{Running, until};
use serde_json::{Value, json};
use tokio::sync::Notify;

const CLIENTS: usize = 12;
const ROUNDS: usize = 4;

/// A booking that was asked for, and what the client knows of it.
#[derive(Clone)]
struct Attempt {
    person: Person,
    key: String,
    wish: Wish,
    /// Nothing, if the platform died before it answered.
    answer: Option<Answer>,
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_acknowledged_is_lost_and_nothing_happens_twice() {
    let data = tempfile::tempdir().expect("a directory");
    let mut platform = Running::on(data.path()).await;
    // Tokens name the origin that issued them.
    let port = platform.port();
    let patients = platform.api.register_all("Survivor", CLIENTS).await;
    let offers = offers(&platform.demo);
    let first = platform.today().await + 40.days();
    let before = Before::look(&platform.api, &offers, first, 7).await;
    let menu: Vec<_> = offers
        .iter()
        .flat_map(|offer| before.free(offer).iter().step_by(3).map(|span| Wish::new(offer, span.start)))
        .collect();

    let mut held: Vec<Booking> = Vec::new();
    let mut confirmed = BTreeSet::new();
    let mut died_unanswered = 0;
    for round in 0..ROUNDS {
        let attempts = book_until_killed(platform, round, &patients, &menu).await;
        platform = Running::at(data.path(), port).await;

        for attempt in attempts {
            let again = ask_again(&platform, &attempt).await;
            match &attempt.answer {
                Some(before) if before.status == 201 => assert_eq!(again.expect(201), before.json()),
                Some(before) => assert_eq!(again.status, before.status),
                None => died_unanswered += 1,
            }
            if again.status == 201 {
                let booking = Booking::of(&again.json());
                let found = platform.api.get(&booking.path()).by(&attempt.person).send().await.expect(200);
                assert_eq!(found, again.json());
                held.push(booking);
            }
        }
        assert_disjoint(&held);
        for person in &patients {
            let ids = |bookings: &[Booking]| bookings.iter().map(|b| b.id.clone()).collect::<BTreeSet<_>>();
            let own: Vec<_> =
                held.iter().filter(|booking| booking.patient == person.patient).cloned().collect();
            assert_eq!(
                ids(&all_of(&platform.api, person).await),
                ids(&own),
                "{} in round {round}",
                person.email
            );
        }
        before.assert_only_taken_by(&platform.api, &held).await;
        every_booking_is_confirmed(&platform, &patients, &held, &mut confirmed).await;
    }
    println!("{} bookings held, {died_unanswered} were asked for when the platform died", held.len());
    assert!(died_unanswered > 0, "no crash came amid a booking");

    // The free times can still be booked, and the taken ones can be given back.
    let wish =
        menu.iter().find(|wish| held.iter().all(|booking| !booking.span.overlaps(wish.span()))).expect("one");
    let booked =
        wish.book(&platform.api, &patients[0], "after-the-crashes").await.expect("an answer").expect(201);
    held.push(Booking::of(&booked));
    for booking in &mut held {
        let person = patients.iter().find(|person| person.patient == booking.patient).expect("a patient");
        let path = format!("{}/cancellation", booking.path());
        *booking = Booking::of(&platform.api.post(&path, &json!({})).by(person).send().await.expect(200));
    }
    before.assert_only_taken_by(&platform.api, &held).await;
    platform.stop().await;
}

/// Everybody books one time after another until, after some answers, the platform dies.
async fn book_until_killed(
    platform: Running,
    round: usize,
    patients: &[Person],
    menu: &[Wish],
) -> Vec<Attempt> {
    let answered = Arc::new(AtomicUsize::new(0));
    let enough = Arc::new(Notify::new());
    let last = 3 + 2 * round;
    let clients = patients.iter().enumerate().map(|(number, person)| {
        let (api, person, menu) = (platform.api.clone(), person.clone(), menu.to_vec());
        let (answered, enough) = (answered.clone(), enough.clone());
        let mut dice = Dice((round * CLIENTS + number) as u64);
        tokio::spawn(async move {
            let mut attempts = Vec::new();
            for turn in 0.. {
                let (wish, key) =
                    (dice.pick(&menu).clone(), format!("crash-{round:04}-{number:04}-{turn:04}"));
                let answer = wish.book(&api, &person, &key).await.ok();
                let died = answer.is_none();
                attempts.push(Attempt { person: person.clone(), key, wish, answer });
                if died {
                    break;
                }
                if answered.fetch_add(1, Ordering::Relaxed) == last {
                    enough.notify_one();
                }
            }
            attempts
        })
    });
    let clients: Vec<_> = clients.collect();
    enough.notified().await;
    platform.kill().await;
    let mut attempts = Vec::new();
    for client in clients {
        attempts.extend(client.await.expect("a client that does not panic"));
    }
    attempts
}

/// What somebody holds when the platform dies: the last pair that they were given, and the attempt whose
/// answer never came.
struct Holding {
    cookies: Cookies,
    attempt: String,
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_was_given_a_pair_goes_on_with_it() {
    let data = tempfile::tempdir().expect("a directory");
    let mut platform = Running::on(data.path()).await;
    let port = platform.port();
    let patients = platform.api.register_all("Keeper", CLIENTS).await;
    let mut held: Vec<_> = patients.iter().map(|person| person.cookies.clone()).collect();
    for round in 0..ROUNDS {
        let holding = refresh_until_killed(platform, round, held).await;
        platform = Running::at(data.path(), port).await;
        let asking = holding.into_iter().map(|holding| go_on(platform.api.clone(), holding));
        held = together(asking).await;
    }
    for (person, cookies) in patients.iter().zip(&held) {
        platform.api.refresh(cookies, "after-the-crashes").await.expect("an answer").expect(200);
        assert_eq!(platform.api.mails(&person.email, "You have been signed out to be safe").await, 0);
    }
    platform.stop().await;
}

/// Everybody refreshes again and again until, after some answers, the platform dies.
async fn refresh_until_killed(platform: Running, round: usize, held: Vec<Cookies>) -> Vec<Holding> {
    let answered = Arc::new(AtomicUsize::new(0));
    let enough = Arc::new(Notify::new());
    let last = 2 * CLIENTS + 3 * round;
    let clients = held.into_iter().enumerate().map(|(number, mut cookies)| {
        let (api, answered, enough) = (platform.api.clone(), answered.clone(), enough.clone());
        tokio::spawn(async move {
            for turn in 0.. {
                let attempt = format!("crash-{round:04}-{number:04}-{turn:04}");
                let Ok(answer) = api.refresh(&cookies, &attempt).await else {
                    return Holding { cookies, attempt };
                };
                answer.expect(200);
                cookies = Cookies::of(&answer);
                if answered.fetch_add(1, Ordering::Relaxed) == last {
                    enough.notify_one();
                }
            }
            unreachable!("the platform dies")
        })
    });
    let clients: Vec<_> = clients.collect();
    enough.notified().await;
    platform.kill().await;
    let mut holding = Vec::new();
    for client in clients {
        holding.push(client.await.expect("a client that does not panic"));
    }
    holding
}

/// Ask again in the same attempt, several times at once: the pair is one, and it opens the session. What
/// they hold now.
async fn go_on(api: Api, holding: Holding) -> Cookies {
    let Holding { cookies, attempt } = holding;
    let again = (0..3).map(|_| {
        let (api, cookies, attempt) = (api.clone(), cookies.clone(), attempt.clone());
        async move { api.refresh(&cookies, &attempt).await.expect("an answer") }
    });
    let answers = together(again).await;
    for answer in &answers {
        answer.expect(200);
    }
    let pairs: Vec<_> = answers.iter().map(Cookies::of).collect();
    assert!(pairs.iter().all(|pair| *pair == pairs[0]), "{pairs:#?}");
    let next = api.refresh(&pairs[0], &format!("{attempt}-next")).await.expect("an answer");
    next.expect(200);
    Cookies::of(&next)
}

/// The same request with the same key, several times at once: the answers are one.
///
/// A refusal is not kept: what refused the first may have gone. Here nobody cancels, so that it has not.
async fn ask_again(platform: &Running, attempt: &Attempt) -> Answer {
    let again = (0..3).map(|_| {
        let (api, Attempt { person, key, wish, .. }) = (platform.api.clone(), attempt.clone());
        async move { wish.book(&api, &person, &key).await.expect("an answer") }
    });
    let mut answers = together(again).await;
    assert!(answers.iter().all(|answer| answer.status == answers[0].status), "{answers:?}");
    if answers[0].status == 201 {
        assert!(answers.iter().all(|answer| answer.json() == answers[0].json()), "{answers:?}");
    } else {
        answers[0].expect(409);
    }
    answers.remove(0)
}

/// Whatever was on its way when the platform died arrives: at least one mail for each booking.
async fn every_booking_is_confirmed(
    platform: &Running,
    patients: &[Person],
    held: &[Booking],
    confirmed: &mut BTreeSet<(String, String)>,
) {
    // A message that a dead process had taken shows again only after its visibility.
    platform.api.post("/local/clock", &json!({ "advance_seconds": 200 })).send().await.expect(200);
    let zones: Vec<(String, String)> = platform.demo["clinics"]
        .as_array()
        .expect("clinics")
        .iter()
        .map(|clinic: &Value| (text(clinic, "id"), text(clinic, "time_zone")))
        .collect();
    let expected: Vec<_> = held
        .iter()
        .map(|booking| {
            let zone = &zones.iter().find(|(clinic, _)| *clinic == booking.clinic).expect("its clinic").1;
            let start = booking.span.start.to_zoned(TimeZone::get(zone).expect("a zone"));
            let person = patients.iter().find(|person| person.patient == booking.patient).expect("a patient");
            (person.email.clone(), format!("{} ({zone})", start.strftime("%A, %-d %B %Y, %H:%M")))
        })
        .collect();
    until("a mail for every booking", async || {
        let inbox = platform.api.get("/inbox.json").send().await.expect(200);
        for mail in inbox["items"].as_array()? {
            for (email, when) in &expected {
                if mail["to"] == json!([email]) && text(mail, "text").contains(when) {
                    confirmed.insert((email.clone(), when.clone()));
                }
            }
        }
        expected.iter().all(|mail| confirmed.contains(mail)).then_some(())
    })
    .await;
    // A restarted platform has the right time again: what is taken from now on must not lie in its future.
    platform.api.post("/local/clock", &json!({ "reset": true })).send().await.expect(200);
}
