//! Accounts, for whoever runs the platform; operators themselves; pictures.

use kernel::Role;
use serde_json::{Value, json};
use testkit::{TestPlatform, demo};

use crate::common::*;
use crate::ready::*;

async fn listed(platform: &TestPlatform, fields: Value) -> Vec<String> {
    let answer = platform.as_role(Role::Support).call("list-accounts", fields).await.granted(200);
    let items = answer["items"].as_array().unwrap().clone();
    items.iter().map(|item| text(&item["email"])).collect()
}

#[tokio::test]
async fn accounts_are_listed_by_group_and_state_the_newest_first() {
    let platform = TestPlatform::open().await;
    for number in 0..3 {
        platform.newcomer(&format!("patient-{number}@example.org"), "four quiet words").await;
        platform.pass(jiff::SignedDuration::from_secs(1));
    }
    let patients = listed(&platform, json!({ "group": "patients", "limit": 3 })).await;
    assert_eq!(patients, ["patient-2@example.org", "patient-1@example.org", "patient-0@example.org"]);
    let staff = listed(&platform, json!({})).await;
    assert!(staff.contains(&"jonas.becker@careplane.example".to_owned()), "{staff:?}");
    assert!(!staff.iter().any(|email| email.starts_with("patient-")));

    // Page by page it is the same list.
    let support = platform.as_role(Role::Support);
    let all = listed(&platform, json!({ "group": "patients", "limit": 100 })).await;
    let (mut paged, mut after) = (Vec::new(), Value::Null);
    loop {
        let mut fields = json!({ "group": "patients", "limit": 2 });
        if !after.is_null() {
            fields["after"] = after;
        }
        let page = support.call("list-accounts", fields).await.granted(200);
        paged.extend(page["items"].as_array().unwrap().iter().map(|item| text(&item["email"])));
        after = page["next"].clone();
        if after.is_null() {
            break;
        }
    }
    assert_eq!(paged, all);

    // Whoever is deactivated, or begins to work, is in another list.
    let operator = platform.as_role(Role::Operator);
    let ben = json!({ "user": demo::user(2), "active": false });
    operator.call("change-account", ben).await.granted(200);
    let gone = listed(&platform, json!({ "group": "patients", "state": "deactivated" })).await;
    assert_eq!(gone, ["ben.fischer@careplane.example"]);
    join(&platform, "patient-1@example.org").await;
    assert!(
        !listed(&platform, json!({ "group": "patients" })).await.contains(&"patient-1@example.org".into())
    );
    assert!(listed(&platform, json!({})).await.contains(&"patient-1@example.org".into()));
    let one = operator.call("get-account", json!({ "user": demo::user(1) })).await.granted(200);
    assert!(one["last_sign_in_at"].is_string(), "{one}");
    operator.call("get-account", json!({ "user": demo::user(9999) })).await.refused(404, "NOT_FOUND");
}

#[tokio::test]
async fn a_list_of_accounts_costs_the_same_however_many_there_are() {
    let platform = TestPlatform::open().await;
    let support = platform.as_role(Role::Support);
    support.token().await;
    let cost = async || {
        let _ = platform.calls();
        support.call("list-accounts", json!({ "group": "patients", "limit": 2 })).await.granted(200);
        platform.calls()
    };
    let before = cost().await;
    assert_eq!(before, ["Query", "BatchGetItem", "PutItem"]);
    for number in 0..8 {
        platform.newcomer(&format!("more-{number}@example.org"), "four quiet words").await;
    }
    assert_eq!(cost().await, before);
}

#[tokio::test]
async fn whoever_runs_an_environment_appoints_its_first_operator() {
    let platform = TestPlatform::open_empty().await;
    platform.deliver("rotate-signing-key", &json!({})).await.unwrap();
    let email = "first@example.org";
    for wrong in [
        json!({}),
        json!({ "email": "nobody" }),
        json!({ "email": email, "role": "manager" }),
        json!({ "email": email, "clinic": "x" }),
    ] {
        platform.deliver("invite-operator", &wrong).await.unwrap_err();
    }
    assert_eq!(platform.dump("identity").await.iter().filter(|item| item["kind"] == "link").count(), 0);
    let invited = platform.deliver("invite-operator", &json!({ "email": email })).await.unwrap();
    assert_eq!(invited["expires_at"], "2027-03-08T08:00:00Z");
    let token = platform.link(email).await;
    let short = json!({ "token": token, "given_name": "Fir", "family_name": "St", "password": "8 chars!" });
    platform.anyone().call("accept-invitation", short.clone()).await.refused(422, "INVALID");
    let fields = with(short, "password", "twelve letters");
    let joined = platform.anyone().call("accept-invitation", fields.clone()).await.granted(200);
    assert_eq!((&joined["role"], &joined["clinic"]), (&json!("operator"), &Value::Null));
    platform.anyone().call("accept-invitation", fields).await.refused(422, "LINK_INVALID");
    let sign_in = json!({ "email": email, "password": "twelve letters" });
    let session = platform.anyone().call("sign-in", sign_in).await.granted(201);
    assert_eq!(
        (&session["role"], &session["second_factor"]),
        (&json!("operator"), &json!("enrolment-required"))
    );

    // What a token of one factor cannot do: the way in is a second one.
    let bearer = format!("Bearer {}", text(&session["access_token"]));
    let headers = [("authorization", &*bearer), ("content-type", "application/json")];
    platform.anyone().http("GET", "/v1/accounts", "", &headers).await.refused(403, "FORBIDDEN");
    let begun = platform.anyone().http("POST", "/v1/me/factors/totp", "{}".to_owned(), &headers).await;
    assert_eq!(begun.status, 201, "{begun:?}");
}

#[tokio::test]
async fn an_operator_who_is_let_go_keeps_what_they_are_elsewhere() {
    let platform = TestPlatform::open().await;
    let email = "both@example.org";
    platform.newcomer(email, "twelve letters").await;
    platform.deliver("invite-operator", &json!({ "email": email, "role": "support" })).await.unwrap();
    let accept = json!({ "token": platform.link(email).await });
    platform.anyone().call("accept-invitation", accept).await.granted(200);
    let sign_in = json!({ "email": email, "password": "twelve letters" });
    let session = platform.anyone().call("sign-in", sign_in.clone()).await;
    assert_eq!(session.body["role"], "support");

    let operator = platform.as_role(Role::Operator);
    let found = operator.call("find-account", json!({ "email": email })).await.granted(200);
    let let_go = json!({ "user": found["items"][0]["user"], "leaves_platform": true });
    let after = operator.call("change-account", let_go.clone()).await.granted(200);
    assert_eq!((&after["state"], &after["memberships"][0]["active"]), (&json!("active"), &json!(false)));
    refresh(&platform, &session, "after-that").await.refused(401, "SESSION_ENDED");
    let session = platform.anyone().call("sign-in", sign_in).await.granted(201);
    assert_eq!(session["role"], "patient");
    // Once more changes nothing.
    let writes = platform.dump("identity").await;
    operator.call("change-account", let_go).await.granted(200);
    assert_eq!(platform.dump("identity").await.len(), writes.len());
    let own = json!({ "user": operator.token_says().await["sub"], "leaves_platform": true });
    operator.call("change-account", own).await.refused(409, "OWN_MEMBERSHIP");
}

#[tokio::test]
async fn a_picture_is_seen_by_its_owner_and_by_their_clinics() {
    let platform = TestPlatform::open().await;
    let ada = platform.patient(1);
    let get = async || ada.call("get-own-picture", json!({})).await;
    get().await.refused(404, "NOT_FOUND");
    ada.call("remove-own-picture", json!({})).await.refused(404, "NOT_FOUND");
    for wrong in ["", "PHN2Zz48L3N2Zz4=", "not base64!", &PICTURE[..40]] {
        let refused = ada.call("set-own-picture", json!({ "image": wrong })).await;
        assert_eq!(refused.problem(422)["errors"][0]["pointer"], "/image", "{wrong}");
    }
    let set = ada.call("set-own-picture", json!({ "image": PICTURE })).await.granted(200);
    assert!(text(&set["jpeg"]).starts_with("/9j/"), "a JPEG, whatever was sent");
    assert_eq!(get().await.granted(200), set);
    ada.call("set-own-picture", json!({ "image": PICTURE })).await.granted(200);

    book(&platform, &ada, 0).await;
    platform.settle().await;
    let this = json!({ "clinic": demo::clinic(1), "patient": demo::patient(1) });
    for role in [Role::Receptionist, Role::Nurse] {
        let seen = platform.as_role(role).call("get-patient", this.clone()).await.granted(200);
        assert_eq!(seen["picture"], set["jpeg"], "{role}");
    }
    ada.call("remove-own-picture", json!({})).await.granted(200);
    get().await.refused(404, "NOT_FOUND");
    let seen = platform.as_role(Role::Nurse).call("get-patient", this).await.granted(200);
    assert_eq!(seen["picture"], Value::Null);
}

/// Of everything that was offered, what was decided last counts.
#[tokio::test]
async fn an_older_invitation_undoes_no_decision() {
    let platform = TestPlatform::open().await;
    let manager = platform.as_role(Role::Manager);
    let email = "twice@example.org";
    let invite = async || {
        let fields = json!({ "clinic": demo::clinic(1), "email": email, "role": "manager" });
        manager.call("invite-member", fields).await.granted(201);
        platform.link(email).await
    };
    let accept = async |token: &str| {
        let fields =
            json!({ "token": token, "given_name": "T", "family_name": "W", "password": "twelve letters" });
        platform.anyone().call("accept-invitation", fields).await
    };
    let (first, second, third) = (invite().await, invite().await, invite().await);
    platform.pass(jiff::SignedDuration::from_secs(1));
    accept(&first).await.granted(200);
    let members = manager.call("list-members", json!({ "clinic": demo::clinic(1) })).await.granted(200);
    let members = members["items"].as_array().unwrap().clone();
    let user = members.iter().find(|member| member["email"] == email).unwrap()["user"].clone();
    let lower = json!({ "clinic": demo::clinic(1), "user": user, "role": "receptionist" });
    manager.call("change-member", lower).await.granted(200);
    accept(&second).await.refused(422, "LINK_INVALID");

    // Nor by closing the account and beginning anew.
    let fields = json!({ "email": email, "password": "twelve letters" });
    let session = platform.anyone().call("sign-in", fields).await.granted(201);
    let bearer = format!("Bearer {}", text(&session["access_token"]));
    let headers = [("authorization", &*bearer), ("content-type", "application/json")];
    let begun =
        platform.anyone().http("POST", "/v1/me/factors/totp", "{}".to_owned(), &headers).await.granted(201);
    let code = json!({ "code": demo::totp(&text(&begun["secret"]), platform.now()) }).to_string();
    let enrolled = platform.anyone().http("PUT", "/v1/me/factors/totp", code, &headers).await.granted(200);
    let bearer = format!("Bearer {}", text(&enrolled["session"]["access_token"]));
    let headers = [("authorization", &*bearer), ("content-type", "application/json")];
    platform.anyone().http("POST", "/v1/me/closure", "{}".to_owned(), &headers).await.granted(200);
    accept(&third).await.refused(422, "LINK_INVALID");
    // What is offered afterwards is another matter.
    platform.pass(jiff::SignedDuration::from_secs(1));
    let fourth = invite().await;
    accept(&fourth).await.granted(200);
}

#[tokio::test]
async fn there_is_one_appointment_at_a_time_and_it_can_be_taken_back() {
    let platform = TestPlatform::open().await;
    let email = "appointed@example.org";
    let accept = async |token: String| {
        let fields =
            json!({ "token": token, "given_name": "A", "family_name": "P", "password": "twelve letters" });
        platform.anyone().call("accept-invitation", fields).await
    };
    let invite = async |fields: Value| platform.deliver("invite-operator", &fields).await.unwrap();
    invite(json!({ "email": email })).await;
    let operator = platform.link(email).await;
    invite(json!({ "email": email, "role": "support" })).await;
    let support = platform.link(email).await;
    accept(operator).await.refused(422, "LINK_INVALID");
    let gone = invite(json!({ "email": email, "withdraw": true })).await;
    assert_eq!(gone["expires_at"], Value::Null);
    accept(support).await.refused(422, "LINK_INVALID");
    invite(json!({ "email": email, "role": "support" })).await;
    let joined = accept(platform.link(email).await).await.granted(200);
    assert_eq!(joined["role"], "support");
    // Nothing is left of any of them.
    let left = platform.dump("identity").await.into_iter();
    let left = left.filter(|item| ["link", "appointed"].contains(&item["kind"].as_str().unwrap_or_default()));
    assert_eq!(left.count(), 0);
}
