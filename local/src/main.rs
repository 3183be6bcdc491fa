//! `make run`: the whole platform on this machine.

use std::collections::BTreeMap;
use std::fs::{DirBuilder, OpenOptions};
use std::io::Write as _;
use std::net::SocketAddr;
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use local::clock::Clock;
use local::gateway::Gateway;
use local::site::{self, Site};
use local::{Options, Platform, pump, seed};
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::watch;

/// How long requests under way are waited for.
const PATIENCE: Duration = Duration::from_secs(30);

/// What to run, from the environment that the `Makefile` sets.
struct Arguments {
    port: u16,
    data: PathBuf,
    web: PathBuf,
    fresh: bool,
    throttled: bool,
}

impl Arguments {
    fn read() -> Result<Self, String> {
        let variable = |name: &str| std::env::var(name).ok().filter(|value| !value.is_empty());
        let port = variable("PORT").unwrap_or_else(|| "8080".into());
        Ok(Self {
            port: port.parse().map_err(|_| format!("PORT must be a number from 0 to 65535, not {port}."))?,
            data: variable("DATA").unwrap_or_else(|| ".careplane".into()).into(),
            web: variable("WEB").unwrap_or_else(|| "web/dist".into()).into(),
            fresh: variable("FRESH").is_some_and(|value| value != "0"),
            throttled: variable("THROTTLE").is_none_or(|value| value != "0"),
        })
    }
}

fn main() -> ExitCode {
    let threads = tokio::runtime::Builder::new_multi_thread().enable_all().build().expect("threads");
    match threads.block_on(run()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(sentence) => {
            eprintln!("{sentence}");
            ExitCode::FAILURE
        }
    }
}

async fn run() -> Result<(), String> {
    let begun = Instant::now();
    let Arguments { port, data, web, fresh, throttled } = Arguments::read()?;
    let listener = TcpListener::bind(("127.0.0.1", port)).await.map_err(|error| match error.kind() {
        std::io::ErrorKind::AddrInUse => {
            format!(
                "Port {port} is in use by another program. Choose another one: make run PORT={}",
                port ^ 1
            )
        }
        _ => format!("Port {port} cannot be opened: {error}."),
    })?;
    let address = listener.local_addr().map_err(|error| error.to_string())?;
    let origin = format!("http://{address}");

    if fresh {
        println!("Forgetting what is in {} …", data.display());
        engines::Engines::forget(&data).map_err(|error| error.to_string())?;
    }
    println!("Opening {} …", data.display());
    let clock = Clock::default();
    let log = log(&data)?;
    let written = log.clone();
    let now = clock.clone();
    let options = Options {
        clock: Arc::new(move || now.now()),
        entropy: None,
        sink: Arc::new(move |line| {
            let mut file = written.lock().unwrap_or_else(PoisonError::into_inner);
            // Nobody is helped if a full disk stops the platform for its log's sake.
            let _ = writeln!(file, "{line}");
        }),
        origin: origin.clone(),
        faults: None,
    };
    let platform = Platform::open(&data, options).await.map_err(|error| error.to_string())?;
    let platform = Arc::new(platform);
    // Only now is the directory known to be ours.
    let _ = log.lock().unwrap_or_else(PoisonError::into_inner).set_len(0);
    let _ = std::fs::remove_file(data.join("demo.json"));
    seed::seed(&platform).await.map_err(|error| error.to_string())?;
    // On AWS the scheduler makes the first key as soon as the stack exists.
    platform.invoke("rotate-signing-key", "{}").await.map_err(|error| error.to_string())?;

    let (stop, stopped) = watch::channel(false);
    let pump = pump::run(&platform, &stopped);
    let dev = ["http://127.0.0.1:5173".to_owned(), "http://localhost:5173".to_owned()];
    let gateway = Gateway::new(platform.clone(), dev.into(), throttled);
    let router = site::router(Site { platform: platform.clone(), gateway, clock, web });

    describe(&data, &platform)?;
    let web = local::web_origin(&origin);
    println!("Careplane is ready after {:.1} s: {web}", begun.elapsed().as_secs_f32());
    println!("  Inbox {web}/inbox · API {web}/docs · log {}", data.join("log.jsonl").display());
    println!("  Sign in as ada.lovelace@careplane.example, password {}", seed::PASSWORD);
    println!("  Every other sign-in is in {}. Ctrl-C stops.", data.join("demo.json").display());

    let service = router.into_make_service_with_connect_info::<SocketAddr>();
    let serving = axum::serve(listener, service).with_graceful_shutdown(async {
        Wishes::new().next().await;
        println!("Finishing what is under way. Ctrl-C again stops at once …");
    });
    tokio::select! {
        served = serving.into_future() => served.map_err(|error| error.to_string())?,
        () = patience_ends() => {}
    }

    let _ = stop.send(true);
    pump.join_all().await;
    let _ = std::fs::remove_file(data.join("demo.json"));
    platform.engines().close().await;
    Ok(())
}

/// Wishes that we stop.
struct Wishes(Signal, Signal);

impl Wishes {
    fn new() -> Self {
        let listen = |kind| signal(kind).expect("a handler for signals");
        Self(listen(SignalKind::interrupt()), listen(SignalKind::terminate()))
    }

    async fn next(&mut self) {
        tokio::select! {
            _ = self.0.recv() => {}
            _ = self.1.recv() => {}
        }
    }
}

/// A connection may never finish. Whoever asks again does not wait for it, and nobody waits for longer
/// than API Gateway would.
async fn patience_ends() {
    let mut wishes = Wishes::new();
    wishes.next().await;
    tokio::select! {
        () = wishes.next() => {}
        () = tokio::time::sleep(PATIENCE) => {}
    }
}

/// The functions' log, beside the data. It holds no personal data, and starts anew with every run.
fn log(data: &Path) -> Result<Arc<Mutex<std::fs::File>>, String> {
    let sentence = |error| {
        format!("{} cannot be written: {error}. Choose another directory: make run DATA=…", data.display())
    };
    // What is in here opens everything else in here.
    DirBuilder::new().recursive(true).mode(0o700).create(data).map_err(sentence)?;
    let file = OpenOptions::new().create(true).append(true).mode(0o600).open(data.join("log.jsonl"));
    Ok(Arc::new(Mutex::new(file.map_err(sentence)?)))
}

/// `functions.json`: what each function's own binary needs in its environment. Then `demo.json`, for
/// which scripts wait.
fn describe(data: &Path, platform: &Platform) -> Result<(), String> {
    let environments: BTreeMap<_, _> = platform
        .functions()
        .map(|(_, function)| (function.name, platform.environment(function.name)))
        .collect();
    let functions = data.join("functions.json");
    publish(&functions, &json!(environments))?;
    let mut description = seed::description(&platform.options.origin);
    description["aws"] = platform.door();
    description["functions"] = json!(functions);
    description["log"] = json!(data.join("log.jsonl"));
    publish(&data.join("demo.json"), &description)
}

/// Write a file whole or not at all, and for our eyes only: it opens the services.
fn publish(file: &Path, contents: &Value) -> Result<(), String> {
    let unfinished = file.with_extension("json.new");
    let mut options = OpenOptions::new();
    options.create(true).write(true).truncate(true).mode(0o600);
    let written = options.open(&unfinished).and_then(|mut open| writeln!(open, "{contents:#}"));
    written
        .and_then(|()| std::fs::rename(&unfinished, file))
        .map_err(|error| format!("{} cannot be written: {error}.", file.display()))
}
