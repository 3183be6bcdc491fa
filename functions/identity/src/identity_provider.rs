//! Those who sign people in for us (ID-10): OpenID providers, and GitHub, which is one in all but name. Pure.
//!
//! The authorization code flow with PKCE (RFC 6749, RFC 7636, as RFC 9700 wants it). Code, secret and proof
//! go to the provider over TLS from here, so what it then says of a person needs no further signature
//! (OpenID Connect Core 1.0, 3.1.3.7). See `docs/decisions/0017-signing-in-with-others.md`.

use aws_lc_rs::digest;
use base64::{Engine as _, prelude::BASE64_URL_SAFE_NO_PAD};
use jiff::SignedDuration;
use kernel::{Fault, Private, Status, Timestamp};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use store::{Entity, Key, Shared};

use crate::account::{Email, Line, Name, line};
use crate::factor::hex;

/// What the secret of a client is sealed for.
pub const SECRET: &str = "identity-provider";

/// For how long somebody may take to sign in there.
const ATTEMPT_LIFE: SignedDuration = SignedDuration::from_mins(10);

/// Somebody who signs people in for us.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct IdentityProvider {
    /// Its id.
    pub id: IdentityProviderId,
    /// What people call it.
    pub name: Line,
    /// How it is spoken to.
    pub protocol: Protocol,
    /// Where it is.
    pub issuer: Issuer,
    /// What it calls us.
    pub client_id: ClientText,
    /// What it knows us by, sealed by KMS for [`SECRET`], base64url.
    pub sealed_secret: String,
}

/// How somebody who signs people in is spoken to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Protocol {
    /// OpenID Connect, with a discovery document at the issuer: Google, Microsoft, a hospital's Keycloak.
    OpenidConnect,
    /// GitHub's own, at `https://github.com` or at an enterprise's server.
    Github,
}

/// What we call somebody who signs people in: 1 to 30 lower-case letters, digits and dashes.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(try_from = "String", into = "String")]
#[schemars(with = "String", extend("pattern" = "^[a-z0-9][a-z0-9-]{0,29}$"))]
pub struct IdentityProviderId(String);

/// Where somebody who signs people in is: an `https` URL without a slash at its end, query or fragment.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(try_from = "String", into = "String")]
#[schemars(with = "String", extend("format" = "uri", "maxLength" = 200))]
pub struct Issuer(String);

/// A client's id or secret: 1 to 255 printable characters of ASCII (RFC 6749, appendix A).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(try_from = "String", into = "String")]
#[schemars(with = "String", extend("minLength" = 1, "maxLength" = 255, "pattern" = "^[ -~]+$"))]
pub struct ClientText(String);

/// Why a text about a provider is not what it should be.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum Misspelt {
    /// Not an id.
    #[error("Enter 1 to 30 lower-case letters, digits and dashes.")]
    Id,
    /// Not an issuer.
    #[error("Enter a URL such as https://accounts.google.com, without a slash at its end.")]
    Issuer,
    /// Not what clients are given.
    #[error("Enter 1 to 255 letters, digits and signs of the English alphabet.")]
    Client,
}

impl TryFrom<String> for IdentityProviderId {
    type Error = Misspelt;
    fn try_from(text: String) -> Result<Self, Misspelt> {
        let fits = (1..=30).contains(&text.len())
            && !text.starts_with('-')
            && text.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-');
        if fits { Ok(Self(text)) } else { Err(Misspelt::Id) }
    }
}

impl TryFrom<String> for Issuer {
    type Error = Misspelt;
    fn try_from(text: String) -> Result<Self, Misspelt> {
        let fits =
            text.len() <= 200 && is_secure(&text) && !text.ends_with('/') && !text.contains(['?', '#']);
        if fits { Ok(Self(text)) } else { Err(Misspelt::Issuer) }
    }
}

impl TryFrom<String> for ClientText {
    type Error = Misspelt;
    fn try_from(text: String) -> Result<Self, Misspelt> {
        let fits = (1..=255).contains(&text.len()) && text.bytes().all(|byte| matches!(byte, b' '..=b'~'));
        if fits { Ok(Self(text)) } else { Err(Misspelt::Client) }
    }
}

impl Issuer {
    /// Is it one that only this machine reaches? Such are for trying things out.
    pub fn is_on_this_machine(&self) -> bool {
        self.0.starts_with("http://")
    }
}

macro_rules! texts {
    ($($text:ident),*) => { $(
        impl From<$text> for String {
            fn from(text: $text) -> Self {
                text.0
            }
        }

        impl AsRef<str> for $text {
            fn as_ref(&self) -> &str {
                &self.0
            }
        }
    )* };
}
texts!(IdentityProviderId, Issuer, ClientText);

/// Is it a URL that nobody listens to on the way? Plain HTTP does within one machine alone.
pub fn is_secure(url: &str) -> bool {
    let rest = |scheme| url.strip_prefix(scheme);
    let host = |rest: &str| rest.split(['/', '?', '#']).next().unwrap_or_default().to_owned();
    let is_plain = |text: &str| text.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'@');
    match (rest("https://"), rest("http://")) {
        (Some(rest), _) => is_plain(rest) && !host(rest).is_empty(),
        (None, Some(rest)) => {
            let host = host(rest);
            let name = host.rsplit_once(':').map_or(host.as_str(), |(name, _)| name);
            is_plain(rest) && matches!(name, "127.0.0.1" | "localhost")
        }
        (None, None) => false,
    }
}

/// Where a provider is asked for what.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Endpoints {
    /// Whose they are.
    pub issuer: String,
    /// Where people sign in.
    pub authorization_endpoint: String,
    /// Where a code is turned into a token.
    pub token_endpoint: String,
    /// Where the token's owner is told.
    pub userinfo_endpoint: String,
    /// How we may show who we are; in `Authorization`, if it is not said (OpenID Connect Discovery 1.0, 3).
    #[serde(default)]
    pub token_endpoint_auth_methods_supported: Vec<String>,
}

impl Endpoints {
    /// Does it take our secret in the form?
    pub fn takes_secret_in_form(&self) -> bool {
        self.token_endpoint_auth_methods_supported.iter().any(|method| method == "client_secret_post")
    }
}

impl IdentityProvider {
    /// Where its discovery document is (OpenID Connect Discovery 1.0, 4), if it has one.
    pub fn discovery(&self) -> Option<String> {
        let issuer = self.issuer.as_ref();
        (self.protocol == Protocol::OpenidConnect)
            .then(|| format!("{issuer}/.well-known/openid-configuration"))
    }

    /// What a discovery document says, if it is this provider's and leads nowhere insecure.
    pub fn discovered(&self, document: &[u8]) -> Option<Endpoints> {
        let endpoints: Endpoints = serde_json::from_slice(document).ok()?;
        let Endpoints { issuer, authorization_endpoint, token_endpoint, userinfo_endpoint, .. } = &endpoints;
        // Whoever is reached over TLS sends nobody, us included, to where there is none.
        let follows = |url: &&String| {
            is_secure(url) && (self.issuer.is_on_this_machine() || url.starts_with("https://"))
        };
        let secure = [authorization_endpoint, token_endpoint, userinfo_endpoint].iter().all(follows);
        (issuer == self.issuer.as_ref() && secure).then_some(endpoints)
    }

    /// GitHub's, which has no discovery document.
    pub fn github(&self) -> Endpoints {
        let issuer = self.issuer.as_ref();
        let api = if issuer == "https://github.com" {
            "https://api.github.com".into()
        } else {
            format!("{issuer}/api/v3")
        };
        Endpoints {
            issuer: issuer.into(),
            authorization_endpoint: format!("{issuer}/login/oauth/authorize"),
            token_endpoint: format!("{issuer}/login/oauth/access_token"),
            userinfo_endpoint: format!("{api}/user"),
            token_endpoint_auth_methods_supported: vec!["client_secret_post".into()],
        }
    }

    /// What we ask it for.
    pub const fn scope(&self) -> &'static str {
        match self.protocol {
            Protocol::OpenidConnect => "openid email profile",
            Protocol::Github => "read:user user:email",
        }
    }
}

/// Somebody has gone to sign in elsewhere, and has not come back yet.
///
/// Access pattern: by the hash of its state, when they come back.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Attempt {
    /// Hash of what comes back with them.
    state: String,
    /// Hash of what stayed in their browser: nobody is signed in as somebody else by following a link.
    verifier: String,
    /// Where they have gone.
    pub provider: IdentityProviderId,
    /// Until when they may come back.
    until: Timestamp,
}

/// What a browser keeps and what it takes along.
#[derive(Debug)]
pub struct Begun {
    /// It stays; PKCE's `code_verifier`.
    pub verifier: Private<String>,
    /// It goes there and comes back.
    pub state: Private<String>,
    /// PKCE's `code_challenge` (RFC 7636, 4.2).
    pub challenge: String,
}

impl Attempt {
    /// A new one. The bytes must be random.
    pub fn new(provider: IdentityProviderId, random: [[u8; 32]; 2], now: Timestamp) -> (Self, Begun) {
        let [verifier, state] = random.map(|bytes| BASE64_URL_SAFE_NO_PAD.encode(bytes));
        let challenge = digest::digest(&digest::SHA256, verifier.as_bytes());
        let challenge = BASE64_URL_SAFE_NO_PAD.encode(challenge);
        let attempt =
            Self { state: hashed(&state), verifier: hashed(&verifier), provider, until: now + ATTEMPT_LIFE };
        (attempt, Begun { verifier: Private(verifier), state: Private(state), challenge })
    }

    /// By what came back.
    pub fn at(state: &str) -> Key<Self> {
        Key::new(format_args!("sign-in-attempt/{}", hashed(state)), "-")
    }

    /// Is this what stayed in the browser that began it?
    pub fn began_with(&self, verifier: &str) -> bool {
        self.verifier == hashed(verifier)
    }
}

fn hashed(text: &str) -> String {
    hex(&["sign-in-attempt", text])
}

impl Entity for Attempt {
    const KIND: &'static str = "sign-in-attempt";
    type Scope = Shared;
    fn key(&self) -> Key<Self> {
        Key::new(format_args!("sign-in-attempt/{}", self.state), "-")
    }
    fn expires_at(&self) -> Option<Timestamp> {
        Some(self.until)
    }
}

/// What a provider says of a person.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Claims {
    /// What it calls them, now and for ever.
    pub subject: Private<String>,
    /// An address that it says they have proved.
    pub email: Option<Private<Email>>,
    /// As they like to be called.
    pub given_name: Private<Name>,
    /// Family name.
    pub family_name: Private<Name>,
}

/// A truth value, which some providers write as a text.
fn is_true(value: Option<&serde_json::Value>) -> bool {
    value.is_some_and(|value| value == &serde_json::Value::Bool(true) || value == "true")
}

impl Claims {
    /// From an OpenID provider's userinfo (OpenID Connect Core 1.0, 5.1).
    pub fn openid(userinfo: &[u8]) -> Option<Self> {
        let told: serde_json::Value = serde_json::from_slice(userinfo).ok()?;
        let text = |name: &str| told.get(name).and_then(serde_json::Value::as_str);
        let email = text("email").filter(|_| is_true(told.get("email_verified")));
        let subject = text("sub").filter(|subject| !subject.is_empty())?;
        Some(Self::of(subject, email, (text("given_name"), text("family_name")), text("name")))
    }

    /// From GitHub's user and their addresses.
    pub fn github(user: &[u8], emails: &[u8]) -> Option<Self> {
        #[derive(Deserialize)]
        struct User {
            id: u64,
            login: String,
            name: Option<String>,
        }
        #[derive(Deserialize)]
        struct Address {
            email: String,
            primary: bool,
            verified: bool,
        }
        let User { id, login, name } = serde_json::from_slice(user).ok()?;
        let emails: Vec<Address> = serde_json::from_slice(emails).ok()?;
        let email = emails.iter().find(|address| address.primary && address.verified);
        let email = email.map(|address| address.email.as_str());
        Some(Self::of(&id.to_string(), email, (None, None), Some(name.as_deref().unwrap_or(&login))))
    }

    /// Whatever they are called, an account has two names; their owner may change them.
    fn of(
        subject: &str,
        email: Option<&str>,
        names: (Option<&str>, Option<&str>),
        whole: Option<&str>,
    ) -> Self {
        let email = email.and_then(|email| Email::try_from(email.to_owned()).ok());
        let local = email.as_ref().and_then(|email| email.as_ref().split('@').next().map(str::to_owned));
        let whole = whole.and_then(|name| line(name, 100)).or(local).unwrap_or_else(|| "Patient".into());
        let (first, last) = whole.split_once(' ').unwrap_or((&whole, &whole));
        let name = |told: Option<&str>, otherwise: &str| {
            let told = told.unwrap_or_default().to_owned();
            Name::try_from(told)
                .or_else(|_| Name::try_from(otherwise.to_owned()))
                .or_else(|_| Name::try_from("Patient".to_owned()))
        };
        let (given, family) = (name(names.0, first), name(names.1, last));
        let known = |name: Result<Name, _>| Private(name.expect("the last one is a name"));
        Self {
            subject: Private(subject.into()),
            email: email.map(Private),
            given_name: known(given),
            family_name: known(family),
        }
    }

    /// What is blinded to find the person again.
    pub fn identifier(&self, provider: &IdentityProvider) -> String {
        format!("{} {}", provider.issuer.as_ref(), *self.subject)
    }
}

/// There is nobody of that name who signs people in, or not any more.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("Nobody of that name signs people in here.")]
pub struct NoSuchProvider;

impl Fault for NoSuchProvider {
    fn status(&self) -> Status {
        Status::Unprocessable
    }
    fn code(&self) -> &'static str {
        "INVALID"
    }
    fn pointer(&self) -> Option<String> {
        Some("/provider".into())
    }
}

/// Why nobody has been identified.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotIdentified {
    /// They came back with nothing that proves anything.
    #[error("Signing in there did not work, or took too long. Begin again.")]
    Unproved,
    /// The provider is not reached, or does not do what such providers do.
    #[error("They cannot sign you in at the moment. Try again later, or sign in another way.")]
    ProviderFails,
    /// The provider does not know us by what is in the settings.
    #[error("They do not accept us at the moment. Sign in another way, and tell us.")]
    ProviderRefusesUs,
}

impl Fault for NotIdentified {
    fn status(&self) -> Status {
        match self {
            NotIdentified::Unproved => Status::Unauthenticated,
            NotIdentified::ProviderFails | NotIdentified::ProviderRefusesUs => Status::FailedDependency,
        }
    }
    fn code(&self) -> &'static str {
        match self {
            NotIdentified::Unproved => "NOT_IDENTIFIED",
            NotIdentified::ProviderFails => "IDENTITY_PROVIDER_FAILS",
            NotIdentified::ProviderRefusesUs => "IDENTITY_PROVIDER_REFUSES_US",
        }
    }
    fn retry_after(&self) -> Option<u32> {
        (*self == NotIdentified::ProviderFails).then_some(30)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn provider(protocol: Protocol, issuer: &str) -> IdentityProvider {
        IdentityProvider {
            id: IdentityProviderId("somebody".into()),
            name: Line::try_from("Somebody".to_owned()).unwrap(),
            protocol,
            issuer: Issuer::try_from(issuer.to_owned()).unwrap(),
            client_id: ClientText("client".into()),
            sealed_secret: String::new(),
        }
    }

    #[test]
    fn secrets_go_where_nobody_listens() {
        for url in [
            "https://a.example",
            "https://a.example:8443/tenant",
            "http://localhost:8080/id",
            "http://127.0.0.1/x",
        ] {
            assert!(is_secure(url), "{url}");
        }
        for url in [
            "http://a.example",
            "https://",
            "https:///x",
            "ftp://a.example",
            "https://a b",
            "http://localhost.evil.example",
            "https://user@a.example",
            "javascript:alert(1)",
        ] {
            assert!(!is_secure(url), "{url}");
        }
        for issuer in ["https://a.example/", "https://a.example?x", "https://a.example#x"] {
            assert_eq!(Issuer::try_from(issuer.to_owned()), Err(Misspelt::Issuer), "{issuer}");
        }
    }

    #[test]
    fn a_discovery_document_speaks_for_its_own_issuer() {
        let somebody = provider(Protocol::OpenidConnect, "https://id.example");
        let document = |issuer: &str, token: &str| {
            format!(
                r#"{{"issuer":"{issuer}","authorization_endpoint":"https://id.example/a",
                    "token_endpoint":"{token}","userinfo_endpoint":"https://id.example/u"}}"#
            )
        };
        let found = |text: &str| somebody.discovered(text.as_bytes());
        assert!(found(&document("https://id.example", "https://id.example/t")).is_some());
        assert_eq!(found(&document("https://other.example", "https://id.example/t")), None);
        assert_eq!(found(&document("https://id.example", "http://id.example/t")), None);
        assert_eq!(found(&document("https://id.example", "http://127.0.0.1:9001/t")), None);
        assert_eq!(found("{}"), None);
    }

    #[test]
    fn github_and_its_enterprises_differ_in_where_the_api_is() {
        let api = |issuer| provider(Protocol::Github, issuer).github().userinfo_endpoint;
        assert_eq!(api("https://github.com"), "https://api.github.com/user");
        assert_eq!(api("https://git.hospital.example"), "https://git.hospital.example/api/v3/user");
    }

    #[test]
    fn an_address_counts_only_if_its_provider_has_seen_it_proved() {
        let told = |verified: &str| {
            let text = format!(r#"{{"sub":"7","email":"Ada@Example.org","email_verified":{verified}}}"#);
            Claims::openid(text.as_bytes()).unwrap().email.map(|email| String::from(email.0))
        };
        assert_eq!(told("true").as_deref(), Some("ada@example.org"));
        assert_eq!(told("\"true\"").as_deref(), Some("ada@example.org"));
        assert_eq!(told("false"), None);
        assert_eq!(told("null"), None);
        assert_eq!(told("1"), None);
        assert_eq!(Claims::openid(br#"{"email":"a@b.example","email_verified":true}"#), None, "nobody");
        assert_eq!(Claims::openid(br#"{"sub":""}"#), None);
        let emails = |verified| {
            let text = format!(
                r#"[{{"email":"old@example.org","primary":false,"verified":true}},
                    {{"email":"ada@example.org","primary":true,"verified":{verified}}}]"#
            );
            Claims::github(br#"{"id":7,"login":"ada","name":null}"#, text.as_bytes()).unwrap().email
        };
        assert!(emails(true).is_some());
        assert_eq!(emails(false), None);
    }

    #[test]
    fn everybody_has_two_names() {
        let names = |text: &str| {
            let claims = Claims::openid(text.as_bytes()).unwrap();
            (String::from(claims.given_name.0), String::from(claims.family_name.0))
        };
        let pair = |given: &str, family: &str| (given.to_owned(), family.to_owned());
        assert_eq!(
            names(r#"{"sub":"7","given_name":"Ada","family_name":"Okonkwo"}"#),
            pair("Ada", "Okonkwo")
        );
        assert_eq!(names(r#"{"sub":"7","name":"Ada Maria Okonkwo"}"#), pair("Ada", "Maria Okonkwo"));
        assert_eq!(names(r#"{"sub":"7","name":"Cher"}"#), pair("Cher", "Cher"));
        assert_eq!(
            names(r#"{"sub":"7","email":"ada@example.org","email_verified":true}"#),
            pair("ada", "ada")
        );
        assert_eq!(names(r#"{"sub":"7","name":"..."}"#), pair("Patient", "Patient"));
    }

    #[test]
    fn an_attempt_keeps_neither_of_its_secrets() {
        let id = IdentityProviderId("somebody".into());
        let (attempt, begun) = Attempt::new(id, [[1; 32], [2; 32]], Timestamp::UNIX_EPOCH);
        let kept = serde_json::to_string(&attempt).unwrap();
        assert!(!kept.contains(begun.verifier.as_str()) && !kept.contains(begun.state.as_str()));
        assert!(attempt.began_with(&begun.verifier) && !attempt.began_with(&begun.state));
        // RFC 7636, appendix B.
        let example = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
        let bytes = BASE64_URL_SAFE_NO_PAD.decode(example).unwrap().try_into().unwrap();
        let id = IdentityProviderId("somebody".into());
        let (_, begun) = Attempt::new(id, [bytes, [2; 32]], Timestamp::UNIX_EPOCH);
        assert_eq!(begun.challenge, "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM");
    }
}
