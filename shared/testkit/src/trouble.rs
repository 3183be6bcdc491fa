use std::ops::RangeInclusive;
use std::sync::Mutex;

use local::connector::{Fault, Faults};
use serde_json::{Value, json};

use crate::lock;

/// What may happen to a call on its way to a service.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Trouble {
    /// The service is asked for too much at once.
    Throttled,
    /// Another transaction is writing one of the items at this moment.
    Conflict,
    /// The service does as asked, and its answer gets lost.
    AnswerLost,
    /// The call never arrives.
    Unreachable,
    /// The service refuses and will refuse again.
    Refused,
    /// The service answers this status and body.
    Says(u16, &'static str),
}

#[derive(Default)]
pub(crate) struct Troubles {
    plans: Mutex<Vec<Plan>>,
    calls: Mutex<Vec<String>>,
}

struct Plan {
    operation: String,
    words: String,
    calls: RangeInclusive<usize>,
    trouble: Trouble,
    seen: usize,
    met: usize,
}

impl Troubles {
    pub(crate) fn plan(&self, operation: &str, words: &str, calls: RangeInclusive<usize>, trouble: Trouble) {
        let (operation, words) = (operation.to_owned(), words.to_owned());
        lock(&self.plans).push(Plan { operation, words, calls, trouble, seen: 0, met: 0 });
    }

    pub(crate) fn met(&self) -> usize {
        lock(&self.plans).iter().map(|plan| plan.met).sum()
    }

    pub(crate) fn take_calls(&self) -> Vec<String> {
        std::mem::take(&mut *lock(&self.calls))
    }
}

impl Faults for Troubles {
    fn strike(&self, operation: &str, body: &[u8]) -> Fault {
        let operation = name(operation, body);
        // Only tests scan.
        if operation == "Scan" {
            return Fault::None;
        }
        lock(&self.calls).push(operation.clone());
        let text = String::from_utf8_lossy(body);
        let mut fault = Fault::None;
        for plan in lock(&self.plans).iter_mut() {
            if plan.operation != operation || !text.contains(&plan.words) {
                continue;
            }
            plan.seen += 1;
            if plan.calls.contains(&plan.seen) && fault == Fault::None {
                plan.met += 1;
                fault = happen(&plan.trouble, &operation, body);
            }
        }
        fault
    }
}

/// What the service itself calls the operation.
fn name(operation: &str, body: &[u8]) -> String {
    if operation.starts_with("/v2/email/") {
        return "SendEmail".into();
    }
    match operation.rsplit_once('.') {
        Some(_) if operation.starts_with('/') => operation.into(),
        Some((_, name)) => name.into(),
        None => {
            let form = String::from_utf8_lossy(body);
            let action = form.split('&').find_map(|pair| pair.strip_prefix("Action="));
            action.unwrap_or(operation).into()
        }
    }
}

/// The answer in the service's own words.
fn happen(trouble: &Trouble, operation: &str, body: &[u8]) -> Fault {
    let dynamodb = |name: &str| format!("com.amazonaws.dynamodb.v20120810#{name}");
    match (trouble, operation) {
        (Trouble::AnswerLost, _) => Fault::LostAnswer,
        (Trouble::Unreachable, _) => Fault::Unreachable,
        (Trouble::Says(status, body), _) => Fault::Answer(*status, (*body).to_owned()),
        (Trouble::Throttled, "SendEmail") => Fault::Answer(
            429,
            json!({ "__type": "TooManyRequestsException", "message": "Maximum sending rate exceeded." })
                .to_string(),
        ),
        (Trouble::Throttled, "Publish") => Fault::Answer(429, sns("Throttled", "Rate exceeded")),
        (Trouble::Throttled, _) => {
            let kind = dynamodb("ProvisionedThroughputExceededException");
            Fault::Answer(400, json!({ "__type": kind, "message": "The level of configured provisioned throughput for the table was exceeded." }).to_string())
        }
        (Trouble::Conflict, _) => {
            let request: Value = serde_json::from_slice(body).unwrap_or_default();
            let items = request["TransactItems"].as_array().map_or(1, Vec::len);
            let reasons: Vec<_> = (0..items)
                .map(|n| match n {
                    0 => json!({ "Code": "TransactionConflict", "Message": "Transaction is ongoing for the item" }),
                    _ => json!({ "Code": "None" }),
                })
                .collect();
            let message = "Transaction cancelled, please refer cancellation reasons for specific reasons [TransactionConflict]";
            let kind = dynamodb("TransactionCanceledException");
            Fault::Answer(
                400,
                json!({ "__type": kind, "Message": message, "CancellationReasons": reasons }).to_string(),
            )
        }
        (Trouble::Refused, "SendEmail") => Fault::Answer(
            400,
            json!({ "__type": "MessageRejected", "message": "Email address is not verified." }).to_string(),
        ),
        (Trouble::Refused, "Publish") => Fault::Answer(403, sns("AuthorizationError", "not authorized")),
        (Trouble::Refused, _) => Fault::Answer(
            400,
            json!({ "__type": "AccessDeniedException", "message": "not authorized" }).to_string(),
        ),
    }
}

fn sns(code: &str, message: &str) -> String {
    format!(
        r#"<ErrorResponse xmlns="http://sns.amazonaws.com/doc/2010-03-31/"><Error><Type>Sender</Type><Code>{code}</Code><Message>{message}</Message></Error><RequestId>1</RequestId></ErrorResponse>"#
    )
}
