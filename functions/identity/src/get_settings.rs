use kernel::Problem;
use runtime::{Cx, Done, Endpoint, Public, Route, Use};
use schemars::JsonSchema;
use serde::Deserialize;
use store::Shared;

use crate::settings::{Settings, SettingsView};

/// See how people register and sign in, and what everybody is told.
#[derive(Debug, Deserialize, JsonSchema)]
pub struct GetSettings {}

impl Endpoint for GetSettings {
    const ROUTE: Route = Route::get("/v1/settings");
    type Audience = Public;
    const USES: &'static [Use] = &[Use::Get];
    /// Whoever changes them sees the change at once; everybody else within a minute.
    const CACHE: &'static str = "public, max-age=60";
    type Reply = SettingsView;

    async fn handle(self, cx: &Cx<'_, Public>) -> Result<Done<SettingsView>, Problem> {
        let settings = cx.store.get(Shared, Settings::at()).await?;
        let version = settings.as_ref().map_or(0, store::Stored::version);
        let settings = settings.map(store::Stored::into_inner).unwrap_or_default();
        Ok(Done::impersonal(SettingsView::of(&settings, cx.now)).version(version))
    }
}
