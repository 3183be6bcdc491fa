//! The platform as its users run it: a process, a port, a directory.

use std::path::{Path, PathBuf};
use std::process::{ExitStatus, Output, Stdio};
use std::time::{Duration, Instant};

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;
use tokio::process::{Child, Command};

use crate::client::{Api, Person, text};

/// Nothing that is waited for takes this long, even on a machine that is busy with other things.
pub const PATIENCE: Duration = Duration::from_mins(1);

/// A binary of this workspace, built beside the one that runs.
///
/// Panics where it is missing: cargo builds the binaries of other packages only when it is told to.
pub fn binary(name: &str) -> PathBuf {
    let this = std::env::current_exe().expect("where this program is");
    let beside = this.ancestors().skip(1).take(2).map(|folder| folder.join(name)).find(|file| file.is_file());
    beside.unwrap_or_else(|| panic!("{name} is not built: cargo build --bin {name}"))
}

/// The root of the repository.
pub fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().nth(1).expect("the crate's place").into()
}

/// Poll until there is something, or panic with `what` after [`PATIENCE`].
pub async fn until<T>(what: &str, mut look: impl AsyncFnMut() -> Option<T>) -> T {
    let deadline = Instant::now() + PATIENCE;
    loop {
        if let Some(found) = look().await {
            return found;
        }
        assert!(Instant::now() < deadline, "waited in vain: {what}");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

/// The command that starts the platform on this directory. It dies with whoever started it.
pub fn command(data: &Path, port: u16) -> Command {
    let mut command = Command::new(binary("local"));
    command
        .env_clear()
        .env("PORT", port.to_string())
        .env("DATA", data)
        .env("WEB", root().join("web/dist"))
        .env("THROTTLE", "0")
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .kill_on_drop(true);
    command
}

/// Start the platform where it cannot start, and see what it says.
pub async fn refusal(mut command: Command) -> Output {
    let finished = tokio::time::timeout(PATIENCE, command.output()).await;
    finished.expect("it gives up by itself").expect("it can be started")
}

/// A platform that is ready.
pub struct Running {
    child: Child,
    /// How long it took to start.
    pub started_in: Duration,
    /// What it says of itself: `demo.json`.
    pub demo: Value,
    /// Its API.
    pub api: Api,
}

impl Running {
    /// Start the platform on this directory, and on a port that is free.
    pub async fn on(data: &Path) -> Self {
        Self::start(data, command(data, 0)).await
    }

    /// Start the platform on this directory and port.
    pub async fn at(data: &Path, port: u16) -> Self {
        Self::start(data, command(data, port)).await
    }

    /// Start the platform with this command, and wait until it is ready.
    ///
    /// Panics with what it printed if it ends instead.
    pub async fn start(data: &Path, mut command: Command) -> Self {
        let description = data.join("demo.json");
        // An earlier run's would be read for this one's.
        let _ = std::fs::remove_file(&description);
        let begun = Instant::now();
        let mut child = command.spawn().expect("it can be started");
        let demo = until("the platform is ready", async || {
            if let Ok(Some(status)) = child.try_wait() {
                return Some(Err(status));
            }
            let text = tokio::fs::read(&description).await.ok()?;
            Some(Ok(serde_json::from_slice::<Value>(&text).expect("demo.json is JSON")))
        });
        let demo = match demo.await {
            Ok(demo) => demo,
            Err(status) => {
                let output = child.wait_with_output().await.expect("its output");
                let printed = [output.stdout, output.stderr].concat();
                panic!("{status}: {}", String::from_utf8_lossy(&printed));
            }
        };
        let api = Api::new(&text(&demo, "base_url"));
        Self { child, started_in: begun.elapsed(), demo, api }
    }

    /// Its port.
    pub fn port(&self) -> u16 {
        let origin = text(&self.demo, "base_url");
        origin.rsplit(':').next().and_then(|port| port.parse().ok()).expect("an origin with a port")
    }

    /// Today by the platform's clock, in UTC.
    pub async fn today(&self) -> Date {
        self.now().await.to_zoned(TimeZone::UTC).date()
    }

    /// The process.
    pub fn pid(&self) -> u32 {
        self.child.id().expect("it has not been waited for")
    }

    /// Send it a signal.
    pub fn signal(&self, signal: Signal) {
        let pid = i32::try_from(self.pid()).ok().and_then(Pid::from_raw).expect("a process id");
        kill_process(pid, signal).expect("it runs");
    }

    /// `SIGKILL`: what a crash, a power button or the kernel does.
    pub async fn kill(mut self) {
        self.child.kill().await.expect("it runs");
    }

    /// Wait until it ends, and what it printed.
    pub async fn ends(self) -> (ExitStatus, String) {
        let output = tokio::time::timeout(PATIENCE, self.child.wait_with_output()).await;
        let output = output.expect("it ends").expect("its output");
        (output.status, String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned())
    }

    /// Ask it to stop, and wait until it has.
    pub async fn stop(self) {
        self.signal(Signal::INT);
        let (status, printed) = self.ends().await;
        assert!(status.success(), "{status}: {printed}");
    }

    /// What the platform's clock says.
    pub async fn now(&self) -> Timestamp {
        let clock = self.api.get("/local/clock").send().await.expect(200);
        text(&clock, "now").parse().expect("an instant")
    }

    /// Sign in as the demonstration's person of this role. `app` is what staff have on their telephones.
    pub async fn sign_in(&self, role: &str, app: App) -> Person {
        self.sign_in_as(&self.demo["sign_ins"][role], app).await
    }

    /// Sign in as somebody of whom the demonstration says this.
    pub async fn sign_in_as(&self, person: &Value, app: App) -> Person {
        let (email, password) = (text(person, "email"), text(person, "password"));
        match person["totp_secret"].as_str() {
            Some(secret) => {
                let code = app(secret, self.now().await);
                self.api.sign_in_with_code(&email, &password, &code).await
            }
            None => self.api.sign_in(&email, &password).await,
        }
    }
}

/// The code for a secret, in base32, at an instant.
pub type App = fn(&str, Timestamp) -> String;
