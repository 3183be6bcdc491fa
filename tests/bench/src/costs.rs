//! What each function behind the API asks of DynamoDB, and how often signing in hashes a password.
//!
//! Clock and die stand still here, so the numbers are the same on every machine, and one that has grown is
//! a change of ours.

use std::collections::BTreeMap;
use std::fmt;
use std::fs;
use std::path::PathBuf;
use std::str::FromStr;
use std::time::{Duration, Instant};

use journeys::process::root;
use serde_json::{Value, json};
use testkit::{TestPlatform, demo};

use crate::ready::{Ready, endpoints, natural, ready};
use crate::table::{Table, ms};

/// At most so many requests to DynamoDB, whatever the baseline says and however new the process is.
const LIMITS: [(&str, u64); 5] = [
    ("sign-in", 3),
    ("sign-in, again", 3),
    ("sign-in-with-provider", 4),
    ("refresh-session", 2),
    ("refresh-session, again", 2),
];

/// How often something is timed.
const TIMES: usize = 21;

/// What one delivery cost.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Cost {
    reads: u64,
    writes: u64,
    read_units: f64,
    write_units: f64,
}

impl Cost {
    fn requests(self) -> u64 {
        self.reads + self.writes
    }

    fn exceeds(self, other: Self) -> bool {
        self.reads > other.reads
            || self.writes > other.writes
            || self.read_units > other.read_units
            || self.write_units > other.write_units
    }
}

impl fmt::Display for Cost {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { reads, writes, read_units, write_units } = self;
        write!(f, "{reads} reads, {writes} writes, {read_units} RCU, {write_units} WCU")
    }
}

impl FromStr for Cost {
    type Err = Unreadable;
    fn from_str(text: &str) -> Result<Self, Unreadable> {
        let words: Vec<_> = text.split(' ').collect();
        let &[reads, _, writes, _, read_units, _, write_units, _] = words.as_slice() else {
            return Err(Unreadable);
        };
        let count = |word: &str| word.parse().map_err(|_| Unreadable);
        let units = |word: &str| word.parse().map_err(|_| Unreadable);
        Ok(Self {
            reads: count(reads)?,
            writes: count(writes)?,
            read_units: units(read_units)?,
            write_units: units(write_units)?,
        })
    }
}

/// Not what a cost is written like.
struct Unreadable;

/// By function: what its first delivery costs a process, and of some what a further one does.
type Costs = BTreeMap<String, Cost>;

/// Measure, and compare with the baseline; or make it the baseline. What has grown is the error.
pub(crate) async fn measure(table: &mut Table, accept: bool) -> Result<(), String> {
    let mut costs = Costs::new();
    for (name, http) in endpoints() {
        let platform = TestPlatform::open().await;
        let again = format!("{name}, again");
        let is_limited = LIMITS.iter().any(|(limited, _)| *limited == again);
        for row in [Some(name), is_limited.then_some(&*again)].into_iter().flatten() {
            let visitor = natural(&platform, name, http).await;
            let Ready { visitor, fields } = ready(&platform, visitor, name).await;
            visitor.call(name, fields).await.granted(http.status);
            let cost = last_cost(&platform, name);
            table.row(row, "one of its own", cost.to_string());
            costs.insert(row.to_owned(), cost);
        }
    }
    let mut complaints = verifying_is_free().await;
    complaints.extend(hashes(table).await);
    for (row, limit) in LIMITS {
        let requests = costs[row].requests();
        if requests > limit {
            complaints.push(format!("{row} makes {requests} requests, and may make {limit}"));
        }
    }
    if accept {
        fs::write(baseline(), written(&costs)).map_err(|error| error.to_string())?;
    }
    complaints.extend(grown(&read(), &costs));
    if complaints.is_empty() { Ok(()) } else { Err(complaints.join("\n")) }
}

/// What the function logged of its last delivery.
fn last_cost(platform: &TestPlatform, function: &str) -> Cost {
    let log = platform.log();
    let lines = log.iter().rev().filter_map(|line| serde_json::from_str::<Value>(line).ok());
    let line = lines.into_iter().find(|line| line["Function"] == function && line["Reads"].is_number());
    cost(&line.unwrap_or_else(|| panic!("{function} says nothing of what it cost")))
}

fn cost(line: &Value) -> Cost {
    let count = |name: &str| line[name].as_u64().unwrap_or_default();
    let units = |name: &str| line[name].as_f64().unwrap_or_default();
    Cost {
        reads: count("Reads"),
        writes: count("Writes"),
        read_units: units("ReadUnits"),
        write_units: units("WriteUnits"),
    }
}

fn baseline() -> PathBuf {
    root().join("tests/bench/costs.txt")
}

fn written(costs: &Costs) -> String {
    costs.iter().map(|(row, cost)| format!("{row}: {cost}\n")).collect()
}

fn read() -> Costs {
    let text = fs::read_to_string(baseline()).unwrap_or_default();
    let line = |line: &str| {
        let (row, cost) = line.split_once(": ")?;
        Some((row.to_owned(), cost.parse().ok()?))
    };
    text.lines().map(|text| line(text).unwrap_or_else(|| panic!("costs.txt: {text}"))).collect()
}

/// Where something costs more than it did, and where nothing is known of what it did or does.
fn grown(before: &Costs, now: &Costs) -> Vec<String> {
    let mut complaints = Vec::new();
    for (row, cost) in now {
        match before.get(row) {
            Some(known) if cost.exceeds(*known) => {
                complaints.push(format!("{row} costs {cost}, and did cost {known}"));
            }
            Some(_) => {}
            None => complaints.push(format!("{row} is not in costs.txt")),
        }
    }
    let gone = before.keys().filter(|row| !now.contains_key(*row));
    complaints.extend(gone.map(|row| format!("{row} is in costs.txt, and nowhere else")));
    complaints
}

/// A token is verified with a key that is known: whoever shows one costs what a caller would that needs none.
async fn verifying_is_free() -> Vec<String> {
    let platform = TestPlatform::open().await;
    let ada = platform.patient(1);
    ada.token().await;
    let path = "/v1/appointments";
    // The gateway reads the keys with the first token that it sees.
    ada.http("GET", path, "", &[]).await.granted(200);
    let before = platform.log().len();
    ada.http("GET", path, "", &[]).await.granted(200);
    let lines: Vec<_> = platform.log().split_off(before);
    let with_token = last_cost(&platform, "list-appointments");
    ada.call("list-appointments", json!({})).await.granted(200);
    let without = last_cost(&platform, "list-appointments");
    let mut complaints = Vec::new();
    if lines.len() != 1 {
        complaints.push(format!("a request with a token is answered by more than its function: {lines:#?}"));
    }
    if with_token != without {
        complaints.push(format!("with a token it costs {with_token}, and without verifying {without}"));
    }
    complaints
}

/// How long signing in takes, compared with one Argon2id in the same run: it hashes once, whether the
/// password is right or wrong and whether or not there is an account.
async fn hashes(table: &mut Table) -> Vec<String> {
    let platform = TestPlatform::open().await;
    let ada = "ada.lovelace@careplane.example";
    let mut bare = Vec::new();
    let mut taken: BTreeMap<&str, Vec<Duration>> = BTreeMap::new();
    for turn in 0..TIMES {
        // In turn, so that what else the machine does meets all of them.
        let begun = Instant::now();
        identity::password::verify("a bare hash", None, [0; 16]).expect("a verdict");
        bare.push(begun.elapsed());
        let stranger = format!("nobody-{turn}@patients.example");
        let tries = [
            ("sign-in, wrong password", ada, "not the password", 401),
            ("sign-in", ada, demo::PASSWORD, 201),
            ("sign-in, no such account", &stranger, "not the password", 401),
        ];
        for (what, email, password, status) in tries {
            let begun = Instant::now();
            let fields = json!({ "email": email, "password": password });
            assert_eq!(platform.anyone().call("sign-in", fields).await.status, status, "{what}");
            taken.entry(what).or_default().push(begun.elapsed());
        }
    }
    // The shortest of each: what else the machine does only adds to them.
    let bare = shortest(&bare);
    table.row("Argon2id", format!("one, bare, the shortest of {TIMES}"), ms(bare));
    let mut complaints = Vec::new();
    for (what, taken) in taken {
        let taken = shortest(&taken);
        let ratio = taken.as_secs_f64() / bare.as_secs_f64();
        table.row(what, "against one bare Argon2id", format!("{}, {ratio:.2}×", ms(taken)));
        if !(0.95..1.9).contains(&ratio) {
            complaints.push(format!("{what} takes {ratio:.2}× one Argon2id, so it does not hash once"));
        }
    }
    complaints
}

fn shortest(durations: &[Duration]) -> Duration {
    durations.iter().min().copied().unwrap_or_default()
}
