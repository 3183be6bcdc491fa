use std::collections::{BTreeMap, HashMap};
use std::panic::AssertUnwindSafe;
use std::path::Path;
use std::sync::Arc;

use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_credential_types::Credentials;
use engines::{Engines, KeySpec, Policies, Queue, Statement, Subscription, Table, Topology};
use futures_util::FutureExt as _;
use infra::{CONTEXTS, Context};
use jiff::{SignedDuration, Timestamp};
use runtime::{Entropy, Failure, Function, Host, Invocation, Resource, Setting, Settings, Sink, Trigger};

use crate::connector::{Connector, Faults};
use crate::stand_in::StandIn;

/// How the platform is to run.
#[derive(Clone)]
pub struct Options {
    /// Where everything takes the time from.
    pub clock: Arc<dyn Fn() -> Timestamp + Send + Sync>,
    /// Where functions take randomness from; the operating system, if left out.
    pub entropy: Option<Entropy>,
    /// Where the functions' log goes.
    pub sink: Sink,
    /// Under which everything is served: `http://127.0.0.1:8080`.
    pub origin: String,
    /// What goes wrong between functions and services.
    pub faults: Option<Arc<dyn Faults>>,
}

/// Why the platform cannot start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The data directory is not usable; the engines say why.
    #[error("{0}")]
    Open(#[from] engines::OpenError),
    /// A table could not be made.
    #[error("A table could not be made: {0}")]
    Table(#[from] engines::Fault),
    /// A mistake of ours in the settings of a function.
    #[error("{0}: {1}")]
    Settings(&'static str, runtime::SettingsError),
}

/// Every function of every context, ready to be invoked.
pub struct Platform {
    engines: Engines,
    connector: Connector,
    stand_in: Arc<StandIn>,
    functions: HashMap<&'static str, Deployed>,
    /// How it runs.
    pub options: Options,
}

struct Deployed {
    context: &'static Context,
    function: &'static Function,
    host: Host,
}

/// Who may do everything.
const ADMIN: &str = "admin";
const REGION: &str = "eu-central-1";
const EVENTS: &str = "careplane-local-events";
const AUDIT: &str = "careplane-local-audit";
pub(crate) const DATA_KEY: &str = "alias/careplane-local-data";
pub(crate) const INDEX_KEY: &str = "alias/careplane-local-index";
const DOCUMENTS: &str = "careplane-local-documents";
const ARCHIVE: &str = "careplane-local-archive";
const EDGE_MARK: &str = "local-edge";
const MAIL_FROM: &str = "careplane@localhost.example";

/// Where people go: the same place, by its name. Passkeys need a name (WebAuthn, 5.1.2), and an address is
/// none.
pub fn web_origin(origin: &str) -> String {
    origin.replace("127.0.0.1", "localhost")
}

/// The table of a context.
pub fn table_name(context: &str) -> String {
    format!("careplane-local-{context}")
}

/// The queue of a function.
pub(crate) fn queue_name(function: &str) -> String {
    format!("careplane-local-{function}")
}

fn dead_letters(queue: &str) -> String {
    format!("{queue}-dead-letters")
}

impl Platform {
    /// Open the data directory, make what is missing, and deploy every function.
    pub async fn open(data: &Path, options: Options) -> Result<Self, StartError> {
        let mut settings = engines::Settings::new(options.clock.clone());
        settings.region = REGION.into();
        settings.policies = policies();
        settings.topology = topology();
        settings.keys = vec![KeySpec::seal(DATA_KEY), KeySpec::mac(INDEX_KEY)];
        settings.buckets = vec![DOCUMENTS.into(), ARCHIVE.into()];
        settings.origins = vec![options.origin.clone(), web_origin(&options.origin)];
        let data = data.to_owned();
        let opening = tokio::task::spawn_blocking(move || Engines::open(&data, settings));
        let engines = opening.await.expect("opening does not panic")?;

        let by_day = &runtime::BY_DAY;
        let audit = Table::new(AUDIT).index_of_keys(by_day.name, by_day.attribute, &by_day.sort_attribute());
        engines.ensure_table(&audit).await?;
        for context in CONTEXTS {
            let mut table = Table::new(table_name(context.name)).stream().ttl("expires_at");
            for index in context.indexes {
                let sort = index.sort_attribute();
                table = if index.keys_only {
                    table.index_of_keys(index.name, index.attribute, &sort)
                } else {
                    table.index(index.name, index.attribute, &sort)
                };
            }
            engines.ensure_table(&table).await?;
        }

        let web = web_origin(&options.origin);
        let stand_in = Arc::new(StandIn::at(&web));
        let connector = Connector::new(engines.clone(), stand_in.clone(), options.faults.clone());
        // All share one: it reads the certificates of this machine.
        let outside = connector.outside(&web);
        let mut functions = HashMap::new();
        for context in CONTEXTS {
            for function in context.functions {
                let lookup = |variable: &str| Some(variable_of(&engines, &options, context, variable));
                let settings = Settings::read(&function.settings(), lookup)
                    .map_err(|error| StartError::Settings(function.name, error))?;
                let mut host = Host::new(settings)
                    .with_aws(aws(&engines, &connector, function.name))
                    .with_web(outside.clone())
                    .with_clock(options.clock.clone())
                    .with_sink(options.sink.clone());
                if let Some(entropy) = &options.entropy {
                    host = host.with_entropy(entropy.clone());
                }
                functions.insert(function.name, Deployed { context, function, host });
            }
        }
        Ok(Self { engines, connector, stand_in, functions, options })
    }

    /// Invoke a function as Lambda would, with its time limit.
    ///
    /// A name that no context has is a mistake in the caller.
    pub async fn invoke(&self, name: &str, event: &str) -> Result<String, Interrupted> {
        let Deployed { function, host, .. } = self.deployed(name);
        let invocation = Invocation { request_id: uuid::Uuid::new_v4().to_string() };
        let limit = std::time::Duration::from_secs(function.timeout.into());
        let work = AssertUnwindSafe(function.invoke(host, event, &invocation)).catch_unwind();
        match tokio::time::timeout(limit, work).await {
            Ok(Ok(Ok(answer))) => Ok(answer),
            Ok(Ok(Err(failure))) => Err(Interrupted::Failed(failure)),
            // On AWS a panic ends the sandbox; here the others must live on.
            Ok(Err(_)) => Err(Interrupted::Panicked),
            Err(_) => Err(Interrupted::TimedOut),
        }
    }

    /// All functions with the names of their contexts.
    pub fn functions(&self) -> impl Iterator<Item = (&'static str, &'static Function)> {
        self.functions.values().map(|deployed| (deployed.context.name, deployed.function))
    }

    /// What Lambda would put into the function's environment, with credentials that open what its role
    /// allows: so its own binary can run beside this platform.
    ///
    /// A name that no context has is a mistake in the caller.
    pub fn environment(&self, name: &str) -> BTreeMap<&'static str, String> {
        let Deployed { context, function, .. } = self.deployed(name);
        let variables = function.settings().into_iter().map(Setting::variable);
        let settings = variables.map(|name| (name, variable_of(&self.engines, &self.options, context, name)));
        let engines::Credentials { access_key_id, secret_access_key, session_token } =
            self.engines.credentials_for(function.name);
        let of_lambda = [
            ("_HANDLER", function.name.to_owned()),
            ("AWS_ACCESS_KEY_ID", access_key_id),
            ("AWS_SECRET_ACCESS_KEY", secret_access_key),
            ("AWS_SESSION_TOKEN", session_token),
            ("AWS_REGION", REGION.into()),
            ("AWS_ENDPOINT_URL", self.options.origin.clone()),
        ];
        settings.chain(of_lambda).collect()
    }

    /// What a script needs to call the services as somebody who may do everything.
    pub fn door(&self) -> serde_json::Value {
        let engines::Credentials { access_key_id, secret_access_key, session_token } =
            self.engines.credentials_for(ADMIN);
        serde_json::json!({
            "endpoint": self.options.origin,
            "region": REGION,
            "access_key_id": access_key_id,
            "secret_access_key": secret_access_key,
            "session_token": session_token,
        })
    }

    fn deployed(&self, name: &str) -> &Deployed {
        self.functions.get(name).unwrap_or_else(|| panic!("no context has a function named {name}"))
    }

    /// Those who stand in for others that sign people in.
    pub fn stand_in(&self) -> &StandIn {
        &self.stand_in
    }

    /// The services.
    pub fn engines(&self) -> &Engines {
        &self.engines
    }

    /// A client's configuration for somebody who may do everything.
    pub fn admin(&self) -> SdkConfig {
        aws(&self.engines, &self.connector, ADMIN)
    }
}

/// A function did not answer.
#[derive(Debug, thiserror::Error)]
pub enum Interrupted {
    /// It said that it failed.
    #[error("{0}")]
    Failed(Failure),
    /// A mistake of ours ended it.
    #[error("the function panicked")]
    Panicked,
    /// It took too long.
    #[error("the function ran out of time")]
    TimedOut,
}

fn aws(engines: &Engines, connector: &Connector, principal: &str) -> SdkConfig {
    let engines::Credentials { access_key_id, secret_access_key, session_token } =
        engines.credentials_for(principal);
    let credentials =
        Credentials::new(access_key_id, secret_access_key, Some(session_token), None, "careplane");
    SdkConfig::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::from_static(REGION))
        .endpoint_url("http://127.0.0.1")
        .credentials_provider(aws_credential_types::provider::SharedCredentialsProvider::new(credentials))
        .http_client(connector.clone())
        .sleep_impl(aws_smithy_async::rt::sleep::SharedAsyncSleep::new(
            aws_smithy_async::rt::sleep::TokioSleep::new(),
        ))
        .build()
}

fn variable_of(engines: &Engines, options: &Options, context: &Context, variable: &str) -> String {
    let setting = [
        (Setting::Environment, "local".into()),
        (Setting::Table, table_name(context.name)),
        (Setting::AuditTable, AUDIT.into()),
        (Setting::Archive, ARCHIVE.into()),
        (Setting::EventsTopic, engines.topic_arn(EVENTS)),
        (Setting::DataKey, DATA_KEY.into()),
        (Setting::IndexKey, INDEX_KEY.into()),
        (Setting::Issuer, options.origin.clone()),
        (Setting::Audience, runtime::AUDIENCE.into()),
        (Setting::MailFrom, MAIL_FROM.into()),
        (Setting::WebOrigin, web_origin(&options.origin)),
        (Setting::EdgeMark, EDGE_MARK.into()),
    ];
    let found = setting.into_iter().find(|(setting, _)| setting.variable() == variable);
    found.map(|(_, value)| value).unwrap_or_default()
}

/// What the template gives every function, for the engines' door.
fn policies() -> Policies {
    let mut policies = Policies::new();
    for context in CONTEXTS {
        for function in context.functions {
            for runtime::Statement { actions, resource } in function.statements() {
                let table = table_name(context.name);
                let resource = match resource {
                    Resource::Table => table,
                    Resource::Index(index) => format!("{table}/index/{index}"),
                    Resource::AuditTable => AUDIT.into(),
                    Resource::AuditIndex => format!("{AUDIT}/index/{}", runtime::BY_DAY.name),
                    Resource::Archive => format!("{ARCHIVE}/*"),
                    Resource::ArchiveBucket => ARCHIVE.into(),
                    Resource::EventsTopic => EVENTS.into(),
                    Resource::DataKey => DATA_KEY.into(),
                    Resource::IndexKey => INDEX_KEY.into(),
                    Resource::MailIdentity => MAIL_FROM.into(),
                    // The engines know no exceptions: locally this includes the topic.
                    // Every number, and no topic.
                    Resource::Telephones => "+*".into(),
                };
                policies.grant(function.name, Statement::new(actions, [resource]));
            }
        }
    }
    policies
}

/// A queue for every function of an event, with its dead letters, as in the template.
fn topology() -> Topology {
    let mut topology = Topology { topics: vec![EVENTS.into()], ..Topology::default() };
    for context in CONTEXTS {
        for function in context.functions {
            let Trigger::Event(event) = function.trigger else { continue };
            let queue = queue_name(function.name);
            let dead = dead_letters(&queue);
            // As AWS advises for queues that Lambda polls: six times the function's own limit.
            let visibility = SignedDuration::from_secs(i64::from(function.timeout) * 6);
            topology.queues.push(Queue::new(&dead));
            topology.queues.push(Queue::new(&queue).visibility(visibility).dead_letters(dead, 5));
            topology.subscriptions.push(Subscription {
                topic: EVENTS.into(),
                queue,
                events: vec![event.into()],
            });
        }
    }
    topology
}
