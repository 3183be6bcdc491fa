use kernel::Problem;
use runtime::{Cx, Done, Endpoint, Public, Route, Use};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use store::Shared;

use crate::signing_key::{Jwk, KeyRing};

/// The public halves of the keys that sign our tokens (RFC 7517).
#[derive(Debug, Deserialize, JsonSchema)]
pub struct GetSigningKeys {}

/// A JSON Web Key Set.
#[derive(Debug, Serialize, JsonSchema)]
pub struct KeySet {
    keys: Vec<Jwk>,
}

impl Endpoint for GetSigningKeys {
    const ROUTE: Route = Route::get("/.well-known/jwks.json");
    type Audience = Public;
    const USES: &'static [Use] = &[Use::Get];
    const CACHE: &'static str = "public, max-age=300";
    type Reply = KeySet;

    async fn handle(self, cx: &Cx<'_, Public>) -> Result<Done<KeySet>, Problem> {
        let ring = cx.store.get(Shared, KeyRing::at()).await?;
        Ok(Done::impersonal(KeySet { keys: ring.map(|ring| ring.public()).unwrap_or_default() }))
    }
}
