//! Unpredictable bytes and the names made of them.

use aws_lc_rs::rand;

/// Bytes from the operating system's generator.
pub(crate) fn bytes<const N: usize>() -> [u8; N] {
    let mut bytes = [0; N];
    fill(&mut bytes);
    bytes
}

/// Fills a buffer from the operating system's generator.
pub(crate) fn fill(bytes: &mut [u8]) {
    // The generator fails only where the system has none, and then no key here could be trusted.
    rand::fill(bytes).expect("the system has a random number generator");
}

/// A random UUID, the form of most ids that AWS hands out.
pub(crate) fn uuid() -> String {
    uuid::Builder::from_random_bytes(bytes()).into_uuid().hyphenated().to_string()
}

/// Bytes as lower-case hexadecimal digits.
pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes
        .iter()
        .flat_map(|byte| [byte >> 4, byte & 15])
        .map(|digit| char::from_digit(digit.into(), 16).unwrap_or('0'))
        .collect()
}
