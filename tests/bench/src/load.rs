//! Many clients at once, each asking again as soon as it was answered.

use std::future::Future;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use crate::table::{ms, percentile};

/// How many clients there are, run by run.
pub(crate) const CLIENTS: [usize; 3] = [1, 16, 64];

/// No run takes longer.
const LONGEST: Duration = Duration::from_secs(4);

/// How it went.
pub(crate) struct Report {
    answered: usize,
    took: Duration,
    /// Sorted.
    each: Vec<Duration>,
}

impl Report {
    /// `512/s, p50 2.0 ms, p99 7.5 ms`.
    pub(crate) fn text(&self) -> String {
        let per_second = self.answered as f64 / self.took.as_secs_f64();
        let [p50, p99] = [50, 99].map(|percent| ms(percentile(&self.each, percent)));
        format!("{per_second:.0}/s, p50 {p50}, p99 {p99}")
    }
}

/// So many clients do these tasks, as many as they can until time is up. A task that fails ends it all:
/// what is measured is what succeeds.
pub(crate) async fn run<T, F>(
    clients: usize,
    tasks: Vec<T>,
    ask: impl Fn(T) -> F + Send + Sync + 'static,
) -> Report
where
    T: Clone + Send + Sync + 'static,
    F: Future<Output = ()> + Send + 'static,
{
    let (tasks, ask, next) = (Arc::new(tasks), Arc::new(ask), Arc::new(AtomicUsize::new(0)));
    let begun = Instant::now();
    let clients: Vec<_> = (0..clients)
        .map(|_| {
            let (tasks, ask, next) = (tasks.clone(), ask.clone(), next.clone());
            tokio::spawn(async move {
                let mut each = Vec::new();
                while begun.elapsed() < LONGEST
                    && let Some(task) = tasks.get(next.fetch_add(1, Ordering::Relaxed))
                {
                    let asked = Instant::now();
                    ask(task.clone()).await;
                    each.push(asked.elapsed());
                }
                each
            })
        })
        .collect();
    let mut each = Vec::new();
    for client in clients {
        each.extend(client.await.expect("every answer is a success"));
    }
    let took = begun.elapsed();
    each.sort_unstable();
    Report { answered: each.len(), took, each }
}
