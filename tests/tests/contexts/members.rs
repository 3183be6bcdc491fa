//! Invitations, members and the roles that clinics define for themselves.

use futures_util::future::join_all;
use jiff::SignedDuration;
use kernel::Role;
use serde_json::{Value, json};
use testkit::{TestPlatform, demo};

use crate::common::*;
use crate::ready::*;

fn here() -> Value {
    json!({ "clinic": demo::clinic(1) })
}

#[tokio::test]
async fn staff_come_by_invitation_and_only_once() {
    let platform = TestPlatform::open().await;
    let manager = platform.as_role(Role::Manager);
    let email = "nora.new@example.org";
    let invite = with(with(here(), "email", email), "role", "nurse");
    let invitation = manager.call("invite-member", invite).await.granted(201);
    assert_eq!(invitation["expires_at"], "2027-03-08T08:00:00Z");
    let listed = manager.call("list-invitations", here()).await.granted(200);
    assert_eq!(listed["items"], json!([invitation]));

    let token = platform.link(email).await;
    let accept = |more: Value| {
        let mut fields = json!({ "token": token });
        fields.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        async { platform.anyone().call("accept-invitation", fields).await }
    };
    let missing = accept(json!({})).await.refused(422, "DETAILS_NEEDED");
    let pointers: Vec<_> =
        missing["errors"].as_array().unwrap().iter().map(|one| text(&one["pointer"])).collect();
    assert_eq!(pointers, ["/given_name", "/family_name", "/password"]);
    let names = json!({ "given_name": "Nora", "family_name": "New", "password": "elevenchars" });
    accept(names.clone()).await.refused(422, "INVALID");
    let names = with(names, "password", "twelve letters");
    let answers = join_all((0..4).map(|_| accept(names.clone()))).await;
    assert_eq!(statuses(&answers), [(200, 1), (422, 3)].into());
    assert_eq!(manager.call("list-invitations", here()).await.granted(200)["items"], json!([]));

    // She signs in, adds a factor, and works.
    let sign_in = json!({ "email": email, "password": "twelve letters" });
    let session = platform.anyone().call("sign-in", sign_in).await.granted(201);
    assert_eq!(session["second_factor"], "enrolment-required");
    assert_eq!(session["permissions"], json!(["sign-out", "enrol-own-factor"]));
    let members = manager.call("list-members", here()).await.granted(200);
    let nora = members["items"].as_array().unwrap().iter().find(|member| member["email"] == email).unwrap();
    assert_eq!((&nora["role"], &nora["active"]), (&json!("nurse"), &json!(true)));
}

#[tokio::test]
async fn an_invitation_ends_by_itself_and_can_be_withdrawn() {
    let platform = TestPlatform::open().await;
    let manager = platform.as_role(Role::Manager);
    let fields = |email: &str| with(with(here(), "email", email), "role", "receptionist");
    let names = json!({ "given_name": "N", "family_name": "N", "password": "twelve letters" });
    let withdrawn = manager.call("invite-member", fields("one@example.org")).await.granted(201);
    let link = platform.link("one@example.org").await;
    let this = with(here(), "invitation", withdrawn["id"].clone());
    manager.call("withdraw-invitation", this.clone()).await.granted(200);
    manager.call("withdraw-invitation", this).await.refused(404, "NOT_FOUND");
    let accept = with(names.clone(), "token", link);
    platform.anyone().call("accept-invitation", accept).await.refused(422, "LINK_INVALID");

    manager.call("invite-member", fields("two@example.org")).await.granted(201);
    let link = platform.link("two@example.org").await;
    platform.pass(SignedDuration::from_hours(24 * 7));
    let accept = with(names, "token", link);
    platform.anyone().call("accept-invitation", accept).await.refused(422, "LINK_INVALID");
    let listed = manager.call("list-invitations", here()).await.granted(200);
    assert_eq!(listed["items"], json!([]), "what has expired is gone, swept or not");
}

#[tokio::test]
async fn a_patient_with_a_short_password_chooses_a_longer_one_to_work() {
    let platform = TestPlatform::open().await;
    let email = "short@example.org";
    platform.newcomer(email, "8 chars!").await;
    let invite = with(with(here(), "email", email), "role", "nurse");
    platform.as_role(Role::Manager).call("invite-member", invite).await.granted(201);
    let token = platform.link(email).await;
    let missing = platform.anyone().call("accept-invitation", json!({ "token": token })).await;
    let missing = missing.refused(422, "DETAILS_NEEDED");
    assert_eq!(missing["errors"].as_array().unwrap().len(), 1);
    assert_eq!(missing["errors"][0]["pointer"], "/password");
    let fields = json!({ "token": token, "password": "twelve letters" });
    platform.anyone().call("accept-invitation", fields).await.granted(200);
    let sign_in = json!({ "email": email, "password": "8 chars!" });
    platform.anyone().call("sign-in", sign_in).await.refused(401, "WRONG_CREDENTIALS");
}

#[tokio::test]
async fn whoever_is_let_go_is_out_at_the_next_refresh() {
    let platform = TestPlatform::open().await;
    let manager = platform.as_role(Role::Manager);
    let fields = json!({ "email": "jonas.becker@careplane.example", "password": demo::PASSWORD });
    let session = platform.anyone().call("sign-in", fields.clone()).await;
    let nurse = with(here(), "user", json!(demo::user(102)));
    let member = manager.call("change-member", with(nurse.clone(), "active", false)).await;
    assert_eq!(member.header("etag"), "\"2\"");
    assert_eq!(member.granted(200)["active"], false);
    refresh(&platform, &session, "after-that").await.refused(401, "SESSION_ENDED");
    // A token that was given out is good for the rest of its quarter of an hour, and nothing that is the
    // account's own works with it.
    platform.as_role(Role::Nurse).call("who-am-i", json!({})).await.refused(401, "UNAUTHENTICATED");
    platform.anyone().call("sign-in", fields.clone()).await.refused(403, "ACCOUNT_INACTIVE");
    let stale = manager.with("if-match", "\"1\"");
    stale.call("change-member", with(nurse.clone(), "active", true)).await.refused(412, "CHANGED_MEANWHILE");
    manager.call("change-member", with(nurse, "active", true)).await.granted(200);
    platform.anyone().call("sign-in", fields).await.granted(201);
    platform.settle().await;
    let told =
        platform.mails().await.into_iter().filter(|mail| mail.to == ["jonas.becker@careplane.example"]);
    assert_eq!(told.count(), 2);
}

#[tokio::test]
async fn nobody_gives_what_they_do_not_hold() {
    let platform = TestPlatform::open().await;
    let manager = platform.as_role(Role::Manager);
    let lead = platform.as_role(Role::Staff);
    let define = |permissions: Value| {
        manager.call("define-role", with(with(here(), "name", "A role"), "permissions", permissions))
    };
    for wrong in [
        json!(["read-clinical-fields"]),
        json!(["read-accounts"]),
        json!(["read-members", "manage-accounts"]),
    ] {
        define(wrong).await.refused(403, "NOT_YOURS_TO_GIVE");
    }
    define(json!(["fly"])).await.refused(422, "INVALID");
    let strong = define(json!(["manage-members", "manage-hours"])).await.granted(201);
    let weak = define(json!(["read-members"])).await.granted(201);

    // The lead of the desk manages members, and holds less than a nurse or a manager.
    let invite = |role: &str, value: Value| {
        lead.call("invite-member", with(with(here(), "email", "x@example.org"), role, value))
    };
    for role in ["nurse", "practitioner", "manager"] {
        invite("role", json!(role)).await.refused(403, "NOT_YOURS_TO_GIVE");
    }
    for role in ["patient", "operator", "support", "staff"] {
        invite("role", json!(role)).await.refused(422, "INVALID");
        let invite = with(with(here(), "email", "x@example.org"), "role", role);
        manager.call("invite-member", invite).await.refused(422, "INVALID");
    }
    invite("custom_role", strong["id"].clone()).await.refused(403, "NOT_YOURS_TO_GIVE");
    invite("custom_role", json!("rol_0190000000007000800000000000dead")).await.refused(422, "INVALID");
    invite("custom_role", weak["id"].clone()).await.granted(201);
    // Neither of themselves, nor of whoever holds more.
    let change = |user: u128, more: (&str, Value)| {
        lead.call("change-member", with(with(here(), "user", json!(demo::user(user))), more.0, more.1))
    };
    change(110, ("role", json!("manager"))).await.refused(409, "OWN_MEMBERSHIP");
    change(106, ("active", json!(false))).await.refused(403, "NOT_YOURS_TO_GIVE");
    change(102, ("custom_role", weak["id"].clone())).await.refused(403, "NOT_YOURS_TO_GIVE");
    let own = with(with(here(), "user", json!(demo::user(106))), "role", "practitioner");
    manager.call("change-member", own).await.refused(409, "OWN_MEMBERSHIP");
}

/// An invitation is no way round that: neither to oneself, nor on the word of somebody who has been let go,
/// nor back in.
#[tokio::test]
async fn nobody_invites_themselves_or_outlives_their_office_by_an_invitation() {
    let platform = TestPlatform::open().await;
    let (manager, operator) = (platform.as_role(Role::Manager), platform.as_role(Role::Operator));
    let invite = |email: &str, role: &str| with(with(here(), "email", email), "role", role);
    let clara = "clara.hoffmann@careplane.example";
    manager.call("invite-member", invite(clara, "nurse")).await.refused(409, "OWN_MEMBERSHIP");
    let ines = invite("ines.vogel@careplane.example", "practitioner");
    operator.call("invite-member", ines).await.refused(409, "OWN_MEMBERSHIP");

    // She invites two others, and a colleague invites her; then she is let go.
    manager.call("invite-member", invite("friend@example.org", "manager")).await.granted(201);
    let friend = platform.link("friend@example.org").await;
    operator.call("invite-member", invite(clara, "manager")).await.granted(201);
    let back = platform.link(clara).await;
    platform.pass(SignedDuration::from_mins(1));
    let clara = with(here(), "user", json!(demo::user(106)));
    operator.call("change-member", with(clara.clone(), "active", false)).await.granted(200);
    let names = json!({ "given_name": "A", "family_name": "Friend", "password": "twelve letters" });
    let accept = |token: &str| {
        let fields = with(names.clone(), "token", token);
        let anyone = platform.anyone();
        async move { anyone.call("accept-invitation", fields).await }
    };
    accept(&friend).await.refused(422, "LINK_INVALID");
    accept(&back).await.refused(422, "LINK_INVALID");
    // Somebody who still may can invite both anew.
    operator.call("invite-member", invite("friend@example.org", "manager")).await.granted(201);
    accept(&platform.link("friend@example.org").await).await.granted(200);
}

#[tokio::test]
async fn a_role_that_changes_changes_what_its_members_may_do_with_their_next_token() {
    let platform = TestPlatform::open().await;
    let manager = platform.as_role(Role::Manager);
    let sign_in = json!({ "email": "nadia.haas@careplane.example", "password": demo::PASSWORD });
    let session = platform.anyone().call("sign-in", sign_in).await;
    let lead = platform.as_role(Role::Staff);
    lead.goes_on_with(&session.body);
    let secret = text(&local::seed::description(testkit::ORIGIN)["sign_ins"]["staff"]["totp_secret"]);
    let fields = json!({ "method": "totp", "code": demo::totp(&secret, platform.now()) });
    let done = lead.call("pass-second-factor", fields).await.granted(200);
    assert!(done["permissions"].as_array().unwrap().contains(&json!("book-appointments")), "{done}");

    let role = with(here(), "role", json!(demo::role(1)));
    let change = with(with(role.clone(), "name", "Greeter"), "permissions", json!(["read-members"]));
    manager.call("change-role", change).await.granted(200);
    platform.pass(SignedDuration::from_mins(1));
    let next = refresh(&platform, &session, "attempt-1").await;
    let allowed = next.body["permissions"].as_array().unwrap().clone();
    assert!(
        allowed.contains(&json!("read-members")) && !allowed.contains(&json!("book-appointments")),
        "{allowed:?}"
    );
    manager.call("remove-role", role).await.granted(200);
    platform.pass(SignedDuration::from_mins(1));
    let next = refresh(&platform, &next, "attempt-2").await.granted(200);
    assert!(!next["permissions"].as_array().unwrap().contains(&json!("read-members")), "{next}");
}

#[tokio::test]
async fn roles_are_listed_with_what_each_allows() {
    let platform = TestPlatform::open().await;
    let roles = platform.as_role(Role::Manager).call("list-roles", here()).await.granted(200);
    let names: Vec<_> = roles["items"]
        .as_array()
        .unwrap()
        .iter()
        .map(|role| role["name"].as_str().map_or_else(|| text(&role["role"]), ToOwned::to_owned))
        .collect();
    assert_eq!(
        names,
        [
            "practitioner",
            "nurse",
            "receptionist",
            "pharmacist",
            "technician",
            "finance",
            "manager",
            "Front desk lead"
        ]
    );
    for role in roles["items"].as_array().unwrap().iter().filter(|role| role["built_in"] == true) {
        let kind: Role = serde_json::from_value(role["role"].clone()).unwrap();
        let expected: Vec<_> = kind.permissions().iter().collect();
        assert_eq!(role["permissions"], json!(expected));
    }
}

#[tokio::test]
async fn a_new_name_is_seen_by_ones_clinic() {
    let platform = TestPlatform::open().await;
    platform
        .as_role(Role::Nurse)
        .call("update-account", json!({ "family_name": "Becker-Kaya" }))
        .await
        .granted(200);
    let members = platform.as_role(Role::Manager).call("list-members", here()).await.granted(200);
    assert!(members.to_string().contains("Becker-Kaya"), "{members}");
}

#[tokio::test]
async fn how_the_platform_is_doing_is_told_to_whoever_runs_it() {
    let platform = TestPlatform::open().await;
    let operator = platform.as_role(Role::Operator);
    let ask = async || operator.call("get-system-status", json!({})).await.granted(200);
    let status = ask().await;
    assert_eq!(
        (&status["status"], &status["active_sessions"]),
        (&json!("down"), &Value::Null),
        "nothing was heard"
    );
    platform.deliver("count-sessions", &json!({})).await.unwrap();
    platform.settle().await;
    let status = ask().await;
    assert_eq!(status["status"], "ok");
    // Everybody of the demonstration signed in a minute ago.
    let before = status["active_sessions"].as_u64().unwrap();
    assert!(before >= 13, "{status}");
    let sign_in = json!({ "email": "ada.lovelace@careplane.example", "password": demo::PASSWORD });
    platform.anyone().call("sign-in", sign_in).await.granted(201);
    platform.pass(SignedDuration::from_mins(1));
    platform.deliver("count-sessions", &json!({})).await.unwrap();
    platform.pass(SignedDuration::from_mins(2));
    platform.settle().await;
    let late = ask().await;
    assert_eq!(
        (&late["active_sessions"], &late["status"]),
        (&json!(before + 1), &json!("degraded")),
        "{late}"
    );
    assert_eq!(late["components"][1]["lag_seconds"], 120);
    platform.pass(SignedDuration::from_mins(31));
    assert_eq!(ask().await["status"], "down");
    platform.deliver("count-sessions", &json!({})).await.unwrap();
    platform.settle().await;
    assert_eq!(ask().await["active_sessions"], 0, "whoever is not there is not counted");
}
