use kernel::Problem;
use runtime::{Cx, Done, Endpoint, Public, Route, Setting, Use};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// How to verify our tokens: the discovery document (OpenID Connect Discovery 1.0, RFC 8414).
#[derive(Debug, Deserialize, JsonSchema)]
pub struct GetOpenidConfiguration {}

/// What API Gateway's authorizer and any standard library read.
#[derive(Debug, Serialize, JsonSchema)]
pub struct OpenidConfiguration {
    issuer: String,
    jwks_uri: String,
    token_endpoint: String,
    response_types_supported: Vec<String>,
    subject_types_supported: Vec<String>,
    id_token_signing_alg_values_supported: Vec<String>,
}

impl Endpoint for GetOpenidConfiguration {
    const ROUTE: Route = Route::get("/.well-known/openid-configuration");
    type Audience = Public;
    const USES: &'static [Use] = &[Use::Issue];
    const CACHE: &'static str = "public, max-age=300";
    type Reply = OpenidConfiguration;

    async fn handle(self, cx: &Cx<'_, Public>) -> Result<Done<OpenidConfiguration>, Problem> {
        let issuer = cx.host.setting(Setting::Issuer).to_owned();
        Ok(Done::impersonal(OpenidConfiguration {
            jwks_uri: format!("{issuer}/.well-known/jwks.json"),
            token_endpoint: format!("{issuer}/v1/sessions"),
            response_types_supported: vec!["token".into()],
            subject_types_supported: vec!["public".into()],
            id_token_signing_alg_values_supported: vec!["RS256".into()],
            issuer,
        }))
    }
}
