use bytes::Bytes;
use engines::*;
use serde_json::json;
use std::{sync::Arc, time::Instant};
fn req(e: &Engines, op: &str, body: serde_json::Value) -> http::Request<Bytes> {
    let c = e.credentials_for("admin");
    http::Request::post("/").header("x-amz-target", format!("DynamoDB_20120810.{op}")).header("content-type","application/x-amz-json-1.0").header("x-amz-security-token", c.session_token)
        .header("authorization", "AWS4-HMAC-SHA256 Credential=admin/20261122/r/dynamodb/aws4_request, SignedHeaders=host, Signature=0").body(Bytes::from(body.to_string())).unwrap()
}
#[tokio::main(flavor = "multi_thread", worker_threads = 2)]
async fn main() {
    let dir = std::env::args().nth(1).unwrap();
    let t = Instant::now();
    let mut s = Settings::new(Arc::new(jiff::Timestamp::now));
    s.keys = vec![KeySpec::seal("alias/d"), KeySpec::mac("alias/i")];
    let e = Engines::open(std::path::Path::new(&dir), s).unwrap();
    println!("open {:?}", t.elapsed());
    e.ensure_table(&Table::new("tbl").index("by-patient", "p", "s").stream().ttl("x")).await.unwrap();
    println!("open+table {:?}", t.elapsed());
    let mut n = 0u64;
    for (name, clients, rounds) in [
        ("put", 1usize, 1000usize),
        ("put", 64, 60),
        ("get", 1, 2000),
        ("get", 64, 100),
        ("tx3", 1, 500),
        ("tx3", 64, 30),
        ("put", 1, 1000),
    ] {
        let t = Instant::now();
        let mut set = tokio::task::JoinSet::new();
        for c in 0..clients {
            n += 1;
            let e = e.clone();
            let base = n * 1_000_000;
            set.spawn(async move {
            let mut worst = std::time::Duration::ZERO;
            for i in 0..rounds {
                let item = |k: usize| json!({"pk":{"S":format!("clinic-{c}")},"sk":{"S":format!("item-{}-{k}", base + i as u64)},"p":{"S":"patient"},"s":{"S":format!("{i}")},"body":{"S":"x".repeat(600)}});
                let r = match name {
                    "put" => req(&e, "PutItem", json!({"TableName":"tbl","Item":item(0)})),
                    "get" => req(&e, "GetItem", json!({"TableName":"tbl","Key":{"pk":{"S":"clinic-0"},"sk":{"S":"item-1000000-0"}}})),
                    _ => { let items: Vec<_> = [0,1,2].into_iter().map(|k| json!({"Put":{"TableName":"tbl","Item":item(k),"ConditionExpression":"attribute_not_exists(pk)"}})).collect(); req(&e, "TransactWriteItems", json!({"TransactItems": items})) }
                };
                let t = Instant::now();
                let r = e.serve(r).await; assert_eq!(r.status(), 200, "{r:?}");
                worst = worst.max(t.elapsed());
            } worst });
        }
        let mut worst = std::time::Duration::ZERO;
        while let Some(w) = set.join_next().await {
            worst = worst.max(w.unwrap());
        }
        let d = t.elapsed();
        println!(
            "{name} x{clients}: {:.0}/s mean {:?} worst {worst:?}",
            (clients * rounds) as f64 / d.as_secs_f64(),
            d * clients as u32 / (clients * rounds) as u32
        );
    }
    let t = Instant::now();
    let mut r = e.stream("tbl", "relay");
    let mut k = 0;
    while let Some(b) = r.next(100).await.unwrap() {
        k += b.sequences.len();
        let l = b.last().unwrap().to_string();
        r.commit(&l).await.unwrap();
    }
    println!("stream {k} in {:?}", t.elapsed());
    let t = Instant::now();
    println!("sweep {} {:?}", e.sweep_ttl().await.unwrap(), t.elapsed());
    let t = Instant::now();
    e.close().await;
    println!("close {:?}", t.elapsed());
}
