use kernel::{Reach, Role};
use runtime::{Http, Trigger};
use serde_json::{Value, json};
use strum::IntoEnumIterator as _;
use testkit::{Answer, TestPlatform, Visitor, demo};

use crate::common::*;

/// Every function that not everybody may call.
fn guarded() -> impl Iterator<Item = (&'static str, &'static Http)> {
    infra::functions().filter_map(|function| match &function.trigger {
        Trigger::Http(http) if !http.is_public() => Some((function.name, http)),
        _ => None,
    })
}

fn roles() -> impl Iterator<Item = Role> {
    Role::iter().filter(|role| *role != Role::System)
}

/// A request to the first clinic that succeeds for whoever may make it.
async fn attempt(platform: &TestPlatform, visitor: &Visitor<'_>, function: &str) -> Answer {
    let (visitor, fields) = match function {
        "who-am-i" | "list-appointments" => (visitor.clone(), json!({})),
        "book-appointment" => {
            let start = free_time(platform, WEBER, 2, 0).await;
            (visitor.clone(), with(visit(WEBER, 2, &start), "patient", json!(demo::patient(1))))
        }
        "get-appointment" | "cancel-appointment" => {
            (visitor.clone(), this(&book(platform, &platform.patient(1), 0).await))
        }
        "set-provider-hours" => {
            let fields = json!({ "clinic": demo::clinic(1), "provider": demo::provider(2) });
            let etag = platform.anyone().call("get-provider-hours", fields.clone()).await;
            (visitor.with("if-match", etag.header("etag")), with(fields, "weekly", json!([])))
        }
        other => panic!("say here how to call {other}"),
    };
    visitor.call(function, fields).await
}

#[tokio::test]
async fn every_role_may_do_what_the_table_says_and_nothing_else() {
    let platform = TestPlatform::open().await;
    let mut matrix = Vec::new();
    for (function, http) in guarded() {
        let mut row = vec![format!("{function:20}")];
        for role in roles() {
            let answer = attempt(&platform, &platform.as_role(role), function).await;
            row.push(format!("{role} {}", answer.status));
            match role.reach(http.needs.expect("guarded")) {
                Some(_) => drop(answer.granted(http.status)),
                None => drop(answer.refused(403, "FORBIDDEN")),
            }
        }
        matrix.push(row.join(" "));
    }
    insta::assert_snapshot!(matrix.join("\n"), @"
    who-am-i             patient 200 practitioner 200 nurse 200 receptionist 200 pharmacist 200 technician 200 manager 200 finance 200 operator 200
    set-provider-hours   patient 403 practitioner 403 nurse 403 receptionist 403 pharmacist 403 technician 403 manager 200 finance 403 operator 403
    book-appointment     patient 201 practitioner 201 nurse 403 receptionist 201 pharmacist 403 technician 403 manager 201 finance 403 operator 403
    list-appointments    patient 200 practitioner 403 nurse 403 receptionist 403 pharmacist 403 technician 403 manager 403 finance 403 operator 403
    get-appointment      patient 200 practitioner 200 nurse 200 receptionist 200 pharmacist 403 technician 403 manager 200 finance 403 operator 403
    cancel-appointment   patient 200 practitioner 200 nurse 403 receptionist 200 pharmacist 403 technician 403 manager 200 finance 403 operator 403
    ");
    diaries_are_true(&platform).await;
}

#[tokio::test]
async fn whoever_is_forbidden_leaves_nothing_behind() {
    let platform = TestPlatform::open().await;
    let mine = book(&platform, &platform.patient(1), 0).await;
    let before = platform.dump_all().await;
    let mut refused = 0;
    for (function, http) in guarded() {
        for role in roles().filter(|role| role.reach(http.needs.expect("guarded")).is_none()) {
            let fields = match function {
                "book-appointment" => {
                    with(visit(WEBER, 2, "2027-04-05T08:00:00Z"), "patient", json!(demo::patient(1)))
                }
                "set-provider-hours" => {
                    json!({ "clinic": demo::clinic(1), "provider": demo::provider(1), "weekly": [] })
                }
                _ => this(&mine),
            };
            let visitor = platform.as_role(role).key("forbidden-fruit").with("if-match", "\"1\"");
            visitor.call(function, fields).await.refused(403, "FORBIDDEN");
            refused += 1;
        }
    }
    assert!(refused > 15, "{refused}");
    assert_eq!(platform.dump_all().await, before);
}

#[tokio::test]
async fn without_a_token_every_guarded_door_is_closed_and_says_nothing_more() {
    let platform = TestPlatform::open().await;
    let mine = book(&platform, &platform.patient(1), 0).await;
    let before = platform.dump_all().await;
    for (function, http) in guarded() {
        // Past the gateway, as if it had forgotten its authorizer, and through it.
        let fields = with(this(&mine), "provider", json!(demo::provider(1)));
        platform.anyone().call(function, fields.clone()).await.refused(401, "UNAUTHENTICATED");
        platform
            .anyone()
            .claiming("role", "system")
            .call(function, fields)
            .await
            .refused(401, "UNAUTHENTICATED");
        let method: &str = http.route.method.into();
        let path = http.route.path.replace(['{', '}'], "");
        let known = platform.anyone().http(method, &path, "{}", &[]).await;
        assert_eq!(known.header("www-authenticate"), "Bearer");
        known.refused(401, "UNAUTHENTICATED");
    }
    assert_eq!(platform.dump_all().await, before);
}

#[tokio::test]
async fn staff_of_the_other_clinic_find_nothing_where_they_might_act_at_home() {
    let platform = TestPlatform::open().await;
    let mut hidden = 0;
    for (function, http) in guarded().filter(|(_, http)| http.audience == "clinic") {
        for role in roles().filter(|role| *role != Role::Patient) {
            let visitor = platform.staff(role, demo::clinic(2));
            let answer = attempt(&platform, &visitor, function).await;
            match role.reach(http.needs.expect("guarded")) {
                Some(Reach::Clinic) => drop(answer.refused(404, "NOT_FOUND")),
                Some(Reach::Own) => panic!("{role} owns nothing in a clinic"),
                None => drop(answer.refused(403, "FORBIDDEN")),
            }
            hidden += 1;
        }
    }
    assert!(hidden >= 32, "{hidden}");
}

#[tokio::test]
async fn a_token_that_is_not_whole_opens_less_and_not_more() {
    let platform = TestPlatform::open().await;
    let mine = book(&platform, &platform.patient(1), 0).await;
    let nobody = platform.anyone().claiming("sub", json!(demo::user(1)));
    // A patient without a record, staff without a clinic, staff with somebody's record.
    let patient = nobody.claiming("role", "patient");
    patient.call("list-appointments", json!({})).await.refused(403, "FORBIDDEN");
    patient.call("get-appointment", this(&mine)).await.refused(404, "NOT_FOUND");
    let desk = nobody.claiming("role", "receptionist");
    desk.call("get-appointment", this(&mine)).await.refused(404, "NOT_FOUND");
    let both = desk.claiming("patient", json!(demo::patient(1)));
    both.call("get-appointment", this(&mine)).await.refused(404, "NOT_FOUND");
    both.call("list-appointments", json!({})).await.refused(403, "FORBIDDEN");
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
    ] {
        let odd = platform.as_role(Role::Manager).claiming(name, value.clone());
        let answer = odd.call("get-appointment", this(&mine)).await;
        assert_eq!(answer.problem(401)["code"], "UNAUTHENTICATED", "{name} {value}");
    }
    let _: Value = platform.patient(1).call("get-appointment", this(&mine)).await.granted(200);
}
