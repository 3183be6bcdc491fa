use kernel::Problem;
use runtime::{Content, Cx, Done, Endpoint, Public, Route, Use};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The API as an OpenAPI 3.1 document.
#[derive(Debug, Deserialize, JsonSchema)]
pub struct GetOpenapi {}

/// An OpenAPI 3.1 document.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(with = "serde_json::Map<String, serde_json::Value>")]
pub struct Openapi(&'static str);

impl Endpoint for GetOpenapi {
    const ROUTE: Route = Route::get("/openapi.json");
    type Audience = Public;
    const USES: &'static [Use] = &[];
    const CACHE: &'static str = "public, max-age=300";
    const CONTENT: Content = Content::Verbatim;
    type Reply = Openapi;

    async fn handle(self, _: &Cx<'_, Public>) -> Result<Done<Openapi>, Problem> {
        Ok(Done::impersonal(Openapi(crate::OPENAPI)))
    }
}
