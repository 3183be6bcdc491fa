//! The words of a code by text message. Pure: no I/O, no clock.

/// What one text message holds in the alphabet of GSM 03.38. A longer one is charged, and may arrive, twice.
const SEGMENT: usize = 160;

/// Six digits?
pub(crate) fn is_code(text: &str) -> bool {
    text.len() == 6 && text.bytes().all(|byte| byte.is_ascii_digit())
}

/// The message that carries a code, for whoever signs in at `origin`.
///
/// Never a link: who is used to links in such messages follows those of others. The last line binds the
/// code to the client's host, so that a browser fills it in there and nowhere else
/// (<https://wicg.github.io/sms-one-time-codes/>).
pub(crate) fn write(code: &str, origin: &str) -> String {
    let words =
        format!("{code} is your Careplane code. It is good for 10 minutes. Never tell it to anybody.");
    let bound = host(origin).map(|host| format!("{words}\n@{host} #{code}"));
    bound.filter(|bound| bound.len() <= SEGMENT).unwrap_or(words)
}

/// Codes are bound to hosts that are served by HTTPS and have a name, without a port.
fn host(origin: &str) -> Option<&str> {
    let host = origin.strip_prefix("https://")?;
    let is_name = host.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-.".contains(&byte));
    is_name.then_some(host)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The basic table of GSM 03.38, as far as it is ASCII: each takes one of the 160 places.
    fn is_gsm(c: char) -> bool {
        c == '\n' || (' '..='~').contains(&c) && !"[\\]^`{|}~".contains(c)
    }

    #[test]
    fn a_code_is_bound_to_the_host_of_the_client() {
        assert_eq!(
            write("012345", "https://app.careplane.example"),
            "012345 is your Careplane code. It is good for 10 minutes. Never tell it to anybody.\n\
             @app.careplane.example #012345"
        );
    }

    #[test]
    fn a_code_fits_one_segment_and_has_no_link() {
        let long = format!("https://{}.example", "a".repeat(90));
        let origins = [
            "https://careplane.example",
            "https://d111111abcdef8.cloudfront.net",
            "https://careplane.example:8443",
            "https://{careplane}.example",
            "http://127.0.0.1:8080",
            &long,
        ];
        for (origin, is_bound) in origins.into_iter().zip([true, true, false, false, false, false]) {
            let text = write("123456", origin);
            assert!(text.len() <= SEGMENT && text.chars().all(is_gsm), "{text}");
            assert!(!text.contains("://"), "{text}");
            assert!(text.starts_with("123456 is your Careplane code."), "{text}");
            assert_eq!(text.lines().count(), if is_bound { 2 } else { 1 }, "{text}");
        }
    }

    #[test]
    fn a_code_has_six_digits() {
        for (text, expected) in
            [("000000", true), ("12345", false), ("1234567", false), ("12345a", false), ("١٢٣٤٥٦", false)]
        {
            assert_eq!(is_code(text), expected, "{text}");
        }
    }
}
