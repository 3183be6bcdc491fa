//! `make bench`: one table of what things cost. Every ratio is between numbers of the same run.
//!
//! It fails where a function behind the API costs more than `costs.txt` says; `costs` alone as argument
//! measures nothing else, and `costs --accept` writes that file anew.

#![expect(clippy::disallowed_methods, reason = "the clock starts here")]
#![expect(clippy::cast_precision_loss, reason = "nothing here is counted in quadrillions")]

mod cold;
#[expect(dead_code, reason = "what the tests of the contexts say often is more than is needed here")]
#[path = "../../tests/contexts/common.rs"]
mod common;
mod costs;
mod demand;
mod inside;
mod load;
mod outside;
#[expect(
    dead_code,
    clippy::wildcard_imports,
    clippy::too_many_lines,
    reason = "a test's; and who may what is not measured"
)]
#[path = "../../tests/contexts/ready.rs"]
mod ready;
mod table;

use std::process::ExitCode;

use table::Table;

#[tokio::main(flavor = "multi_thread")]
async fn main() -> ExitCode {
    let arguments: Vec<_> = std::env::args().skip(1).collect();
    let asked = |argument: &str| arguments.iter().any(|known| known == argument);
    let mut table = Table::default();
    eprintln!("What every function costs …");
    let verdict = costs::measure(&mut table, asked("--accept")).await;
    if !asked("costs") {
        eprintln!("The platform in process …");
        inside::measure(&mut table).await;
        eprintln!("The platform over HTTP …");
        outside::measure(&mut table).await;
        eprintln!("Cold starts …");
        cold::measure(&mut table).await;
    }
    println!("{table}");
    match verdict {
        Ok(()) => ExitCode::SUCCESS,
        Err(dearer) => {
            eprintln!("{dearer}");
            ExitCode::FAILURE
        }
    }
}
