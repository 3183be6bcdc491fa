//! Somebody who signs people in, for a machine without Google and GitHub: an OpenID provider and a GitHub
//! that believe whoever people say they are.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use aws_lc_rs::{constant_time, digest};
use base64::{Engine as _, prelude::BASE64_URL_SAFE_NO_PAD};
use bytes::Bytes;
use http::{HeaderMap, HeaderValue, Method, Response, StatusCode, header};
use minijinja::{Environment, context};
use serde::{Deserialize, Serialize};
use serde_json::json;

/// What both call us, and what they know us by.
pub const CLIENT: (&str, &str) = ("careplane-local", "a secret of the demonstration");

/// Where they are, under the origin of the platform: the OpenID provider and the GitHub.
pub const OPENID: &str = "/example-id";
/// See [`OPENID`].
pub const GITHUB: &str = "/example-hub";

/// Both of them.
pub struct StandIn {
    /// Where they are served, without a slash at the end.
    origin: String,
    /// Codes that were given out, and tokens.
    given: Mutex<HashMap<String, Given>>,
}

/// What somebody says of themselves.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Claimed {
    /// Their address.
    pub email: String,
    /// As they like to be called.
    #[serde(default)]
    pub given_name: String,
    /// Family name.
    #[serde(default)]
    pub family_name: String,
    /// Have they proved the address? A box in a form: there or not.
    #[serde(default)]
    pub verified: Option<String>,
}

/// What a person comes with, from us.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Asked {
    client_id: String,
    redirect_uri: String,
    state: String,
    code_challenge: String,
    code_challenge_method: String,
}

#[derive(Clone)]
struct Given {
    asked: Asked,
    claimed: Claimed,
}

#[derive(Deserialize)]
struct Consent {
    #[serde(flatten)]
    asked: Asked,
    #[serde(flatten)]
    claimed: Claimed,
}

#[derive(Deserialize)]
struct Exchange {
    code: String,
    redirect_uri: String,
    client_id: String,
    client_secret: String,
    code_verifier: String,
}

impl StandIn {
    /// Both, at this origin.
    pub fn at(origin: &str) -> Self {
        Self { origin: origin.into(), given: Mutex::default() }
    }

    /// Is the path one of theirs?
    pub fn serves(path: &str) -> bool {
        [OPENID, GITHUB].iter().any(|base| path.strip_prefix(base).is_some_and(|rest| rest.starts_with('/')))
    }

    /// Answer a request.
    pub fn answer(
        &self,
        method: &Method,
        path: &str,
        query: &str,
        headers: &HeaderMap,
        body: &[u8],
    ) -> Response<Bytes> {
        let (base, rest) = match (path.strip_prefix(OPENID), path.strip_prefix(GITHUB)) {
            (Some(rest), _) => (OPENID, rest),
            (None, Some(rest)) => (GITHUB, rest),
            (None, None) => return said(StatusCode::NOT_FOUND, "There is nothing here."),
        };
        let origin = &self.origin;
        match (method, rest) {
            (&Method::GET, "/.well-known/openid-configuration") => json_of(
                StatusCode::OK,
                &json!({
                    "issuer": format!("{origin}{base}"),
                    "authorization_endpoint": format!("{origin}{base}/authorize"),
                    "token_endpoint": format!("{origin}{base}/token"),
                    "userinfo_endpoint": format!("{origin}{base}/userinfo"),
                    "token_endpoint_auth_methods_supported": ["client_secret_post"],
                }),
            ),
            (&Method::GET, "/authorize" | "/login/oauth/authorize") => match serde_html_form::from_str(query)
            {
                Ok(asked) => page(base, &asked),
                Err(_) => said(StatusCode::BAD_REQUEST, "Something is missing in the address."),
            },
            (&Method::POST, "/authorize" | "/login/oauth/authorize") => {
                match serde_html_form::from_bytes(body) {
                    Ok(Consent { asked, claimed }) => self.consent(asked, claimed),
                    Err(_) => said(StatusCode::BAD_REQUEST, "Something is missing in the form."),
                }
            }
            (&Method::POST, "/token" | "/login/oauth/access_token") => {
                let refusal = if base == GITHUB { StatusCode::OK } else { StatusCode::BAD_REQUEST };
                match serde_html_form::from_bytes(body).ok().and_then(|exchange| self.exchange(&exchange)) {
                    Some(token) => {
                        json_of(StatusCode::OK, &json!({ "access_token": token, "token_type": "Bearer" }))
                    }
                    None => json_of(refusal, &json!({ "error": "invalid_grant" })),
                }
            }
            (&Method::GET, "/userinfo" | "/api/v3/user" | "/api/v3/user/emails") => match self.owner(headers)
            {
                Some(claimed) => json_of(StatusCode::OK, &told(rest, &claimed)),
                None => json_of(StatusCode::UNAUTHORIZED, &json!({ "error": "invalid_token" })),
            },
            _ => said(StatusCode::NOT_FOUND, "There is nothing here."),
        }
    }

    /// Somebody who was sent to this address says who they are; where they are sent back to.
    pub fn goes_through(&self, url: &str, claimed: Claimed) -> Option<String> {
        let (_, query) = url.split_once('?')?;
        let answer = self.consent(serde_html_form::from_str(query).ok()?, claimed);
        Some(answer.headers().get(header::LOCATION)?.to_str().ok()?.to_owned())
    }

    fn consent(&self, asked: Asked, claimed: Claimed) -> Response<Bytes> {
        if asked.client_id != CLIENT.0 || asked.code_challenge_method != "S256" {
            return said(StatusCode::BAD_REQUEST, "Nobody of that name asks here.");
        }
        let code = secret();
        let back = serde_html_form::to_string([("code", &code), ("state", &asked.state)]).expect("texts");
        let location = format!("{}?{back}", asked.redirect_uri);
        self.keep(code, Given { asked, claimed });
        let mut response = said(StatusCode::SEE_OTHER, "");
        match HeaderValue::from_str(&location) {
            Ok(location) => {
                response.headers_mut().insert(header::LOCATION, location);
                response
            }
            Err(_) => said(StatusCode::BAD_REQUEST, "That is no address to go back to."),
        }
    }

    /// A token for a code that was given out to this client, for this browser, and not used yet.
    fn exchange(&self, exchange: &Exchange) -> Option<String> {
        let given = self.given.lock().unwrap_or_else(PoisonError::into_inner).remove(&exchange.code)?;
        let secret_of =
            constant_time::verify_slices_are_equal(exchange.client_secret.as_bytes(), CLIENT.1.as_bytes());
        let challenge = digest::digest(&digest::SHA256, exchange.code_verifier.as_bytes());
        let fits = exchange.client_id == given.asked.client_id
            && secret_of.is_ok()
            && exchange.redirect_uri == given.asked.redirect_uri
            && BASE64_URL_SAFE_NO_PAD.encode(challenge) == given.asked.code_challenge;
        let token = secret();
        fits.then(|| self.keep(token.clone(), given));
        fits.then_some(token)
    }

    fn owner(&self, headers: &HeaderMap) -> Option<Claimed> {
        let token = headers.get(header::AUTHORIZATION)?.to_str().ok()?.strip_prefix("Bearer ")?;
        self.given
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .get(token)
            .map(|given| given.claimed.clone())
    }

    fn keep(&self, secret: String, given: Given) {
        self.given.lock().unwrap_or_else(PoisonError::into_inner).insert(secret, given);
    }
}

/// What is told of somebody, in the words of OpenID Connect or of GitHub.
fn told(what: &str, claimed: &Claimed) -> serde_json::Value {
    let Claimed { email, given_name, family_name, verified } = claimed;
    // The same address is the same person, as long as the demonstration lasts.
    let subject = digest::digest(&digest::SHA256, email.as_bytes());
    let number = subject.as_ref().iter().take(6).fold(0u64, |number, byte| number << 8 | u64::from(*byte));
    let verified = verified.is_some();
    match what {
        "/userinfo" => json!({
            "sub": number.to_string(),
            "email": email,
            "email_verified": verified,
            "given_name": given_name,
            "family_name": family_name,
        }),
        "/api/v3/user" => {
            json!({ "id": number, "login": email, "name": format!("{given_name} {family_name}") })
        }
        _ => json!([
            { "email": "elsewhere@example.org", "primary": false, "verified": true },
            { "email": email, "primary": true, "verified": verified },
        ]),
    }
}

fn secret() -> String {
    BASE64_URL_SAFE_NO_PAD.encode(gateways::random::<24>())
}

fn page(base: &str, asked: &Asked) -> Response<Bytes> {
    let mut templates = Environment::new();
    templates
        .add_template("example-id.html", include_str!("pages/example-id.html"))
        .expect("the template is part of the program");
    let template = templates.get_template("example-id.html").expect("just added");
    let name = if base == GITHUB { "Example Hub" } else { "Example ID" };
    let page = template.render(context! { name, asked => minijinja::value::Serde(asked) });
    typed(StatusCode::OK, "text/html; charset=utf-8", page.expect("everything that it names is given"))
}

fn json_of(status: StatusCode, value: &serde_json::Value) -> Response<Bytes> {
    typed(status, "application/json", value.to_string())
}

fn said(status: StatusCode, sentence: &str) -> Response<Bytes> {
    typed(status, "text/plain; charset=utf-8", sentence.to_owned())
}

fn typed(status: StatusCode, media_type: &'static str, body: String) -> Response<Bytes> {
    let mut response = Response::new(Bytes::from(body));
    *response.status_mut() = status;
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static(media_type));
    response
}
