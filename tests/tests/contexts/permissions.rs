use kernel::{Reach, Role};
use runtime::Http;
use serde_json::{Value, json};
use testkit::{Answer, TestPlatform, Visitor, demo};

use crate::common::*;
use crate::ready::*;

/// A request to the first clinic that succeeds for whoever may make it.
async fn attempt(platform: &TestPlatform, visitor: Visitor<'_>, function: &str) -> Answer {
    let Ready { visitor, fields } = ready(platform, visitor, function).await;
    visitor.call(function, fields).await
}

/// Whoever may not do it is asked to do it with the fields of somebody who may.
async fn fields_for(platform: &TestPlatform, function: &str, http: &Http) -> (Value, Vec<(String, String)>) {
    let natural = natural(platform, function, http).await;
    if !http.is_public() {
        natural.token().await;
    }
    let Ready { visitor, fields } = ready(platform, natural, function).await;
    (fields, visitor.headers())
}

/// Every function × every role, each in a world of its own.
#[tokio::test]
async fn every_role_may_do_what_the_table_says_and_nothing_else() {
    let mut matrix = Vec::new();
    for (function, http) in guarded() {
        let platform = TestPlatform::open().await;
        let mut row = vec![format!("{function:23}")];
        for role in roles() {
            let needs = http.needs.expect("guarded");
            let answer = match reach(role, needs) {
                Some(Reach::Platform) => {
                    attempt(&platform, platform.as_role(role), function).await.granted(http.status)
                }
                Some(_) if http.audience != "platform" => {
                    attempt(&platform, platform.as_role(role), function).await.granted(http.status)
                }
                _ => {
                    let (fields, headers) = fields_for(&platform, function, http).await;
                    let mut visitor = platform.as_role(role);
                    for (name, value) in headers {
                        visitor = visitor.with(&name, &value);
                    }
                    visitor.call(function, fields).await.refused(403, "FORBIDDEN")
                }
            };
            drop(answer);
            row.push(match reach(role, needs) {
                Some(reach) => format!("{role}:{reach}"),
                None => format!("{role}:-"),
            });
            // What one has done to the appointment, the role or the colleague must not bar the next.
            platform.anyone().call("get-health", json!({})).await.granted(200);
        }
        matrix.push(row.join(" "));
    }
    insta::assert_snapshot!(matrix.join("\n"));
}

#[tokio::test]
async fn whoever_is_forbidden_leaves_nothing_behind_but_that_they_tried() {
    let platform = TestPlatform::open().await;
    let mut refused = 0;
    for (function, http) in guarded() {
        let (fields, headers) = fields_for(&platform, function, http).await;
        platform.settle().await;
        let before = (platform.dump_all_but_refusals().await, platform.refusals().await);
        let mut here = 0;
        for role in roles().filter(|role| reach(*role, http.needs.expect("guarded")).is_none()) {
            let mut visitor = platform.as_role(role).key("forbidden-fruit");
            for (name, value) in &headers {
                visitor = visitor.with(name, value);
            }
            visitor.call(function, fields.clone()).await.refused(403, "FORBIDDEN");
            here += 1;
        }
        refused += here;
        let after = (platform.dump_all_but_refusals().await, platform.refusals().await);
        assert!(before.0 == after.0, "{function}: something was stored");
        assert_eq!(after.1, before.1 + here, "{function}: each refusal is on record, once");
    }
    assert!(refused > 100, "{refused}");
}

#[tokio::test]
async fn without_a_token_every_guarded_door_is_closed_and_says_nothing_more() {
    let platform = TestPlatform::open().await;
    for (function, http) in guarded() {
        let (fields, _) = fields_for(&platform, function, http).await;
        platform.settle().await;
        let before = platform.dump_all().await;
        // Past the gateway, as if it had forgotten its authorizer, and through it.
        platform.anyone().call(function, fields.clone()).await.refused(401, "UNAUTHENTICATED");
        let system = platform.anyone().claiming("role", "system");
        system.call(function, fields).await.refused(401, "UNAUTHENTICATED");
        let method: &str = http.route.method.into();
        let path = http.route.path.replace(['{', '}'], "");
        let known = platform.anyone().http(method, &path, "{}", &[]).await;
        assert_eq!(known.header("www-authenticate"), "Bearer");
        known.refused(401, "UNAUTHENTICATED");
        assert!(before == platform.dump_all().await, "{function}: something was stored");
    }
}

#[tokio::test]
async fn staff_of_the_other_clinic_find_nothing_where_they_might_act_at_home() {
    let platform = TestPlatform::open().await;
    let mut hidden = 0;
    for (function, http) in guarded().filter(|(_, http)| http.audience == "clinic") {
        let (fields, headers) = fields_for(&platform, function, http).await;
        for role in roles().filter(|role| role.is_of_clinic()) {
            let mut visitor = platform.staff(role, demo::clinic(2));
            for (name, value) in &headers {
                visitor = visitor.with(name, value);
            }
            let answer = visitor.claiming("second_factor_at", platform.now().to_string());
            let answer = answer.call(function, fields.clone()).await;
            match role.reach(http.needs.expect("guarded")) {
                Some(Reach::Clinic | Reach::OwnPatients) => drop(answer.refused(404, "NOT_FOUND")),
                Some(Reach::Own | Reach::Platform) => panic!("{role} is of a clinic"),
                None => drop(answer.refused(403, "FORBIDDEN")),
            }
            hidden += 1;
        }
    }
    assert!(hidden >= 100, "{hidden}");
}

/// Somebody else's record, asked for by whoever owns one of the same kind.
#[tokio::test]
async fn what_is_another_patients_looks_like_what_does_not_exist() {
    let platform = TestPlatform::open().await;
    let mine = book(&platform, &platform.patient(1), 0).await;
    platform.settle().await;
    let other = platform.patient(2);
    let clinic = json!({ "clinic": demo::clinic(1) });
    let session = platform.patient(1).token_says().await["sid"].clone();
    for (function, fields, missing) in [
        ("get-appointment", this(&mine), ("appointment", json!("apt_0190000000007000800000000000dead"))),
        ("cancel-appointment", this(&mine), ("appointment", json!("apt_0190000000007000800000000000dead"))),
        (
            "get-patient",
            with(clinic, "patient", json!(demo::patient(1))),
            ("patient", json!("pat_0190000000007000800000000000dead")),
        ),
        (
            "end-session",
            json!({ "session": session }),
            ("session", json!("ses_0190000000007000800000000000dead")),
        ),
    ] {
        let theirs = other.call(function, fields.clone()).await.without_request_id();
        let nothing = other.call(function, with(fields, missing.0, missing.1)).await.without_request_id();
        assert_eq!(theirs.status, 404, "{function}: {theirs:#?}");
        assert_eq!(theirs, nothing, "{function}");
    }
    // What is personal names nobody: there is no way to spell another person's account.
    for (function, http) in guarded().filter(|(_, http)| http.audience == "personal") {
        let names: Vec<_> = http.route.parameters().collect();
        assert!(!names.contains(&"user") && !names.contains(&"patient"), "{function} {names:?}");
    }
}

/// Whoever treats somebody sees them; whoever does not finds nothing; and what is about health is for those
/// who treat people.
#[tokio::test]
async fn a_patient_is_seen_by_whoever_treats_them_and_field_by_field() {
    let platform = TestPlatform::open().await;
    let health = json!({ "blood_type": "O-", "allergies": ["Penicillin", "Latex"] });
    let fields = json!({ "clinic": demo::clinic(1) });
    // A newcomer books with a colleague of Dr. Weber's.
    let newcomer = platform.newcomer("new@example.org", "four quiet words").await;
    newcomer.token().await;
    newcomer.call("set-own-health", health.clone()).await.granted(200);
    platform.settle().await;
    let newly = with(fields.clone(), "patient", json!(newcomer.id()));
    let nurse = platform.as_role(Role::Nurse);
    nurse.call("get-patient", newly.clone()).await.refused(404, "NOT_FOUND");
    let start = free_time(&platform, 2, 2, 0).await;
    newcomer.call("book-appointment", visit(2, 2, &start)).await.granted(201);
    platform.settle().await;

    let mut seen = Vec::new();
    for role in roles() {
        let answer = match role {
            Role::Patient => newcomer.call("get-patient", newly.clone()).await,
            role => platform.as_role(role).call("get-patient", newly.clone()).await,
        };
        let fields = match answer.status {
            200 => {
                assert_eq!(answer.body["email"], "new@example.org");
                if answer.body["clinical"].is_null() { "demographics" } else { "all" }.to_owned()
            }
            _ => text(&answer.body["code"]),
        };
        seen.push(format!("{role}: {fields}"));
    }
    insta::assert_snapshot!(seen.join("\n"), @"
    patient: all
    practitioner: NOT_FOUND
    nurse: all
    receptionist: demographics
    pharmacist: all
    technician: all
    finance: demographics
    manager: demographics
    staff: demographics
    operator: FORBIDDEN
    support: FORBIDDEN
    ");
    // Now she books with Dr. Weber, too.
    let start = free_time(&platform, WEBER, 2, 5).await;
    newcomer.call("book-appointment", visit(WEBER, 2, &start)).await.granted(201);
    platform.settle().await;
    let seen = platform.as_role(Role::Practitioner).call("get-patient", newly.clone()).await.granted(200);
    assert_eq!(seen["clinical"], health);
    let seen = platform.as_role(Role::Receptionist).call("get-patient", newly).await.granted(200);
    assert_eq!(seen["clinical"], Value::Null);
    assert!(!seen.to_string().contains("Penicillin"));
}

#[tokio::test]
async fn what_is_sensitive_wants_a_second_factor_of_the_last_five_minutes() {
    let mut asked = Vec::new();
    let platform = TestPlatform::open().await;
    for (function, http) in guarded() {
        let needs = http.needs.expect("guarded");
        let (fields, headers) = fields_for(&platform, function, http).await;
        for role in roles().filter(|role| {
            reach(*role, needs).is_some()
                && role.is_staff()
                && (http.audience != "platform" || role.reach(needs) == Some(Reach::Platform))
        }) {
            let mut visitor = platform.as_role(role);
            for (name, value) in &headers {
                visitor = visitor.with(name, value);
            }
            let long_ago = platform.now() - jiff::SignedDuration::from_secs(301);
            let stale = visitor.claiming("second_factor_at", long_ago.to_string());
            let never = visitor.claiming("second_factor_at", Value::Null);
            let single = visitor.claiming("amr", json!(["pwd"]));
            if needs.is_sensitive() {
                stale.call(function, fields.clone()).await.refused(403, "STEP_UP_REQUIRED");
                never.call(function, fields.clone()).await.refused(403, "STEP_UP_REQUIRED");
            }
            if needs.takes_one_factor() {
                continue;
            }
            single.call(function, fields.clone()).await.refused(403, "SECOND_FACTOR_REQUIRED");
        }
        if needs.is_sensitive() {
            asked.push(function);
        }
    }
    insta::assert_snapshot!(asked.join("\n"), @"
    remove-factor
    renew-recovery-codes
    invite-member
    withdraw-invitation
    change-member
    define-role
    change-role
    remove-role
    change-settings
    change-account
    ");
}

#[tokio::test]
async fn a_token_that_is_not_whole_opens_less_and_not_more() {
    let platform = TestPlatform::open().await;
    let mine = book(&platform, &platform.patient(1), 0).await;
    // A patient without a record, staff without a clinic, staff with somebody's record.
    let patient = platform.patient(1).claiming("patient", Value::Null);
    patient.call("list-appointments", json!({})).await.refused(403, "FORBIDDEN");
    patient.call("get-appointment", this(&mine)).await.refused(404, "NOT_FOUND");
    let desk = platform.as_role(Role::Receptionist).claiming("clinic", Value::Null);
    desk.call("get-appointment", this(&mine)).await.refused(404, "NOT_FOUND");
    let both = desk.claiming("patient", json!(demo::patient(1)));
    both.call("get-appointment", this(&mine)).await.refused(404, "NOT_FOUND");
    both.call("list-appointments", json!({})).await.refused(403, "FORBIDDEN");
    // What the role does not have, the token cannot add; what the token does not have, the role cannot.
    let greedy = platform.as_role(Role::Finance).claiming("scope", "list-own-appointments read-appointments");
    greedy.call("get-appointment", this(&mine)).await.refused(403, "FORBIDDEN");
    let narrow = platform.as_role(Role::Manager).claiming("scope", "read-members");
    narrow.call("get-appointment", this(&mine)).await.refused(403, "FORBIDDEN");
    // A patient whose token names a clinic is still a patient.
    let guest = platform.patient(2).claiming("clinic", json!(demo::clinic(1)));
    guest.call("get-appointment", this(&mine)).await.refused(404, "NOT_FOUND");
    for (name, value) in [
        ("sub", json!("usr_1")),
        ("sub", json!("")),
        ("role", json!("Manager")),
        ("role", json!("manager,patient")),
        ("role", json!("[manager]")),
        ("clinic", json!("cln_1")),
        ("patient", json!(demo::clinic(1))),
        ("sid", json!("")),
        ("sid", Value::Null),
        ("scope", Value::Null),
        ("amr", Value::Null),
        ("second_factor_at", json!("just now")),
    ] {
        let odd = platform.as_role(Role::Manager).claiming(name, value.clone());
        let answer = odd.call("get-appointment", this(&mine)).await;
        assert_eq!(answer.problem(401)["code"], "UNAUTHENTICATED", "{name} {value}");
    }
    let _: Value = platform.patient(1).call("get-appointment", this(&mine)).await.granted(200);
}
