//! Sessions (ID-20 to ID-29): one signing-in on one device, and the refresh token that keeps it going. Pure.
//!
//! A refresh token is good once. What follows from it is derived from its secret, from salt that only we
//! keep and from the attempt's own key; so whoever asks again with the same key, because the answer was
//! lost, gets the very same successor, and whoever presents a used token in another attempt ends the
//! session. Nothing that is kept is a secret. See `docs/decisions/0011-refresh-tokens.md`.

use aws_lc_rs::{constant_time, hmac};
use base64::{Engine as _, prelude::BASE64_URL_SAFE_NO_PAD};
use jiff::SignedDuration;
use kernel::{
    AuthenticationMethod, AuthenticationMethods, Caller, ClinicId, Fault, Permission, Permissions, Private,
    Role, RoleId, SessionId, Status, Timestamp, UserId,
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use store::{Entity, Index, IndexEntry, Key, Range, Shared};

use crate::account::{Account, State};
use crate::factor::hex;
use crate::membership::{Acting, ClinicRole, staff_permissions};

/// How long a refresh token is good (ID-21).
pub const REFRESH_LIFE: SignedDuration = SignedDuration::from_hours(24 * 7);

/// After so long everybody signs in again, however often they came back (OWASP ASVS 5.0, 7.3.2).
const SESSION_LIFE: SignedDuration = SignedDuration::from_hours(24 * 90);

/// One signing-in on one device.
///
/// Access patterns: by account and id, at every refresh; all of an account, for its owner.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Session {
    /// Its id: `sid` of its tokens.
    pub id: SessionId,
    /// Whose.
    pub user: UserId,
    /// What they act as in it.
    pub acting: Acting,
    /// How they have shown who they are.
    pub methods: AuthenticationMethods,
    /// When they last showed a second factor.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub second_factor_at: Option<Timestamp>,
    /// That of the account when it began, or when it was spared.
    pub epoch: u32,
    /// On what.
    pub device: Device,
    /// Since when.
    pub created_at: Timestamp,
    /// When it was last refreshed.
    pub last_seen_at: Timestamp,
    /// Hash of the refresh token that is good now.
    current: String,
    /// The one before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    previous: Option<Spent>,
    /// Hash of the token against forged requests (ID-23).
    csrf: String,
    /// When the refresh token ends.
    good_until: Timestamp,
    /// When it was ended before its time.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ended_at: Option<Timestamp>,
}

/// A refresh token that has been used.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Spent {
    /// Its hash.
    hash: String,
    /// Hash of the key of the attempt that used it.
    attempt: String,
    /// What its successor was derived with.
    salt: String,
}

/// What a session runs on (ID-23, ID-29).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Device {
    /// Hash of what the client calls itself, or of its `User-Agent` where it does not.
    pub fingerprint: String,
    /// What its owner would call it.
    pub name: Private<String>,
    /// `User-Agent`.
    pub agent: Private<String>,
    /// From where it was seen last.
    pub address: Private<String>,
}

/// What a client says of the device that it runs on.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
pub struct DeviceInfo {
    /// Made up once by the client and kept, so that the same device is known again.
    #[schemars(extend("maxLength" = 64))]
    pub id: Option<DeviceText<64>>,
    /// For example `Firefox on Windows`.
    #[schemars(extend("maxLength" = 100))]
    pub name: Option<DeviceText<100>>,
}

/// A short text.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(try_from = "String")]
#[schemars(with = "String", inline)]
pub struct DeviceText<const MOST: usize>(Private<String>);

/// The text is too long, or not one.
#[derive(Debug, thiserror::Error)]
#[error("Enter at most {0} characters on one line.")]
pub struct NotShort(usize);

impl<const MOST: usize> TryFrom<String> for DeviceText<MOST> {
    type Error = NotShort;
    fn try_from(text: String) -> Result<Self, NotShort> {
        let fits = crate::account::line(&text, MOST).ok_or(NotShort(MOST))?;
        Ok(Self(Private(fits)))
    }
}

/// The fingerprint of a device that calls itself this, or says only which browser it is.
pub fn fingerprint(id: Option<&DeviceText<64>>, agent: &str) -> String {
    match id {
        Some(id) => hex(&["device", &id.0]),
        None => hex(&["agent", agent]),
    }
}

impl DeviceInfo {
    /// The fingerprint, if the device calls itself something that others cannot know.
    pub fn secret(&self) -> Option<String> {
        self.id.as_ref().map(|id| fingerprint(Some(id), ""))
    }

    /// With what the request says.
    pub fn seen(self, client: &runtime::Client) -> Device {
        let fingerprint = fingerprint(self.id.as_ref(), &client.agent);
        Device {
            fingerprint,
            name: self.name.map_or_else(|| Private(client.agent.clone()), |name| name.0),
            agent: Private(client.agent.clone()),
            address: Private(client.address.clone()),
        }
    }
}

/// A refresh token as its owner has it: whose session, and the secret.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RefreshToken {
    /// Whose.
    pub user: UserId,
    /// Which session.
    pub session: SessionId,
    /// In which of a clinic's own roles it acts, so that the role is read in the same breath. Nothing is
    /// decided by it: what the account says counts.
    pub post: Option<(ClinicId, RoleId)>,
    secret: Private<[u8; 32]>,
}

impl RefreshToken {
    /// As it stands in the cookie.
    pub fn write(&self) -> String {
        let own = self.own();
        self.post.map_or(own.clone(), |(clinic, role)| format!("{own}.{clinic}.{role}"))
    }

    /// The same, naming another role.
    #[must_use]
    pub fn in_post(self, post: Option<(ClinicId, RoleId)>) -> Self {
        Self { post, ..self }
    }

    fn own(&self) -> String {
        format!("{}.{}.{}", self.user, self.session, BASE64_URL_SAFE_NO_PAD.encode(*self.secret))
    }

    /// From a cookie.
    pub fn read(text: &str) -> Result<Self, SessionEnded> {
        let mut parts = text.split('.');
        let mut next = || parts.next().ok_or(SessionEnded);
        let user = next()?.parse().map_err(|_| SessionEnded)?;
        let session = next()?.parse().map_err(|_| SessionEnded)?;
        let secret = BASE64_URL_SAFE_NO_PAD.decode(next()?).map_err(|_| SessionEnded)?;
        let secret = secret.try_into().map_err(|_| SessionEnded)?;
        let post = match (parts.next(), parts.next(), parts.next()) {
            (None, ..) => None,
            (Some(clinic), Some(role), None) => {
                Some((clinic.parse().map_err(|_| SessionEnded)?, role.parse().map_err(|_| SessionEnded)?))
            }
            _ => return Err(SessionEnded),
        };
        Ok(Self { user, session, post, secret: Private(secret) })
    }

    /// All there is to its secret is 256 random bits, so a plain hash keeps it as well as a slow one.
    fn hash(&self) -> String {
        hex(&["refresh", &self.own()])
    }

    /// The token that follows in this attempt.
    fn successor(&self, attempt: &str, salt: &str) -> Self {
        let key = hmac::Key::new(hmac::HMAC_SHA256, &*self.secret);
        let derived = hmac::sign(&key, format!("{salt}\0{attempt}").as_bytes());
        let mut secret = [0; 32];
        secret.copy_from_slice(derived.as_ref());
        Self { secret: Private(secret), ..*self }
    }
}

/// What a refresh yields.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Turn {
    /// The token was good: here is the next one, and the session has moved on.
    On(RefreshToken),
    /// The same attempt again, whose answer was lost: here is the same next one.
    Again(RefreshToken),
    /// The token was used before by somebody else, and the session is over.
    Stolen,
}

impl Session {
    /// By account and id.
    pub fn at(user: UserId, id: SessionId) -> Key<Self> {
        Key::new(format_args!("account/{user}"), format_args!("session/{id}"))
    }

    /// All of an account, the oldest first.
    pub fn all(user: UserId) -> Range<Self> {
        Range::new(format_args!("account/{user}"), "session/")
    }

    /// Those that were refreshed in this quarter of an hour and in the one before.
    pub fn active(now: Timestamp) -> impl Iterator<Item = Range<Self>> {
        let partitions = [quarter(now), quarter(now) - 1].into_iter().flat_map(|quarter| {
            "0123456789abcdef".chars().map(move |shard| format!("active/{quarter}/{shard}"))
        });
        partitions.map(|partition| Range::new(partition, "").through(&BY_ACTIVITY))
    }

    /// A new one, with its refresh token and its token against forged requests. The bytes must be random.
    pub fn begin(
        id: SessionId,
        account: &Account,
        acting: Acting,
        methods: AuthenticationMethods,
        device: Device,
        now: Timestamp,
        (secret, csrf): ([u8; 32], [u8; 32]),
    ) -> (Self, RefreshToken, Private<String>) {
        let user = account.user;
        let token = RefreshToken { user, session: id, post: account.post(acting), secret: Private(secret) };
        let csrf = BASE64_URL_SAFE_NO_PAD.encode(csrf);
        let session = Self {
            id,
            user,
            acting,
            second_factor_at: methods.is_multi_factor().then_some(now),
            methods,
            epoch: account.epoch,
            device,
            created_at: now,
            last_seen_at: now,
            current: token.hash(),
            previous: None,
            csrf: hex(&["csrf", &csrf]),
            good_until: now + REFRESH_LIFE,
            ended_at: None,
        };
        (session, token, Private(csrf))
    }

    /// Does it go on, going by the account that it belongs to?
    pub fn is_live(&self, account: &Account, now: Timestamp) -> bool {
        self.ended_at.is_none()
            && self.epoch == account.epoch
            && account.state == State::Active
            && account.may_act(self.acting)
            && now < self.created_at + SESSION_LIFE
            && now < self.good_until
    }

    /// Is this the token against forged requests?
    pub fn has_csrf(&self, token: &str) -> bool {
        constant_time::verify_slices_are_equal(hex(&["csrf", token]).as_bytes(), self.csrf.as_bytes()).is_ok()
    }

    /// Present a refresh token. `attempt` is the key that the client made up for this try, `salt` is random.
    ///
    /// A token that never was one of this session's changes nothing.
    pub fn turn(
        mut self,
        token: &RefreshToken,
        attempt: &str,
        salt: [u8; 16],
        now: Timestamp,
    ) -> Result<(Self, Turn), SessionEnded> {
        let (hash, attempt_hash) = (token.hash(), hex(&["attempt", attempt]));
        if hash == self.current {
            let salt = BASE64_URL_SAFE_NO_PAD.encode(salt);
            let next = token.successor(attempt, &salt);
            self.current = next.hash();
            self.previous = Some(Spent { hash, attempt: attempt_hash, salt });
            self.last_seen_at = now;
            self.good_until = (now + REFRESH_LIFE).min(self.created_at + SESSION_LIFE);
            return Ok((self, Turn::On(next)));
        }
        match &self.previous {
            Some(spent) if spent.hash == hash && spent.attempt == attempt_hash => {
                let next = token.successor(attempt, &spent.salt);
                Ok((self, Turn::Again(next)))
            }
            _ if token.is_of(&self) => {
                self.ended_at = Some(now);
                Ok((self, Turn::Stolen))
            }
            _ => Err(SessionEnded),
        }
    }

    /// They have shown one more factor.
    pub fn stepped_up(&mut self, method: AuthenticationMethod, now: Timestamp) {
        self.methods = std::mem::take(&mut self.methods).and(method);
        self.second_factor_at = Some(now);
    }
}

impl RefreshToken {
    /// Tokens of a session older than the previous one cannot be told from inventions, which need the ids
    /// of account and session: whoever has those has had a token. Both are taken as theft.
    fn is_of(&self, session: &Session) -> bool {
        self.user == session.user && self.session == session.id
    }
}

impl Entity for Session {
    const KIND: &'static str = "session";
    type Scope = Shared;
    fn key(&self) -> Key<Self> {
        Self::at(self.user, self.id)
    }
    fn index(&self) -> Option<IndexEntry> {
        let shard = self.id.to_string().chars().last().unwrap_or('0');
        let bucket = format!("active/{}/{shard}", quarter(self.last_seen_at));
        self.ended_at.is_none().then(|| IndexEntry::new(&BY_ACTIVITY, "shared", bucket, self.id))
    }
    /// Kept while a token of it may still turn up.
    fn expires_at(&self) -> Option<Timestamp> {
        Some(self.good_until)
    }
}

/// Sessions by the quarter of an hour in which they were last refreshed, spread over sixteen partitions.
pub static BY_ACTIVITY: Index = Index { name: "by-activity", attribute: "by_activity", keys_only: true };

const QUARTER: i64 = 15 * 60;

fn quarter(at: Timestamp) -> i64 {
    at.as_second().div_euclid(QUARTER)
}

/// Where somebody stands with their second factor.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum SecondFactor {
    /// It has been shown.
    Done,
    /// There is none, and none is asked for.
    NotNeeded,
    /// There is one, and it must be shown before anything else.
    Required,
    /// There is none, and one must be added before anything else.
    EnrolmentRequired,
}

impl SecondFactor {
    /// Of a session.
    pub fn of(account: &Account, session: &Session) -> Self {
        if session.methods.is_multi_factor() {
            SecondFactor::Done
        } else if account.factors.any() {
            SecondFactor::Required
        } else if session.acting.role.is_staff() {
            SecondFactor::EnrolmentRequired
        } else {
            SecondFactor::NotNeeded
        }
    }
}

/// Who a token of the session speaks for, and what it allows. `custom` is the clinic's own role that they
/// act in, if it still exists.
pub fn caller(account: &Account, session: &Session, custom: Option<&ClinicRole>) -> Caller {
    use Permission::{EnrolOwnFactor, PassSecondFactor, SignOut};
    let Acting { role, clinic } = session.acting;
    let membership = account.membership(session.acting);
    let all = match (role, custom) {
        (Role::Staff, Some(custom)) => staff_permissions(&custom.permissions),
        (Role::Staff, None) => staff_permissions(&Permissions::default()),
        _ => role.permissions(),
    };
    let permissions = match SecondFactor::of(account, session) {
        SecondFactor::Done | SecondFactor::NotNeeded => all,
        SecondFactor::Required => Permissions::from_iter([SignOut, PassSecondFactor]),
        SecondFactor::EnrolmentRequired => Permissions::from_iter([SignOut, EnrolOwnFactor]),
    };
    Caller {
        user: account.user,
        session: session.id,
        role,
        clinic,
        patient: account.patient.filter(|_| role == Role::Patient),
        provider: membership.and_then(|membership| membership.provider),
        permissions,
        methods: session.methods.clone(),
        second_factor_at: session.second_factor_at,
    }
}

/// The session is over, or never was.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("You have been signed out. Sign in again.")]
pub struct SessionEnded;

impl Fault for SessionEnded {
    fn status(&self) -> Status {
        Status::Unauthenticated
    }
    fn code(&self) -> &'static str {
        "SESSION_ENDED"
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{account, id, session};

    const NOW: Timestamp = Timestamp::UNIX_EPOCH;

    #[test]
    fn a_token_is_good_once_and_its_successor_follows() {
        let (session, token) = session(NOW);
        let (session, turn) = session.turn(&token, "first-attempt", [1; 16], NOW).unwrap();
        let Turn::On(next) = turn else { panic!("{turn:?}") };
        assert_ne!(next, token);
        let (_, turn) = session.turn(&next, "second-attempt", [2; 16], NOW).unwrap();
        assert!(matches!(turn, Turn::On(_)));
    }

    #[test]
    fn the_same_attempt_gets_the_same_answer_and_another_one_ends_the_session() {
        let (session, token) = session(NOW);
        let (session, turn) = session.turn(&token, "attempt-1", [1; 16], NOW).unwrap();
        let Turn::On(next) = turn else { panic!("{turn:?}") };
        let (same, turn) = session.clone().turn(&token, "attempt-1", [9; 16], NOW).unwrap();
        assert_eq!((same, turn), (session.clone(), Turn::Again(next.clone())));
        let (ended, turn) = session.clone().turn(&token, "attempt-2", [3; 16], NOW).unwrap();
        assert_eq!((ended.ended_at, turn), (Some(NOW), Turn::Stolen));
        // Once the successor was used, its predecessor is good for nobody.
        let (session, _) = session.turn(&next, "attempt-3", [4; 16], NOW).unwrap();
        let (_, turn) = session.turn(&token, "attempt-1", [5; 16], NOW).unwrap();
        assert_eq!(turn, Turn::Stolen);
    }

    #[test]
    fn without_our_salt_nobody_derives_what_follows() {
        let (session, token) = session(NOW);
        let turn = |salt| session.clone().turn(&token, "attempt-1", salt, NOW).unwrap().1;
        assert_ne!(turn([1; 16]), turn([2; 16]));
    }

    #[test]
    fn a_token_has_one_spelling() {
        let (_, token) = session(NOW);
        assert_eq!(RefreshToken::read(&token.write()), Ok(token.clone()));
        let text = token.write();
        let posted = RefreshToken { post: Some((id(3), id(4))), ..token.clone() };
        assert_eq!(RefreshToken::read(&posted.write()), Ok(posted.clone()));
        assert_eq!(posted.hash(), token.hash());
        let half = posted.write();
        let half = half.rsplit_once('.').unwrap().0;
        for wrong in ["", ".", "a.b.c", &text[1..], &text[..text.len() - 1], &format!("{text}.x"), half] {
            assert_eq!(RefreshToken::read(wrong), Err(SessionEnded), "{wrong}");
        }
        assert!(!format!("{token:?}").contains(text.rsplit('.').next().unwrap()));
    }

    #[test]
    fn a_session_lives_as_long_as_its_account_lets_it() {
        let (session, _) = session(NOW);
        let mut account = account(Role::Patient);
        let live = |account: &Account, after| session.is_live(account, NOW + after);
        let week = REFRESH_LIFE;
        assert!(live(&account, SignedDuration::ZERO) && live(&account, week - SignedDuration::from_secs(1)));
        assert!(!live(&account, week));
        account.epoch = 1;
        assert!(!live(&account, SignedDuration::ZERO));
        account.epoch = 0;
        account.state = State::Deactivated;
        assert!(!live(&account, SignedDuration::ZERO));
    }

    #[test]
    fn refreshing_prolongs_a_session_but_not_for_ever() {
        let (mut session, mut token) = session(NOW);
        let account = account(Role::Patient);
        let mut now = NOW;
        for day in 0..200i64 {
            now = NOW + SignedDuration::from_hours(24 * day);
            if !session.is_live(&account, now) {
                break;
            }
            let (next, turn) = session.turn(&token, &format!("attempt-{day}"), [1; 16], now).unwrap();
            let Turn::On(following) = turn else { panic!("{turn:?}") };
            (session, token) = (next, following);
        }
        assert_eq!(now, NOW + SESSION_LIFE);
    }

    #[test]
    fn a_membership_that_ends_ends_what_acts_in_it() {
        let (mut session, _) = session(NOW);
        let mut account = account(Role::Nurse);
        session.acting = Acting { role: Role::Nurse, clinic: Some(id(1)) };
        assert!(session.is_live(&account, NOW));
        account.memberships[0].active = false;
        assert!(!session.is_live(&account, NOW));
    }

    #[test]
    fn one_factor_of_staff_opens_the_way_to_a_second_one_alone() {
        let (mut session, _) = session(NOW);
        let mut account = account(Role::Nurse);
        session.acting = Acting { role: Role::Nurse, clinic: Some(id(1)) };
        let scope =
            |account: &Account, session: &Session| String::from(caller(account, session, None).permissions);
        assert_eq!(scope(&account, &session), "sign-out enrol-own-factor");
        account.factors.phone = Some(crate::testing::phone());
        assert_eq!(scope(&account, &session), "sign-out pass-second-factor");
        session.stepped_up(AuthenticationMethod::Sms, NOW);
        assert!(scope(&account, &session).contains("read-appointments"));
        // A patient who has a second factor shows it, too; one who has none needs none.
        account.factors.phone = None;
        let patient = Session { acting: Acting::PATIENT, ..crate::testing::session(NOW).0 };
        assert!(scope(&account, &patient).contains("book-appointments"));
        account.factors.phone = Some(crate::testing::phone());
        assert_eq!(scope(&account, &patient), "sign-out pass-second-factor");
    }

    #[test]
    fn the_csrf_token_is_the_sessions_own() {
        let (session, _, csrf) = crate::testing::begun(NOW);
        assert!(session.has_csrf(&csrf));
        assert!(!session.has_csrf("") && !session.has_csrf(&csrf[1..]));
    }
}
