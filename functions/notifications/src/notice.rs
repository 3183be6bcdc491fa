//! What people are told about their accounts. Pure: no I/O, no clock.

use kernel::{Private, Timestamp, Zone};
use minijinja::{context, value::Serde};
use serde::{Deserialize, Serialize};

use crate::english;
use crate::letter;

/// What somebody is told.
///
/// Where it leads and what it says are exhaustive matches on purpose: a new notice does not compile until
/// it has its words in every language.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, strum::EnumIter)]
#[serde(rename_all = "kebab-case")]
pub enum Notice {
    /// Somebody registered with this address: is it theirs?
    VerifyEmail,
    /// Somebody registered with this address again.
    AlreadyRegistered,
    /// Somebody asked for a new password.
    ResetPassword,
    /// A clinic wants them as one of its own.
    Invitation,
    /// The account is ready.
    Welcome,
    /// A sign-in from a device that is not known.
    NewDevice,
    /// Too many wrong attempts to sign in.
    LockedOut,
    /// The account has another password.
    PasswordChanged,
    /// A second step was added to the sign-in.
    FactorAdded,
    /// A second step was removed from the sign-in.
    FactorRemoved,
    /// Somebody else signs them in from now on.
    IdentityConnected,
    /// Somebody else signs them in no longer.
    IdentityDisconnected,
    /// A code of the list was used in place of a second step.
    RecoveryCodeUsed,
    /// An old refresh token was used again, so its session has ended.
    SessionsRevoked,
    /// A clinic changed what they are there.
    MembershipChanged,
    /// They closed their account.
    AccountClosed,
    /// The platform's operator closed their account to them.
    AccountDeactivated,
}

/// Where a notice leads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Link {
    /// To a page of the client, with the token that it redeems.
    Token(&'static str),
    /// To a page of the client.
    Page(&'static str),
}

/// What the publisher tells beside the notice. What is not told is left out of the letter: that something
/// happened matters more.
#[derive(Debug, Default, Deserialize)]
pub struct Facts {
    /// When it happened.
    pub at: Option<Timestamp>,
    /// Until when it lasts.
    pub until: Option<Timestamp>,
    /// By which clocks these are told; UTC, if left out.
    pub time_zone: Option<Zone>,
    /// On which device, as it calls itself.
    pub device: Option<Private<String>>,
    /// From which address of the internet.
    pub address: Option<Private<String>>,
    /// Who invites.
    pub inviter: Option<Private<String>>,
    /// As what they are to work, or work now.
    pub role: Option<Private<String>>,
    /// May they work there?
    pub active: Option<Active>,
    /// Which second step.
    pub factor: Option<Private<String>>,
    /// Who else signs them in.
    pub provider: Option<Private<String>>,
}

/// Yes or no, as a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Active {
    /// Yes.
    True,
    /// No.
    False,
}

/// A fact as the letter shows it.
#[derive(Serialize)]
struct Row {
    label: &'static str,
    value: String,
}

impl Notice {
    /// Where it leads, if anywhere.
    pub const fn link(self) -> Option<Link> {
        match self {
            Notice::VerifyEmail => Some(Link::Token("/verify")),
            Notice::ResetPassword => Some(Link::Token("/reset")),
            Notice::Invitation => Some(Link::Token("/invitation")),
            Notice::Welcome => Some(Link::Page("/")),
            Notice::AlreadyRegistered
            | Notice::NewDevice
            | Notice::LockedOut
            | Notice::PasswordChanged
            | Notice::FactorAdded
            | Notice::FactorRemoved
            | Notice::IdentityConnected
            | Notice::IdentityDisconnected
            | Notice::RecoveryCodeUsed
            | Notice::SessionsRevoked
            | Notice::MembershipChanged => Some(Link::Page("/sign-in")),
            Notice::AccountClosed | Notice::AccountDeactivated => None,
        }
    }

    /// The subject line. It is the same for everybody.
    pub fn subject(self) -> &'static str {
        english::words(self).subject
    }

    /// The letter as plain text and as HTML.
    pub fn write(self, given_name: Option<&str>, facts: &Facts, link: Option<&str>) -> (String, String) {
        let english::Words { subject, said, action, otherwise } = english::words(self);
        let given_name = given_name.filter(|_| self.knows_whom_it_addresses()).map(line);
        let rows = english::facts(facts).into_iter();
        let rows = rows.map(|(label, value)| Row { label, value: line(&value) });
        let rows: Vec<_> = rows.filter(|row| !row.value.is_empty()).collect();
        let context = context! {
            language => english::TAG,
            subject,
            hello => english::hello(given_name.as_deref()),
            said,
            rows => Serde(rows),
            action,
            link,
            otherwise,
        };
        letter::write(
            include_str!("../templates/notice.txt"),
            include_str!("../templates/notice.html"),
            &context,
        )
    }

    /// Whoever registers with an address chooses the name, and the address may be somebody else's: they
    /// shall not write to its owner through us.
    const fn knows_whom_it_addresses(self) -> bool {
        !matches!(self, Notice::VerifyEmail)
    }
}

/// May this stand in a link as it is?
pub(crate) fn is_token(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.~".contains(&byte))
}

/// What somebody else wrote, on one line and no longer than a name is: it cannot pass for words of ours.
fn line(text: &str) -> String {
    // U+202A to U+202E and U+2066 to U+2069 turn the writing direction and could disguise it.
    let plain = |c: char| !matches!(c, '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}');
    let words = text.split(|c: char| c.is_whitespace() || c.is_control()).filter(|word| !word.is_empty());
    words.collect::<Vec<_>>().join(" ").chars().filter(|c| plain(*c)).take(100).collect()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use serde_json::json;
    use strum::IntoEnumIterator as _;

    use super::*;

    const LINK: &str = "https://careplane.example/verify#token=aGVsbG8";

    /// Everything that a publisher may tell, and none of it harmless.
    fn facts() -> Facts {
        serde_json::from_value(json!({
            "at": "2027-03-01T08:05:00Z",
            "until": "2027-03-01T08:20:00Z",
            "device": "<script>alert('device')</script> {{ 7 * 7 }}",
            "address": "2001:db8::1",
            "inviter": "Grace <b>Hopper</b> & Sons",
            "role": "practitioner",
            "active": "false",
            "factor": "totp",
            "a-fact-of-the-future": "42",
        }))
        .unwrap()
    }

    fn letters(notice: Notice) -> [String; 2] {
        let link = notice.link().map(|_| LINK);
        notice.write(Some("<i>Ada</i>"), &facts(), link).into()
    }

    #[test]
    fn every_notice_is_written_out() {
        for notice in Notice::iter() {
            let [text, html] = letters(notice);
            for letter in [&text, &html] {
                for left in ["{%", "%}", ">none<", " none", "\n\n\n"] {
                    assert!(!letter.contains(left), "{notice:?}: {left:?} in {letter}");
                }
                // Ours are filled in, and those of others are not.
                assert_eq!(letter.matches("{{").count(), 1, "{notice:?}: {letter}");
                for fact in
                    ["Monday, 1 March 2027, 08:05 (UTC)", "08:20 (UTC)", "practitioner", "2001:db8::1"]
                {
                    assert!(letter.contains(fact), "{notice:?}: {fact} in {letter}");
                }
            }
            assert!(text.contains("Authenticator app") && text.contains("Ended"), "{text}");
            assert!(text.starts_with("Hello") && !text.ends_with('\n'), "{text}");
        }
    }

    #[test]
    fn what_others_wrote_is_escaped() {
        for notice in Notice::iter() {
            let [text, html] = letters(notice);
            for markup in ["<i>", "<b>", "<script"] {
                assert!(!html.contains(markup), "{notice:?}: {html}");
            }
            assert!(html.contains("Grace &lt;b&gt;Hopper&lt;&#x2f;b&gt; &amp; Sons"), "{html}");
            assert!(text.contains("Grace <b>Hopper</b> & Sons"), "{text}");
            let addressed = notice.knows_whom_it_addresses();
            assert_eq!(html.contains("Hello &lt;i&gt;Ada&lt;&#x2f;i&gt;,"), addressed, "{notice:?}: {html}");
            assert_eq!(text.contains("Ada"), addressed, "{notice:?}: {text}");
        }
    }

    #[test]
    fn a_link_is_exactly_where_it_was_promised() {
        let mut redeemed = BTreeSet::new();
        for notice in Notice::iter() {
            let promised = usize::from(notice.link().is_some());
            let [text, html] = letters(notice);
            assert_eq!(text.matches(LINK).count(), promised, "{notice:?}: {text}");
            assert_eq!(text.matches("://").count(), promised, "{notice:?}: {text}");
            let html = html.replace("&#x2f;", "/");
            assert_eq!(html.matches(&format!("href=\"{LINK}\"")).count(), promised, "{notice:?}: {html}");
            assert_eq!(html.matches("://").count(), promised, "{notice:?}: {html}");
            assert_eq!(english::words(notice).action.is_some(), notice.link().is_some(), "{notice:?}");
            if let Some(Link::Token(path)) = notice.link() {
                assert!(redeemed.insert(path), "{path} redeems two kinds of tokens");
            }
        }
        assert_eq!(redeemed, ["/invitation", "/reset", "/verify"].into());
    }

    #[test]
    fn a_subject_fits_a_lock_screen_and_is_the_same_for_everybody() {
        let mut subjects = BTreeSet::new();
        for notice in Notice::iter() {
            let subject = notice.subject();
            assert!((10..=50).contains(&subject.len()), "{subject}");
            assert!(!subject.contains(['{', '<', '\n', ':']), "{subject}");
            for word in ["health", "doctor", "patient", "appointment", "clinic", "treat", "medic"] {
                assert!(!subject.to_lowercase().contains(word), "{subject}");
            }
            assert!(subjects.insert(subject), "two notices have the subject {subject}");
            let [_, html] = letters(notice);
            assert!(html.contains(&format!("<title>{subject}</title>")), "{html}");
        }
    }

    #[test]
    fn every_notice_says_what_to_do_if_it_was_not_you() {
        for notice in Notice::iter() {
            let words = english::words(notice);
            assert!(words.otherwise.starts_with("If ") && words.otherwise.ends_with('.'), "{notice:?}");
            let [text, html] = letters(notice);
            for letter in [text, html.replace("&#x27;", "'")] {
                assert!(letter.contains(words.said) && letter.contains(words.otherwise), "{letter}");
            }
        }
    }

    #[test]
    fn a_notice_without_facts_is_sent_all_the_same() {
        for notice in Notice::iter() {
            let (text, html) = notice.write(None, &Facts::default(), notice.link().map(|_| LINK));
            assert!(text.starts_with("Hello,\n"), "{text}");
            assert!(!text.contains("\n\n\n") && !html.contains("<table"), "{text} {html}");
        }
    }

    #[test]
    fn times_are_told_by_the_readers_clocks_where_these_are_known() {
        let facts: Facts = serde_json::from_value(json!({
            "at": "2027-03-14T14:00:00Z", "time_zone": "America/New_York",
        }))
        .unwrap();
        let (text, _) = Notice::PasswordChanged.write(None, &facts, None);
        assert!(text.contains("When: Sunday, 14 March 2027, 10:00 (America/New_York)"), "{text}");
    }

    #[test]
    fn what_others_wrote_stays_on_one_line() {
        for (written, shown) in [
            ("Firefox\r\n\r\nCall us at once", "Firefox Call us at once"),
            (" \u{0}\u{7} ", ""),
            ("\u{202E}xoferiF", "xoferiF"),
            ("Zoë’s 手机", "Zoë’s 手机"),
        ] {
            assert_eq!(line(written), shown);
        }
        assert_eq!(line(&"x".repeat(1000)).len(), 100);
        let facts: Facts = serde_json::from_value(json!({ "device": " \n " })).unwrap();
        let (text, _) = Notice::NewDevice.write(None, &facts, None);
        assert!(!text.contains("Device"), "{text}");
    }

    #[test]
    fn notices_are_told_apart_by_their_names() {
        let named = [
            "verify-email",
            "already-registered",
            "reset-password",
            "invitation",
            "welcome",
            "new-device",
            "locked-out",
            "password-changed",
            "factor-added",
            "factor-removed",
            "identity-connected",
            "identity-disconnected",
            "recovery-code-used",
            "sessions-revoked",
            "membership-changed",
            "account-closed",
            "account-deactivated",
        ]
        .map(|name| serde_json::from_value::<Notice>(json!(name)).unwrap());
        assert_eq!(named.as_slice(), Notice::iter().collect::<Vec<_>>());
        assert!(serde_json::from_str::<Notice>("\"notice-of-the-future\"").is_err());
    }

    #[test]
    fn only_what_needs_no_escape_is_a_token() {
        for (text, expected) in
            [("aZ09-_.~", true), ("", false), ("a b", false), ("a&b=c", false), ("ä", false)]
        {
            assert_eq!(is_token(text), expected, "{text}");
        }
    }
}
