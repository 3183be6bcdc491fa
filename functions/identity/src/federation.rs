//! What signing in with somebody else begins and ends with.

use std::collections::HashMap;
use std::time::Duration;

use base64::{Engine as _, prelude::BASE64_URL_SAFE_NO_PAD};
use gateways::{Answer, GatewayError};
use jiff::SignedDuration;
use kernel::{Private, Problem, Timestamp};
use runtime::{Audience, Cx, Setting};
use serde::{Deserialize, Serialize};
use store::{Batch, Found, Shared, Stored, Wanted};

use crate::identity_provider::NotIdentified::{self, ProviderFails, ProviderRefusesUs, Unproved};
use crate::identity_provider::{
    Attempt, Begun, Claims, Endpoints, IdentityProvider, IdentityProviderId, NoSuchProvider, Protocol, SECRET,
};
use crate::settings::{Current, Settings};

/// For how long a process goes by a discovery document, and by that there was none.
const ENDPOINTS_LIFE: SignedDuration = SignedDuration::from_hours(1);
const FAILURE_LIFE: SignedDuration = SignedDuration::from_secs(30);

/// For how long a provider is waited for, all in all: API Gateway waits for 29 seconds.
const PATIENCE: Duration = Duration::from_secs(15);

/// What people come back with, and what their browser has kept.
pub(crate) struct Return {
    /// To whose address they came back: every provider has one of its own, so that what one of them gave
    /// out never reaches another (RFC 9700, 4.4).
    pub(crate) provider: IdentityProviderId,
    pub(crate) state: Private<String>,
    pub(crate) code: Private<String>,
    pub(crate) verifier: Private<String>,
    /// Who says that they sent them (RFC 9207).
    pub(crate) iss: Option<String>,
}

/// What must be read to know who has come back, as part of a batch.
pub(crate) struct Returning {
    attempt: Wanted<Attempt>,
    settings: Current,
}

impl Returning {
    /// Also read it.
    pub(crate) fn want<A: Audience>(cx: &Cx<'_, A>, batch: &mut Batch<'_>, back: &Return) -> Self {
        let attempt = batch.want(Shared, Attempt::at(&back.state));
        Self { attempt, settings: Current::want(cx, batch) }
    }

    /// It has been read: the attempt, if it is the one that this browser began with this provider.
    pub(crate) fn take<A: Audience>(
        self,
        cx: &Cx<'_, A>,
        found: &mut Found,
        back: &Return,
    ) -> Result<(Stored<Attempt>, Settings), Problem> {
        let settings = self.settings.take(cx, found)?;
        settings.provider(&back.provider).ok_or(NoSuchProvider)?;
        let attempt = found.take(&self.attempt)?.ok_or(Unproved)?;
        let is_theirs = attempt.began_with(&back.verifier) && attempt.provider == back.provider;
        if is_theirs { Ok((attempt, settings)) } else { Err(Unproved.into()) }
    }
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
    let endpoints = tokio::time::timeout(PATIENCE, endpoints(cx, provider));
    let endpoint = endpoints.await.map_err(|_| ProviderFails)??.authorization_endpoint;
    let ask = Ask {
        response_type: "code",
        client_id: provider.client_id.as_ref(),
        redirect_uri: &home(cx, provider),
        scope: provider.scope(),
        state: &begun.state,
        code_challenge: &begun.challenge,
        code_challenge_method: "S256",
    };
    let query = serde_html_form::to_string(ask).map_err(|_| ProviderFails)?;
    let joint = if endpoint.contains('?') { '&' } else { '?' };
    Ok(format!("{endpoint}{joint}{query}"))
}

/// Ask the provider who it is that came back. Whatever it says, the attempt is used up.
///
/// A code is good once: should the commit that follows be repeated because something was written at the same
/// moment, the second try finds it used, and the person begins again.
pub(crate) async fn identify<A: Audience>(
    cx: &Cx<'_, A>,
    settings: &Settings,
    back: &Return,
) -> Result<(IdentityProvider, Claims), Problem> {
    let provider = settings.provider(&back.provider).ok_or(Unproved)?.clone();
    if back.iss.as_ref().is_some_and(|iss| iss != provider.issuer.as_ref()) {
        return Err(Unproved.into());
    }
    let sealed = BASE64_URL_SAFE_NO_PAD.decode(&provider.sealed_secret).map_err(|_| ProviderRefusesUs)?;
    let secret = Private(cx.host.vault().await.unseal(SECRET, sealed).await?);
    let claims = tokio::time::timeout(PATIENCE, ask(cx, &provider, &secret, back));
    let claims = claims.await.map_err(|_| ProviderFails)??;
    Ok((provider, claims))
}

async fn ask<A: Audience>(
    cx: &Cx<'_, A>,
    provider: &IdentityProvider,
    secret: &Private<Vec<u8>>,
    back: &Return,
) -> Result<Claims, NotIdentified> {
    #[derive(Serialize)]
    struct Exchange<'a> {
        grant_type: &'a str,
        code: &'a str,
        redirect_uri: &'a str,
        code_verifier: &'a str,
        client_id: Option<&'a str>,
        client_secret: Option<&'a str>,
    }
    let endpoints = endpoints(cx, provider).await?;
    let secret = std::str::from_utf8(secret).map_err(|_| ProviderRefusesUs)?;
    let client = (provider.client_id.as_ref(), secret);
    let in_form = endpoints.takes_secret_in_form();
    let exchange = Exchange {
        grant_type: "authorization_code",
        code: &back.code,
        redirect_uri: &home(cx, provider),
        code_verifier: &back.verifier,
        client_id: in_form.then_some(client.0),
        client_secret: in_form.then_some(client.1),
    };
    let web = cx.host.web();
    let answer = web.post(&endpoints.token_endpoint, &exchange, (!in_form).then_some(client)).await;
    let token = token(&answer.map_err(|_| ProviderFails)?)?;
    let person = told(web.get(&endpoints.userinfo_endpoint, Some(&token)).await)?;
    let claims = match provider.protocol {
        Protocol::OpenidConnect => Claims::openid(&person),
        Protocol::Github => {
            let emails = format!("{}/emails", endpoints.userinfo_endpoint);
            Claims::github(&person, &told(web.get(&emails, Some(&token)).await)?)
        }
    };
    claims.ok_or(ProviderFails)
}

/// The token of an answer, or whose fault it is that there is none (RFC 6749, 5.2). GitHub refuses with
/// status 200, too.
fn token(answer: &Answer) -> Result<Private<String>, NotIdentified> {
    #[derive(Deserialize)]
    struct Said {
        access_token: Option<Private<String>>,
        error: Option<String>,
    }
    let said: Option<Said> = serde_json::from_slice(&answer.body).ok();
    let error = said.as_ref().and_then(|said| said.error.as_deref());
    match (answer.status, error) {
        (_, Some("invalid_client" | "unauthorized_client" | "incorrect_client_credentials")) | (401, _) => {
            Err(ProviderRefusesUs)
        }
        (_, Some("redirect_uri_mismatch")) => Err(ProviderRefusesUs),
        (200..=299, None) => said.and_then(|said| said.access_token).ok_or(ProviderFails),
        (200..=299 | 400, Some(_)) => Err(Unproved),
        _ => Err(ProviderFails),
    }
}

/// The body of a success.
fn told(answer: Result<Answer, GatewayError>) -> Result<Private<Vec<u8>>, NotIdentified> {
    let answer = answer.map_err(|_| ProviderFails)?;
    if (200..300).contains(&answer.status) { Ok(answer.body) } else { Err(ProviderFails) }
}

/// Where people come back to from this provider.
fn home<A: Audience>(cx: &Cx<'_, A>, provider: &IdentityProvider) -> String {
    format!("{}/sign-in/return/{}", cx.host.setting(Setting::WebOrigin), provider.id.as_ref())
}

/// Where providers are asked, as this process read it last, by issuer; nothing where it could not.
struct Known(HashMap<String, (Timestamp, Option<Endpoints>)>);

async fn endpoints<A: Audience>(
    cx: &Cx<'_, A>,
    provider: &IdentityProvider,
) -> Result<Endpoints, NotIdentified> {
    let Some(discovery) = provider.discovery() else { return Ok(provider.github()) };
    let known = cx.host.kept::<Known>();
    let issuer = provider.issuer.as_ref();
    if let Some((at, endpoints)) = known.as_ref().and_then(|known| known.0.get(issuer)) {
        let life = if endpoints.is_some() { ENDPOINTS_LIFE } else { FAILURE_LIFE };
        if cx.now.duration_since(*at).abs() < life {
            return endpoints.clone().ok_or(ProviderFails);
        }
    }
    let document = told(cx.host.web().get(&discovery, None).await).ok();
    let endpoints = document.and_then(|document| provider.discovered(&document));
    let mut all = known.map(|known| known.0.clone()).unwrap_or_default();
    all.insert(issuer.to_owned(), (cx.now, endpoints.clone()));
    cx.host.keep(Known(all));
    endpoints.ok_or(ProviderFails)
}
