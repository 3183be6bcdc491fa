use base64::{Engine as _, prelude::BASE64_URL_SAFE_NO_PAD};
use jiff::SignedDuration;
use serde_json::{Value, json};
use testkit::{MORNING, ORIGIN, TestPlatform, Trouble};

const ADDRESS: &str = "ada.lovelace@example.org";
const PHONE: &str = "+4915112345678";
const TOKEN: &str = "kQ3zV-8_tokenOfTheLink";
const CODE: &str = "031415";

/// Each notice, its subject, and the page that redeems its token.
const NOTICES: [(&str, &str, Option<&str>); 14] = [
    ("verify-email", "Confirm your email address", Some("/verify")),
    ("already-registered", "You already have an account", None),
    ("reset-password", "Choose a new password", Some("/reset")),
    ("invitation", "You are invited to Careplane", Some("/invitation")),
    ("welcome", "Welcome to Careplane", None),
    ("new-device", "A new sign-in to your account", None),
    ("locked-out", "Sign-in to your account is paused", None),
    ("password-changed", "Your password was changed", None),
    ("factor-added", "Your sign-in has a new second step", None),
    ("factor-removed", "Your sign-in has lost a second step", None),
    ("sessions-revoked", "You have been signed out to be safe", None),
    ("membership-changed", "Your access has changed", None),
    ("account-closed", "Your account is closed", None),
    ("account-deactivated", "Your account is deactivated", None),
];

/// A secret as identity puts it into an event.
pub(crate) async fn sealed(platform: &TestPlatform, purpose: &str, secret: &str) -> String {
    let vault = gateways::Vault::new(&platform.inside().admin(), Some("alias/careplane-local-data"), None);
    BASE64_URL_SAFE_NO_PAD.encode(vault.seal(purpose, secret.into()).await.expect("our own key"))
}

/// An event of identity's as it comes from the topic.
pub(crate) fn told(number: u128, event: &str, data: &Value) -> String {
    let id = format!("evt_{:032x}", 0x0290_0000_0000_7000_8000_0000_0000_0000 + number);
    json!({ "id": id, "event": event, "at": MORNING, "clinic": null, "data": data }).to_string()
}

/// A notice to Ada.
fn notice(number: u128, name: &str, sealed: Option<&str>, facts: &Value) -> String {
    let data = json!({
        "notice": name, "user": "usr_01900000000070008000000000000001", "email": ADDRESS, "given_name": "Ada",
        "language": "en", "sealed": sealed, "facts": facts,
    });
    told(number, "account-notice", &data)
}

/// A code for Ada's telephone.
fn code(number: u128, phone: &str, sealed: &str) -> String {
    let data = json!({
        "user": "usr_01900000000070008000000000000001", "phone": phone, "sealed": sealed, "language": "en",
    });
    told(number, "sms-code-requested", &data)
}

#[tokio::test]
async fn every_notice_arrives_under_its_subject_and_with_its_own_link() {
    let platform = TestPlatform::open_empty().await;
    let token = sealed(&platform, "mail-link", TOKEN).await;
    for (number, (name, subject, page)) in (0..).zip(NOTICES) {
        let body = notice(number, name, page.map(|_| token.as_str()), &json!({}));
        assert!(platform.hand_over("send-account-notice", &body).await, "{name}: {:#?}", platform.log());
        let mails = platform.mails().await;
        let mail = mails.last().expect("a mail");
        assert_eq!(mails.len() as u128, number + 1, "{name}");
        assert_eq!(
            (mail.to.as_slice(), mail.subject.as_deref()),
            ([ADDRESS.into()].as_slice(), Some(subject))
        );
        assert_eq!(mail.principal, "send-account-notice");
        let text = mail.text.as_deref().expect("a text");
        let html = mail.html.as_deref().expect("a page").replace("&#x2f;", "/");
        let link = page.map(|page| format!("{}{page}#token={TOKEN}", local::web_origin(ORIGIN)));
        for letter in [text, &html] {
            assert_eq!(letter.matches(TOKEN).count(), usize::from(link.is_some()), "{name}: {letter}");
            assert!(link.iter().all(|link| letter.contains(link)), "{name}: {letter}");
            assert!(!letter.contains(&token), "{name}: {letter}");
        }
    }
}

#[tokio::test]
async fn a_notice_tells_what_it_knows() {
    let platform = TestPlatform::open_empty().await;
    let facts = json!({ "at": "2027-03-01T07:58:12Z", "device": "Firefox on <b>Linux</b>", "address": "2001:db8::1" });
    assert!(platform.hand_over("send-account-notice", &notice(1, "new-device", None, &facts)).await);
    let mail = platform.mails().await.remove(0);
    insta::assert_snapshot!(mail.text.clone().unwrap_or_default(), @r"
    Hello Ada,

    Your account was used on a device on which it had not been used before. If this was you, there is nothing to do.

    When: Monday, 1 March 2027, 07:58 (UTC)
    Device: Firefox on <b>Linux</b>
    Internet address: 2001:db8::1

    Look at my account:
    http://localhost:8080/sign-in

    If it was not you, sign in, sign that device out, and choose a new password at once.
    ");
    let html = mail.html.clone().unwrap_or_default();
    assert!(html.contains("Firefox on &lt;b&gt;Linux&lt;&#x2f;b&gt;"), "{html}");
}

#[tokio::test]
async fn a_code_arrives_as_a_text_message() {
    let platform = TestPlatform::open_empty().await;
    let body = code(1, PHONE, &sealed(&platform, "sms-code", CODE).await);
    assert!(platform.hand_over("send-sms-code", &body).await, "{:#?}", platform.log());
    let sent = platform.mails().await;
    assert_eq!(sent.len(), 1, "{sent:#?}");
    assert_eq!((json!(sent[0].kind), sent[0].to.as_slice()), (json!("sms"), [PHONE.into()].as_slice()));
    assert_eq!((sent[0].principal.as_str(), &sent[0].subject), ("send-sms-code", &None));
    insta::assert_snapshot!(
        sent[0].text.clone().unwrap_or_default(),
        @"031415 is your Careplane code. It is good for 10 minutes. Never tell it to anybody."
    );
}

#[tokio::test]
async fn what_comes_again_is_sent_once() {
    let platform = TestPlatform::open_empty().await;
    let token = sealed(&platform, "mail-link", TOKEN).await;
    let letter = notice(1, "reset-password", Some(&token), &json!({}));
    let text = code(2, PHONE, &sealed(&platform, "sms-code", CODE).await);
    for _ in 0..3 {
        platform.post("send-account-notice", &letter).await;
        platform.post("send-sms-code", &text).await;
        platform.settle().await;
        platform.pass(SignedDuration::from_hours(1));
    }
    assert_eq!(platform.mails().await.len(), 2);
    for function in ["send-account-notice", "send-sms-code"] {
        assert_eq!(platform.waiting(function).await, (0, 0), "{function}");
    }
}

#[tokio::test]
async fn without_its_secret_nothing_is_sent() {
    let platform = TestPlatform::open_empty().await;
    let of_another_purpose = sealed(&platform, "sms-code", TOKEN).await;
    let no_token = sealed(&platform, "mail-link", "a b&c=\"><script>").await;
    let garbage = BASE64_URL_SAFE_NO_PAD.encode([7; 120]);
    let wrong = [None, Some(""), Some("%%%"), Some(&*garbage), Some(&of_another_purpose), Some(&no_token)];
    for (number, wrong) in (0..).zip(wrong) {
        let body = notice(number, "verify-email", wrong, &json!({}));
        assert!(!platform.hand_over("send-account-notice", &body).await, "{wrong:?}");
    }
    let of_another_purpose = sealed(&platform, "mail-link", CODE).await;
    let no_code = sealed(&platform, "sms-code", "31415").await;
    for (number, wrong) in (10..).zip(["", "%%%", &garbage, &of_another_purpose, &no_code]) {
        assert!(!platform.hand_over("send-sms-code", &code(number, PHONE, wrong)).await, "{wrong}");
    }
    assert_eq!(platform.mails().await, []);
}

#[tokio::test]
async fn a_notice_that_nobody_knows_ends_among_the_dead_letters() {
    let platform = TestPlatform::open_empty().await;
    platform.post("send-account-notice", &notice(1, "notice-of-the-future", None, &json!({}))).await;
    platform.post("send-account-notice", &notice(2, "welcome", None, &json!({}))).await;
    for _ in 0..6 {
        platform.settle().await;
        platform.pass(SignedDuration::from_mins(5));
    }
    assert_eq!(platform.mails().await.len(), 1);
    assert_eq!(platform.waiting("send-account-notice").await, (0, 1));
}

#[tokio::test]
async fn what_the_service_would_not_take_is_sent_later_and_once() {
    for trouble in [Trouble::Throttled, Trouble::Refused, Trouble::Unreachable] {
        let platform = TestPlatform::open_empty().await;
        platform.trouble("Publish", 1..=2, trouble.clone());
        platform.trouble("SendEmail", 1..=2, trouble.clone());
        platform.post("send-account-notice", &notice(1, "welcome", None, &json!({}))).await;
        let secret = sealed(&platform, "sms-code", CODE).await;
        platform.post("send-sms-code", &code(2, PHONE, &secret)).await;
        for _ in 0..4 {
            platform.settle().await;
            platform.pass(SignedDuration::from_mins(5));
        }
        assert_eq!(platform.troubles_met(), 4, "{trouble:?}");
        assert_eq!(platform.mails().await.len(), 2, "{trouble:?}");
        for function in ["send-account-notice", "send-sms-code"] {
            assert_eq!(platform.waiting(function).await, (0, 0), "{function}: {trouble:?}");
        }
    }
}

#[tokio::test]
async fn no_line_of_the_log_says_who_was_told_or_what() {
    let platform = TestPlatform::open_empty().await;
    let token = sealed(&platform, "mail-link", TOKEN).await;
    let secret = sealed(&platform, "sms-code", CODE).await;
    let facts =
        json!({ "device": "Analytical Engine", "inviter": "Charles Babbage", "address": "192.0.2.77" });
    let letter = |number, name, sealed| notice(number, name, sealed, &facts);

    assert!(platform.hand_over("send-account-notice", &letter(1, "invitation", Some(&token))).await);
    assert!(platform.hand_over("send-sms-code", &code(2, PHONE, &secret)).await);
    // Both services repeat whom they would not reach.
    let unreachable = letter(3, "welcome", None).replace(ADDRESS, "ada.lovelace at home");
    assert!(!platform.hand_over("send-account-notice", &unreachable).await);
    assert!(!platform.hand_over("send-sms-code", &code(4, "+49 151 12345678", &secret)).await);
    // And what cannot be read is not shown either.
    assert!(!platform.hand_over("send-account-notice", &letter(5, "reset-password", Some("%%%"))).await);
    assert!(!platform.hand_over("send-account-notice", &letter(6, "reset-password", Some(&secret))).await);
    assert!(!platform.hand_over("send-sms-code", &code(7, PHONE, &token)).await);

    let log = platform.log();
    assert_eq!(log.len(), 12, "a line for each delivery and one for each fault: {log:#?}");
    for line in &log {
        for word in [
            "lovelace",
            "Ada",
            "12345678",
            TOKEN,
            CODE,
            &token,
            &secret,
            "Analytical",
            "Babbage",
            "192.0.2.77",
            "usr_",
            "evt_",
        ] {
            assert!(!line.contains(word), "{word}: {line}");
        }
    }
}
