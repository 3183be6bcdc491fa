use std::sync::{Arc, Mutex};

/// What an invocation cost so far, shared by all clones.
#[derive(Clone, Debug, Default)]
pub struct Meter(Arc<Mutex<Usage>>);

/// Round trips and capacity as DynamoDB bills them.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Usage {
    /// Requests that read.
    pub reads: u32,
    /// Requests that write; a transaction is one.
    pub writes: u32,
    /// Read capacity units.
    pub read_units: f64,
    /// Write capacity units, of tables and indexes.
    pub write_units: f64,
}

impl Meter {
    pub(crate) fn read(&self, units: Option<f64>) {
        self.add(|usage| {
            usage.reads += 1;
            usage.read_units += units.unwrap_or(0.0);
        });
    }

    pub(crate) fn wrote(&self, units: f64) {
        self.add(|usage| {
            usage.writes += 1;
            usage.write_units += units;
        });
    }

    fn add(&self, what: impl FnOnce(&mut Usage)) {
        what(&mut self.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner));
    }

    /// So far.
    pub fn usage(&self) -> Usage {
        *self.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }
}
