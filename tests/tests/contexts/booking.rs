use futures_util::future::join_all;
use jiff::ToSpan as _;
use kernel::Role;
use serde_json::json;
use testkit::{TestPlatform, demo};

use crate::common::*;

#[tokio::test]
async fn a_patient_books_a_free_time_and_everybody_concerned_sees_it() {
    let platform = TestPlatform::open().await;
    let ada = platform.patient(1);
    let start = free_time(&platform, WEBER, 2, 0).await;
    let appointment = ada.call("book-appointment", visit(WEBER, 2, &start)).await.granted(201);
    insta::assert_json_snapshot!(appointment, { ".id" => "[apt]" }, @r#"
    {
      "booked_at": "2027-03-01T08:00:00Z",
      "cancelled_at": null,
      "clinic": "cln_01900000000070008000000000000001",
      "clinic_name": "Lindenhof Berlin",
      "end": "2027-03-01T10:30:00Z",
      "id": "[apt]",
      "minutes": 30,
      "patient": "pat_01900000000070008000000000000001",
      "price": {
        "currency": "EUR",
        "minor": 6500
      },
      "provider": "prv_01900000000070008000000000000001",
      "provider_name": "Dr. Anna Weber",
      "service": "svc_01900000000070008000000000000002",
      "service_name": "Consultation",
      "start": "2027-03-01T10:00:00Z",
      "status": "scheduled",
      "time_zone": "Europe/Berlin"
    }
    "#);

    assert_eq!(ada.call("get-appointment", this(&appointment)).await.granted(200), appointment);
    let desk = platform.as_role(Role::Receptionist);
    assert_eq!(desk.call("get-appointment", this(&appointment)).await.granted(200), appointment);
    let mine = ada.call("list-appointments", json!({})).await.granted(200);
    assert_eq!(mine["items"][0], appointment, "the latest one leads");
    assert!(!free_times(&platform, WEBER, 2).await.contains(&start));
    diaries_are_true(&platform).await;
}

#[tokio::test]
async fn a_time_is_one_whatever_its_spelling() {
    let platform = TestPlatform::open().await;
    book(&platform, &platform.patient(1), 0).await;
    let start = text(&platform.records("scheduling", "event").await[0]["body"]);
    let fact: serde_json::Value = serde_json::from_str(&start).unwrap();
    let start: jiff::Timestamp = text(&fact["data"]["appointment"]["start"]).parse().unwrap();
    let zoned = |zone: &str| start.in_tz(zone).unwrap().strftime("%Y-%m-%dT%H:%M:%S%:z").to_string();
    let utc = start.strftime("%Y-%m-%dT%H:%M:%S").to_string();
    for spelling in [
        format!("{utc}Z"),
        format!("{utc}.000Z"),
        format!("{utc}+00:00"),
        format!("{}z", utc.replace('T', "t")),
        zoned("Europe/Berlin"),
        zoned("Asia/Kathmandu"),
    ] {
        let ben = platform.patient(2).call("book-appointment", visit(WEBER, 2, &spelling)).await;
        ben.refused(409, "PROVIDER_CONFLICT");
    }
    diaries_are_true(&platform).await;
}

#[tokio::test]
async fn every_reason_of_a_collision_is_told() {
    let platform = TestPlatform::open().await;
    let ada = platform.patient(1);
    let appointment = book(&platform, &ada, 0).await;
    let start = text(&appointment["start"]);

    let by_another = platform.patient(9).call("book-appointment", visit(WEBER, 2, &start)).await;
    assert_eq!(reasons(&by_another.refused(409, "PROVIDER_CONFLICT")), Vec::<String>::new());
    let twice = ada.call("book-appointment", visit(WEBER, 2, &start)).await.refused(409, "USER_CONFLICT");
    assert_eq!(reasons(&twice), ["USER_CONFLICT", "PROVIDER_CONFLICT"]);
    diaries_are_true(&platform).await;
}

#[tokio::test]
async fn a_patient_cannot_be_with_two_providers_at_once_not_even_in_two_clinics() {
    let platform = TestPlatform::open().await;
    // Tuesday 11:00 in New York is 17:00 in Berlin.
    let desk = platform.as_role(Role::Receptionist);
    let berlin = with(visit(WEBER, 2, "2027-04-06T15:00:00Z"), "patient", json!(demo::patient(1)));
    desk.call("book-appointment", berlin).await.granted(201);
    let elsewhere = json!({
        "clinic": demo::clinic(2),
        "provider": demo::provider(5),
        "service": demo::service(6),
        "start": "2027-04-06T15:20:00Z",
    });
    let ada = platform.patient(1);
    ada.call("book-appointment", elsewhere.clone()).await.refused(409, "USER_CONFLICT");
    let after = with(elsewhere, "start", "2027-04-06T15:40:00Z");
    ada.call("book-appointment", after).await.granted(201);
    diaries_are_true(&platform).await;
}

#[tokio::test]
async fn appointments_may_touch_but_not_overlap() {
    let platform = TestPlatform::open().await;
    let desk = platform.as_role(Role::Receptionist);
    // Beyond the demonstration's diary: Monday 5 April, from 8 to 12 by Berlin's clocks.
    let at = |start: &str, minutes: u16, patient: u128| {
        let fields = with(visit(WEBER, 2, &format!("2027-04-05T{start}:00Z")), "minutes", minutes);
        desk.call("book-appointment", with(fields, "patient", json!(demo::patient(patient))))
    };
    at("07:00", 60, 1).await.granted(201);
    for (start, minutes) in
        [("06:00", 75), ("06:45", 30), ("07:15", 15), ("07:45", 60), ("06:00", 240), ("07:00", 60)]
    {
        at(start, minutes, 2).await.refused(409, "PROVIDER_CONFLICT");
    }
    at("06:00", 60, 2).await.granted(201);
    at("08:00", 15, 3).await.granted(201);
    diaries_are_true(&platform).await;
}

#[tokio::test]
async fn of_many_who_want_one_time_exactly_one_gets_it() {
    let platform = TestPlatform::open().await;
    let start = free_time(&platform, WEBER, 2, 3).await;
    let racers = (1..=16).map(|number| {
        let visitor = platform.patient(number);
        let fields = visit(WEBER, 2, &start);
        async move { visitor.call("book-appointment", fields).await }
    });
    let answers = join_all(racers).await;
    assert_eq!(statuses(&answers), [(201, 1), (409, 15)].into());
    for answer in answers.into_iter().filter(|answer| answer.status == 409) {
        answer.refused(409, "PROVIDER_CONFLICT");
    }
    diaries_are_true(&platform).await;
}

#[tokio::test]
async fn one_patient_who_asks_everybody_at_once_gets_one() {
    let platform = TestPlatform::open().await;
    // Wednesday 7 April, 10:00 in Berlin: all three providers of the clinic are there.
    let ada = platform.patient(1);
    let wishes =
        [1, 2, 3].map(|provider| ada.call("book-appointment", visit(provider, 2, "2027-04-07T08:00:00Z")));
    let answers = join_all(wishes).await;
    assert_eq!(statuses(&answers), [(201, 1), (409, 2)].into());
    for answer in answers.into_iter().filter(|answer| answer.status == 409) {
        answer.refused(409, "USER_CONFLICT");
    }
    diaries_are_true(&platform).await;
}

#[tokio::test]
async fn what_is_not_offered_cannot_be_booked() {
    let platform = TestPlatform::open().await;
    let ada = platform.patient(1);
    let far = (platform.now().to_zoned(jiff::tz::TimeZone::UTC) + 400.days()).timestamp().to_string();
    for (case, fields, code, pointer) in [
        ("before opening", visit(WEBER, 2, "2027-04-05T05:45:00Z"), "TIME_NOT_OFFERED", "/start"),
        ("over the lunch break", visit(WEBER, 2, "2027-04-05T09:45:00Z"), "TIME_NOT_OFFERED", "/start"),
        ("after closing", visit(WEBER, 2, "2027-04-05T16:00:00Z"), "TIME_NOT_OFFERED", "/start"),
        ("on a Sunday", visit(WEBER, 2, "2027-04-04T08:00:00Z"), "TIME_NOT_OFFERED", "/start"),
        ("off the grid", visit(WEBER, 2, "2027-04-05T08:05:00Z"), "TIME_NOT_OFFERED", "/start"),
        ("between two seconds", visit(WEBER, 2, "2027-04-05T08:00:00.5Z"), "TIME_NOT_OFFERED", "/start"),
        ("beyond the horizon", visit(WEBER, 2, &far), "TIME_NOT_OFFERED", "/start"),
        ("at the end of time", visit(WEBER, 2, "9999-12-30T22:00:00Z"), "TIME_NOT_OFFERED", "/start"),
        ("in the past", visit(WEBER, 2, "2027-02-22T08:00:00Z"), "START_IN_PAST", "/start"),
        ("at this very moment", visit(WEBER, 2, "2027-03-01T08:00:00Z"), "START_IN_PAST", "/start"),
        ("before the epoch", visit(WEBER, 2, "-000753-04-21T08:00:00Z"), "START_IN_PAST", "/start"),
        (
            "a service of somebody else",
            visit(2, 4, "2027-04-05T08:00:00Z"),
            "SERVICE_NOT_OFFERED",
            "/service",
        ),
        (
            "a length of one's own",
            with(visit(WEBER, 2, "2027-04-05T08:00:00Z"), "minutes", 45),
            "LENGTH_NOT_OFFERED",
            "/minutes",
        ),
    ] {
        let problem = ada.call("book-appointment", fields).await.refused(422, code);
        assert_eq!(problem["errors"][0]["pointer"], pointer, "{case}: {problem:#}");
    }
    let unsaid = with(visit(WEBER, 2, "2027-04-05T08:00:00Z"), "minutes", 30);
    ada.call("book-appointment", unsaid).await.granted(201);
    diaries_are_true(&platform).await;
}

#[tokio::test]
async fn staff_book_any_length_on_the_grid_for_any_patient_and_say_for_whom() {
    let platform = TestPlatform::open().await;
    let desk = platform.as_role(Role::Receptionist);
    let fields = visit(WEBER, 2, "2027-04-06T06:00:00Z");
    let unsaid = desk.call("book-appointment", fields.clone()).await.refused(422, "PATIENT_REQUIRED");
    assert_eq!(unsaid["errors"][0]["pointer"], "/patient");
    let fields = with(fields, "patient", json!(demo::patient(5)));
    for minutes in [0, 10, 20, 735, 65535] {
        let refused = desk.call("book-appointment", with(fields.clone(), "minutes", minutes)).await;
        refused.refused(422, "LENGTH_NOT_OFFERED");
    }
    let long = desk.call("book-appointment", with(fields, "minutes", 240)).await.granted(201);
    assert_eq!((&long["minutes"], &long["end"]), (&json!(240), &json!("2027-04-06T10:00:00Z")));
    diaries_are_true(&platform).await;
}

#[tokio::test]
async fn a_patient_books_for_nobody_else() {
    let platform = TestPlatform::open().await;
    let fields = with(visit(WEBER, 2, "2027-04-05T08:00:00Z"), "patient", json!(demo::patient(2)));
    platform.patient(1).call("book-appointment", fields.clone()).await.refused(404, "NOT_FOUND");
    let own = with(fields, "patient", json!(demo::patient(1)));
    platform.patient(1).call("book-appointment", own).await.granted(201);
    diaries_are_true(&platform).await;
}

#[tokio::test]
async fn an_appointment_may_last_over_midnight_by_utc() {
    let platform = TestPlatform::open().await;
    // New York is open until 20:00 on this day, which is midnight by UTC: hours to 23:00.
    let manager = platform.staff(Role::Manager, demo::clinic(2));
    let late = json!({
        "clinic": demo::clinic(2),
        "provider": demo::provider(4),
        "weekly": [{ "day": "monday", "from": "18:00", "to": "00:00" }],
    });
    manager.with("if-match", "\"1\"").call("set-provider-hours", late).await.granted(200);
    platform.settle().await;
    let wish = |start: &str| json!({ "clinic": demo::clinic(2), "provider": demo::provider(4), "service": demo::service(7), "start": start });
    let ada = platform.patient(1);
    let booked = ada.call("book-appointment", wish("2027-04-05T23:40:00Z")).await.granted(201);
    assert_eq!(booked["end"], "2027-04-06T00:20:00Z");
    let ben = platform.patient(2);
    ben.call("book-appointment", wish("2027-04-06T00:00:00Z")).await.refused(409, "PROVIDER_CONFLICT");
    ben.call("book-appointment", wish("2027-04-05T23:20:00Z")).await.refused(409, "PROVIDER_CONFLICT");
    ben.call("book-appointment", wish("2027-04-06T00:20:00Z")).await.granted(201);
    ada.call("cancel-appointment", this(&booked)).await.granted(200);
    ben.call("book-appointment", wish("2027-04-05T23:40:00Z")).await.granted(201);
    diaries_are_true(&platform).await;
}

#[tokio::test]
async fn the_desk_books_for_nobody_who_does_not_exist() {
    let platform = TestPlatform::open().await;
    let desk = platform.as_role(kernel::Role::Receptionist);
    let start = free_time(&platform, WEBER, 2, 0).await;
    let before = platform.dump("scheduling").await;
    for stranger in [4711, 0x00ff_ffff] {
        let fields = with(visit(WEBER, 2, &start), "patient", json!(demo::patient(stranger)));
        desk.call("book-appointment", fields).await.refused(422, "UNKNOWN_PATIENT");
    }
    assert_eq!(platform.dump("scheduling").await, before);

    // Whoever registers is known as soon as the news has gone round.
    let newcomer = platform.newcomer("new@example.org", "long enough, this").await;
    platform.settle().await;
    let fields = with(visit(WEBER, 2, &start), "patient", json!(newcomer.id()));
    desk.call("book-appointment", fields).await.granted(201);
    diaries_are_true(&platform).await;
}

#[tokio::test]
async fn a_clock_that_is_moved_on_and_set_right_again_takes_no_booking_with_it() {
    let platform = TestPlatform::open().await;
    let appointment = book(&platform, &platform.patient(1), 0).await;
    let machine = platform.now();
    platform.pass(jiff::SignedDuration::from_hours(24 * 40));
    local::pump::sweep(platform.inside(), machine).await;
    platform.pass(jiff::SignedDuration::from_hours(-24 * 40));

    let again = visit(WEBER, 2, &text(&appointment["start"]));
    platform.patient(2).call("book-appointment", again).await.refused(409, "PROVIDER_CONFLICT");
    diaries_are_true(&platform).await;
}
