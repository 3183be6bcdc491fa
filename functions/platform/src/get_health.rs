use kernel::Problem;
use runtime::{Cx, Done, Endpoint, Public, Route, Use};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Is the platform alive?
#[derive(Debug, Deserialize, JsonSchema)]
pub struct GetHealth {}

/// It is.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Alive {
    /// Always `ok`.
    status: String,
}

impl Endpoint for GetHealth {
    const ROUTE: Route = Route::get("/health");
    type Audience = Public;
    const USES: &'static [Use] = &[];
    type Reply = Alive;

    async fn handle(self, _: &Cx<'_, Public>) -> Result<Done<Alive>, Problem> {
        Ok(Done::impersonal(Alive { status: "ok".into() }))
    }
}
