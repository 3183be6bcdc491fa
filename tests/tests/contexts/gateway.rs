use bytes::Bytes;
use futures_util::future::join_all;
use http::{HeaderMap, HeaderValue, Method};
use local::gateway::{Gateway, Incoming};
use testkit::TestPlatform;

const CLIENT: &str = "http://127.0.0.1:5173";

fn request(method: Method, path: &str, origin: &'static str) -> Incoming {
    let mut headers = HeaderMap::new();
    headers.insert("origin", HeaderValue::from_static(origin));
    Incoming { method, uri: path.parse().unwrap(), headers, body: Bytes::new(), source: "127.0.0.1".into() }
}

#[tokio::test]
async fn other_origins_may_call_only_if_they_are_known() {
    let platform = TestPlatform::open().await;
    let gateway = Gateway::new(platform.inside().clone(), vec![CLIENT.into()], true);
    for method in [Method::OPTIONS, Method::GET] {
        let known = gateway.answer(request(method.clone(), "/v1/clinics", CLIENT)).await;
        assert_eq!(known.headers()["access-control-allow-origin"], CLIENT, "{method}");
        let allowed = known.headers()["access-control-allow-headers"].to_str().unwrap();
        assert!(allowed.contains("authorization") && allowed.contains("idempotency-key"), "{allowed}");
        let stranger = gateway.answer(request(method, "/v1/clinics", "https://evil.example")).await;
        assert_eq!(stranger.headers().get("access-control-allow-origin"), None);
    }
}

#[tokio::test]
async fn more_requests_than_the_stage_takes_are_told_to_come_again() {
    let platform = TestPlatform::open().await;
    let gateway = Gateway::new(platform.inside().clone(), Vec::new(), true);
    let burst = (0..3000).map(|_| gateway.answer(request(Method::GET, "/v1/nothing-here", CLIENT)));
    let answers = join_all(burst).await;
    let of = |status: u16| answers.iter().filter(|answer| answer.status() == status).count();
    assert!(of(404) >= 500, "the burst is let through: {}", of(404));
    assert!(of(429) > 0 && of(404) + of(429) == 3000, "and no more: {} {}", of(404), of(429));
    let refused = answers.iter().find(|answer| answer.status() == 429).unwrap();
    assert_eq!(refused.headers()["retry-after"], "1");
    assert_eq!(refused.headers()["content-type"], "application/problem+json");
}
