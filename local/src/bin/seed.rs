//! Puts the demonstration's clinics into a deployed environment, for trying it out.
//!
//! Their calendars are announced in the outbox, so they reach scheduling as every change does. Finds
//! AWS and `CAREPLANE_ENV` in the environment, and prints what can be booked as JSON.

#![expect(clippy::disallowed_methods, reason = "the clock starts here")]

use std::process::ExitCode;

use jiff::Timestamp;
use local::seed;

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    let Ok(environment) = std::env::var("CAREPLANE_ENV") else {
        eprintln!("CAREPLANE_ENV says which environment is to be filled.");
        return ExitCode::FAILURE;
    };
    if environment == "prod" {
        eprintln!("A demonstration has no place in prod.");
        return ExitCode::FAILURE;
    }
    let aws = gateways::aws().await;
    match seed::publish(&aws, &environment, Timestamp::now()).await {
        Ok(bookable) => {
            println!("{bookable}");
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}
