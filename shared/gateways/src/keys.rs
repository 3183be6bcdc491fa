//! Keys and randomness, from aws-lc.

use aws_lc_rs::encoding::{AsDer, Pkcs8V1Der};
use aws_lc_rs::rand::{SecureRandom as _, SystemRandom};
use aws_lc_rs::rsa::{KeyPair, KeySize};
use aws_lc_rs::signature::KeyPair as _;

use crate::GatewayError;

/// A fresh RSA key for signing tokens.
pub struct RsaKey {
    /// PKCS#8, DER. Secret.
    pub private: Vec<u8>,
    /// Modulus, big-endian.
    pub modulus: Vec<u8>,
    /// Public exponent, big-endian.
    pub exponent: Vec<u8>,
}

impl RsaKey {
    /// 2048 bits: NIST SP 800-57 part 1 rev. 5, table 2, acceptable for signatures through 2030,
    /// and the most widely accepted by verifiers.
    pub fn generate() -> Result<Self, GatewayError> {
        let failed = || GatewayError::odd("aws-lc", "generate a key");
        let pair = KeyPair::generate(KeySize::Rsa2048).map_err(|_| failed())?;
        let private = AsDer::<Pkcs8V1Der<'_>>::as_der(&pair).map_err(|_| failed())?;
        let public = pair.public_key();
        Ok(Self {
            private: private.as_ref().to_vec(),
            modulus: public.modulus().big_endian_without_leading_zero().to_vec(),
            exponent: public.exponent().big_endian_without_leading_zero().to_vec(),
        })
    }
}

/// Bytes from the operating system's generator.
pub fn random<const N: usize>() -> [u8; N] {
    let mut bytes = [0; N];
    SystemRandom::new().fill(&mut bytes).expect("the operating system has randomness");
    bytes
}
