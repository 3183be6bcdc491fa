//! What signing in with somebody else begins and ends with.

use std::collections::HashMap;

use base64::{Engine as _, prelude::BASE64_URL_SAFE_NO_PAD};
use gateways::{Answer, GatewayError};
use jiff::SignedDuration;
use kernel::{Private, Problem, Timestamp};
use runtime::{Audience, Cx, Setting};
use serde::{Deserialize, Serialize};
use store::{Shared, Stored};

use crate::identity_provider::{
    Attempt, Begun, Claims, Endpoints, IdentityProvider, NotIdentified, Protocol, SECRET,
};
use crate::settings;

/// For how long a process goes by a discovery document.
const ENDPOINTS_LIFE: SignedDuration = SignedDuration::from_hours(1);

/// What people come back with, and what their browser has kept.
pub(crate) struct Return {
    pub(crate) state: Private<String>,
    pub(crate) code: Private<String>,
    pub(crate) verifier: Private<String>,
}

/// Who has come back.
pub(crate) struct Identified {
    /// To be used up.
    pub(crate) attempt: Stored<Attempt>,
    pub(crate) provider: IdentityProvider,
    pub(crate) claims: Claims,
}

/// Where to send somebody.
pub(crate) async fn departure<A: Audience>(
    cx: &Cx<'_, A>,
    provider: &IdentityProvider,
    begun: &Begun,
) -> Result<String, Problem> {
    #[derive(Serialize)]
    struct Ask<'a> {
        response_type: &'a str,
        client_id: &'a str,
        redirect_uri: &'a str,
        scope: &'a str,
        state: &'a str,
        code_challenge: &'a str,
        code_challenge_method: &'a str,
    }
    let endpoint = endpoints(cx, provider).await?.authorization_endpoint;
    let ask = Ask {
        response_type: "code",
        client_id: provider.client_id.as_ref(),
        redirect_uri: &home(cx),
        scope: provider.scope(),
        state: &begun.state,
        code_challenge: &begun.challenge,
        code_challenge_method: "S256",
    };
    let query = serde_html_form::to_string(ask).map_err(|_| NotIdentified)?;
    let joint = if endpoint.contains('?') { '&' } else { '?' };
    Ok(format!("{endpoint}{joint}{query}"))
}

/// Ask the provider who it is that came back.
///
/// A code is good once: should the commit that follows be repeated because something was written at the same
/// moment, the second try finds it used, and the person begins again.
pub(crate) async fn identify<A: Audience>(cx: &Cx<'_, A>, back: &Return) -> Result<Identified, Problem> {
    #[derive(Serialize)]
    struct Exchange<'a> {
        grant_type: &'a str,
        code: &'a str,
        redirect_uri: &'a str,
        client_id: &'a str,
        client_secret: &'a str,
        code_verifier: &'a str,
    }
    #[derive(Deserialize)]
    struct Token {
        access_token: Private<String>,
    }
    let attempt = cx.store.get(Shared, Attempt::at(&back.state)).await?.ok_or(NotIdentified)?;
    if !attempt.began_with(&back.verifier) {
        return Err(NotIdentified.into());
    }
    let settings = settings::current(cx).await?;
    let provider = settings.provider(&attempt.provider).ok_or(NotIdentified)?.clone();
    let endpoints = endpoints(cx, &provider).await?;
    let sealed = BASE64_URL_SAFE_NO_PAD.decode(&provider.sealed_secret).map_err(|_| NotIdentified)?;
    let secret = Private(cx.host.vault().await.unseal(SECRET, sealed).await?);
    let exchange = Exchange {
        grant_type: "authorization_code",
        code: &back.code,
        redirect_uri: &home(cx),
        client_id: provider.client_id.as_ref(),
        client_secret: std::str::from_utf8(&secret).map_err(|_| NotIdentified)?,
        code_verifier: &back.verifier,
    };
    let web = cx.host.web();
    let answer = told(web.post(&endpoints.token_endpoint, &exchange).await)?;
    // GitHub refuses with status 200, too.
    let token: Token = serde_json::from_slice(&answer).map_err(|_| NotIdentified)?;
    let token = Some(&token.access_token);
    let person = told(web.get(&endpoints.userinfo_endpoint, token).await)?;
    let claims = match provider.protocol {
        Protocol::OpenidConnect => Claims::openid(&person),
        Protocol::Github => {
            let emails = format!("{}/emails", endpoints.userinfo_endpoint);
            Claims::github(&person, &told(web.get(&emails, token).await)?)
        }
    };
    let claims = claims.ok_or(NotIdentified)?;
    Ok(Identified { attempt, provider, claims })
}

/// The body of a success. A refusal is one of the person; that the provider fails is its own.
fn told(answer: Result<Answer, GatewayError>) -> Result<Private<Vec<u8>>, Problem> {
    let answer = answer?;
    match answer.status {
        200..=299 => Ok(answer.body),
        500.. => Err(ProviderFails.into()),
        _ => Err(NotIdentified.into()),
    }
}

/// Where people come back to.
fn home<A: Audience>(cx: &Cx<'_, A>) -> String {
    format!("{}/sign-in/return", cx.host.setting(Setting::WebOrigin))
}

/// Where providers are asked, as this process read it last, by issuer.
struct Known(HashMap<String, (Timestamp, Endpoints)>);

async fn endpoints<A: Audience>(cx: &Cx<'_, A>, provider: &IdentityProvider) -> Result<Endpoints, Problem> {
    let Some(discovery) = provider.discovery() else { return Ok(provider.github()) };
    let known = cx.host.kept::<Known>();
    let issuer = provider.issuer.as_ref();
    if let Some((at, endpoints)) = known.as_ref().and_then(|known| known.0.get(issuer))
        && cx.now.duration_since(*at).abs() < ENDPOINTS_LIFE
    {
        return Ok(endpoints.clone());
    }
    let document = told(cx.host.web().get(&discovery, None).await)?;
    let endpoints = provider.discovered(&document).ok_or(ProviderFails)?;
    let mut all = known.map(|known| known.0.clone()).unwrap_or_default();
    all.insert(issuer.to_owned(), (cx.now, endpoints.clone()));
    cx.host.keep(Known(all));
    Ok(endpoints)
}

/// The provider does not do what such providers do.
#[derive(Debug, thiserror::Error)]
#[error("They cannot sign you in at the moment. Try again later, or sign in another way.")]
struct ProviderFails;

impl kernel::Fault for ProviderFails {
    fn status(&self) -> kernel::Status {
        kernel::Status::Unavailable
    }
    fn code(&self) -> &'static str {
        "IDENTITY_PROVIDER_FAILS"
    }
    fn retry_after(&self) -> Option<u32> {
        Some(30)
    }
}
