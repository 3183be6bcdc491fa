use std::env;

use lambda_runtime::{Error, LambdaEvent, service_fn};
use serde_json::value::RawValue;

use crate::{Function, Host, Invocation, Settings};

/// The body of every `main`. Lambda names the function in `_HANDLER` (`Handler:` in the template),
/// so one binary serves a whole context.
pub fn serve(functions: &'static [Function]) -> Result<(), Error> {
    let name = env::var("_HANDLER")?;
    let function = functions
        .iter()
        .find(|function| function.name == name)
        .ok_or_else(|| format!("this binary has no function named `{name}`"))?;
    let settings = Settings::read(&function.settings(), |name| env::var(name).ok())?;
    let host: &'static Host = Box::leak(Box::new(Host::new(settings)));

    // A sandbox serves one request at a time; more threads would sit idle.
    let threads = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    threads.block_on(lambda_runtime::run(service_fn(async |event: LambdaEvent<Box<RawValue>>| {
        let invocation = Invocation { request_id: event.context.request_id };
        let answer = function.invoke(host, event.payload.get(), &invocation).await?;
        Ok::<_, Error>(RawValue::from_string(answer)?)
    })))
}
