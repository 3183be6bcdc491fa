use aws_lc_rs::digest::{SHA256, digest};
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{ECDSA_P256_SHA256_ASN1_SIGNING, EcdsaKeyPair, KeyPair as _};
use base64::{Engine as _, prelude::BASE64_URL_SAFE_NO_PAD};
use serde_json::{Value, json};

/// A device that holds one passkey (WebAuthn Level 3), for people who verify themselves every time.
pub struct Authenticator {
    pair: EcdsaKeyPair,
    credential: [u8; 16],
    count: u32,
    origin: String,
}

/// User present, user verified.
const PERSON: u8 = 0b101;

/// Attested credential data follows.
const ATTESTED: u8 = 0b100_0000;

impl Authenticator {
    /// For pages of this origin. `number` tells it from others.
    pub fn new(origin: &str, number: u8) -> Self {
        let pair = EcdsaKeyPair::generate(&ECDSA_P256_SHA256_ASN1_SIGNING).expect("a key");
        Self { pair, credential: [number; 16], count: 0, origin: origin.into() }
    }

    /// What a page sends after `navigator.credentials.create` with these options.
    pub fn create(&self, options: &Value) -> Value {
        let (x, y) = self.pair.public_key().as_ref()[1..].split_at(32);
        // COSE: {1: 2, 3: -7, -1: 1, -2: x, -3: y}.
        let key = [&[0xa5, 1, 2, 3, 0x26, 0x20, 1, 0x21, 0x58, 32], x, &[0x22, 0x58, 32], y].concat();
        let data = [
            self.data(options["rp"]["id"].as_str().unwrap_or_default(), PERSON | ATTESTED),
            vec![0; 16],
            vec![0, 16],
            self.credential.to_vec(),
            key,
        ]
        .concat();
        // CBOR: {"fmt": "none", "attStmt": {}, "authData": data}.
        let length = u8::try_from(data.len()).expect("less than 256 bytes");
        let object = [
            &[0xa3, 0x63][..],
            b"fmt",
            &[0x64],
            b"none",
            &[0x67],
            b"attStmt",
            &[0xa0, 0x68],
            b"authData",
            &[0x58, length],
            &data,
        ]
        .concat();
        let client = self.client("webauthn.create", &options["challenge"]);
        json!({ "client_data": text(client.as_bytes()), "attestation": text(&object) })
    }

    /// What a page sends after `navigator.credentials.get` with these options.
    pub fn get(&mut self, options: &Value) -> Value {
        self.count += 1;
        let data = self.data(options["rp_id"].as_str().unwrap_or_default(), PERSON);
        let client = self.client("webauthn.get", &options["challenge"]);
        let signed = [data.as_slice(), digest(&SHA256, client.as_bytes()).as_ref()].concat();
        let signature = self.pair.sign(&SystemRandom::new(), &signed).expect("a signature");
        json!({
            "credential": text(&self.credential),
            "client_data": text(client.as_bytes()),
            "authenticator_data": text(&data),
            "signature": text(signature.as_ref()),
        })
    }

    fn data(&self, party: &str, flags: u8) -> Vec<u8> {
        let party = digest(&SHA256, party.as_bytes());
        [party.as_ref(), &[flags], &self.count.to_be_bytes()].concat()
    }

    fn client(&self, kind: &str, challenge: &Value) -> String {
        let origin = &self.origin;
        json!({ "type": kind, "challenge": challenge, "origin": origin, "crossOrigin": false }).to_string()
    }
}

fn text(bytes: &[u8]) -> String {
    BASE64_URL_SAFE_NO_PAD.encode(bytes)
}
