//! `make bench`: one table of what things cost. Every ratio is between numbers of the same run.

#![expect(clippy::disallowed_methods, reason = "the clock starts here")]
#![expect(clippy::cast_precision_loss, reason = "nothing here is counted in quadrillions")]

mod cold;
mod demand;
mod inside;
mod load;
mod outside;
mod table;

use table::Table;

#[tokio::main(flavor = "multi_thread")]
async fn main() {
    let mut table = Table::default();
    eprintln!("What a function costs, and the platform in process …");
    inside::measure(&mut table).await;
    eprintln!("The platform over HTTP …");
    outside::measure(&mut table).await;
    eprintln!("Cold starts …");
    cold::measure(&mut table).await;
    println!("{table}");
}
