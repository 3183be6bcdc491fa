//! S3: files on disk behind real signatures, with the encryption headers that our policies insist on.

use std::{fs, sync::Arc};

use bytes::Bytes;
use http::{
    HeaderMap, HeaderValue, Method, Request, Response, StatusCode,
    header::{
        ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_METHODS, ACCESS_CONTROL_ALLOW_ORIGIN,
        ACCESS_CONTROL_EXPOSE_HEADERS, ACCESS_CONTROL_MAX_AGE, ACCESS_CONTROL_REQUEST_HEADERS, ORIGIN, VARY,
    },
};
use http_body_util::BodyExt;
use rusqlite::{OptionalExtension, params};
use s3s::{
    Body, S3, S3Request, S3Response, S3Result,
    access::{S3Access, S3AccessContext},
    auth::{S3Auth, SecretKey},
    dto::{
        CreateBucketInput, CreateBucketOutput, DeleteBucketInput, DeleteBucketOutput, DeleteObjectInput,
        DeleteObjectOutput, DeleteObjectsInput, DeleteObjectsOutput, GetBucketLocationInput,
        GetBucketLocationOutput, GetObjectInput, GetObjectOutput, HeadBucketInput, HeadBucketOutput,
        HeadObjectInput, HeadObjectOutput, ListBucketsInput, ListBucketsOutput, ListObjectsInput,
        ListObjectsOutput, ListObjectsV2Input, ListObjectsV2Output, PutObjectInput, PutObjectOutput,
        ServerSideEncryption,
    },
    path::S3Path,
    s3_error,
    service::{S3Service, S3ServiceBuilder},
};
use s3s_fs::FileSystem;

use crate::{
    Fault, OpenError, Settings,
    data::{DataDirectory, unwritable},
    door::Door,
    policy::Demand,
    reply::Reply,
    services::Services,
};

/// The buckets.
#[derive(Clone)]
pub(crate) struct Objects {
    service: S3Service,
    settings: Arc<Settings>,
}

impl Objects {
    pub(crate) fn open(
        data: &DataDirectory,
        services: &Services,
        door: &Door,
        settings: &Arc<Settings>,
    ) -> Result<Self, OpenError> {
        let root = data.objects();
        for bucket in &settings.buckets {
            fs::create_dir_all(root.join(bucket)).map_err(|error| unwritable(&root, &error))?;
        }
        fs::create_dir_all(&root).map_err(|error| unwritable(&root, &error))?;
        let files = FileSystem::new(&root).map_err(|error| unwritable(&root, &format!("{error:?}")))?;
        let mut service = S3ServiceBuilder::new(Encrypted { files, services: services.clone() });
        service.set_auth(Guard(door.clone()));
        service.set_access(Guard(door.clone()));
        Ok(Self { service: service.build(), settings: settings.clone() })
    }

    /// Answers a request to S3, signed in its header, its query or its form.
    pub(crate) async fn serve(&self, request: Request<Bytes>) -> Reply {
        let origin = request
            .headers()
            .get(ORIGIN)
            .filter(|origin| {
                self.settings.origins.iter().any(|allowed| allowed.as_bytes() == origin.as_bytes())
            })
            .cloned();
        if request.method() == Method::OPTIONS {
            return preflight(origin, request.headers());
        }
        let mut reply = match self.service.call(request.map(Body::from)).await {
            Ok(response) => collected(response).await,
            Err(error) => failed(&format!("{error:?}")),
        };
        if let Some(origin) = origin {
            reply.headers_mut().insert(ACCESS_CONTROL_ALLOW_ORIGIN, origin);
            reply.headers_mut().insert(ACCESS_CONTROL_EXPOSE_HEADERS, HeaderValue::from_static("ETag"));
            reply.headers_mut().insert(VARY, HeaderValue::from_static("Origin"));
        }
        reply
    }
}

/// What a browser asks before it uploads.
fn preflight(origin: Option<HeaderValue>, asked: &HeaderMap) -> Reply {
    let mut reply = Response::new(Bytes::new());
    let Some(origin) = origin else {
        *reply.status_mut() = StatusCode::FORBIDDEN;
        return reply;
    };
    let headers = reply.headers_mut();
    headers.insert(ACCESS_CONTROL_ALLOW_ORIGIN, origin);
    headers.insert(ACCESS_CONTROL_ALLOW_METHODS, HeaderValue::from_static("GET, HEAD, PUT, POST"));
    headers.insert(ACCESS_CONTROL_MAX_AGE, HeaderValue::from_static("300"));
    if let Some(names) = asked.get(ACCESS_CONTROL_REQUEST_HEADERS) {
        headers.insert(ACCESS_CONTROL_ALLOW_HEADERS, names.clone());
    }
    reply
}

async fn collected(response: Response<Body>) -> Reply {
    let (parts, body) = response.into_parts();
    match body.collect().await {
        Ok(body) => Response::from_parts(parts, body.to_bytes()),
        Err(error) => failed(&error.to_string()),
    }
}

fn failed(reason: &str) -> Reply {
    tracing::error!(reason, "S3 failed");
    let mut reply = Response::new(Bytes::new());
    *reply.status_mut() = StatusCode::INTERNAL_SERVER_ERROR;
    reply
}

/// Knows the secrets of principals and what they may do.
struct Guard(Door);

#[async_trait::async_trait]
impl S3Auth for Guard {
    async fn get_secret_key(&self, access_key: &str) -> S3Result<SecretKey> {
        Ok(self.0.credentials_for(access_key).secret_access_key.into())
    }
}

#[async_trait::async_trait]
impl S3Access for Guard {
    async fn check(&self, context: &mut S3AccessContext<'_>) -> S3Result<()> {
        let Some(credentials) = context.credentials() else {
            return Err(s3_error!(AccessDenied, "Access Denied"));
        };
        let action = match context.s3_op().name() {
            "HeadObject" => "GetObject",
            "PostObject" => "PutObject",
            "DeleteObjects" => "DeleteObject",
            "HeadBucket" | "ListObjects" | "ListObjectsV2" => "ListBucket",
            "ListBuckets" => "ListAllMyBuckets",
            other => other,
        };
        let name = match context.s3_path() {
            S3Path::Root => "*".into(),
            // The keys are in the body, which was not read yet: it takes a permission for all of them.
            S3Path::Bucket { bucket } if action == "DeleteObject" => format!("{bucket}/*"),
            // The key is in the form, likewise.
            S3Path::Bucket { bucket } if action == "PutObject" => format!("{bucket}/*"),
            S3Path::Bucket { bucket } => bucket.to_string(),
            S3Path::Object { bucket, key } => format!("{bucket}/{key}"),
        };
        self.0.demand(&credentials.access_key, [&Demand::new(format!("s3:{action}"), name)]).map_err(
            |denied| {
                tracing::warn!(reason = denied.0, "a permission is missing");
                s3_error!(AccessDenied, "{}", denied.0)
            },
        )
    }

    async fn put_object(&self, request: &mut S3Request<PutObjectInput>) -> S3Result<()> {
        match &request.input.server_side_encryption {
            Some(encryption) if encryption.as_str() != ServerSideEncryption::AWS_KMS => {
                Err(s3_error!(AccessDenied, "the bucket takes nothing that is not encrypted with aws:kms"))
            }
            _ => Ok(()),
        }
    }
}

/// The file system, which forgets how an object was encrypted, and a table, which does not.
struct Encrypted {
    files: FileSystem,
    services: Services,
}

/// How an object is encrypted: with KMS always, with a key of its own perhaps.
#[derive(Clone)]
struct Encryption {
    algorithm: String,
    key: Option<String>,
}

impl Encrypted {
    async fn remember(&self, bucket: String, object: String, encryption: Encryption) -> S3Result<()> {
        let Encryption { algorithm, key } = encryption;
        self.services
            .transact(move |transaction| {
                transaction
                    .prepare_cached("INSERT OR REPLACE INTO encryption (bucket, object, algorithm, key) VALUES (?1, ?2, ?3, ?4)")?
                    .execute(params![bucket, object, algorithm, key])
                    .map(drop)
            })
            .await
            .map_err(|fault| internal(&fault))
    }

    async fn recall(&self, bucket: String, object: String) -> S3Result<Option<Encryption>> {
        self.services
            .run(move |database| {
                database
                    .prepare_cached(
                        "SELECT algorithm, key FROM encryption WHERE bucket = ?1 AND object = ?2",
                    )?
                    .query_row(params![bucket, object], |row| {
                        Ok(Encryption { algorithm: row.get(0)?, key: row.get(1)? })
                    })
                    .optional()
            })
            .await
            .map_err(|fault| internal(&fault))
    }

    async fn forget(&self, bucket: String, objects: Vec<String>) -> S3Result<()> {
        self.services
            .transact(move |transaction| {
                let mut delete =
                    transaction.prepare_cached("DELETE FROM encryption WHERE bucket = ?1 AND object = ?2")?;
                objects.iter().try_for_each(|object| delete.execute(params![bucket, object]).map(drop))
            })
            .await
            .map_err(|fault| internal(&fault))
    }
}

fn internal(fault: &Fault) -> s3s::S3Error {
    match fault {
        Fault::Closed => s3_error!(ServiceUnavailable, "{fault}"),
        Fault::Refused(_) | Fault::Storage(_) => s3_error!(InternalError, "{fault}"),
    }
}

/// Writes the encryption of an object into an answer about it.
macro_rules! encrypted {
    ($response:expr, $encryption:expr) => {
        if let Some(Encryption { algorithm, key }) = $encryption {
            $response.output.server_side_encryption = Some(algorithm.into());
            $response.output.ssekms_key_id = key;
            $response.output.bucket_key_enabled = Some(true);
        }
    };
}

/// The whole implementation in one place: what the file system answers alone is passed on as it is.
macro_rules! s3 {
    ($($operation:ident $input:ident $output:ident,)*) => {
        #[async_trait::async_trait]
        impl S3 for Encrypted {
            $(async fn $operation(&self, request: S3Request<$input>) -> S3Result<S3Response<$output>> {
                self.files.$operation(request).await
            })*

            async fn put_object(&self, request: S3Request<PutObjectInput>) -> S3Result<S3Response<PutObjectOutput>> {
                let (bucket, object) = (request.input.bucket.clone(), request.input.key.clone());
                let encryption = Encryption {
                    algorithm: ServerSideEncryption::AWS_KMS.into(),
                    key: request.input.ssekms_key_id.clone(),
                };
                let mut response = self.files.put_object(request).await?;
                self.remember(bucket, object, encryption.clone()).await?;
                encrypted!(response, Some(encryption));
                Ok(response)
            }

            async fn head_object(&self, request: S3Request<HeadObjectInput>) -> S3Result<S3Response<HeadObjectOutput>> {
                let encryption = self.recall(request.input.bucket.clone(), request.input.key.clone()).await?;
                let mut response = self.files.head_object(request).await?;
                encrypted!(response, encryption);
                Ok(response)
            }

            async fn get_object(&self, request: S3Request<GetObjectInput>) -> S3Result<S3Response<GetObjectOutput>> {
                let encryption = self.recall(request.input.bucket.clone(), request.input.key.clone()).await?;
                let mut response = self.files.get_object(request).await?;
                encrypted!(response, encryption);
                Ok(response)
            }

            async fn delete_object(&self, request: S3Request<DeleteObjectInput>) -> S3Result<S3Response<DeleteObjectOutput>> {
                let (bucket, object) = (request.input.bucket.clone(), request.input.key.clone());
                let response = self.files.delete_object(request).await?;
                self.forget(bucket, vec![object]).await?;
                Ok(response)
            }

            async fn delete_objects(&self, request: S3Request<DeleteObjectsInput>) -> S3Result<S3Response<DeleteObjectsOutput>> {
                let bucket = request.input.bucket.clone();
                let objects = request.input.delete.objects.iter().map(|object| object.key.clone()).collect();
                let response = self.files.delete_objects(request).await?;
                self.forget(bucket, objects).await?;
                Ok(response)
            }
        }
    };
}

s3! {
    create_bucket CreateBucketInput CreateBucketOutput,
    delete_bucket DeleteBucketInput DeleteBucketOutput,
    get_bucket_location GetBucketLocationInput GetBucketLocationOutput,
    head_bucket HeadBucketInput HeadBucketOutput,
    list_buckets ListBucketsInput ListBucketsOutput,
    list_objects ListObjectsInput ListObjectsOutput,
    list_objects_v2 ListObjectsV2Input ListObjectsV2Output,
}
