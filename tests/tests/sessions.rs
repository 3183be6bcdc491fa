//! The races about who somebody is, over HTTP: a refresh token is good once, however many use it at the same
//! moment, and so are few guesses of a password.

use std::time::Duration;

use journeys::client::{Answer, Api, Cookies, PASSWORD, Person, together};
use journeys::process::{Running, until};
use serde_json::json;

const CLIENTS: usize = 32;
const GUESSES: usize = 64;

/// What the mail about a stolen token is called.
const REVOKED: &str = "You have been signed out to be safe";

/// What the mail about too many guesses is called.
const PAUSED: &str = "Sign-in to your account is paused";

/// Use these cookies many times at once, each time in the attempt that its number names.
async fn refresh_at_once(api: &Api, cookies: &Cookies, key: fn(usize) -> String) -> Vec<Answer> {
    let asking = (0..CLIENTS).map(|number| {
        let (api, cookies) = (api.clone(), cookies.clone());
        async move { api.refresh(&cookies, &key(number)).await.expect("an answer") }
    });
    together(asking).await
}

#[track_caller]
fn assert_ended(answer: &Answer) {
    answer.expect(401);
    assert_eq!(answer.code(), "SESSION_ENDED");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refresh_token_is_good_once() {
    let data = tempfile::tempdir().expect("a directory");
    let platform = Running::on(data.path()).await;
    let api = &platform.api;
    let robbed = api.register("Robbed").await;
    let elsewhere = api.sign_in(&robbed.email, PASSWORD).await;

    let answers = refresh_at_once(api, &robbed.cookies, |number| format!("attempt-{number:04}")).await;
    let (won, lost): (Vec<_>, Vec<_>) = answers.into_iter().partition(|answer| answer.status == 200);
    assert_eq!(won.len(), 1, "{won:#?}");
    lost.iter().for_each(assert_ended);

    // Whoever has the new pair may be the thief: it is good for nobody, by whichever of its names.
    let pair = Cookies::of(&won[0]);
    assert_ne!(pair.refresh, robbed.cookies.refresh);
    for (cookies, key) in [(&pair, "the-next-one"), (&robbed.cookies, "attempt-0000"), (&pair, "once-more")] {
        assert_ended(&api.refresh(cookies, key).await.expect("an answer"));
    }
    let token = format!("Bearer {}", won[0].json()["access_token"].as_str().expect("a token"));
    for authorization in [token, robbed.authorization.clone()] {
        api.get("/v1/me").by(&Person { authorization, ..robbed.clone() }).send().await.expect(401);
    }
    // The session on another device was not stolen.
    api.refresh(&elsewhere.cookies, "on-another-device").await.expect("an answer").expect(200);

    assert_eq!(mails_in_the_end(api, &robbed.email, REVOKED).await, 1);
    platform.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_same_attempt_yields_the_same_pair_however_often_it_is_made() {
    let data = tempfile::tempdir().expect("a directory");
    let platform = Running::on(data.path()).await;
    let api = &platform.api;
    let mut cookies = api.register("Impatient").await.cookies;
    // Also where nobody was quicker: with a token that is the second of its session, and the third.
    for key in [|_| "attempt-1".to_owned(), |_| "attempt-2".to_owned(), |_| "attempt-3".to_owned()] {
        let answers = refresh_at_once(api, &cookies, key).await;
        for answer in &answers {
            answer.expect(200);
        }
        let pairs: Vec<_> = answers.iter().map(Cookies::of).collect();
        assert!(pairs.iter().all(|pair| *pair == pairs[0]), "{pairs:#?}");
        assert_ne!(pairs[0].refresh, cookies.refresh);
        cookies = pairs[0].clone();
    }
    api.refresh(&cookies, "attempt-4").await.expect("an answer").expect(200);
    assert_eq!(mails_in_the_end(api, "impatient@patients.example", REVOKED).await, 0);
    platform.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn guesses_at_once_are_as_few_as_guesses_one_by_one() {
    let data = tempfile::tempdir().expect("a directory");
    let platform = Running::on(data.path()).await;
    let api = &platform.api;
    let names = ["guessed@patients.example", "left-alone@patients.example"];
    for name in ["Guessed", "Left-alone"] {
        api.register(name).await;
    }
    let try_in = |email: &'static str, password: String| {
        let api = api.clone();
        async move { api.post("/v1/sessions", &json!({ "email": email, "password": password })).send().await }
    };

    let guesses = (0..GUESSES).map(|number| try_in(names[0], format!("a guess, number {number}")));
    let answers = together(guesses.collect::<Vec<_>>()).await;
    let (looked_at, refused): (Vec<_>, Vec<_>) = answers.iter().partition(|answer| answer.status == 401);
    assert_eq!(looked_at.len(), 5, "{looked_at:#?}");
    // Whoever was overtaken again and again is told that, whether the guess was right or not.
    let refusals = [(429, "LOCKED_OUT"), (409, "STALE")];
    for answer in refused {
        assert!(refusals.contains(&(answer.status, answer.code().as_str())), "{answer:#?}");
    }

    // Not even whoever knows it is let in, and nobody else is kept out.
    let locked = try_in(names[0], PASSWORD.into()).await;
    locked.expect(429);
    assert_eq!(locked.code(), "LOCKED_OUT");
    try_in(names[1], PASSWORD.into()).await.expect(201);

    let wait = locked.headers["retry-after"].to_str().ok().and_then(|wait| wait.parse::<u64>().ok());
    let wait = wait.expect("how long to wait");
    assert!(Duration::from_secs(wait) <= Duration::from_mins(15), "{wait} s");
    api.post("/local/clock", &json!({ "advance_seconds": wait })).send().await.expect(200);
    try_in(names[0], PASSWORD.into()).await.expect(201);
    // And nothing is held against them any more.
    try_in(names[0], "one more guess".into()).await.expect(401);
    try_in(names[0], PASSWORD.into()).await.expect(201);

    assert_eq!(mails_in_the_end(api, names[0], PAUSED).await, 1);
    platform.stop().await;
}

/// How many of these mails there are when everything that has been announced so far has been told: a mail
/// that is asked for only now has arrived.
async fn mails_in_the_end(api: &Api, email: &str, subject: &str) -> usize {
    api.post("/v1/password-resets", &json!({ "email": email })).send().await.expect(202);
    let last = "Choose a new password";
    until("the last mail", async || (api.mails(email, last).await > 0).then_some(())).await;
    api.mails(email, subject).await
}
