//! Random bookings and cancellations against a list of intervals.

use futures_util::future::join_all;
use jiff::{SignedDuration, Timestamp};
use kernel::Role;
use serde_json::{Value, json};
use testkit::{Answer, TestPlatform, demo};

use crate::common::*;

/// SplitMix64: the same numbers for the same seed.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: u32) -> u32 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        u32::try_from((mixed ^ (mixed >> 31)) >> 32).unwrap_or_default() % sides
    }
}

impl Dice {
    fn pick(&mut self, length: usize) -> usize {
        self.roll(u32::try_from(length).expect("not so many")) as usize
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Stretch {
    id: String,
    provider: u128,
    patient: u128,
    start: Timestamp,
    end: Timestamp,
}

impl Stretch {
    fn overlaps(&self, other: &Self) -> bool {
        self.start < other.end && other.start < self.end
    }
}

#[derive(Clone, Debug)]
enum Deed {
    Book(Stretch),
    Cancel(Stretch),
}

/// Something that the desk of the first clinic may well be asked, on two days of April with nothing
/// booked yet: short and long, for six people, with three providers who are there at different hours.
fn deed(dice: &mut Dice, standing: &[Stretch]) -> Deed {
    if !standing.is_empty() && dice.roll(3) == 0 {
        return Deed::Cancel(standing[dice.pick(standing.len())].clone());
    }
    // Wednesday 7 and Friday 9 April: everybody is there from 9 to 12 by Berlin's clocks.
    let day = if dice.roll(2) == 0 { "2027-04-07T07:00:00Z" } else { "2027-04-09T07:00:00Z" };
    let quarters = 1 + dice.roll(5);
    let first = dice.roll(13 - quarters);
    let start = day.parse::<Timestamp>().unwrap() + SignedDuration::from_mins(i64::from(first) * 15);
    Deed::Book(Stretch {
        id: String::new(),
        provider: 1 + u128::from(dice.roll(3)),
        patient: 1 + u128::from(dice.roll(6)),
        start,
        end: start + SignedDuration::from_mins(i64::from(quarters) * 15),
    })
}

async fn perform(platform: &TestPlatform, deed: &Deed, number: usize) -> Answer {
    let desk = platform.as_role(Role::Receptionist).key(&format!("deed-{number:06}"));
    match deed {
        Deed::Book(wish) => {
            let fields = with(
                visit(wish.provider, 2, &wish.start.to_string()),
                "patient",
                json!(demo::patient(wish.patient)),
            );
            let minutes = wish.end.duration_since(wish.start).as_mins();
            desk.call("book-appointment", with(fields, "minutes", minutes)).await
        }
        Deed::Cancel(known) => {
            desk.call("cancel-appointment", json!({ "clinic": demo::clinic(1), "appointment": known.id }))
                .await
        }
    }
}

/// Every reason that the oracle sees for refusing a wish.
fn expected(wish: &Stretch, standing: &[Stretch]) -> Vec<&'static str> {
    let clash = |same: fn(&Stretch, &Stretch) -> bool| {
        standing.iter().any(|other| same(wish, other) && wish.overlaps(other))
    };
    let mut reasons = Vec::new();
    if clash(|a, b| a.patient == b.patient) {
        reasons.push("USER_CONFLICT");
    }
    if clash(|a, b| a.provider == b.provider) {
        reasons.push("PROVIDER_CONFLICT");
    }
    reasons
}

fn told(problem: &Value) -> Vec<String> {
    let all = reasons(problem);
    if all.is_empty() { vec![text(&problem["code"])] } else { all }
}

async fn compare(platform: &TestPlatform, standing: &[Stretch]) {
    diaries_are_true(platform).await;
    for number in 1..=6 {
        let page =
            platform.patient(number).call("list-appointments", json!({ "limit": 100 })).await.granted(200);
        let april =
            |item: &&Value| text(&item["start"]).starts_with("2027-04-0") && item["status"] == "scheduled";
        let mut found: Vec<_> =
            page["items"].as_array().unwrap().iter().filter(april).map(|item| text(&item["id"])).collect();
        let mut own: Vec<_> =
            standing.iter().filter(|one| one.patient == number).map(|one| one.id.clone()).collect();
        found.sort();
        own.sort();
        assert_eq!(found, own, "patient {number}");
    }
}

#[tokio::test]
async fn one_after_the_other_bookings_and_cancellations_are_as_a_list_of_intervals_says() {
    let platform = TestPlatform::open().await;
    let mut dice = Dice(1);
    let mut standing: Vec<Stretch> = Vec::new();
    let (mut booked, mut refused, mut cancelled) = (0, 0, 0);
    for number in 0..300 {
        let deed = deed(&mut dice, &standing);
        let answer = perform(&platform, &deed, number).await;
        match deed {
            Deed::Book(wish) => {
                let reasons = expected(&wish, &standing);
                if reasons.is_empty() {
                    let id = text(&answer.granted(201)["id"]);
                    standing.push(Stretch { id, ..wish });
                    booked += 1;
                } else {
                    assert_eq!(told(&answer.problem(409)), reasons, "{number}: {wish:?}");
                    refused += 1;
                }
            }
            Deed::Cancel(known) => {
                answer.granted(200);
                standing.retain(|other| *other != known);
                cancelled += 1;
            }
        }
    }
    assert!(
        booked > 50 && refused > 50 && cancelled > 50,
        "{booked} booked, {refused} refused, {cancelled} cancelled"
    );
    compare(&platform, &standing).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn all_at_once_bookings_and_cancellations_are_as_some_order_of_them_says() {
    for seed in [2, 3, 4] {
        let platform = TestPlatform::open().await;
        let mut dice = Dice(seed);
        let mut standing: Vec<Stretch> = Vec::new();
        let mut refusals = 0;
        for batch in 0..10 {
            let mut deeds: Vec<_> = (0..16).map(|_| deed(&mut dice, &standing)).collect();
            // Nobody cancels the same appointment twice in one batch: that has a test of its own.
            let mut named = std::collections::BTreeSet::new();
            deeds.retain(|deed| !matches!(deed, Deed::Cancel(known) if !named.insert(known.id.clone())));
            let wishes = deeds.iter().enumerate().map(|(n, deed)| perform(&platform, deed, batch * 100 + n));
            let answers = join_all(wishes).await;

            let before = standing.clone();
            let (mut won, mut gone) = (Vec::new(), Vec::new());
            for (deed, answer) in deeds.iter().zip(&answers) {
                match (deed, answer.status) {
                    (Deed::Book(wish), 201) => {
                        won.push(Stretch { id: text(&answer.body["id"]), ..wish.clone() });
                    }
                    (Deed::Book(_), 409) => refusals += 1,
                    (Deed::Cancel(known), 200) => gone.push(known.clone()),
                    _ => panic!("{deed:?}: {answer:#?}"),
                }
            }
            // Whoever was refused met somebody who was there at some moment of the batch.
            let somewhen: Vec<_> = before.iter().chain(&won).cloned().collect();
            for (deed, answer) in deeds.iter().zip(answers) {
                if let (Deed::Book(wish), 409) = (deed, answer.status) {
                    let possible = expected(wish, &somewhen);
                    let told = told(&answer.problem(409));
                    assert!(
                        told.iter().all(|reason| possible.contains(&reason.as_str())),
                        "{wish:?}: {told:?}, {possible:?}"
                    );
                }
            }
            // And whoever was not refused would have been welcome afterwards.
            standing.retain(|one| !gone.contains(one));
            for one in won {
                assert_eq!(expected(&one, &standing), Vec::<&str>::new(), "{one:?}");
                standing.push(one);
            }
            // Nobody is refused for nothing: what is free now and was not touched in the batch stays free.
            for deed in &deeds {
                if let Deed::Book(wish) = deed
                    && expected(wish, &somewhen).is_empty()
                {
                    panic!("{wish:?} was in nobody's way and is not booked");
                }
            }
        }
        assert!(refusals > 20, "{refusals}");
        compare(&platform, &standing).await;
    }
}
