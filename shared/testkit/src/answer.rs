use std::collections::BTreeMap;

use serde_json::Value;

/// What a visitor was answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    /// The status.
    pub status: u16,
    /// Names in lower case.
    pub headers: BTreeMap<String, String>,
    /// What it sets, as it stands in `Set-Cookie`.
    pub cookies: Vec<String>,
    /// JSON where it is JSON, the text where it is not.
    pub body: Value,
}

impl Answer {
    pub(crate) fn new(
        status: u16,
        headers: BTreeMap<String, String>,
        cookies: Vec<String>,
        body: &str,
    ) -> Self {
        let body = serde_json::from_str(body).unwrap_or_else(|_| body.into());
        Self { status, headers, cookies, body }
    }

    /// What a browser would send back: `name=value; name=value`.
    pub fn jar(&self) -> String {
        let pairs = self.cookies.iter().filter_map(|cookie| cookie.split(';').next());
        pairs.collect::<Vec<_>>().join("; ")
    }

    /// A header, or nothing.
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", String::as_str)
    }

    /// A success of this status: what it says.
    #[track_caller]
    pub fn granted(self, status: u16) -> Value {
        assert_eq!(self.status, status, "{self:#?}");
        self.body
    }

    /// A problem document of this status and code: what it says.
    #[track_caller]
    pub fn refused(self, status: u16, code: &str) -> Value {
        let problem = self.problem(status);
        assert_eq!(problem["code"], code, "{problem:#}");
        problem
    }

    /// A problem document of this status, whole and consistent, of whatever code.
    #[track_caller]
    pub fn problem(self, status: u16) -> Value {
        assert_eq!(self.status, status, "{self:#?}");
        assert_eq!(self.header("content-type"), "application/problem+json", "{self:#?}");
        assert_eq!(self.header("cache-control"), "no-store", "{self:#?}");
        assert_eq!(self.body["status"], status, "{self:#?}");
        assert_eq!(self.body["request_id"], self.header("x-request-id"), "{self:#?}");
        let code = self.body["code"].as_str().unwrap_or_default();
        let is_stable =
            !code.is_empty() && code.bytes().all(|byte| byte.is_ascii_uppercase() || byte == b'_');
        assert!(is_stable, "{self:#?}");
        for text in ["type", "title", "detail"] {
            assert!(self.body[text].as_str().is_some_and(|text| !text.is_empty()), "{text}: {self:#?}");
        }
        self.body
    }

    /// Without what is different at every delivery.
    #[must_use]
    pub fn without_request_id(mut self) -> Self {
        self.headers.remove("x-request-id");
        if let Some(fields) = self.body.as_object_mut() {
            fields.remove("request_id");
        }
        self
    }
}
