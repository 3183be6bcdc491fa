//! One line for every delivery: a structured log record that is also CloudWatch's embedded metric
//! format, so that metrics cost no call. And one line for every fault of ours.
//!
//! **Invariant:** names, ids of requests, numbers and codes. Never what a request or a record said.

use std::{error::Error, time::Duration};

use kernel::Timestamp;
use serde_json::json;
use store::Usage;

use crate::function::Answer;
use crate::{Host, Invocation};

/// How a delivery went.
#[derive(Clone, Copy, Debug, PartialEq, Eq, strum::IntoStaticStr)]
#[strum(serialize_all = "lowercase")]
pub(crate) enum Outcome {
    /// As wished.
    Done,
    /// The client's fault, or nobody's.
    Refused,
    /// Our fault.
    Failed,
}

pub(crate) struct Line<'a> {
    pub(crate) function: &'static str,
    pub(crate) at: Timestamp,
    pub(crate) invocation: &'a Invocation,
    pub(crate) cold: bool,
    pub(crate) duration: Duration,
    pub(crate) usage: Usage,
    pub(crate) answer: Option<&'a Answer>,
}

impl Line<'_> {
    pub(crate) fn write(&self, host: &Host) {
        let outcome = self.answer.map_or(Outcome::Failed, |answer| answer.outcome);
        let count = |which| u8::from(outcome == which);
        let metric = |name: &str, unit: &str| json!({ "Name": name, "Unit": unit });
        let line = json!({
            "_aws": {
                "Timestamp": self.at.as_millisecond(),
                "CloudWatchMetrics": [{
                    "Namespace": "Careplane",
                    "Dimensions": [["Function"]],
                    "Metrics": [
                        metric("Duration", "Milliseconds"), metric("Done", "Count"), metric("Refused", "Count"),
                        metric("Failed", "Count"), metric("ColdStart", "Count"), metric("Reads", "Count"),
                        metric("Writes", "Count"), metric("ReadUnits", "Count"), metric("WriteUnits", "Count"),
                    ],
                }],
            },
            "level": if outcome == Outcome::Failed { "ERROR" } else { "INFO" },
            "at": self.at,
            "Function": self.function,
            "request_id": self.invocation.request_id,
            "api_request_id": self.answer.and_then(|answer| answer.request.as_deref()),
            "outcome": <&str>::from(outcome),
            "status": self.answer.and_then(|answer| answer.status),
            "code": self.answer.and_then(|answer| answer.code.as_deref()),
            "Duration": (self.duration.as_secs_f64() * 1e6).round() / 1e3,
            "Done": count(Outcome::Done),
            "Refused": count(Outcome::Refused),
            "Failed": count(Outcome::Failed),
            "ColdStart": u8::from(self.cold),
            "Reads": self.usage.reads,
            "Writes": self.usage.writes,
            "ReadUnits": self.usage.read_units,
            "WriteUnits": self.usage.write_units,
        });
        host.log(&line.to_string());
    }
}

/// A fault of ours, with everything that led to it.
pub(crate) fn fault(host: &Host, function: &str, invocation: &Invocation, error: &(dyn Error + 'static)) {
    let mut causes = vec![error.to_string()];
    let mut next = error.source();
    while let Some(source) = next {
        causes.push(source.to_string());
        next = source.source();
    }
    let line = json!({
        "level": "ERROR",
        "at": host.now(),
        "Function": function,
        "request_id": invocation.request_id,
        "causes": causes,
    });
    host.log(&line.to_string());
}
