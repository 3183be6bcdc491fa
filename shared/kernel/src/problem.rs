//! Errors that reach a client, as RFC 9457 problem documents.

use std::error::Error;

use schemars::JsonSchema;
use serde::Serialize;

/// The statuses this API answers with. A closed list keeps them meaningful.
#[derive(Clone, Copy, Debug, PartialEq, Eq, strum::EnumIter)]
#[repr(u16)]
pub enum Status {
    /// The request is not well-formed.
    BadRequest = 400,
    /// Nobody is signed in. Says nothing more.
    Unauthenticated = 401,
    /// The role does not allow it. Says nothing more.
    Forbidden = 403,
    /// There is no such thing, or none that the caller may know of.
    NotFound = 404,
    /// It cannot be done in the present state.
    Conflict = 409,
    /// The version in `If-Match` is no longer the current one.
    PreconditionFailed = 412,
    /// The body is larger than we take.
    TooLarge = 413,
    /// The body is of a kind that we do not take.
    UnsupportedMediaType = 415,
    /// Well-formed, but it cannot mean anything here.
    Unprocessable = 422,
    /// Somebody else, whom it depends on, did not do their part.
    FailedDependency = 424,
    /// A precondition header is required.
    PreconditionRequired = 428,
    /// Too many requests.
    TooMany = 429,
    /// Our fault.
    Internal = 500,
    /// Our fault, and worth another try.
    Unavailable = 503,
}

impl Status {
    /// The reason phrase of RFC 9110.
    pub const fn title(self) -> &'static str {
        match self {
            Status::BadRequest => "Bad Request",
            Status::Unauthenticated => "Unauthorized",
            Status::Forbidden => "Forbidden",
            Status::NotFound => "Not Found",
            Status::Conflict => "Conflict",
            Status::PreconditionFailed => "Precondition Failed",
            Status::TooLarge => "Content Too Large",
            Status::UnsupportedMediaType => "Unsupported Media Type",
            Status::Unprocessable => "Unprocessable Content",
            Status::FailedDependency => "Failed Dependency",
            Status::PreconditionRequired => "Precondition Required",
            Status::TooMany => "Too Many Requests",
            Status::Internal => "Internal Server Error",
            Status::Unavailable => "Service Unavailable",
        }
    }
}

/// A domain error that knows how it looks to a client.
///
/// Its `Display` text is shown to people; internal faults never show theirs.
pub trait Fault: Error + Send + Sync + 'static {
    /// The HTTP status.
    fn status(&self) -> Status;
    /// A stable name clients may branch on, e.g. `PROVIDER_CONFLICT`.
    fn code(&self) -> &'static str;
    /// JSON pointer (RFC 6901) to the request field at fault, where there is one.
    fn pointer(&self) -> Option<String> {
        None
    }
    /// How long to wait before it makes sense to try again, in seconds.
    fn retry_after(&self) -> Option<u32> {
        None
    }
}

/// `application/problem+json`.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Problem {
    /// A stable address for this kind of problem.
    #[serde(rename = "type")]
    pub kind: String,
    /// The reason phrase of the status.
    pub title: String,
    /// The HTTP status.
    pub status: u16,
    /// A stable name to branch on.
    pub code: String,
    /// One sentence for a person.
    pub detail: String,
    /// Every single reason, where there are several or where a field is at fault.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub errors: Vec<FieldProblem>,
    /// Also in the `x-request-id` header; quote it when you ask for help.
    pub request_id: String,
    /// Also in the `Retry-After` header, in seconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub retry_after: Option<u32>,
    /// What really happened. Logged once, by the runtime; never sent.
    #[serde(skip)]
    pub cause: Option<Box<dyn Error + Send + Sync>>,
}

/// One of the reasons in a [`Problem`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct FieldProblem {
    /// JSON pointer (RFC 6901) into the request.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pointer: Option<String>,
    /// A stable name to branch on.
    pub code: String,
    /// One sentence for a person.
    pub detail: String,
}

impl<F: Fault> From<F> for Problem {
    fn from(fault: F) -> Self {
        let status = fault.status();
        let internal = matches!(status, Status::Internal | Status::Unavailable);
        let code = fault.code();
        let detail = if internal { "Something went wrong on our side.".into() } else { fault.to_string() };
        let errors = match fault.pointer() {
            None => Vec::new(),
            pointer => vec![FieldProblem { pointer, code: code.into(), detail: detail.clone() }],
        };
        Self {
            kind: format!("https://careplane.example/problems/{}", code.to_lowercase().replace('_', "-")),
            title: status.title().into(),
            status: status as u16,
            code: code.into(),
            detail,
            errors,
            request_id: String::new(),
            retry_after: fault.retry_after(),
            cause: internal.then(|| Box::new(fault) as _),
        }
    }
}

impl Problem {
    /// One document for several reasons: the first one leads, all are listed.
    ///
    /// `None` when there is no reason.
    pub fn all(reasons: impl IntoIterator<Item = Problem>) -> Option<Problem> {
        let mut reasons = reasons.into_iter();
        let mut first = reasons.next()?;
        let rest: Vec<_> = reasons.collect();
        if !rest.is_empty() {
            let mut errors = first.take_reasons();
            errors.extend(rest.into_iter().flat_map(|mut other| other.take_reasons()));
            first.errors = errors;
        }
        Some(first)
    }

    fn take_reasons(&mut self) -> Vec<FieldProblem> {
        if self.errors.is_empty() {
            vec![FieldProblem { pointer: None, code: self.code.clone(), detail: self.detail.clone() }]
        } else {
            std::mem::take(&mut self.errors)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, thiserror::Error)]
    enum Example {
        #[error("the time is taken")]
        Taken,
        #[error("the password of the database is hunter2")]
        Ours,
    }

    impl Fault for Example {
        fn status(&self) -> Status {
            match self {
                Example::Taken => Status::Conflict,
                Example::Ours => Status::Internal,
            }
        }
        fn code(&self) -> &'static str {
            "EXAMPLE_CODE"
        }
    }

    #[test]
    fn an_internal_fault_keeps_its_words_to_itself() {
        let sent = serde_json::to_string(&Problem::from(Example::Ours)).unwrap();
        assert!(!sent.contains("hunter2"), "{sent}");
    }

    #[test]
    fn several_reasons_make_one_document_that_lists_them_all() {
        let all = Problem::all([Example::Taken.into(), Example::Taken.into()]).unwrap();
        assert_eq!((all.status, all.errors.len()), (409, 2));
        assert!(Problem::all([]).is_none());
    }
}
