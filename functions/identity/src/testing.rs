//! What several modules' tests begin with.

use kernel::{AuthenticationMethod, AuthenticationMethods, Id, Kind, Private, Role, Timestamp};

use crate::account::{Account, Email, Name, Password, Phone, Preferences};
use crate::factor::PhoneFactor;
use crate::membership::{Acting, Membership};
use crate::session::{DeviceInfo, RefreshToken, Session};

pub(crate) fn id<K: Kind>(number: u128) -> Id<K> {
    Id::from_uuid(uuid::Uuid::from_u128(number))
}

pub(crate) fn phone() -> PhoneFactor {
    let number = Private(Phone::try_from("+49305550100".to_owned()).unwrap());
    PhoneFactor { number, since: Timestamp::UNIX_EPOCH }
}

/// Somebody who is a patient, and in another role than that also works in the first clinic.
pub(crate) fn account(role: Role) -> Account {
    let name = |text: &str| Private(Name::try_from(text.to_owned()).unwrap());
    let password =
        Password { hash: Private(String::new()), suits_staff: true, changed_at: Timestamp::UNIX_EPOCH };
    let email = Private(Email::try_from("ada@example.org".to_owned()).unwrap());
    let names = (name("Ada"), name("Okonkwo"));
    let mut account =
        Account::new(id(1), email, names, Preferences::default(), Some(password), Timestamp::UNIX_EPOCH);
    account.patient = Some(id(1));
    if role != Role::Patient {
        account.memberships.push(Membership {
            clinic: Some(id(1)),
            role,
            custom_role: None,
            provider: None,
            active: true,
            since: Timestamp::UNIX_EPOCH,
        });
    }
    account
}

pub(crate) fn session(now: Timestamp) -> (Session, RefreshToken) {
    let (session, token, _) = begun(now);
    (session, token)
}

pub(crate) fn begun(now: Timestamp) -> (Session, RefreshToken, Private<String>) {
    let device = DeviceInfo::default().seen(&runtime::Client::default());
    let methods = AuthenticationMethods::of(AuthenticationMethod::Pwd);
    Session::begin(id(1), &account(Role::Patient), Acting::PATIENT, methods, device, now, ([7; 32], [8; 32]))
}
