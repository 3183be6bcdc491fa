use bytes::Bytes;
use http::{Request, StatusCode};

use crate::house::{BUCKET, House, ORIGIN, send, told};

fn request(method: &str, uri: &str, headers: &[(&str, &str)], body: &str) -> Request<Bytes> {
    let mut request = Request::builder().method(method).uri(uri);
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    request.body(Bytes::copy_from_slice(body.as_bytes())).unwrap()
}

#[tokio::test]
async fn an_object_is_read_back_with_its_encryption_after_a_restart() {
    let house = House::new().await;
    let path = format!("/{BUCKET}/documents/letter%20one.txt");
    let headers = [
        ("x-amz-server-side-encryption", "aws:kms"),
        ("x-amz-server-side-encryption-aws-kms-key-id", "alias/careplane-test-data"),
        ("content-type", "text/plain"),
    ];
    let put = house.signed("admin", "s3", request("PUT", &path, &headers, "Dear Anna")).await;
    assert_eq!(put.status(), StatusCode::OK, "{put:?}");
    let house = house.restart().await;
    let got = house.signed("admin", "s3", request("GET", &path, &[], "")).await;
    assert_eq!(told(&got), (StatusCode::OK, "Dear Anna".into()));
    assert_eq!(got.headers()["x-amz-server-side-encryption"], "aws:kms");
    assert_eq!(got.headers()["x-amz-server-side-encryption-aws-kms-key-id"], "alias/careplane-test-data");
    let deleted = house.signed("admin", "s3", request("DELETE", &path, &[], "")).await;
    assert_eq!(deleted.status(), StatusCode::NO_CONTENT);
    let gone = house.signed("admin", "s3", request("GET", &path, &[], "")).await;
    assert_eq!(gone.status(), StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn an_upload_is_encrypted_with_kms_or_not_at_all_accepted() {
    let house = House::new().await;
    let path = format!("/{BUCKET}/a");
    let other = [("x-amz-server-side-encryption", "AES256")];
    let refused = house.signed("admin", "s3", request("PUT", &path, &other, "x")).await;
    assert_eq!(refused.status(), StatusCode::FORBIDDEN);
    let silent = house.signed("admin", "s3", request("PUT", &path, &[], "x")).await;
    assert_eq!(silent.headers()["x-amz-server-side-encryption"], "aws:kms", "the bucket encrypts by default");
}

#[tokio::test]
async fn a_presigned_url_is_good_for_what_was_signed() {
    let house = House::new().await;
    let path = format!("/{BUCKET}/documents/photo.jpg");
    let signed = [("content-type", "image/jpeg"), ("content-length", "4")];
    let url = house.presigned("admin", "PUT", &path, &signed);
    let upload = |url: &str, content_type: &str, body: &str| {
        let (url, content_type, body) = (url.to_owned(), content_type.to_owned(), body.to_owned());
        send(house.address, request("PUT", &url, &[("content-type", &content_type)], &body))
    };
    assert_eq!(upload(&url, "image/png", "JPEG").await.status(), StatusCode::FORBIDDEN, "another type");
    assert_eq!(upload(&url, "image/jpeg", "JPEG!").await.status(), StatusCode::FORBIDDEN, "another length");
    let elsewhere = url.replace("photo.jpg", "other.jpg");
    assert_eq!(upload(&elsewhere, "image/jpeg", "JPEG").await.status(), StatusCode::FORBIDDEN, "another key");
    let done = upload(&url, "image/jpeg", "JPEG").await;
    assert_eq!(told(&done).0, StatusCode::OK, "{done:?}");

    let url = house.presigned("admin", "GET", &path, &[]);
    let got = send(house.address, request("GET", &url, &[], "")).await;
    assert_eq!(told(&got), (StatusCode::OK, "JPEG".into()));
    assert_eq!(got.headers()["content-type"], "image/jpeg");

    // The permission is that of whoever signed.
    let url = house.presigned("nobody", "GET", &path, &[]);
    assert_eq!(send(house.address, request("GET", &url, &[], "")).await.status(), StatusCode::FORBIDDEN);
    let anonymous = send(house.address, request("GET", &path, &[], "")).await;
    assert_eq!(anonymous.status(), StatusCode::FORBIDDEN);
}

#[tokio::test]
async fn a_browser_may_upload_from_our_origin_only() {
    let house = House::new().await;
    let path = format!("/{BUCKET}/a");
    let preflight = |origin: &'static str| {
        let headers = [
            ("origin", origin),
            ("access-control-request-method", "PUT"),
            ("access-control-request-headers", "content-type"),
        ];
        send(house.address, request("OPTIONS", &path, &headers, ""))
    };
    let allowed = preflight(ORIGIN).await;
    assert_eq!(allowed.status(), StatusCode::OK);
    assert_eq!(allowed.headers()["access-control-allow-origin"], ORIGIN);
    assert_eq!(allowed.headers()["access-control-allow-headers"], "content-type");
    assert_eq!(preflight("https://elsewhere.example").await.status(), StatusCode::FORBIDDEN);
    let got = house.signed("admin", "s3", request("GET", &path, &[("origin", ORIGIN)], "")).await;
    assert_eq!(got.headers()["access-control-allow-origin"], ORIGIN);
}
