//! The words of notices in English. Another language is another file with the same four items.

use kernel::{Timestamp, Zone};

use crate::notice::{Active, Facts, Notice};

/// BCP 47.
pub(crate) const TAG: &str = "en";

/// What a notice says. What others wrote has no place in it: that stands among the facts.
pub(crate) struct Words {
    /// Subject line and heading. It stands on lock screens.
    pub(crate) subject: &'static str,
    /// What happened.
    pub(crate) said: &'static str,
    /// What the link does, where there is one.
    pub(crate) action: Option<&'static str>,
    /// What to do if it was not you.
    pub(crate) otherwise: &'static str,
}

/// The words of a notice.
#[expect(clippy::too_many_lines, reason = "a table is as long as it has rows")]
pub(crate) const fn words(notice: Notice) -> Words {
    match notice {
        Notice::VerifyEmail => Words {
            subject: "Confirm your email address",
            said: "Somebody, we hope it was you, registered at Careplane with this address. Please confirm \
                   that it is yours. The link works once and for a limited time.",
            action: Some("Confirm my address"),
            otherwise: "If you did not register, do nothing. Without this link there will be no account.",
        },
        Notice::AlreadyRegistered => Words {
            subject: "You already have an account",
            said: "Somebody, probably you, tried to register at Careplane with this address. There is an \
                   account with it already, so you can simply sign in. If you have forgotten your password, \
                   you can choose a new one there.",
            action: Some("Sign in"),
            otherwise: "If it was not you, do nothing. Nothing has changed.",
        },
        Notice::ResetPassword => Words {
            subject: "Choose a new password",
            said: "Somebody, probably you, asked for a new password for your account. The link works once \
                   and for a limited time.",
            action: Some("Choose a new password"),
            otherwise: "If it was not you, do nothing. Your password stays as it is.",
        },
        Notice::Invitation => Words {
            subject: "You are invited to Careplane",
            said: "You are invited to work on Careplane. The link works once and for a limited time.",
            action: Some("Look at the invitation"),
            otherwise: "If you do not know who invites you, do nothing. Without you nothing happens.",
        },
        Notice::Welcome => Words {
            subject: "Welcome to Careplane",
            said: "Your account is ready. This is the address that it goes by.",
            action: Some("Go to Careplane"),
            otherwise: "If you did not open this account, write to us: somebody can read your mail.",
        },
        Notice::NewDevice => Words {
            subject: "A new sign-in to your account",
            said: "Your account was used on a device on which it had not been used before. If this was you, \
                   there is nothing to do.",
            action: Some("Look at my account"),
            otherwise: "If it was not you, sign in, sign that device out, and choose a new password at once.",
        },
        Notice::LockedOut => Words {
            subject: "Sign-in to your account is paused",
            said: "There were too many wrong attempts to sign in to your account. To protect it, nobody can \
                   sign in for a while. Afterwards everything is as before.",
            action: Some("Go to the sign-in"),
            otherwise: "If it was not you, somebody may be guessing. Choose a new password that you use \
                        nowhere else.",
        },
        Notice::PasswordChanged => Words {
            subject: "Your password was changed",
            said: "Your account has a new password. Other devices have been signed out.",
            action: Some("Go to the sign-in"),
            otherwise: "If it was not you, say at the sign-in that you have forgotten your password. You can \
                        then choose a new one by a mail to this address.",
        },
        Notice::FactorAdded => Words {
            subject: "Your sign-in has a new second step",
            said: "A second step was added to your sign-in. From now on it can be asked for after your \
                   password.",
            action: Some("Look at my account"),
            otherwise: "If it was not you, choose a new password at once, and ask your clinic or our support \
                        for help.",
        },
        Notice::FactorRemoved => Words {
            subject: "Your sign-in has lost a second step",
            said: "A second step was removed from your sign-in. It is no longer asked for.",
            action: Some("Look at my account"),
            otherwise: "If it was not you, sign in, add it again, and choose a new password at once.",
        },
        Notice::IdentityConnected => Words {
            subject: "There is another way to sign in to your account",
            said: "Somebody else can sign you in from now on.",
            action: Some("Look at my account"),
            otherwise: "If it was not you, sign in, take it away, and choose a new password at once.",
        },
        Notice::IdentityDisconnected => Words {
            subject: "There is one way less to sign in to your account",
            said: "A way to sign in was taken from your account. It does not work any more.",
            action: Some("Look at my account"),
            otherwise: "If it was not you, sign in, connect it again, and choose a new password at once.",
        },
        Notice::RecoveryCodeUsed => Words {
            subject: "A recovery code was used",
            said: "One of your recovery codes was used to sign in, in place of your second step. It does not \
                   work again.",
            action: Some("Look at my account"),
            otherwise: "If it was not you, sign in, choose a new password, and make new recovery codes at once.",
        },
        Notice::SessionsRevoked => Words {
            subject: "You have been signed out to be safe",
            said: "A sign-in of yours was used once more after it had been replaced. That can be an \
                   accident, or somebody has copied it. To be safe, we have ended it, and you have to sign \
                   in again.",
            action: Some("Sign in again"),
            otherwise: "If you do not know the device, choose a new password when you have signed in.",
        },
        Notice::MembershipChanged => Words {
            subject: "Your access has changed",
            said: "Those who run a clinic on Careplane have changed what you may do there.",
            action: Some("Sign in"),
            otherwise: "If you did not expect this, ask those who run the clinic.",
        },
        Notice::AccountClosed => Words {
            subject: "Your account is closed",
            said: "Your account is closed, as you wished. Nobody can sign in to it any more.",
            action: None,
            otherwise: "If it was not you, tell your clinic or our support at once.",
        },
        Notice::AccountDeactivated => Words {
            subject: "Your account is deactivated",
            said: "Your account has been deactivated. Nobody can sign in to it for the time being.",
            action: None,
            otherwise: "If you think that this is a mistake, ask your clinic or our support.",
        },
    }
}

/// The greeting.
pub(crate) fn hello(given_name: Option<&str>) -> String {
    given_name.map_or_else(|| "Hello,".into(), |name| format!("Hello {name},"))
}

/// What is told of the facts, in this order.
pub(crate) fn facts(facts: &Facts) -> Vec<(&'static str, String)> {
    let Facts { at, until, time_zone, device, address, inviter, role, active, factor, provider } = facts;
    let moment = |at: &Timestamp| moment(*at, time_zone.as_ref());
    let rows = [
        ("When", at.as_ref().map(moment)),
        ("Until", until.as_ref().map(moment)),
        ("Device", device.as_ref().map(|device| device.0.clone())),
        ("Internet address", address.as_ref().map(|address| address.0.clone())),
        ("Invited by", inviter.as_ref().map(|inviter| inviter.0.clone())),
        ("Role", role.as_ref().map(|role| post(role).into())),
        ("Access", active.map(|active| if active == Active::True { "Open" } else { "Ended" }.into())),
        ("Signs you in", provider.as_ref().map(|provider| provider.0.clone())),
        ("Second step", factor.as_ref().map(|factor| step(factor).into())),
    ];
    rows.into_iter().filter_map(|(label, value)| Some((label, value?))).collect()
}

/// What a role is called.
fn post(role: &str) -> &str {
    match role {
        "practitioner" => "Doctor or other practitioner",
        "nurse" => "Nurse",
        "receptionist" => "Receptionist",
        "pharmacist" => "Pharmacist",
        "technician" => "Laboratory technician",
        "finance" => "Finance",
        "manager" => "Clinic manager",
        "operator" => "Operator of the platform",
        "support" => "Support of the platform",
        "staff" => "A role of the clinic's own",
        other => other,
    }
}

fn moment(at: Timestamp, zone: Option<&Zone>) -> String {
    let (rules, name) = match zone {
        Some(zone) => (zone.rules(), zone.to_string()),
        None => (jiff::tz::TimeZone::UTC, "UTC".into()),
    };
    format!("{} ({name})", at.to_zoned(rules).strftime("%A, %-d %B %Y, %H:%M"))
}

/// The kinds of second steps that have a name of their own; others are called what they are told to be.
fn step(factor: &str) -> &str {
    match factor {
        "totp" => "Authenticator app",
        "phone" | "sms" => "Text message",
        "passkey" => "Passkey",
        "recovery-codes" => "Recovery codes",
        other => other,
    }
}
