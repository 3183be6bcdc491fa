//! Who asks, and for which service.

use aws_lc_rs::{constant_time, hmac};
use http::{HeaderMap, Request, Uri, header::AUTHORIZATION};

use crate::{
    Policies,
    policy::{Demand, Denied},
    random::{self, hex},
};

/// How the names of our buckets begin, and nothing that the API serves.
pub(crate) const BUCKETS: &str = "careplane-";

const ALGORITHM: &str = "AWS4-HMAC-SHA256";

/// What a client signs with.
#[derive(Clone, PartialEq, Eq)]
pub struct Credentials {
    /// The name of the function.
    pub access_key_id: String,
    /// The key of the signature.
    pub secret_access_key: String,
    /// Proves that the access key was given out by this process.
    pub session_token: String,
}

impl std::fmt::Debug for Credentials {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Credentials").field("access_key_id", &self.access_key_id).finish_non_exhaustive()
    }
}

/// The secret of this run and the policies.
#[derive(Clone)]
pub(crate) struct Door {
    secret: hmac::Key,
    policies: std::sync::Arc<Policies>,
}

impl Door {
    pub(crate) fn new(policies: Policies) -> Self {
        let secret = hmac::Key::new(hmac::HMAC_SHA256, &random::bytes::<32>());
        Self { secret, policies: policies.into() }
    }

    /// Everything that a principal holds is derived from its name, so that no list must be kept and one
    /// principal cannot pass for another.
    pub(crate) fn credentials_for(&self, principal: &str) -> Credentials {
        Credentials {
            access_key_id: principal.into(),
            secret_access_key: self.derive("secret", principal),
            session_token: self.derive("token", principal),
        }
    }

    fn derive(&self, purpose: &str, principal: &str) -> String {
        hex(hmac::sign(&self.secret, format!("{purpose}:{principal}").as_bytes()).as_ref())
    }

    /// Whether the token of a request belongs to its access key.
    pub(crate) fn knows(&self, principal: &str, headers: &HeaderMap) -> bool {
        let token = headers.get("x-amz-security-token").map_or(&b""[..], http::HeaderValue::as_bytes);
        constant_time::verify_slices_are_equal(self.derive("token", principal).as_bytes(), token).is_ok()
    }

    /// Whether a principal may do all of this.
    pub(crate) fn demand<'a>(
        &self,
        principal: &str,
        demands: impl IntoIterator<Item = &'a Demand>,
    ) -> Result<(), Denied> {
        demands.into_iter().try_for_each(|demand| self.policies.demand(principal, demand))
    }
}

/// The credential of a signed request: who signed it, and for which service.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Credential {
    pub(crate) principal: String,
    pub(crate) service: String,
}

impl Credential {
    /// Reads `Credential=<access key>/<date>/<region>/<service>/aws4_request` of the header or the query.
    pub(crate) fn of<B>(request: &Request<B>) -> Option<Self> {
        let header = request.headers().get(AUTHORIZATION).and_then(|value| value.to_str().ok());
        let scope = match header.and_then(|value| value.strip_prefix(ALGORITHM)) {
            Some(parts) => {
                parts.split(',').find_map(|part| part.trim().strip_prefix("Credential="))?.to_owned()
            }
            None => presigned(request.uri())?,
        };
        // The access key may hold slashes; the four parts after it cannot.
        let mut parts = scope.rsplitn(5, '/');
        let (kind, service, _region, _date, principal) =
            (parts.next()?, parts.next()?, parts.next()?, parts.next()?, parts.next()?);
        (kind == "aws4_request").then(|| Self { principal: principal.into(), service: service.into() })
    }
}

/// The credential in the query of a presigned URL.
fn presigned(uri: &Uri) -> Option<String> {
    let query: Vec<(String, String)> = serde_html_form::from_str(uri.query()?).ok()?;
    let value = |name: &str| query.iter().find(|(key, _)| key == name).map(|(_, value)| value);
    (value("X-Amz-Algorithm")? == ALGORITHM).then(|| value("X-Amz-Credential").cloned())?
}

/// Whether a request is for AWS and not for the API or the web client.
pub(crate) fn is_aws<B>(request: &Request<B>) -> bool {
    is_bucket(request.uri()) || Credential::of(request).is_some()
}

/// Whether a path is that of one of our buckets or of an object in it.
pub(crate) fn is_bucket(uri: &Uri) -> bool {
    uri.path().strip_prefix('/').is_some_and(|path| path.starts_with(BUCKETS))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request(uri: &str, authorization: Option<&str>) -> Request<()> {
        let mut request = Request::builder().uri(uri);
        if let Some(authorization) = authorization {
            request = request.header(AUTHORIZATION, authorization);
        }
        request.body(()).unwrap()
    }

    #[test]
    fn the_credential_is_read_from_header_or_query() {
        let header = "AWS4-HMAC-SHA256 Credential=book-appointment/20261122/eu-central-1/dynamodb/aws4_request, SignedHeaders=host, Signature=00";
        let expected = Credential { principal: "book-appointment".into(), service: "dynamodb".into() };
        assert_eq!(Credential::of(&request("/", Some(header))), Some(expected));
        let query = "/careplane-documents/a?X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=admin%2F20261122%2Fx%2Fs3%2Faws4_request";
        let expected = Credential { principal: "admin".into(), service: "s3".into() };
        assert_eq!(Credential::of(&request(query, None)), Some(expected));
    }

    #[test]
    fn requests_of_browsers_are_not_taken_for_requests_to_aws() {
        for (uri, authorization, expected) in [
            ("/v1/me", Some("Bearer abc"), false),
            ("/v1/me", None, false),
            ("/", Some("AWS4-HMAC-SHA256 Credential=broken"), false),
            ("/?X-Amz-Credential=a/b/c/d/aws4_request", None, false),
            ("/careplane-documents/file", None, true),
            ("/careplane", None, false),
            ("/", Some("AWS4-HMAC-SHA256 Credential=a/b/c/kms/aws4_request, SignedHeaders=host"), true),
        ] {
            assert_eq!(is_aws(&request(uri, authorization)), expected, "{uri} {authorization:?}");
        }
    }

    #[test]
    fn one_principal_cannot_pass_for_another() {
        let door = Door::new(Policies::new());
        let mut headers = HeaderMap::new();
        headers.insert("x-amz-security-token", door.credentials_for("one").session_token.parse().unwrap());
        assert!(door.knows("one", &headers));
        assert!(!door.knows("admin", &headers));
        assert!(!Door::new(Policies::new()).knows("one", &headers), "another run has another secret");
    }
}
