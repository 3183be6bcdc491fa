use aws_sdk_kms::{
    error::ProvideErrorMetadata,
    primitives::Blob,
    types::{DataKeySpec, MacAlgorithmSpec},
};

use crate::house::{DATA_KEY, House, INDEX_KEY};

#[tokio::test]
async fn what_was_sealed_opens_after_a_restart_in_its_context_only() {
    let house = House::new().await;
    let kms = house.kms("admin");
    let sealed = kms
        .encrypt()
        .key_id(DATA_KEY)
        .plaintext(Blob::new("born 1980-02-29"))
        .encryption_context("user", "usr_1")
        .encryption_context("field", "birth")
        .send()
        .await
        .unwrap();
    let blob = sealed.ciphertext_blob().unwrap().clone();
    assert!(!blob.as_ref().windows(4).any(|window| window == b"1980"));
    let key_id = house.engines.key_id(DATA_KEY).unwrap();
    assert_eq!(sealed.key_id().unwrap(), format!("arn:aws:kms:eu-central-1:000000000000:key/{key_id}"));

    let house = house.restart().await;
    let kms = house.kms("admin");
    assert_eq!(house.engines.key_id(DATA_KEY).unwrap(), key_id);
    let open = |blob: &Blob, user: &str| {
        kms.decrypt()
            .ciphertext_blob(blob.clone())
            .encryption_context("field", "birth")
            .encryption_context("user", user)
            .send()
    };
    let opened = open(&blob, "usr_1").await.unwrap();
    assert_eq!(opened.plaintext().unwrap().as_ref(), b"born 1980-02-29");

    let refused = open(&blob, "usr_2").await.unwrap_err().into_service_error();
    assert!(refused.is_invalid_ciphertext_exception(), "{refused:?}");
    for at in [0, 5, 40, blob.as_ref().len() - 1] {
        let mut bytes = blob.as_ref().to_vec();
        bytes[at] ^= 1;
        let refused = open(&Blob::new(bytes), "usr_1").await.unwrap_err().into_service_error();
        assert!(refused.is_invalid_ciphertext_exception(), "byte {at}: {refused:?}");
    }
    let wrong =
        kms.decrypt().ciphertext_blob(blob).key_id(INDEX_KEY).send().await.unwrap_err().into_service_error();
    assert!(wrong.is_incorrect_key_exception(), "{wrong:?}");
}

#[tokio::test]
async fn a_data_key_comes_sealed_and_open() {
    let house = House::new().await;
    let kms = house.kms("admin");
    let made = kms.generate_data_key().key_id(DATA_KEY).key_spec(DataKeySpec::Aes256).send().await.unwrap();
    assert_eq!(made.plaintext().unwrap().as_ref().len(), 32);
    let opened = kms.decrypt().ciphertext_blob(made.ciphertext_blob().unwrap().clone()).send().await.unwrap();
    assert_eq!(opened.plaintext(), made.plaintext());
}

#[tokio::test]
async fn a_code_depends_on_key_and_message_and_survives_a_restart() {
    let house = House::new().await;
    let mac = async |house: &House, message: &str| {
        let mac = house.kms("admin").generate_mac().key_id(INDEX_KEY).message(Blob::new(message));
        mac.mac_algorithm(MacAlgorithmSpec::HmacSha256).send().await.unwrap().mac().unwrap().clone()
    };
    let first = mac(&house, "anna@example.org").await;
    assert_eq!(first.as_ref().len(), 32);
    assert_ne!(first, mac(&house, "berta@example.org").await);
    let house = house.restart().await;
    assert_eq!(first, mac(&house, "anna@example.org").await);

    let verify = |message: &str| {
        let verify =
            house.kms("admin").verify_mac().key_id(INDEX_KEY).message(Blob::new(message)).mac(first.clone());
        verify.mac_algorithm(MacAlgorithmSpec::HmacSha256).send()
    };
    assert!(verify("anna@example.org").await.unwrap().mac_valid());
    let refused = verify("berta@example.org").await.unwrap_err().into_service_error();
    assert!(refused.is_kms_invalid_mac_exception(), "{refused:?}");
}

#[tokio::test]
async fn a_key_is_good_for_one_thing_only() {
    let house = House::new().await;
    let kms = house.kms("admin");
    let encrypt =
        |key: &str, plaintext: Vec<u8>| kms.encrypt().key_id(key).plaintext(Blob::new(plaintext)).send();
    let refused = encrypt(INDEX_KEY, b"x".into()).await.unwrap_err().into_service_error();
    assert!(refused.is_invalid_key_usage_exception(), "{refused:?}");
    let refused = encrypt("alias/unknown", b"x".into()).await.unwrap_err().into_service_error();
    assert!(refused.is_not_found_exception(), "{refused:?}");
    let refused = encrypt(DATA_KEY, vec![0; 4097]).await.unwrap_err();
    assert_eq!(refused.code(), Some("ValidationException"));
}
