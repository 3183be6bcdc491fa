use kernel::Role;
use serde_json::{Value, json};
use testkit::{TestPlatform, demo};

use crate::common::*;

/// `date: local=instant …` for every day that has a free time.
fn week(answer: &Value) -> String {
    let days = answer["days"].as_array().expect("days").iter().map(|day| {
        let times = day["times"].as_array().expect("times").iter();
        let times =
            times.map(|time| format!("{}={}", text(&time["local"]), text(&time["start"]).split_at(11).1));
        format!("{}: {}", text(&day["date"]), times.collect::<Vec<_>>().join(" "))
    });
    days.collect::<Vec<_>>().join("\n")
}

async fn set_hours(platform: &TestPlatform, clinic: u128, provider: u128, weekly: Value) {
    let manager = platform.staff(Role::Manager, demo::clinic(clinic));
    let fields =
        json!({ "clinic": demo::clinic(clinic), "provider": demo::provider(provider), "weekly": weekly });
    manager.with("if-match", "\"1\"").call("set-provider-hours", fields).await.granted(200);
    platform.settle().await;
}

fn ask(clinic: u128, provider: u128, service: u128, from: &str, days: u8) -> Value {
    json!({
        "clinic": demo::clinic(clinic),
        "provider": demo::provider(provider),
        "service": demo::service(service),
        "from": from,
        "days": days,
    })
}

#[tokio::test]
async fn a_week_in_berlin_is_told_by_berlins_clocks() {
    let platform = TestPlatform::open().await;
    let answer = platform.anyone().call("find-availability", ask(1, 2, 3, "2027-04-10", 4)).await;
    assert_eq!(answer.header("cache-control"), "no-store");
    let answer = answer.granted(200);
    assert_eq!((&answer["time_zone"], &answer["minutes"]), (&json!("Europe/Berlin"), &json!(60)));
    assert_eq!(answer["price"], json!({ "minor": 12000, "currency": "EUR" }));
    insta::assert_snapshot!(week(&answer), @"
    2027-04-10: 09:00=07:00:00Z 09:15=07:15:00Z 09:30=07:30:00Z 09:45=07:45:00Z 10:00=08:00:00Z 10:15=08:15:00Z 10:30=08:30:00Z 10:45=08:45:00Z 11:00=09:00:00Z
    2027-04-11: 
    2027-04-12: 09:00=07:00:00Z 09:15=07:15:00Z 09:30=07:30:00Z 09:45=07:45:00Z 10:00=08:00:00Z 10:15=08:15:00Z 10:30=08:30:00Z 10:45=08:45:00Z 11:00=09:00:00Z 11:15=09:15:00Z 11:30=09:30:00Z 11:45=09:45:00Z 12:00=10:00:00Z 12:15=10:15:00Z 12:30=10:30:00Z 12:45=10:45:00Z 13:00=11:00:00Z 13:15=11:15:00Z 13:30=11:30:00Z 13:45=11:45:00Z 14:00=12:00:00Z 14:15=12:15:00Z 14:30=12:30:00Z 14:45=12:45:00Z 15:00=13:00:00Z
    2027-04-13:
    ");
}

#[tokio::test]
async fn a_day_in_new_york_is_told_by_new_yorks_clocks() {
    let platform = TestPlatform::open().await;
    let answer =
        platform.anyone().call("find-availability", ask(2, 5, 5, "2027-04-08", 1)).await.granted(200);
    assert_eq!(answer["time_zone"], "America/New_York");
    insta::assert_snapshot!(week(&answer), @"
    2027-04-08: 10:00=14:00:00Z 10:20=14:20:00Z 10:40=14:40:00Z 11:00=15:00:00Z 11:20=15:20:00Z 11:40=15:40:00Z 12:00=16:00:00Z 12:20=16:20:00Z 12:40=16:40:00Z 13:00=17:00:00Z 13:20=17:20:00Z 13:40=17:40:00Z 14:00=18:00:00Z 14:20=18:20:00Z 14:40=18:40:00Z 15:00=19:00:00Z 15:20=19:20:00Z 15:40=19:40:00Z 16:00=20:00:00Z 16:20=20:20:00Z 16:40=20:40:00Z 17:00=21:00:00Z
    ");
}

#[tokio::test]
async fn without_a_day_it_begins_today_by_the_clinics_clocks_and_lasts_a_week() {
    let platform = TestPlatform::open().await;
    let dates = async |clinic: u128, provider: u128, service: u128| {
        let mut question = ask(clinic, provider, service, "", 1);
        let fields = question.as_object_mut().expect("fields");
        fields.remove("from");
        fields.remove("days");
        let answer = platform.anyone().call("find-availability", question).await.granted(200);
        let days = answer["days"].as_array().expect("days").clone();
        (text(&days[0]["date"]), days.len())
    };
    // Half past four in the night in Berlin, and still the evening before in New York.
    platform.wait_until("2027-03-04T03:30:00Z");
    assert_eq!(dates(1, 1, 2).await, ("2027-03-04".into(), 7));
    assert_eq!(dates(2, 4, 6).await, ("2027-03-03".into(), 7));
}

#[tokio::test]
async fn when_the_clocks_change_every_hour_is_offered_as_often_as_it_comes() {
    let platform = TestPlatform::open().await;
    let night = json!([{ "day": "sunday", "from": "01:00", "to": "04:00" }]);
    set_hours(&platform, 1, 1, night.clone()).await;
    set_hours(&platform, 2, 4, night).await;
    let mut told = String::new();
    for (clinic, provider, service, from) in
        [(1, 1, 3, "2027-03-28"), (1, 1, 3, "2027-10-31"), (2, 4, 5, "2027-03-14"), (2, 4, 5, "2027-11-07")]
    {
        let question = ask(clinic, provider, service, from, 1);
        let answer = platform.anyone().call("find-availability", question).await.granted(200);
        told += &week(&answer);
        told += "\n";
        // What is offered can be booked: every single time, one after the other, each cancelled again.
        for time in answer["days"][0]["times"].as_array().expect("times") {
            let fields = json!({
                "clinic": demo::clinic(clinic),
                "provider": demo::provider(provider),
                "service": demo::service(service),
                "start": time["start"],
            });
            let booked = platform.patient(1).call("book-appointment", fields).await.granted(201);
            assert_eq!(booked["end"], time["end"]);
            platform.patient(1).call("cancel-appointment", this(&booked)).await.granted(200);
        }
    }
    insta::assert_snapshot!(told, @"
    2027-03-28: 01:00=00:00:00Z 01:15=00:15:00Z 01:30=00:30:00Z 01:45=00:45:00Z 03:00=01:00:00Z
    2027-10-31: 01:00=23:00:00Z 01:15=23:15:00Z 01:30=23:30:00Z 01:45=23:45:00Z 02:00=00:00:00Z 02:15=00:15:00Z 02:30=00:30:00Z 02:45=00:45:00Z 02:00=01:00:00Z 02:15=01:15:00Z 02:30=01:30:00Z 02:45=01:45:00Z 03:00=02:00:00Z
    2027-03-14: 01:00=06:00:00Z 01:20=06:20:00Z 01:40=06:40:00Z 03:00=07:00:00Z
    2027-11-07: 01:00=05:00:00Z 01:20=05:20:00Z 01:40=05:40:00Z 01:00=06:00:00Z 01:20=06:20:00Z 01:40=06:40:00Z 02:00=07:00:00Z 02:20=07:20:00Z 02:40=07:40:00Z 03:00=08:00:00Z
    ");
    diaries_are_true(&platform).await;
}

#[tokio::test]
async fn everything_that_is_offered_can_be_booked_and_nothing_else() {
    let platform = TestPlatform::open().await;
    let ada = platform.patient(1);
    let offered = free_times(&platform, WEBER, 2).await;
    // Every quarter of an hour of two working days, whatever is taken.
    let begin: jiff::Timestamp = "2027-03-02T05:00:00Z".parse().unwrap();
    let mut bookable = 0;
    for quarter in 0..140 {
        let start = (begin + jiff::SignedDuration::from_mins(quarter * 15)).to_string();
        let answer = ada.call("book-appointment", visit(WEBER, 2, &start)).await;
        assert_eq!(answer.status == 201, offered.contains(&start), "{start}: {answer:#?}");
        if answer.status == 201 {
            bookable += 1;
            ada.call("cancel-appointment", this(&answer.body)).await.granted(200);
        }
    }
    assert!(bookable > 10, "{bookable}");
    diaries_are_true(&platform).await;
}

#[tokio::test]
async fn no_range_but_one_to_thirty_one_days_of_this_century() {
    let platform = TestPlatform::open().await;
    for (from, days, pointer) in [
        ("2027-04-05", 0, "/days"),
        ("2027-04-05", 32, "/days"),
        ("1999-12-31", 7, "/from"),
        ("2100-01-01", 7, "/from"),
    ] {
        let problem = platform.anyone().call("find-availability", ask(1, 1, 2, from, days)).await;
        assert_eq!(problem.refused(422, "BAD_RANGE")["errors"][0]["pointer"], pointer);
    }
    for (from, days) in [("2000-01-01", 31), ("2099-12-31", 31), ("2027-02-01", 1)] {
        let answer = platform.anyone().call("find-availability", ask(1, 1, 2, from, days)).await.granted(200);
        assert_eq!(answer["days"].as_array().map(Vec::len), Some(days.into()));
        assert!(answer["days"].as_array().unwrap().iter().all(|day| day["times"] == json!([])), "{answer}");
    }
}
