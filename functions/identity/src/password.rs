//! Passwords: how they are judged, hashed and compared. Pure, but slow on purpose.

use std::collections::HashSet;
use std::sync::LazyLock;

use argon2::{Algorithm, Argon2, Params, PasswordHasher as _, PasswordVerifier as _, Version};
use kernel::{Fault, FieldProblem, Private, Problem, Status, Timestamp};
use schemars::JsonSchema;
use serde::Deserialize;

use crate::account::Password;

/// Memory in KiB, passes and lanes: the OWASP Password Storage Cheat Sheet's minimum for Argon2id
/// (m=19456, t=2, p=1), as of 2026.
const COST: (u32, u32, u32) = (19_456, 2, 1);

/// The least characters of somebody who works with other people's records. NIST SP 800-63B-4, 3.1.1.2,
/// asks 8 where there is a second factor and 15 where there is none; staff have both.
const STAFF_LENGTH: usize = 12;

/// Passwords that are tried first by whoever tries.
const COMMON: &str = include_str!("common-passwords.txt");

/// A password as somebody chose it: 8 to 128 characters, no rules of composition, and none of the most
/// common ones (NIST SP 800-63B-4, 3.1.1.2).
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(try_from = "String")]
#[schemars(with = "String", extend("minLength" = 8, "maxLength" = 128, "format" = "password"))]
pub struct NewPassword(Private<String>);

/// The password cannot be taken.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unsuitable {
    /// Too short, or too long to be hashed at a bounded cost.
    #[error("Choose a password of 8 to 128 characters.")]
    Length,
    /// Everybody's favourite.
    #[error("Very many people use this password. Choose another one.")]
    Common,
    /// Long enough for a patient, and this is staff.
    #[error("Choose a password of 12 to 128 characters: you work with other people's records.")]
    ShortForStaff,
}

impl Fault for Unsuitable {
    fn status(&self) -> Status {
        Status::Unprocessable
    }
    fn code(&self) -> &'static str {
        "INVALID"
    }
    fn pointer(&self) -> Option<String> {
        Some("/password".into())
    }
}

impl TryFrom<String> for NewPassword {
    type Error = Unsuitable;
    fn try_from(text: String) -> Result<Self, Unsuitable> {
        if !(8..=128).contains(&text.chars().count()) {
            return Err(Unsuitable::Length);
        }
        if is_common(&text) { Err(Unsuitable::Common) } else { Ok(Self(Private(text))) }
    }
}

/// In whatever case. Passwords shorter than eight characters are not on the list, for they are refused
/// anyway.
fn is_common(text: &str) -> bool {
    static KNOWN: LazyLock<HashSet<&str>> =
        LazyLock::new(|| COMMON.lines().filter(|line| !line.starts_with('#')).collect());
    KNOWN.contains(text.to_lowercase().as_str())
}

/// The machine could not hash: out of memory.
#[derive(Debug, thiserror::Error)]
#[error("hashing a password failed")]
pub struct HashError;

impl Fault for HashError {
    fn status(&self) -> Status {
        Status::Internal
    }
    fn code(&self) -> &'static str {
        "INTERNAL"
    }
}

fn argon2() -> Result<Argon2<'static>, HashError> {
    let (memory, passes, lanes) = COST;
    let params = Params::new(memory, passes, lanes, None).map_err(|_| HashError)?;
    Ok(Argon2::new(Algorithm::Argon2id, Version::V0x13, params))
}

fn hash(text: &str, salt: [u8; 16]) -> Result<Private<String>, HashError> {
    let hash = argon2()?.hash_password_with_salt(text.as_bytes(), &salt).map_err(|_| HashError)?;
    Ok(Private(hash.to_string()))
}

impl NewPassword {
    /// Is it long enough for somebody who works with other people's records?
    pub fn suits_staff(&self) -> bool {
        self.0.chars().count() >= STAFF_LENGTH
    }

    /// What is kept of it. `salt` must be random.
    pub fn hash(&self, salt: [u8; 16], now: Timestamp) -> Result<Password, HashError> {
        let hash = hash(&self.0, salt)?;
        Ok(Password { hash, suits_staff: self.suits_staff(), changed_at: now })
    }

    /// The same, beside whatever else the process does.
    pub async fn hashed(self, salt: [u8; 16], now: Timestamp) -> Result<Password, HashError> {
        tokio::task::spawn_blocking(move || self.hash(salt, now)).await.map_err(|_| HashError)?
    }
}

/// What a comparison tells.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verdict {
    /// Does the password belong to the hash?
    pub fits: bool,
    /// The hash to keep from now on, where the parameters have moved on since it was made.
    pub rehashed: Option<Private<String>>,
}

/// Does the password belong to the hash, in PHC string format?
///
/// Without a hash it takes just as long, and does not. `salt` is for the hash to keep instead, and must be
/// random.
pub fn verify(password: &str, known: Option<&str>, salt: [u8; 16]) -> Result<Verdict, HashError> {
    // The hash of nothing that can be typed: made with the parameters above, of an empty password.
    const NOBODY: &str =
        "$argon2id$v=19$m=19456,t=2,p=1$AAAAAAAAAAAAAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";
    let fits = argon2()?.verify_password(password.as_bytes(), known.unwrap_or(NOBODY)).is_ok();
    let fits = fits && known.is_some();
    let outdated = known.is_some_and(|known| !known.starts_with(&current()));
    let rehashed = if fits && outdated { Some(hash(password, salt)?) } else { None };
    Ok(Verdict { fits, rehashed })
}

/// How a hash begins that was made with today's parameters.
fn current() -> String {
    let (memory, passes, lanes) = COST;
    format!("$argon2id$v=19$m={memory},t={passes},p={lanes}$")
}

/// [`verify`], beside whatever else the process does.
pub async fn verified(
    password: Private<String>,
    known: Option<Private<String>>,
    salt: [u8; 16],
) -> Result<Verdict, HashError> {
    let verdict = move || verify(&password, known.as_deref().map(String::as_str), salt);
    tokio::task::spawn_blocking(verdict).await.map_err(|_| HashError)?
}

/// A password that somebody has to show again is not theirs.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("This is not your password.")]
pub struct WrongPassword(
    /// The field.
    pub &'static str,
);

impl Fault for WrongPassword {
    fn status(&self) -> Status {
        Status::Unprocessable
    }
    fn code(&self) -> &'static str {
        "WRONG_PASSWORD"
    }
    fn pointer(&self) -> Option<String> {
        Some(self.0.into())
    }
}

/// There is none that could be right.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("You have no password. Ask for a link to choose one.")]
pub struct NoPassword;

impl Fault for NoPassword {
    fn status(&self) -> Status {
        Status::Conflict
    }
    fn code(&self) -> &'static str {
        "NO_PASSWORD"
    }
}

/// Everything that is still to be told, at once.
pub(crate) fn details_needed(fields: &[(&str, &str)]) -> Problem {
    let reasons = fields.iter().map(|(pointer, detail)| FieldProblem {
        pointer: Some((*pointer).into()),
        code: "DETAILS_NEEDED".into(),
        detail: (*detail).into(),
    });
    Problem { errors: reasons.collect(), ..Problem::from(DetailsNeeded) }
}

#[derive(Debug, thiserror::Error)]
#[error("Tell us the rest, so that you can sign in.")]
struct DetailsNeeded;

impl Fault for DetailsNeeded {
    fn status(&self) -> Status {
        Status::Unprocessable
    }
    fn code(&self) -> &'static str {
        "DETAILS_NEEDED"
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chosen(text: &str) -> Result<NewPassword, Unsuitable> {
        NewPassword::try_from(text.to_owned())
    }

    #[test]
    fn a_password_fits_its_own_hash_alone() {
        let kept = chosen("correct horse").unwrap().hash([7; 16], Timestamp::UNIX_EPOCH).unwrap();
        assert!(kept.hash.starts_with(&current()), "{}", kept.hash.as_str());
        let fits = |text, known| verify(text, known, [1; 16]).unwrap();
        let yes = Verdict { fits: true, rehashed: None };
        let no = Verdict { fits: false, rehashed: None };
        assert_eq!(fits("correct horse", Some(&*kept.hash)), yes);
        assert_eq!(fits("correct horsf", Some(&*kept.hash)), no);
        assert_eq!(fits("", None), no);
    }

    #[test]
    fn a_hash_of_older_parameters_is_made_anew_by_whoever_knows_the_password() {
        let weak = Argon2::new(Algorithm::Argon2id, Version::V0x13, Params::new(8192, 1, 1, None).unwrap());
        let old = weak.hash_password_with_salt(b"correct horse", &[7; 16]).unwrap().to_string();
        assert_eq!(verify("wrong horse", Some(&old), [1; 16]).unwrap().rehashed, None);
        let new = verify("correct horse", Some(&old), [1; 16]).unwrap().rehashed.unwrap();
        assert!(new.starts_with(&current()));
        let again = verify("correct horse", Some(&new), [2; 16]).unwrap();
        assert_eq!(again, Verdict { fits: true, rehashed: None });
    }

    #[test]
    fn length_is_counted_in_characters() {
        let length = |text: &str| chosen(text).map(|password| password.suits_staff());
        assert_eq!(length("ünïcödé"), Err(Unsuitable::Length));
        assert_eq!(length("ünïcödé!"), Ok(false));
        assert_eq!(length("ünïcödé, eh?"), Ok(true));
        assert_eq!(length(&"x".repeat(128)), Ok(true));
        assert_eq!(length(&"x".repeat(129)), Err(Unsuitable::Length));
    }

    #[test]
    fn what_everybody_takes_is_refused_in_any_case() {
        for common in ["password", "PassWord", "iloveyou", "qwertyuiop", "12345678"] {
            assert_eq!(chosen(common).unwrap_err(), Unsuitable::Common, "{common}");
        }
        let known = COMMON.lines().filter(|line| !line.starts_with('#')).count();
        assert!(known > 10_000, "{known}");
        assert!(chosen("# The most common passwords").is_ok());
    }
}
