use base64::{Engine as _, prelude::BASE64_URL_SAFE_NO_PAD};
use serde_json::{Value, json};
use testkit::{TestPlatform, demo};

use crate::common::*;

fn ids(page: &Value) -> Vec<String> {
    page["items"].as_array().expect("items").iter().map(|item| text(&item["id"])).collect()
}

/// Read a listing to its end, so many at a time.
async fn walk(platform: &TestPlatform, function: &str, fields: Value, limit: u8) -> Vec<String> {
    let mut found = Vec::new();
    let mut fields = with(fields, "limit", limit);
    for _ in 0..100 {
        let page = platform.patient(1).call(function, fields.clone()).await.granted(200);
        assert!(ids(&page).len() <= limit.into());
        found.extend(ids(&page));
        match &page["next"] {
            Value::Null => return found,
            next => fields = with(fields, "after", next.clone()),
        }
    }
    panic!("{function} has no end");
}

#[tokio::test]
async fn every_listing_can_be_read_in_pages_of_any_size() {
    let platform = TestPlatform::open().await;
    for nth in [0, 5, 10, 15, 20] {
        book(&platform, &platform.patient(1), nth).await;
    }
    let clinic = json!({ "clinic": demo::clinic(1) });
    for (function, fields, count) in [
        ("list-clinics", json!({}), 2),
        ("list-providers", clinic.clone(), 3),
        ("list-services", clinic, 4),
        ("list-appointments", json!({}), 5),
    ] {
        let whole = walk(&platform, function, fields.clone(), 100).await;
        assert!(whole.len() >= count, "{function}: {whole:?}");
        for limit in [1, 2, 3] {
            assert_eq!(
                walk(&platform, function, fields.clone(), limit).await,
                whole,
                "{function} by {limit}"
            );
        }
    }
}

#[tokio::test]
async fn a_patient_sees_all_their_appointments_of_all_clinics_latest_first_and_nobody_elses() {
    let platform = TestPlatform::open().await;
    let everything = platform.records("scheduling", "appointment").await;
    for number in 1..=16 {
        let mut own: Vec<_> =
            everything.iter().filter(|item| item["patient"] == json!(demo::patient(number))).collect();
        own.sort_by_key(|item| std::cmp::Reverse(text(&item["start"])));
        let page =
            platform.patient(number).call("list-appointments", json!({ "limit": 100 })).await.granted(200);
        let expected: Vec<_> = own.iter().map(|item| text(&item["id"])).collect();
        assert_eq!(ids(&page), expected, "patient {number}");
    }
}

#[tokio::test]
async fn a_forged_cursor_opens_nothing() {
    let platform = TestPlatform::open().await;
    book(&platform, &platform.patient(1), 0).await;
    let other = platform.patient(2).call("list-appointments", json!({ "limit": 1 })).await.granted(200);
    let own: Vec<_> = walk(&platform, "list-appointments", json!({}), 100).await;
    let cursor = |parts: Value| BASE64_URL_SAFE_NO_PAD.encode(parts.to_string());
    let long = "z".repeat(3000);
    let theirs = platform.records("scheduling", "appointment").await;
    let theirs =
        theirs.iter().find(|item| item["patient"] == json!(demo::patient(2))).expect("one of theirs");
    let forged = [
        ("of another patient", text(&other["next"])),
        ("made of another's record", cursor(json!([theirs["by_patient_sort"], theirs["pk"], theirs["sk"]]))),
        ("beyond the end", cursor(json!(["0000", "zzz", "-"]))),
        ("before the beginning", cursor(json!(["9999", "aaa", "-"]))),
        ("empty", String::new()),
        ("not base64", "§§§".into()),
        ("not JSON", BASE64_URL_SAFE_NO_PAD.encode("{]")),
        ("not a list", cursor(json!({ "a": "b" }))),
        ("of numbers", cursor(json!([1, 2, 3]))),
        ("too short", cursor(json!(["a"]))),
        ("too long", cursor(json!(["a", "b", "c", "d"]))),
        ("of empty texts", cursor(json!(["", "", ""]))),
        ("larger than a key", cursor(json!([long, long, long]))),
        ("with a NUL", cursor(json!(["a\u{0}", "b", "c"]))),
    ];
    for (case, after) in &forged {
        let answer = platform.patient(1).call("list-appointments", json!({ "after": after })).await;
        match answer.status {
            200 => assert!(ids(&answer.body).iter().all(|id| own.contains(id)), "{case}: {answer:#?}"),
            422 => assert_eq!(answer.problem(422)["errors"][0]["pointer"], "/after", "{case}"),
            _ => panic!("{case}: {answer:#?}"),
        }
    }
    for (case, parts) in [
        ("of empty texts", json!([""])),
        ("larger than a key", json!([long])),
        ("two parts", json!(["a", "b"])),
        ("of another clinic", json!([demo::provider(4)])),
    ] {
        let fields = json!({ "clinic": demo::clinic(1), "after": cursor(parts) });
        let answer = platform.anyone().call("list-providers", fields).await;
        match answer.status {
            200 => {
                let clinics = answer.body["items"].as_array().unwrap().iter().map(|item| &item["clinic"]);
                assert!(
                    clinics.into_iter().all(|clinic| *clinic == json!(demo::clinic(1))),
                    "{case}: {answer:#?}"
                );
            }
            422 => assert_eq!(answer.problem(422)["errors"][0]["pointer"], "/after", "{case}"),
            _ => panic!("{case}: {answer:#?}"),
        }
    }
}

#[tokio::test]
async fn what_is_published_is_shown_one_by_one_as_in_its_list() {
    let platform = TestPlatform::open().await;
    let anyone = platform.anyone();
    for clinic in [1, 2] {
        let clinic = json!({ "clinic": demo::clinic(clinic) });
        for (list, get, field) in
            [("list-providers", "get-provider", "provider"), ("list-services", "get-service", "service")]
        {
            let page = anyone.call(list, clinic.clone()).await;
            assert_eq!(page.header("cache-control"), "public, max-age=60");
            for item in page.granted(200)["items"].as_array().unwrap() {
                let shown =
                    anyone.call(get, with(clinic.clone(), field, item["id"].clone())).await.granted(200);
                assert_eq!(shown, *item);
            }
        }
    }
    let clinics = anyone.call("list-clinics", json!({})).await.granted(200);
    let berlin = anyone.call("get-clinic", json!({ "clinic": demo::clinic(1) })).await.granted(200);
    assert_eq!(clinics["items"][0], berlin);
    insta::assert_json_snapshot!(berlin, @r#"
    {
      "about": "General practice, cardiology and paediatrics under one roof, two minutes from the park.",
      "address": {
        "city": "Berlin",
        "country": "DE",
        "line": "Lindenstraße 14",
        "postal_code": "10969"
      },
      "grid_minutes": 15,
      "id": "cln_01900000000070008000000000000001",
      "languages": [
        "de",
        "en",
        "tr"
      ],
      "name": "Lindenhof Berlin",
      "organization": "org_01900000000070008000000000000001",
      "phone": "+49 30 5550100",
      "time_zone": "Europe/Berlin"
    }
    "#);
}

#[tokio::test]
async fn a_page_has_1_to_100_items_and_nothing_else_is_guessed() {
    let platform = TestPlatform::open().await;
    for limit in ["0", "101", "1000", "-1", "1.5", "all", ""] {
        let answer = platform.anyone().call("list-clinics", json!({ "limit": limit })).await;
        assert_eq!(answer.problem(422)["errors"][0]["pointer"], "/limit", "{limit}");
    }
    for limit in ["1", "100"] {
        platform.anyone().call("list-clinics", json!({ "limit": limit })).await.granted(200);
    }
}
