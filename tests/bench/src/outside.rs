//! The platform as its own process: gateway, jobs and mails included.

use std::fs;
use std::time::{Duration, Instant};

use jiff::ToSpan as _;
use journeys::booking::free_times;
use journeys::client::text;
use journeys::process::{Running, until};
use testkit::demo::totp;

use crate::demand;
use crate::load::{self, CLIENTS};
use crate::table::{Table, median, ms};

/// How many bookings each run makes.
const BOOKINGS: usize = 600;

pub(crate) async fn measure(table: &mut Table) {
    let data = tempfile::tempdir().expect("a directory");
    let platform = Running::on(data.path()).await;
    table.row("platform", "start on an empty directory", ms(platform.started_in));
    let desk = platform.sign_in("receptionist", totp).await;
    let today = platform.today().await;
    let offers = demand::shortest(&platform.demo);

    for clients in CLIENTS {
        let (api, from) = (platform.api.clone(), today + 36.days());
        let tasks: Vec<_> = (0..20_000).map(|_| offers[0].clone()).collect();
        let report = load::run(clients, tasks, move |offer| {
            let api = api.clone();
            async move { drop(free_times(&api, &offer, from, 7).await) }
        })
        .await;
        table.row("find-availability, 7 days", format!("over HTTP, {clients} at once"), report.text());
    }

    let mut free = Vec::new();
    for offer in &offers {
        let mut spans = Vec::new();
        for month in 2..6 {
            spans.extend(free_times(&platform.api, offer, today + (31 * month).days(), 31).await);
        }
        free.push((offer.clone(), spans));
    }
    let mut wishes = demand::bookings(&platform.demo, &free);
    for clients in CLIENTS {
        let tasks: Vec<_> = wishes.split_off(wishes.len() - BOOKINGS).into_iter().enumerate().collect();
        let (api, desk) = (platform.api.clone(), desk.clone());
        let report = load::run(clients, tasks, move |(number, wish)| {
            let (api, desk) = (api.clone(), desk.clone());
            async move {
                let key = format!("load-{clients:04}-{number:08}");
                wish.book(&api, &desk, &key).await.expect("an answer").expect(201);
            }
        })
        .await;
        table.row("book-appointment", format!("over HTTP, {clients} at once, jobs running"), report.text());
        let jobs = Instant::now();
        idle(&platform).await;
        eprintln!("  its confirmations were sent {:.1} s later", jobs.elapsed().as_secs_f32());
    }

    let mut each = Vec::new();
    for _ in 0..21 {
        let begun = Instant::now();
        platform.sign_in("patient", totp).await;
        each.push(begun.elapsed());
    }
    table.row("sign-in", "over HTTP, one of its own", format!("p50 {}", ms(median(each))));
    platform.stop().await;
}

/// Wait until the jobs of the bookings are done: nothing is logged any more.
async fn idle(platform: &Running) {
    let log = text(&platform.demo, "log");
    let length = || fs::metadata(&log).map(|log| log.len()).unwrap_or_default();
    until("the jobs are done", async || {
        let before = length();
        tokio::time::sleep(Duration::from_millis(200)).await;
        (length() == before).then_some(())
    })
    .await;
}
