use kernel::{Private, Problem};
use runtime::{Cx, Done, Endpoint, Public, Route, Use};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use store::{Change, Entity as _, Shared};

use crate::federation::departure;
use crate::guard::{Counter, Limit};
use crate::identity_provider::{Attempt, IdentityProviderId, NoSuchProvider};
use crate::settings;

/// Go to somebody else to sign in there (ID-10).
///
/// Keep `verifier` in the browser's session and open `url`. People come back to `/sign-in/return/{provider}`
/// with `state` and `code`.
#[derive(Debug, Deserialize, JsonSchema)]
pub struct BeginProviderSignIn {
    /// With whom.
    pub provider: IdentityProviderId,
}

/// Where to go.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Departure {
    /// There.
    pub url: Private<String>,
    /// What stays in the browser: without it, coming back is worth nothing.
    pub verifier: Private<String>,
}

impl Endpoint for BeginProviderSignIn {
    const ROUTE: Route = Route::post("/v1/sign-in-attempts");
    type Audience = Public;
    const USES: &'static [Use] =
        &[Use::Address, Use::Get, Use::Put, Use::Update, Use::Link, Use::Internet];
    const STATUS: u16 = 201;
    /// Each may wait for somebody else: a provider that hangs must not take everybody's place.
    const RESERVED: Option<u16> = Some(10);
    const AUDITED: bool = false;
    /// A kept answer would be a kept secret.
    const REPLAYS: bool = false;
    type Reply = Departure;

    async fn handle(self, cx: &Cx<'_, Public>) -> Result<Done<Departure>, Problem> {
        let settings = settings::current(cx).await?;
        let provider = settings.provider(&self.provider).ok_or(NoSuchProvider)?;
        let from = Counter::of(Limit::FederatedOfAddress, &cx.client.address, cx.now);
        from.check(cx.store.get(Shared, from.key()).await?.as_ref(), cx.now)?;
        let counted = from.count(Change::new(), cx.now);
        let random = [cx.host.random(), cx.host.random()];
        let (attempt, begun) = Attempt::new(self.provider, random, cx.now);
        let url = match departure(cx, provider, &begun).await {
            Ok(url) => Private(url),
            // It has cost us a question all the same.
            Err(problem) => return Ok(Done::refusing([], problem).writing(counted)),
        };
        let change = counted.create(Shared, &attempt);
        Ok(Done::impersonal(Departure { url, verifier: begun.verifier }).writing(change))
    }
}
