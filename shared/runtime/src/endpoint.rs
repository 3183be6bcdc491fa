use kernel::{PatientId, Permission, Problem, UserId};
use schemars::JsonSchema;
use serde::{Serialize, de::DeserializeOwned};
use store::Change;

use crate::{Audience, Cookie, Cx, Use};

/// One HTTP operation. The type itself is the request.
///
/// Fields named in the route come from the path; the others from the query (`GET`, `DELETE`) or the
/// JSON body (`POST`, `PUT`, `PATCH`).
pub trait Endpoint: DeserializeOwned + JsonSchema + Send + 'static {
    /// Method and path.
    const ROUTE: Route;
    /// Whom it serves.
    type Audience: Audience;
    /// What the caller must be allowed to do; nothing for the public.
    const NEEDS: Option<Permission> = None;
    /// What it uses beside its receipt and its audit record.
    const USES: &'static [Use];
    /// The status of success.
    const STATUS: u16 = 200;
    /// `Cache-Control` of success.
    const CACHE: &'static str = "no-store";
    /// How the reply is written.
    const CONTENT: Content = Content::Json;
    /// May its answer be kept to be given again for the same `Idempotency-Key`? Not if it holds a secret.
    const REPLAYS: bool = true;
    /// Does it leave audit records? Not if anybody may call it and it concerns nobody.
    const AUDITED: bool = true;
    /// Memory in MB, and with it CPU time.
    const MEMORY: u16 = 256;
    /// How many run at once in production: set aside for this function, and all that it gets.
    const RESERVED: Option<u16> = None;
    /// What is answered.
    type Reply: Serialize + JsonSchema + Send + 'static;

    /// Read, decide, and say what is to be written.
    fn handle(
        self,
        cx: &Cx<'_, Self::Audience>,
    ) -> impl Future<Output = Result<Done<Self::Reply>, Problem>> + Send;
}

/// How a reply is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Content {
    /// The reply as JSON.
    Json,
    /// The reply is a JSON text already.
    Verbatim,
    /// The reply is a page.
    Html,
}

impl Content {
    pub(crate) const fn media_type(self) -> &'static str {
        match self {
            Content::Json | Content::Verbatim => "application/json",
            Content::Html => "text/html; charset=utf-8",
        }
    }
}

/// An HTTP method.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, strum::IntoStaticStr)]
#[strum(serialize_all = "UPPERCASE")]
#[expect(missing_docs, reason = "RFC 9110")]
pub enum Method {
    Get,
    Post,
    Put,
    Patch,
    Delete,
}

impl Method {
    /// Does it promise to change nothing?
    pub const fn is_safe(self) -> bool {
        matches!(self, Method::Get)
    }
}

/// Where an operation is found.
#[derive(Clone, Copy, Debug)]
pub struct Route {
    /// The method.
    pub method: Method,
    /// With parameters in braces: `/v1/clinics/{clinic}`.
    pub path: &'static str,
}

macro_rules! methods {
    ($($name:ident => $method:ident),*) => { impl Route { $(
        /// A route of this method.
        pub const fn $name(path: &'static str) -> Self {
            Self { method: Method::$method, path }
        }
    )* } };
}
methods!(get => Get, post => Post, put => Put, patch => Patch, delete => Delete);

impl Route {
    /// The names in braces.
    pub fn parameters(&self) -> impl Iterator<Item = &'static str> {
        self.path.split('/').filter_map(|part| part.strip_prefix('{')?.strip_suffix('}'))
    }
}

/// A handler's result: what to answer, what to write, and whose record it was.
///
/// There is no way to make one without saying whom it concerns, so every access to a patient's
/// record reaches the audit trail.
pub struct Done<R> {
    pub(crate) change: Change,
    pub(crate) concerns: Vec<PatientId>,
    pub(crate) user: Option<UserId>,
    pub(crate) version: Option<u64>,
    pub(crate) cookies: Vec<Cookie>,
    pub(crate) answer: Answered<R>,
}

/// What the client is told.
pub(crate) enum Answered<R> {
    Reply(R),
    Refusal(Problem),
}

impl<R> Done<R> {
    /// For replies that contain these patients' data.
    pub fn concerning(patients: impl IntoIterator<Item = PatientId>, reply: R) -> Self {
        Self::answering(patients, Answered::Reply(reply))
    }

    /// A refusal that leaves something behind: a count of failures, and a record in the trail. A handler
    /// that returns a problem instead leaves nothing.
    pub fn refusing(patients: impl IntoIterator<Item = PatientId>, problem: impl Into<Problem>) -> Self {
        Self::answering(patients, Answered::Refusal(problem.into()))
    }

    fn answering(patients: impl IntoIterator<Item = PatientId>, answer: Answered<R>) -> Self {
        let mut concerns: Vec<_> = patients.into_iter().collect();
        concerns.sort_unstable();
        concerns.dedup();
        let change = Change::new();
        Self { answer, change, concerns, user: None, version: None, cookies: Vec::new() }
    }

    /// For replies that contain no patient data.
    pub fn impersonal(reply: R) -> Self {
        Self::concerning([], reply)
    }

    /// What to write.
    pub fn writing(self, change: Change) -> Self {
        Self { change, ..self }
    }

    /// Who turned out to be asking, where the request came without a token.
    pub fn by(self, user: UserId) -> Self {
        Self { user: Some(user), ..self }
    }

    /// Set a cookie.
    pub fn cookie(mut self, cookie: Cookie) -> Self {
        self.cookies.push(cookie);
        self
    }

    /// The version of what is answered, for `ETag`.
    pub fn version(self, version: u64) -> Self {
        Self { version: Some(version), ..self }
    }
}
