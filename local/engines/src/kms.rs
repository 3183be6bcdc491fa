//! KMS: keys that never leave the file, used for real.

use std::{collections::BTreeMap, sync::Arc};

use aws_lc_rs::{
    aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey},
    hmac,
};
use base64::{Engine, prelude::BASE64_STANDARD};
use rusqlite::{Connection, OptionalExtension, TransactionBehavior, params};
use serde::{Deserialize, Deserializer};
use serde_json::{Value, json};

use crate::{
    Settings,
    dispatch::Call,
    door::Door,
    policy::Demand,
    random,
    reply::{Dialect, Refusal, Refused, Reply},
};

/// A key to make on first use of a data directory.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeySpec {
    alias: String,
    use_: KeyUse,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum KeyUse {
    Seal,
    Mac,
}

impl KeySpec {
    /// A symmetric key that encrypts and decrypts.
    pub fn seal(alias: impl Into<String>) -> Self {
        Self { alias: alias.into(), use_: KeyUse::Seal }
    }

    /// An `HMAC_256` key.
    pub fn mac(alias: impl Into<String>) -> Self {
        Self { alias: alias.into(), use_: KeyUse::Mac }
    }
}

impl KeyUse {
    fn name(self) -> &'static str {
        match self {
            Self::Seal => "seal",
            Self::Mac => "mac",
        }
    }
}

/// The keys, in memory: they are few, and opening one is quicker than asking the file for it.
#[derive(Clone)]
pub(crate) struct Kms {
    keys: Arc<BTreeMap<String, Key>>,
    aliases: Arc<BTreeMap<String, String>>,
    settings: Arc<Settings>,
}

struct Key {
    id: String,
    material: Material,
}

enum Material {
    Seal(LessSafeKey),
    Mac(Box<hmac::Key>),
}

/// The most that KMS encrypts itself, and the most that it computes a code of.
const LIMIT: usize = 4096;

/// The form of our ciphertexts: a mark, the key's id, the nonce, the ciphertext and its tag.
const MARK: u8 = 1;
const ID_LEN: usize = 36;

impl Kms {
    /// Reads the keys, and makes those that are wanted and missing.
    pub(crate) fn open(database: &mut Connection, settings: &Arc<Settings>) -> rusqlite::Result<Self> {
        let transaction = database.transaction_with_behavior(TransactionBehavior::Immediate)?;
        for spec in &settings.keys {
            let known: Option<String> = transaction
                .query_row("SELECT key FROM aliases WHERE alias = ?1", [&spec.alias], |row| row.get(0))
                .optional()?;
            if known.is_none() {
                let id = random::uuid();
                transaction.execute(
                    "INSERT INTO keys (id, use, material) VALUES (?1, ?2, ?3)",
                    params![id, spec.use_.name(), random::bytes::<32>()],
                )?;
                transaction
                    .execute("INSERT INTO aliases (alias, key) VALUES (?1, ?2)", params![spec.alias, id])?;
            }
        }
        transaction.commit()?;

        let keys = database
            .prepare("SELECT id, use, material FROM keys")?
            .query_map([], |row| {
                Ok(Key::new(row.get(0)?, &row.get::<_, String>(1)?, &row.get::<_, Vec<u8>>(2)?))
            })?
            .filter_map(|key| key.map(|key| key.map(|key| (key.id.clone(), key))).transpose())
            .collect::<rusqlite::Result<_>>()?;
        let aliases = database
            .prepare("SELECT alias, key FROM aliases")?
            .query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?
            .collect::<rusqlite::Result<_>>()?;
        Ok(Self { keys: Arc::new(keys), aliases: Arc::new(aliases), settings: settings.clone() })
    }

    pub(crate) fn id_of(&self, alias: &str) -> Option<String> {
        self.aliases.get(alias).cloned()
    }

    /// Answers a request, if the policies allow it.
    pub(crate) fn answer(&self, call: &Call<'_>, door: &Door) -> Reply {
        Dialect::Kms.answer(self.perform(call, door))
    }

    fn perform(&self, call: &Call<'_>, door: &Door) -> Result<Value, Refused> {
        let request: Request = serde_json::from_slice(call.body)
            .map_err(|error| Refusal::new("SerializationException", error.to_string()))?;
        // A ciphertext says which key it wants.
        let sealed = match (call.operation, &request.ciphertext_blob) {
            ("Decrypt", Some(blob)) => Some(Sealed::parse(&blob.0)?),
            _ => None,
        };
        let named = request.key_id.as_deref().map(|name| self.find(name)).transpose()?;
        let key = match (&sealed, named) {
            (Some(sealed), named) => {
                let key = self.keys.get(sealed.key).ok_or_else(undecipherable)?;
                if named.is_some_and(|named| named.id != key.id) {
                    let message =
                        "The key ID in the request does not identify a CMK that can perform this operation.";
                    return Err(Refusal::new("IncorrectKeyException", message).into());
                }
                key
            }
            (None, Some(key)) => key,
            (None, None) => {
                return Err(Refusal::new("ValidationException", "KeyId or CiphertextBlob is missing").into());
            }
        };
        let demand = Demand { action: format!("kms:{}", call.operation), names: self.names_of(key) };
        door.demand(call.principal, [&demand])?;

        let arn = self.settings.arn("kms", &format!("key/{}", key.id));
        let mut result = match (call.operation, &key.material) {
            ("Encrypt", Material::Seal(seal)) => {
                let plaintext = sized("plaintext", request.plaintext)?;
                json!({
                    "CiphertextBlob": encode(&key.seal(seal, &request.encryption_context, plaintext)),
                    "EncryptionAlgorithm": "SYMMETRIC_DEFAULT",
                })
            }
            ("Decrypt", Material::Seal(seal)) => {
                let sealed =
                    sealed.ok_or_else(|| Refusal::new("ValidationException", "CiphertextBlob is missing"))?;
                json!({
                    "Plaintext": encode(&sealed.open(seal, &request.encryption_context)?),
                    "EncryptionAlgorithm": "SYMMETRIC_DEFAULT",
                })
            }
            ("GenerateDataKey", Material::Seal(seal)) => {
                let mut data_key = vec![0; request.data_key_length()?];
                random::fill(&mut data_key);
                json!({
                    "Plaintext": encode(&data_key),
                    "CiphertextBlob": encode(&key.seal(seal, &request.encryption_context, data_key)),
                })
            }
            ("GenerateMac", Material::Mac(mac)) => {
                let code = hmac::sign(mac, &sized("message", request.message)?);
                json!({ "Mac": encode(code.as_ref()), "MacAlgorithm": "HMAC_SHA_256" })
            }
            ("VerifyMac", Material::Mac(mac)) => {
                let code = sized("mac", request.mac)?;
                hmac::verify(mac, &sized("message", request.message)?, &code)
                    .map_err(|_| Refusal::new("KMSInvalidMacException", "The HMAC is not valid"))?;
                json!({ "MacValid": true, "MacAlgorithm": "HMAC_SHA_256" })
            }
            ("DescribeKey", material) => json!({ "KeyMetadata": {
                "KeyId": key.id,
                "Arn": arn,
                "Enabled": true,
                "KeyState": "Enabled",
                "KeyManager": "CUSTOMER",
                "KeySpec": if matches!(material, Material::Seal(_)) { "SYMMETRIC_DEFAULT" } else { "HMAC_256" },
                "KeyUsage": if matches!(material, Material::Seal(_)) { "ENCRYPT_DECRYPT" } else { "GENERATE_VERIFY_MAC" },
            } }),
            ("Encrypt" | "Decrypt" | "GenerateDataKey" | "GenerateMac" | "VerifyMac", _) => {
                let message = format!("{arn} key usage is not valid for {}.", call.operation);
                return Err(Refusal::new("InvalidKeyUsageException", message).into());
            }
            (operation, _) => {
                return Err(Refusal::new(
                    "UnknownOperationException",
                    format!("there is no {operation} here"),
                )
                .into());
            }
        };
        result["KeyId"] = json!(arn);
        Ok(result)
    }

    /// Finds a key by its id, an alias or the resource name of either.
    fn find(&self, name: &str) -> Result<&Key, Refusal> {
        let short = name.rsplit_once(':').map_or(name, |(_, resource)| resource);
        let id = short.strip_prefix("key/").unwrap_or(short);
        let id = self.aliases.get(short).map_or(id, String::as_str);
        self.keys
            .get(id)
            .ok_or_else(|| Refusal::new("NotFoundException", format!("Key '{name}' does not exist")))
    }

    /// What a policy may call a key.
    fn names_of(&self, key: &Key) -> Vec<String> {
        let aliases = self.aliases.iter().filter(|(_, id)| **id == key.id).map(|(alias, _)| alias.clone());
        let arn = self.settings.arn("kms", &format!("key/{}", key.id));
        [arn, key.id.clone()].into_iter().chain(aliases).collect()
    }
}

impl Key {
    fn new(id: String, use_: &str, material: &[u8]) -> Option<Self> {
        let material = if use_ == KeyUse::Mac.name() {
            Material::Mac(hmac::Key::new(hmac::HMAC_SHA256, material).into())
        } else {
            Material::Seal(LessSafeKey::new(UnboundKey::new(&AES_256_GCM, material).ok()?))
        };
        Some(Self { id, material })
    }

    fn seal(&self, key: &LessSafeKey, context: &Context, mut text: Vec<u8>) -> Vec<u8> {
        let nonce = random::bytes::<NONCE_LEN>();
        key.seal_in_place_append_tag(
            Nonce::assume_unique_for_key(nonce),
            Aad::from(context.bytes()),
            &mut text,
        )
        .expect("at most 4 kB are sealed, far from the limit of the algorithm");
        [&[MARK], self.id.as_bytes(), &nonce, &text].concat()
    }
}

/// A ciphertext taken apart.
struct Sealed<'a> {
    key: &'a str,
    nonce: [u8; NONCE_LEN],
    text: &'a [u8],
}

impl<'a> Sealed<'a> {
    fn parse(blob: &'a [u8]) -> Result<Self, Refusal> {
        let take = || {
            let rest = blob.strip_prefix(&[MARK])?;
            let (key, rest) = rest.split_at_checked(ID_LEN)?;
            let (nonce, text) = rest.split_at_checked(NONCE_LEN)?;
            Some(Self { key: std::str::from_utf8(key).ok()?, nonce: nonce.try_into().ok()?, text })
        };
        take().ok_or_else(undecipherable)
    }

    fn open(&self, key: &LessSafeKey, context: &Context) -> Result<Vec<u8>, Refusal> {
        let mut text = self.text.to_vec();
        let nonce = Nonce::assume_unique_for_key(self.nonce);
        let plaintext =
            key.open_in_place(nonce, Aad::from(context.bytes()), &mut text).map_err(|_| undecipherable())?;
        Ok(plaintext.to_vec())
    }
}

/// KMS says nothing else about a ciphertext that does not open.
fn undecipherable() -> Refusal {
    Refusal::new("InvalidCiphertextException", "")
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Request {
    key_id: Option<String>,
    plaintext: Option<Base64>,
    ciphertext_blob: Option<Base64>,
    #[serde(default)]
    encryption_context: Context,
    message: Option<Base64>,
    mac: Option<Base64>,
    key_spec: Option<String>,
    number_of_bytes: Option<usize>,
}

impl Request {
    fn data_key_length(&self) -> Result<usize, Refusal> {
        match (self.key_spec.as_deref(), self.number_of_bytes) {
            (Some("AES_256"), None) => Ok(32),
            (Some("AES_128"), None) => Ok(16),
            (None, Some(length @ 1..=1024)) => Ok(length),
            _ => {
                Err(Refusal::new("ValidationException", "Please specify either number of bytes or key spec."))
            }
        }
    }
}

/// What must be said again to decrypt. Its order does not matter.
#[derive(Default, Deserialize)]
struct Context(BTreeMap<String, String>);

impl Context {
    /// Each text after its length, so that no two contexts are written alike.
    fn bytes(&self) -> Vec<u8> {
        self.0
            .iter()
            .flat_map(|(name, value)| [name, value])
            .flat_map(|text| (text.len() as u64).to_be_bytes().into_iter().chain(text.bytes()))
            .collect()
    }
}

struct Base64(Vec<u8>);

impl<'de> Deserialize<'de> for Base64 {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        BASE64_STANDARD.decode(text).map(Self).map_err(serde::de::Error::custom)
    }
}

fn encode(bytes: &[u8]) -> String {
    BASE64_STANDARD.encode(bytes)
}

fn sized(name: &str, bytes: Option<Base64>) -> Result<Vec<u8>, Refusal> {
    match bytes {
        Some(Base64(bytes)) if (1..=LIMIT).contains(&bytes.len()) => Ok(bytes),
        _ => Err(Refusal::new(
            "ValidationException",
            format!(
                "1 validation error detected: Value at '{name}' failed to satisfy constraint: Member must have length \
                 between 1 and {LIMIT}"
            ),
        )),
    }
}
