//! A function's first answer: a binary of ours against Node, Express and the AWS SDK, under the same
//! Runtime API and the same DynamoDB.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use flate2::Compression;
use flate2::write::GzEncoder;
use journeys::client::text;
use journeys::lambda::{RuntimeApi, Sandbox};
use journeys::process::{Running, binary, root};

use crate::table::{Table, median, ms};

const ROUNDS: usize = 15;

type Environment = BTreeMap<String, String>;

struct Contender {
    name: &'static str,
    program: PathBuf,
    arguments: Vec<PathBuf>,
    /// What would be uploaded.
    package: PathBuf,
    polls: Vec<Duration>,
    answers: Vec<Duration>,
    warm: Vec<Duration>,
    memory: Vec<u64>,
}

pub(crate) async fn measure(table: &mut Table) {
    let bundle = bundle();
    let data = tempfile::tempdir().expect("a directory");
    let platform = Running::on(data.path()).await;
    let environments = fs::read_to_string(text(&platform.demo, "functions")).expect("functions.json");
    let environments: BTreeMap<String, Environment> =
        serde_json::from_str(&environments).expect("environments");
    let environment = &environments["get-clinic"];
    let event = fs::read_to_string(root().join("events/get-clinic.json")).expect("an event");

    let ours = binary("directory");
    let mut contenders = [
        Contender::new("get-clinic in Rust", ours.clone(), Vec::new(), ours),
        Contender::new("get-clinic in Node, Express, AWS SDK", node(), vec![bundle.clone()], bundle),
    ];
    for _ in 0..ROUNDS {
        // In turn, so that what else the machine does meets both.
        for contender in &mut contenders {
            contender.start(environment, &event).await;
        }
    }
    platform.stop().await;

    let [ours, theirs] = contenders.map(Contender::medians);
    for medians in [&ours, &theirs] {
        let rows = [
            ("spawn to first poll", ms(medians.poll)),
            ("spawn to first answer", ms(medians.answer)),
            ("warm answer", ms(medians.warm)),
        ];
        for (how, value) in rows {
            table.row(medians.name, format!("{how}, median of {ROUNDS}"), value);
        }
        table.row(medians.name, "memory after the first answers", format!("{:.1} MB", medians.memory));
        table.row(
            medians.name,
            "package, compressed; Node itself is the runtime's",
            format!("{:.1} MB", medians.package),
        );
    }
    let times = |a: Duration, b: Duration| format!("{:.1}×", a.as_secs_f64() / b.as_secs_f64());
    let ratios = format!(
        "first poll {}, first answer {}, warm {}, memory {:.1}×, package {:.1}×",
        times(theirs.poll, ours.poll),
        times(theirs.answer, ours.answer),
        times(theirs.warm, ours.warm),
        theirs.memory / ours.memory,
        theirs.package / ours.package,
    );
    table.row("Node against Rust", "the same run", ratios);
}

struct Medians {
    name: &'static str,
    poll: Duration,
    answer: Duration,
    warm: Duration,
    /// In MB.
    memory: f64,
    /// In MB. Node itself is the runtime's and is not counted.
    package: f64,
}

impl Contender {
    fn new(name: &'static str, program: PathBuf, arguments: Vec<PathBuf>, package: PathBuf) -> Self {
        let (polls, answers, warm, memory) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
        Self { name, program, arguments, package, polls, answers, warm, memory }
    }

    async fn start(&mut self, environment: &Environment, event: &str) {
        let api = RuntimeApi::start().await;
        let sandbox = Sandbox::start(&self.program, &self.arguments, &api, environment, Stdio::null());
        // As on AWS, the event waits while the function starts.
        let answer = api.invoke(event).await;
        let answered = sandbox.begun.elapsed();
        assert!(answer.as_ref().is_ok_and(|answer| answer.contains("Lindenhof Berlin")), "{answer:?}");
        self.polls.push(api.first_poll().await.duration_since(sandbox.begun));
        self.answers.push(answered);
        for _ in 0..10 {
            let begun = Instant::now();
            api.invoke(event).await.expect("an answer");
            self.warm.push(begun.elapsed());
        }
        self.memory.push(resident(sandbox.child.id().expect("it runs")));
        sandbox.stop().await;
    }

    fn medians(mut self) -> Medians {
        self.memory.sort_unstable();
        Medians {
            name: self.name,
            memory: self.memory[self.memory.len() / 2] as f64 / 1e6,
            package: compressed(&self.package) as f64 / 1e6,
            poll: median(self.polls),
            answer: median(self.answers),
            warm: median(self.warm),
        }
    }
}

/// The most memory that a process has held, in bytes.
fn resident(pid: u32) -> u64 {
    let status = fs::read_to_string(format!("/proc/{pid}/status")).expect("a process");
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).expect("its memory");
    let kilobytes: u64 = line.trim().trim_end_matches(" kB").parse().expect("a number");
    kilobytes * 1024
}

fn compressed(file: &Path) -> usize {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    std::io::copy(&mut fs::File::open(file).expect("a package"), &mut encoder).expect("reading");
    encoder.finish().expect("writing to memory").len()
}

fn node() -> PathBuf {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let found = std::env::split_paths(&path).map(|folder| folder.join("node")).find(|node| node.is_file());
    found.expect("node is installed")
}

/// The Node function as one file, as it would be deployed.
fn bundle() -> PathBuf {
    let place = root().join("tests/bench/node");
    let npm = |arguments: &[&str]| {
        let status = Command::new("npm").args(arguments).current_dir(&place).stdout(Stdio::null()).status();
        assert!(status.is_ok_and(|status| status.success()), "npm {}", arguments.join(" "));
    };
    if !place.join("node_modules").is_dir() {
        npm(&["ci", "--no-audit", "--no-fund", "--silent"]);
    }
    npm(&["run", "--silent", "bundle"]);
    place.join("dist/bootstrap.cjs")
}
