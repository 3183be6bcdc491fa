use lambda_http::request::RequestContext;
use lambda_http::{Request, RequestExt as _};

/// What a request says of the machine that it came from.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Client {
    /// From where it came: whom our edge has heard from, or whoever calls the API directly. What a caller
    /// claims of itself is not believed.
    pub address: String,
    /// `User-Agent`, at most 256 characters of it.
    pub agent: String,
    /// `Idempotency-Key`.
    pub key: Option<String>,
    /// `X-CSRF-Token`.
    pub csrf: Option<String>,
    cookies: Vec<(String, String)>,
}

impl Client {
    /// `mark` is what only our edge sends along.
    pub(crate) fn of(request: &Request, mark: Option<&str>) -> Self {
        let header = |name: &str| request.headers().get(name).and_then(|value| value.to_str().ok());
        let peer = match request.request_context_ref() {
            Some(RequestContext::ApiGatewayV2(context)) => context.http.source_ip.clone().unwrap_or_default(),
            _ => String::new(),
        };
        let is_edge = mark.is_some() && header("x-careplane-edge") == mark;
        let forwarded = header("x-forwarded-for").filter(|_| is_edge).unwrap_or_default();
        let cookies = request.headers().get_all("cookie").iter().filter_map(|value| value.to_str().ok());
        Self {
            address: viewer(forwarded).map_or(peer, ToOwned::to_owned),
            agent: header("user-agent").unwrap_or_default().chars().take(256).collect(),
            key: header("idempotency-key").map(ToOwned::to_owned),
            csrf: header("x-csrf-token").map(ToOwned::to_owned),
            cookies: cookies.flat_map(pairs).collect(),
        }
    }

    /// A cookie. Of several with the name the first one, which has the longest path (RFC 6265, 5.4).
    pub fn cookie(&self, name: &str) -> Option<&str> {
        self.cookies.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }
}

/// Each hop adds to the right whom it heard from: API Gateway the edge, the edge the viewer. What stands
/// further left is the viewer's own invention.
fn viewer(forwarded: &str) -> Option<&str> {
    let address = forwarded.rsplit(',').nth(1)?.trim();
    address.parse::<std::net::IpAddr>().is_ok().then_some(address)
}

fn pairs(header: &str) -> Vec<(String, String)> {
    let pairs = header.split(';').filter_map(|pair| pair.trim().split_once('='));
    pairs.map(|(name, value)| (name.to_owned(), value.to_owned())).collect()
}

/// A cookie to set: always `Secure` and `SameSite=Strict`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cookie {
    /// Its name. `__Secure-` makes browsers refuse it from anywhere but TLS.
    pub name: &'static str,
    /// Nothing takes the cookie away.
    pub value: Option<String>,
    /// Where it is sent to.
    pub path: &'static str,
    /// Is it kept from scripts?
    pub http_only: bool,
    /// For how many seconds.
    pub max_age: i64,
}

impl Cookie {
    pub(crate) fn header(&self) -> String {
        let Self { name, value, path, http_only, max_age } = self;
        let (value, max_age) = match value {
            Some(value) => (value.as_str(), *max_age),
            None => ("", 0),
        };
        let http_only = if *http_only { "; HttpOnly" } else { "" };
        format!("{name}={value}; Path={path}; Max-Age={max_age}; Secure{http_only}; SameSite=Strict")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_viewer_is_whom_the_edge_heard_from() {
        for (forwarded, expected) in [
            ("198.51.100.7, 203.0.113.1", Some("198.51.100.7")),
            ("made-up, 192.0.2.1, 198.51.100.7, 203.0.113.1", Some("198.51.100.7")),
            ("203.0.113.1", None),
            ("", None),
            ("x, 203.0.113.1", None),
        ] {
            assert_eq!(viewer(forwarded), expected, "{forwarded}");
        }
    }

    #[test]
    fn a_cookie_is_written_as_browsers_want_it() {
        let cookie =
            Cookie { name: "__Secure-x", value: Some("1".into()), path: "/p", http_only: true, max_age: 5 };
        assert_eq!(cookie.header(), "__Secure-x=1; Path=/p; Max-Age=5; Secure; HttpOnly; SameSite=Strict");
        let gone = Cookie { value: None, http_only: false, ..cookie };
        assert_eq!(gone.header(), "__Secure-x=; Path=/p; Max-Age=0; Secure; SameSite=Strict");
    }
}
