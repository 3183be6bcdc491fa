//! Threads that own a database.
//!
//! `SQLite` blocks and serves one writer at a time. Threads of its own keep it off the asynchronous
//! workers, and without the queueing at a lock that a pool of many threads would add.

use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{Arc, Mutex, PoisonError, mpsc},
    thread::JoinHandle,
};

use tokio::sync::oneshot;

use crate::Fault;

type Job<S> = Box<dyn FnOnce(&mut S) + Send>;

/// Threads that take jobs from one line, each with a state of its own.
pub(crate) struct Lane<S> {
    line: Mutex<Option<mpsc::Sender<Job<S>>>>,
    threads: Mutex<Vec<JoinHandle<()>>>,
}

impl<S: Send + 'static> Lane<S> {
    /// Starts a thread for each state.
    pub(crate) fn start(name: &str, states: impl IntoIterator<Item = S>) -> std::io::Result<Self> {
        let (line, jobs) = mpsc::channel::<Job<S>>();
        let jobs = Arc::new(Mutex::new(jobs));
        let threads = states
            .into_iter()
            .map(|mut state| {
                let jobs = jobs.clone();
                std::thread::Builder::new().name(name.into()).spawn(move || {
                    loop {
                        let next = jobs.lock().unwrap_or_else(PoisonError::into_inner).recv();
                        let Ok(job) = next else { break };
                        // A job that panics has lost its answer; the next one must not lose its thread.
                        let _ = catch_unwind(AssertUnwindSafe(|| job(&mut state)));
                    }
                })
            })
            .collect::<Result<_, _>>()?;
        Ok(Self { line: Mutex::new(Some(line)), threads: Mutex::new(threads) })
    }

    /// Waits for a job that runs on one of the threads. The job runs to its end even when nobody waits
    /// any more.
    pub(crate) async fn run<T: Send + 'static>(
        &self,
        job: impl FnOnce(&mut S) -> T + Send + 'static,
    ) -> Result<T, Fault> {
        let (answer, waiting) = oneshot::channel();
        self.submit(move |state| drop(answer.send(job(state))))?;
        waiting.await.map_err(|_| Fault::Closed)
    }

    /// Puts a job in the line.
    pub(crate) fn submit(&self, job: impl FnOnce(&mut S) + Send + 'static) -> Result<(), Fault> {
        let line = self.line.lock().unwrap_or_else(PoisonError::into_inner);
        line.as_ref().ok_or(Fault::Closed)?.send(Box::new(job)).map_err(|_| Fault::Closed)
    }

    /// Takes no more jobs, finishes those that wait and drops the states.
    pub(crate) async fn close(&self) {
        drop(self.line.lock().unwrap_or_else(PoisonError::into_inner).take());
        let threads = std::mem::take(&mut *self.threads.lock().unwrap_or_else(PoisonError::into_inner));
        let _ = tokio::task::spawn_blocking(move || {
            for thread in threads {
                let _ = thread.join();
            }
        })
        .await;
    }
}
