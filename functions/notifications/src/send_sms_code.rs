use gateways::Sms;
use kernel::{Private, Problem};
use runtime::{Cx, Done, Job, Setting, System, Use};
use serde::Deserialize;

use crate::code;
use crate::sealed::Sealed;

/// Send the code that somebody is about to type in.
///
/// SNS knows no idempotency key: at worst the same code arrives twice.
#[derive(Debug, Deserialize)]
pub struct SendSmsCode {
    phone: Private<String>,
    sealed: Sealed,
}

impl Job for SendSmsCode {
    const EVENT: &'static str = "sms-code-requested";
    const USES: &'static [Use] = &[Use::Unseal, Use::SendSms, Use::Link];

    async fn run(&self, cx: &Cx<'_, System>) -> Result<Done<()>, Problem> {
        let code = self.sealed.open(cx, "sms-code", code::is_code).await?;
        let text = code::write(&code, cx.host.setting(Setting::WebOrigin));
        let sms = Sms { to: self.phone.clone(), text: Private(text) };
        cx.host.texter().await.send(sms).await?;
        Ok(Done::impersonal(()))
    }
}
