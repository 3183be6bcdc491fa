//! What a function may not do is refused in the words of each service.

use std::collections::HashMap;

use aws_sdk_dynamodb::{
    error::{ProvideErrorMetadata, SdkError},
    types::{AttributeValue, Delete, KeysAndAttributes, Put, TransactWriteItem},
};
use aws_sdk_kms::primitives::Blob;
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use bytes::Bytes;
use engines::{Engines, Policies, Table};
use http::{Request, StatusCode};

use crate::house::{BUCKET, DATA_KEY, House, TOPIC, send, told};

const OWN: &str = "careplane-test-own";
const OTHER: &str = "careplane-test-other";

/// The status, the code and the message of a refusal, or nothing when the request was let in.
type Verdict = Option<(u16, String, String)>;

fn verdict<T, E: ProvideErrorMetadata>(result: Result<T, SdkError<E, HttpResponse>>) -> Verdict {
    let error = result.err()?;
    let status = error.raw_response()?.status().as_u16();
    let code = error.code()?.to_owned();
    let denied = [
        "AccessDeniedException",
        "AuthorizationError",
        "UnrecognizedClientException",
        "InvalidClientTokenId",
    ];
    denied.contains(&code.as_str()).then(|| (status, code, error.message().unwrap_or_default().to_owned()))
}

async fn house(policies: Policies) -> House {
    let house = House::with(|settings| settings.policies = policies).await;
    for table in [OWN, OTHER] {
        house.engines.ensure_table(&Table::new(table).index("by-patient", "p", "s")).await.unwrap();
    }
    house
}

fn key() -> HashMap<String, AttributeValue> {
    HashMap::from([
        ("pk".into(), AttributeValue::S("a".into())),
        ("sk".into(), AttributeValue::S("b".into())),
    ])
}

/// Each way to ask, with the one permission that it takes: with it the request is let in, and with any of
/// the others it is refused.
#[tokio::test]
async fn each_operation_takes_its_own_permission_on_its_own_resource() {
    let needed: [(&str, &str); 12] = [
        ("dynamodb:GetItem", OWN),
        ("dynamodb:Query", OWN),
        ("dynamodb:Query", "careplane-test-own/index/by-patient"),
        ("dynamodb:PutItem", OWN),
        ("dynamodb:UpdateItem", OWN),
        ("dynamodb:DeleteItem", OWN),
        ("dynamodb:BatchGetItem", OWN),
        ("kms:Encrypt", DATA_KEY),
        ("kms:Decrypt", DATA_KEY),
        ("sns:Publish", TOPIC),
        ("sns:Publish", "+*"),
        ("ses:SendEmail", "hello@careplane.example"),
    ];
    let mut policies = Policies::new();
    for (number, (action, resource)) in needed.iter().enumerate() {
        policies = policies.allow(&format!("function-{number}"), [*action], [*resource]);
    }
    let house = house(policies).await;
    let sealed =
        house.kms("admin").encrypt().key_id(DATA_KEY).plaintext(Blob::new("x")).send().await.unwrap();
    for asked in 0..needed.len() {
        for holder in 0..needed.len() {
            let verdict =
                ask(&house, &format!("function-{holder}"), asked, sealed.ciphertext_blob().unwrap()).await;
            let allowed = asked == holder;
            match verdict {
                None => assert!(allowed, "{:?} was enough for {:?}", needed[holder], needed[asked]),
                Some((status, code, message)) => {
                    assert!(!allowed, "{:?}: {message}", needed[asked]);
                    let expected = match needed[asked].0.split_once(':').unwrap().0 {
                        "ses" => (403, "AccessDeniedException"),
                        "sns" => (403, "AuthorizationError"),
                        _ => (400, "AccessDeniedException"),
                    };
                    assert_eq!((status, code.as_str()), expected);
                    assert!(message.contains(&format!("assumed-role/function-{holder}/")), "{message}");
                    assert!(
                        message.contains(&format!("perform: {} on resource: ", needed[asked].0)),
                        "{message}"
                    );
                }
            }
        }
    }
}

async fn ask(house: &House, principal: &str, number: usize, sealed: &Blob) -> Verdict {
    let (dynamodb, kms, sns, ses) =
        (house.dynamodb(principal), house.kms(principal), house.sns(principal), house.ses(principal));
    let query =
        dynamodb.query().table_name(OWN).expression_attribute_values(":x", AttributeValue::S("x".into()));
    match number {
        0 => verdict(dynamodb.get_item().table_name(OWN).set_key(Some(key())).send().await),
        1 => verdict(query.key_condition_expression("pk = :x").send().await),
        2 => verdict(query.index_name("by-patient").key_condition_expression("p = :x").send().await),
        3 => verdict(dynamodb.put_item().table_name(OWN).set_item(Some(key())).send().await),
        4 => verdict(dynamodb.update_item().table_name(OWN).set_key(Some(key())).send().await),
        5 => verdict(dynamodb.delete_item().table_name(OWN).set_key(Some(key())).send().await),
        6 => {
            let keys = KeysAndAttributes::builder().keys(key()).build().unwrap();
            verdict(dynamodb.batch_get_item().request_items(OWN, keys).send().await)
        }
        7 => verdict(kms.encrypt().key_id(DATA_KEY).plaintext(Blob::new("x")).send().await),
        8 => verdict(kms.decrypt().ciphertext_blob(sealed.clone()).send().await),
        9 => verdict(sns.publish().topic_arn(house.engines.topic_arn(TOPIC)).message("x").send().await),
        10 => verdict(sns.publish().phone_number("+4915112345678").message("x").send().await),
        _ => {
            use aws_sdk_sesv2::types::{Body, Content, Destination, EmailContent, Message};
            let content = || Content::builder().data("x").build().unwrap();
            let message =
                Message::builder().subject(content()).body(Body::builder().text(content()).build()).build();
            let send = ses.send_email().from_email_address("hello@careplane.example");
            let send = send.destination(Destination::builder().to_addresses("a@example.org").build());
            verdict(send.content(EmailContent::builder().simple(message).build()).send().await)
        }
    }
}

#[tokio::test]
async fn a_transaction_takes_the_permission_of_each_of_its_members() {
    let policies = Policies::new().allow("book", ["dynamodb:PutItem"], [OWN]).allow(
        "book",
        ["dynamodb:DeleteItem"],
        [OTHER],
    );
    let house = house(policies).await;
    let dynamodb = house.dynamodb("book");
    let put = |table: &str| {
        let put = Put::builder().table_name(table).set_item(Some(key())).build().unwrap();
        TransactWriteItem::builder().put(put).build()
    };
    let delete = |table: &str| {
        let delete = Delete::builder().table_name(table).set_key(Some(key())).build().unwrap();
        TransactWriteItem::builder().delete(delete).build()
    };
    let send = |items| dynamodb.transact_write_items().set_transact_items(Some(items)).send();
    assert_eq!(verdict(send(vec![put(OWN), delete(OTHER)]).await), None);
    let (_, _, message) = verdict(send(vec![put(OWN), put(OTHER)]).await).unwrap();
    assert!(message.contains("perform: dynamodb:PutItem on resource: careplane-test-other"), "{message}");
    assert!(verdict(send(vec![delete(OWN)]).await).is_some());
}

#[tokio::test]
async fn a_stranger_is_not_let_in() {
    let house = House::new().await;
    let other_run = House::new().await;
    let forged = aws_sdk_dynamodb::Client::from_conf(
        house
            .dynamodb("admin")
            .config()
            .to_builder()
            .credentials_provider(other_run.credentials("admin"))
            .build(),
    );
    let (status, code, _) = verdict(forged.list_tables().send().await).unwrap();
    assert_eq!((status, code.as_str()), (400, "UnrecognizedClientException"));
    for (service, status, code) in [
        ("kms", 400, "UnrecognizedClientException"),
        ("ses", 403, "UnrecognizedClientException"),
        ("sns", 403, "InvalidClientTokenId"),
        ("sqs", 403, "InvalidClientTokenId"),
    ] {
        let credential = format!(
            "AWS4-HMAC-SHA256 Credential=admin/20261122/eu-central-1/{service}/aws4_request, SignedHeaders=host, Signature=0"
        );
        let request = Request::post("/").header("authorization", credential).body(Bytes::from("{}")).unwrap();
        assert!(Engines::is_aws(&request));
        let response = send(house.address, request).await;
        let (found, body) = told(&response);
        assert_eq!(found.as_u16(), status, "{service}");
        let named = response.headers().get("x-amzn-errortype").is_some_and(|named| named == code);
        assert!(named || body.contains(code), "{service}: {body}");
    }
    let unsigned = send(house.address, Request::get("/").body(Bytes::new()).unwrap()).await;
    assert_eq!(unsigned.status(), StatusCode::FORBIDDEN);
}

#[tokio::test]
async fn a_bucket_is_as_well_guarded() {
    let house = House::with(|settings| {
        settings.policies = Policies::new()
            .allow("reader", ["s3:GetObject"], [format!("{BUCKET}/documents/*")])
            .allow("reader", ["s3:ListBucket"], ["*"]);
    })
    .await;
    let request = |method: &str, path: &str| {
        Request::builder().method(method).uri(format!("/{BUCKET}{path}")).body(Bytes::from("x")).unwrap()
    };
    for (principal, method, path, expected) in [
        ("admin", "PUT", "/documents/a", 200),
        ("admin", "PUT", "/secrets/a", 200),
        ("reader", "GET", "/documents/a", 200),
        ("reader", "GET", "/secrets/a", 403),
        ("reader", "PUT", "/documents/a", 403),
        ("reader", "DELETE", "/documents/a", 403),
        ("reader", "GET", "", 200),
        ("stranger", "GET", "/documents/a", 403),
    ] {
        let response = house.signed(principal, "s3", request(method, path)).await;
        let (status, body) = told(&response);
        assert_eq!(status.as_u16(), expected, "{principal} {method} {path}: {body}");
        if expected == 403 {
            assert!(body.contains("<Code>AccessDenied</Code>") && body.contains(principal), "{body}");
        }
    }
}
