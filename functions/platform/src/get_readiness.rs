use kernel::Problem;
use runtime::{Cx, Done, Endpoint, Public, Route, Use};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use store::{Entity, Key, Shared};

/// Can the platform do its work? Answers 503 where its store does not answer.
#[derive(Debug, Deserialize, JsonSchema)]
pub struct GetReadiness {}

/// It can.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Readiness {
    /// Always `ready`.
    status: String,
}

/// A record that is looked for and never written: the answer is what counts.
#[derive(Debug, Serialize, Deserialize)]
struct Probe {}

impl Entity for Probe {
    const KIND: &'static str = "probe";
    type Scope = Shared;
    fn key(&self) -> Key<Self> {
        Key::new("probe", "-")
    }
}

impl Endpoint for GetReadiness {
    const ROUTE: Route = Route::get("/ready");
    type Audience = Public;
    const USES: &'static [Use] = &[Use::Get];
    type Reply = Readiness;

    async fn handle(self, cx: &Cx<'_, Public>) -> Result<Done<Readiness>, Problem> {
        cx.store.get(Shared, Probe {}.key()).await?;
        Ok(Done::impersonal(Readiness { status: "ready".into() }))
    }
}
