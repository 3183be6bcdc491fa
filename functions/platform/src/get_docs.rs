use kernel::Problem;
use runtime::{Content, Cx, Done, Endpoint, Public, Route, Use};
use schemars::JsonSchema;
use serde::Deserialize;

use crate::reference;

/// The API as a page to read.
#[derive(Debug, Deserialize, JsonSchema)]
pub struct GetDocs {}

impl Endpoint for GetDocs {
    const ROUTE: Route = Route::get("/docs");
    type Audience = Public;
    const USES: &'static [Use] = &[];
    const CACHE: &'static str = "public, max-age=300";
    const CONTENT: Content = Content::Html;
    type Reply = String;

    async fn handle(self, _: &Cx<'_, Public>) -> Result<Done<String>, Problem> {
        Ok(Done::impersonal(reference::page(crate::OPENAPI)))
    }
}
