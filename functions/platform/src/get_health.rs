use kernel::{Problem, Timestamp};
use runtime::{Cx, Done, Endpoint, Public, Route, Setting, Use};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Is the platform alive?
#[derive(Debug, Deserialize, JsonSchema)]
pub struct GetHealth {}

/// It is.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Health {
    /// Always `ok`.
    status: String,
    /// Of the platform.
    version: String,
    /// `dev`, `staging`, `prod` or `local`.
    environment: String,
    /// What its clock says.
    time: Timestamp,
}

impl Endpoint for GetHealth {
    const ROUTE: Route = Route::get("/health");
    type Audience = Public;
    const USES: &'static [Use] = &[];
    type Reply = Health;

    async fn handle(self, cx: &Cx<'_, Public>) -> Result<Done<Health>, Problem> {
        Ok(Done::impersonal(Health {
            status: "ok".into(),
            version: env!("CARGO_PKG_VERSION").into(),
            environment: cx.host.setting(Setting::Environment).into(),
            time: cx.now,
        }))
    }
}
