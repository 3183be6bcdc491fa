//! Passwords: how they are judged, hashed and compared. Pure, but slow on purpose.

use argon2::{Algorithm, Argon2, Params, PasswordHasher as _, PasswordVerifier as _, Version};
use kernel::{Fault, Private, Status};
use schemars::JsonSchema;
use serde::Deserialize;

/// Memory in KiB, passes and lanes: the OWASP Password Storage Cheat Sheet's minimum for Argon2id
/// (m=19456, t=2, p=1), as of 2026.
const COST: (u32, u32, u32) = (19_456, 2, 1);

/// A password as somebody typed it: 8 to 128 characters, no rules of composition (NIST SP 800-63B-4, 3.1.1.2).
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(try_from = "String")]
#[schemars(with = "String", extend("minLength" = 8, "maxLength" = 128, "format" = "password"))]
pub struct NewPassword(Private<String>);

/// The password cannot be taken.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("Choose a password of 8 to 128 characters.")]
pub struct BadLength;

impl TryFrom<String> for NewPassword {
    type Error = BadLength;
    fn try_from(text: String) -> Result<Self, BadLength> {
        if (8..=128).contains(&text.chars().count()) { Ok(Self(Private(text))) } else { Err(BadLength) }
    }
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

impl NewPassword {
    /// The hash to keep, in PHC string format. `salt` must be random.
    pub fn hash(&self, salt: [u8; 16]) -> Result<Private<String>, HashError> {
        let hash = argon2()?.hash_password_with_salt(self.0.as_bytes(), &salt).map_err(|_| HashError)?;
        Ok(Private(hash.to_string()))
    }
}

/// Does the password belong to the hash?
///
/// Without a hash it takes just as long, and does not.
pub fn verify(password: &str, hash: Option<&str>) -> Result<bool, HashError> {
    // The hash of nothing that can be typed: made with the parameters above, of an empty password.
    const NOBODY: &str =
        "$argon2id$v=19$m=19456,t=2,p=1$AAAAAAAAAAAAAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";
    let fits = argon2()?.verify_password(password.as_bytes(), hash.unwrap_or(NOBODY)).is_ok();
    Ok(fits && hash.is_some())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_password_fits_its_own_hash_alone() {
        let password = NewPassword::try_from("correct horse".to_owned()).unwrap();
        let hash = password.hash([7; 16]).unwrap();
        assert!(hash.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{}", hash.as_str());
        assert!(verify("correct horse", Some(&hash)).unwrap());
        assert!(!verify("correct horsf", Some(&hash)).unwrap());
        assert!(!verify("", None).unwrap());
    }

    #[test]
    fn length_is_counted_in_characters() {
        let length = |text: &str| NewPassword::try_from(text.to_owned()).map(drop);
        assert_eq!(length("ünïcödé"), Err(BadLength));
        assert_eq!(length("ünïcödé!"), Ok(()));
        assert_eq!(length(&"x".repeat(129)), Err(BadLength));
    }
}
