//! Every function behind the API, ready to be called by whoever it is for.

use kernel::{Permission, Reach, Role};
use runtime::{Http, Trigger};
use serde_json::{Value, json};
use strum::IntoEnumIterator as _;
use testkit::{Answer, Authenticator, TestPlatform, Visitor, demo};

use crate::common::*;

/// Where the web client is: the origin of pages.
pub(crate) const WEB: &str = "http://localhost:8080";

/// A PNG of one pixel.
pub(crate) const PICTURE: &str =
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==";

/// A request that succeeds, if whoever makes it may make it.
pub(crate) struct Ready<'a> {
    pub(crate) visitor: Visitor<'a>,
    /// All fields: path, query, body.
    pub(crate) fields: Value,
}

/// Every function behind the API.
pub(crate) fn endpoints() -> impl Iterator<Item = (&'static str, &'static Http)> {
    infra::functions().filter_map(|function| match &function.trigger {
        Trigger::Http(http) => Some((function.name, http)),
        _ => None,
    })
}

/// Every function that not everybody may call.
pub(crate) fn guarded() -> impl Iterator<Item = (&'static str, &'static Http)> {
    endpoints().filter(|(_, http)| !http.is_public())
}

/// Every role that somebody can sign in with.
pub(crate) fn roles() -> impl Iterator<Item = Role> {
    Role::iter().filter(|role| *role != Role::System)
}

/// How far a permission extends for the one of the demonstration who has this role. The clinic's own role
/// there holds less than a manager could give.
pub(crate) fn reach(role: Role, permission: Permission) -> Option<Reach> {
    use Permission::*;
    let lead = [
        ReadAppointments,
        BookAppointments,
        CancelAppointments,
        ReadPatients,
        ReadMembers,
        ManageMembers,
        SignOut,
        PassSecondFactor,
        EnrolOwnFactor,
        RemoveOwnFactor,
        ReadOwnAccount,
        ManageOwnAccount,
    ];
    role.reach(permission).filter(|_| role != Role::Staff || lead.contains(&permission))
}

/// Somebody whom the function is for: a newcomer where it changes who they are, so that what one function
/// does to them does not get in the way of the next.
pub(crate) async fn natural<'a>(platform: &'a TestPlatform, name: &str, http: &Http) -> Visitor<'a> {
    let Some(needs) = http.needs else { return platform.anyone() };
    let role = roles().find(|role| {
        role.reach(needs).is_some_and(|reach| match http.audience {
            "platform" => reach == Reach::Platform,
            _ => true,
        })
    });
    let role = role.expect("somebody may");
    match role {
        Role::Patient if http.audience == "personal" => {
            let newcomer = platform.newcomer(&fresh(platform, name).await, "four quiet words").await;
            newcomer.token().await;
            newcomer
        }
        role => platform.as_role(role),
    }
}

/// An address that nobody has used on this platform.
async fn fresh(platform: &TestPlatform, name: &str) -> String {
    platform.settle().await;
    format!("{name}-{}@example.org", platform.mails().await.len())
}

/// The password of [`natural`] newcomers, or of the demonstration.
fn password_of(visitor: &Visitor<'_>) -> &'static str {
    if visitor.is_of_demonstration() { demo::PASSWORD } else { "four quiet words" }
}

/// Make a request of this visitor's succeed. For a public function the visitor is nobody.
pub(crate) async fn ready<'a>(platform: &'a TestPlatform, visitor: Visitor<'a>, function: &str) -> Ready<'a> {
    let clinic = json!({ "clinic": demo::clinic(1) });
    let weber = with(clinic.clone(), "provider", json!(demo::provider(WEBER)));
    let manager = || platform.as_role(Role::Manager);
    let mut visitor = visitor;
    let fields = match function {
        "get-health"
        | "get-readiness"
        | "get-openapi"
        | "get-docs"
        | "get-openid-configuration"
        | "get-signing-keys"
        | "get-settings"
        | "list-clinics"
        | "begin-passkey-sign-in" => json!({}),
        "get-clinic" | "list-providers" | "list-services" => clinic,
        "get-provider" | "get-provider-hours" => weber,
        "get-service" => with(clinic, "service", json!(demo::service(2))),
        "find-availability" => with(weber, "service", json!(demo::service(2))),
        "list-appointments" => json!({}),
        "book-appointment" => {
            let start = free_time(platform, WEBER, 2, 20).await;
            let patient = visitor.record().unwrap_or(demo::patient(1));
            with(visit(WEBER, 2, &start), "patient", json!(patient))
        }
        "get-appointment" | "cancel-appointment" => this(&book(platform, &platform.patient(1), 0).await),
        "set-provider-hours" => {
            let fields = json!({ "clinic": demo::clinic(1), "provider": demo::provider(2) });
            let etag = platform.anyone().call("get-provider-hours", fields.clone()).await;
            visitor = visitor.with("if-match", etag.header("etag"));
            with(fields, "weekly", json!([]))
        }

        "register-patient" => json!({
            "email": "ready@example.org", "password": "four quiet words", "given_name": "Re", "family_name": "Ady",
        }),
        "verify-email" => {
            let fields = json!({
                "email": "link@example.org", "password": "four quiet words", "given_name": "Li", "family_name": "Nk",
            });
            platform.anyone().call("register-patient", fields).await.granted(202);
            json!({ "token": platform.link("link@example.org").await, "password": "four quiet words" })
        }
        "request-password-reset" => json!({ "email": "ada.lovelace@careplane.example" }),
        "reset-password" => {
            let email = "reset@example.org";
            platform.newcomer(email, "four quiet words").await;
            let ask = platform.anyone().call("request-password-reset", json!({ "email": email })).await;
            ask.granted(202);
            json!({ "token": platform.link(email).await, "password": "four other words" })
        }
        "sign-in" => json!({ "email": "ada.lovelace@careplane.example", "password": demo::PASSWORD }),
        "sign-in-with-passkey" => {
            let owner = platform.newcomer("passkey@example.org", "four quiet words").await;
            owner.token().await;
            let mut key = Authenticator::new(WEB, 1);
            add_passkey(&owner, &key).await;
            let options = platform.anyone().call("begin-passkey-sign-in", json!({})).await.granted(201);
            key.get(&options)
        }
        "begin-provider-sign-in" => json!({ "provider": "example-id" }),
        "sign-in-with-provider" => {
            platform.goes_elsewhere("example-id", "ready-elsewhere@example.org", true).await
        }
        "refresh-session" => {
            let fields = json!({ "email": "ada.lovelace@careplane.example", "password": demo::PASSWORD });
            let session = platform.anyone().call("sign-in", fields).await;
            let csrf = text(&session.body["csrf_token"]);
            visitor = visitor.with("cookie", &session.jar()).with("x-csrf-token", &csrf).key("attempt-1");
            json!({})
        }
        "accept-invitation" => {
            let email = &*fresh(platform, "joins").await;
            let fields = with(clinic, "email", email);
            manager().call("invite-member", with(fields, "role", "nurse")).await.granted(201);
            json!({
                "token": platform.link(email).await, "given_name": "Jo", "family_name": "Ins",
                "password": "twelve letters",
            })
        }

        "connect-identity" => {
            let email = fresh(platform, "connects").await;
            let back = platform.goes_elsewhere("example-id", &email, true).await;
            with(back, "password", password_of(&visitor))
        }
        "disconnect-identity" => {
            let email = fresh(platform, "disconnects").await;
            let back = platform.goes_elsewhere("example-hub", &email, true).await;
            visitor.call("connect-identity", with(back, "password", password_of(&visitor))).await;
            json!({ "provider": "example-hub" })
        }
        "set-own-picture" => json!({ "image": PICTURE }),
        "get-own-picture" | "remove-own-picture" => {
            visitor.call("set-own-picture", json!({ "image": PICTURE })).await;
            json!({})
        }
        "who-am-i" | "list-sessions" | "list-factors" | "get-own-health" | "end-other-sessions"
        | "begin-totp" | "begin-passkey" => json!({}),
        "update-account" => json!({ "given_name": "Neu" }),
        "change-password" => {
            json!({ "current": password_of(&visitor), "password": "another quiet phrase" })
        }
        "close-account" => json!({ "password": password_of(&visitor) }),
        "set-own-health" => json!({ "blood_type": "A+", "allergies": ["Penicillin"] }),
        "switch-membership" => {
            let said = visitor.token_says().await;
            json!({ "role": said["role"], "clinic": said.get("clinic") })
        }
        "end-session" => json!({ "session": visitor.token_says().await["sid"] }),
        "challenge-second-factor" => {
            add_phone(platform, &visitor).await;
            json!({ "method": "sms" })
        }
        "pass-second-factor" => {
            let phone = add_phone(platform, &visitor).await;
            visitor.call("challenge-second-factor", json!({ "method": "sms" })).await.granted(201);
            json!({ "method": "sms", "code": platform.texted(&phone).await })
        }
        "confirm-totp" => {
            let app = visitor.call("begin-totp", json!({})).await.granted(201);
            json!({ "code": demo::totp(&text(&app["secret"]), platform.now()) })
        }
        "begin-phone" => json!({ "phone": telephone(platform).await }),
        "confirm-phone" => {
            let phone = telephone(platform).await;
            visitor.call("begin-phone", json!({ "phone": phone })).await.granted(202);
            json!({ "code": platform.texted(&phone).await })
        }
        "add-passkey" => {
            let options = visitor.call("begin-passkey", json!({})).await.granted(201);
            let known = platform.records("identity", "passkey").await.len();
            let key = Authenticator::new(WEB, u8::try_from(known + 100).expect("a few"));
            with(key.create(&options), "name", "My stick")
        }
        "remove-factor" => {
            add_phone(platform, &visitor).await;
            json!({ "factor": "phone" })
        }
        "renew-recovery-codes" => {
            add_phone(platform, &visitor).await;
            json!({})
        }

        "list-invitations" | "list-members" | "list-roles" => clinic,
        "invite-member" => {
            // Whoever has a role of the clinic's own can give that one away, and not a nurse's.
            with(with(clinic, "email", "invited@example.org"), "custom_role", json!(demo::role(1)))
        }
        "withdraw-invitation" => {
            let fields = with(
                with(clinic.clone(), "email", "withdrawn@example.org"),
                "custom_role",
                json!(demo::role(1)),
            );
            let invitation = manager().call("invite-member", fields).await.granted(201);
            with(clinic, "invitation", invitation["id"].clone())
        }
        "change-member" => {
            let user = join(platform, &fresh(platform, "colleague").await).await;
            with(with(clinic, "user", user), "active", false)
        }
        "define-role" => with(with(clinic, "name", "Greeter"), "permissions", json!(["read-members"])),
        "change-role" | "remove-role" => {
            let fields =
                with(with(clinic.clone(), "name", "Greeter"), "permissions", json!(["read-members"]));
            let role = manager().call("define-role", fields).await.granted(201);
            let fields = with(clinic, "role", role["id"].clone());
            match function {
                "change-role" => {
                    with(with(fields, "name", "Usher"), "permissions", json!(["manage-members"]))
                }
                _ => fields,
            }
        }
        "get-patient" => {
            book(platform, &platform.patient(1), 0).await;
            platform.settle().await;
            with(clinic, "patient", json!(demo::patient(1)))
        }

        "change-settings" => {
            let now = platform.anyone().call("get-settings", json!({})).await;
            visitor = visitor.with("if-match", now.header("etag"));
            json!({
                "registration_open": true, "support_email": "help@careplane.example",
                "announcement": { "text": "We are closed on Monday.", "until": null }, "identity_providers": [],
            })
        }
        "list-accounts" => json!({ "group": "patients" }),
        "get-account" => json!({ "user": demo::user(2) }),
        "find-account" => json!({ "email": "ben.fischer@careplane.example" }),
        "change-account" => json!({ "user": demo::user(2), "active": false }),
        "get-system-status" => {
            platform.deliver("count-sessions", &json!({})).await.expect("a count");
            platform.settle().await;
            json!({})
        }
        other => panic!("say here how to call {other}"),
    };
    Ready { visitor, fields }
}

/// A telephone that nobody has used on this platform.
async fn telephone(platform: &TestPlatform) -> String {
    platform.settle().await;
    format!("+49151{:08}", platform.mails().await.len())
}

/// They add a telephone, and go on with the second factor shown. Its number.
pub(crate) async fn add_phone(platform: &TestPlatform, visitor: &Visitor<'_>) -> String {
    let phone = telephone(platform).await;
    let begun = visitor.call("begin-phone", json!({ "phone": phone })).await;
    if begun.status != 202 {
        // Whoever may not enrol is refused what comes next, too.
        return phone;
    }
    let code = platform.texted(&phone).await;
    let enrolled = visitor.call("confirm-phone", json!({ "code": code })).await.granted(200);
    visitor.goes_on_with(&enrolled["session"]);
    phone
}

/// They add a passkey, and go on with the second factor shown.
pub(crate) async fn add_passkey(visitor: &Visitor<'_>, key: &Authenticator) -> Value {
    let options = visitor.call("begin-passkey", json!({})).await.granted(201);
    let fields = with(key.create(&options), "name", "My stick");
    let enrolled = visitor.call("add-passkey", fields).await.granted(201);
    visitor.goes_on_with(&enrolled["session"]);
    enrolled
}

/// Somebody new works in the first clinic, in the role that it has defined for itself.
pub(crate) async fn join(platform: &TestPlatform, email: &str) -> Value {
    let fields = json!({ "clinic": demo::clinic(1), "email": email, "custom_role": demo::role(1) });
    platform.as_role(Role::Manager).call("invite-member", fields).await.granted(201);
    let fields = json!({
        "token": platform.link(email).await, "given_name": "Coll", "family_name": "Eague", "password": "twelve letters",
    });
    platform.anyone().call("accept-invitation", fields).await.granted(200);
    let manager = platform.as_role(Role::Manager);
    let members = manager.call("list-members", json!({ "clinic": demo::clinic(1) })).await.granted(200);
    let member = members["items"].as_array().into_iter().flatten().find(|member| member["email"] == email);
    member.expect("a member")["user"].clone()
}

/// Refresh the session of this sign-in, or of an earlier refresh.
pub(crate) async fn refresh(platform: &TestPlatform, session: &Answer, attempt: &str) -> Answer {
    let csrf = text(&session.body["csrf_token"]);
    let browser = platform.anyone().with("cookie", &session.jar()).with("x-csrf-token", &csrf);
    browser.key(attempt).call("refresh-session", json!({})).await
}
