use kernel::Role;
use runtime::Trigger;
use serde_json::{Value, json};
use testkit::{TestPlatform, demo};

use crate::common::*;

/// For every route of a clinic: the second clinic's records, asked for in the first one.
fn ids_of_elsewhere(function: &str, elsewhere: &Value) -> Option<Value> {
    let clinic = json!({ "clinic": demo::clinic(1) });
    let provider = with(clinic.clone(), "provider", json!(demo::provider(4)));
    Some(match function {
        "get-provider" | "get-provider-hours" => provider,
        "get-service" => with(clinic, "service", json!(demo::service(5))),
        "find-availability" => with(provider, "service", json!(demo::service(6))),
        "set-provider-hours" => with(provider, "weekly", json!([])),
        "book-appointment" => {
            let fields = with(visit(4, 6, "2027-04-05T13:00:00Z"), "provider", json!(demo::provider(4)));
            with(fields, "patient", json!(demo::patient(1)))
        }
        "get-appointment" | "cancel-appointment" => with(clinic, "appointment", elsewhere["id"].clone()),
        "get-patient" => with(clinic, "patient", elsewhere["patient_elsewhere"].clone()),
        "withdraw-invitation" => with(clinic, "invitation", elsewhere["invitation"].clone()),
        "change-member" => with(with(clinic, "user", json!(demo::user(111))), "active", json!(false)),
        "change-role" => {
            let fields = with(clinic, "role", elsewhere["role"].clone());
            with(with(fields, "name", "Mine now"), "permissions", json!([]))
        }
        "remove-role" => with(clinic, "role", elsewhere["role"].clone()),
        // They name nothing but the clinic itself.
        "get-clinic" | "list-providers" | "list-services" | "list-members" | "list-invitations"
        | "list-roles" | "invite-member" | "define-role" => return None,
        other => panic!("say here which ids {other} takes"),
    })
}

#[tokio::test]
async fn another_clinics_records_do_not_exist() {
    let platform = TestPlatform::open().await;
    let ada = platform.patient(1);
    let elsewhere = json!({
        "clinic": demo::clinic(2), "provider": demo::provider(4), "service": demo::service(6), "start": "2027-04-05T13:00:00Z",
    });
    let mut elsewhere = ada.call("book-appointment", elsewhere).await.granted(201);
    let manager = platform.staff(Role::Manager, demo::clinic(2));
    let there = json!({ "clinic": demo::clinic(2) });
    let role = with(with(there.clone(), "name", "Theirs"), "permissions", json!([]));
    elsewhere["role"] = manager.call("define-role", role).await.granted(201)["id"].clone();
    let invitation = with(with(there.clone(), "email", "theirs@example.org"), "role", "nurse");
    elsewhere["invitation"] = manager.call("invite-member", invitation).await.granted(201)["id"].clone();
    // Somebody who is a patient in New York and nowhere else.
    let newcomer = platform.newcomer("only-there@example.org", "four quiet words").await;
    newcomer.token().await;
    let fields = with(with(there, "provider", json!(demo::provider(4))), "service", json!(demo::service(6)));
    newcomer.call("book-appointment", with(fields, "start", "2027-04-06T13:00:00Z")).await.granted(201);
    elsewhere["patient_elsewhere"] = json!(newcomer.id());
    platform.settle().await;
    let before = (platform.dump_all_but_refusals().await, platform.refusals().await);
    let (mut tried, mut known) = (0, 0);
    for function in infra::functions() {
        let Trigger::Http(http) = &function.trigger else { continue };
        if !http.route.path.contains("{clinic}") {
            continue;
        }
        let Some(fields) = ids_of_elsewhere(function.name, &elsewhere) else { continue };
        let roles =
            if http.is_public() { vec![None] } else { vec![Some(Role::Manager), Some(Role::Patient)] };
        for role in roles {
            let visitor = role.map_or_else(|| platform.anyone(), |role| platform.as_role(role));
            let visitor = visitor.key("tenant-by-tenant").with("if-match", "\"1\"");
            let may = role.is_none_or(|role| role.reach(http.needs.expect("guarded")).is_some());
            let answer = visitor.call(function.name, fields.clone()).await;
            let problem = answer.problem(if may { 404 } else { 403 });
            let told = problem.to_string();
            assert!(!told.contains("New York") && !told.contains("Okafor"), "{}: {told}", function.name);
            tried += 1;
            known += usize::from(role.is_some());
        }
    }
    assert!(tried >= 12, "{tried}");
    assert_eq!(platform.dump_all_but_refusals().await, before.0);
    assert_eq!(platform.refusals().await, before.1 + known, "whoever is known and reaches over is on record");
}

#[tokio::test]
async fn a_service_of_another_clinic_is_not_offered_here() {
    let platform = TestPlatform::open().await;
    let before = platform.dump_all().await;
    let fields = visit(WEBER, 6, "2027-04-05T08:00:00Z");
    platform.patient(1).call("book-appointment", fields.clone()).await.refused(422, "SERVICE_NOT_OFFERED");
    let question =
        json!({ "clinic": demo::clinic(1), "provider": demo::provider(1), "service": demo::service(6) });
    platform.anyone().call("find-availability", question).await.refused(422, "SERVICE_NOT_OFFERED");
    assert_eq!(platform.dump_all().await, before);
}

#[tokio::test]
async fn a_record_that_exists_elsewhere_looks_exactly_like_one_that_does_not_exist() {
    let platform = TestPlatform::open().await;
    let elsewhere = platform.records("scheduling", "appointment").await;
    let of = |clinic: u128| {
        elsewhere.iter().find(|item| item["clinic"] == json!(demo::clinic(clinic))).expect("one").clone()
    };
    let missing = json!("apt_0190000000007000800000000000ffff");
    let desk = platform.as_role(Role::Receptionist);
    let stranger = platform.patient(1);
    let ask = async |visitor: &testkit::Visitor<'_>, function: &str, clinic: u128, appointment: &Value| {
        let fields = json!({ "clinic": demo::clinic(clinic), "appointment": appointment });
        visitor.call(function, fields).await.without_request_id()
    };
    for function in ["get-appointment", "cancel-appointment"] {
        let nothing = ask(&desk, function, 1, &missing).await;
        assert_eq!(nothing.status, 404);
        assert_eq!(ask(&desk, function, 1, &of(2)["id"]).await, nothing, "{function} in our clinic");
        let closed = ask(&desk, function, 2, &missing).await;
        assert_eq!(ask(&desk, function, 2, &of(2)["id"]).await, closed, "{function} in theirs");
        // Somebody else's appointment, for a patient.
        let theirs = ask(&stranger, function, 1, &of(1)["id"]).await;
        assert_eq!((theirs.status, &theirs.body["code"]), (404, &json!("NOT_FOUND")), "{function}");
    }
}

#[tokio::test]
async fn every_record_of_a_clinic_lies_under_its_own_key() {
    let platform = TestPlatform::open().await;
    for number in [1, 2] {
        let desk = platform.staff(Role::Receptionist, demo::clinic(number));
        let mine = platform.records("scheduling", "appointment").await;
        let mine: Vec<_> = mine.iter().filter(|item| item["clinic"] == json!(demo::clinic(number))).collect();
        assert!(mine.len() > 20);
        for item in &mine {
            assert!(text(&item["pk"]).starts_with(&demo::clinic(number).to_string()), "{item}");
        }
        desk.call("get-appointment", this(mine[0])).await.granted(200);
    }
}
