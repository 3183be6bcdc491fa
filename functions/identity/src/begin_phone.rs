use kernel::{Permission, Private, Problem};
use runtime::{Cx, Done, Endpoint, Personal, Route, Use};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::account::Phone;
use crate::challenge_second_factor::text_code;
use crate::own::{Own, may_enrol, own};

/// Begin to add a telephone, to which a code goes in a text message.
///
/// It counts as a second factor once the code has been shown: `PUT` the same path.
#[derive(Debug, Deserialize, JsonSchema)]
pub struct BeginPhone {
    /// Its number.
    pub phone: Private<Phone>,
}

/// The code is on its way.
#[derive(Debug, Serialize, JsonSchema)]
pub struct CodeSent {
    /// How the number ends.
    pub phone_ending: String,
}

impl Endpoint for BeginPhone {
    const ROUTE: Route = Route::post("/v1/me/factors/phone");
    type Audience = Personal;
    const NEEDS: Option<Permission> = Some(Permission::EnrolOwnFactor);
    const USES: &'static [Use] = &[Use::Get, Use::GetMany, Use::Put, Use::Update, Use::Seal];
    const STATUS: u16 = 202;
    type Reply = CodeSent;

    async fn handle(self, cx: &Cx<'_, Personal>) -> Result<Done<CodeSent>, Problem> {
        let Own { account, .. } = own(cx).await?;
        may_enrol(cx, &account)?;
        let phone_ending = self.phone.ending();
        let change = text_code(cx, &account, self.phone).await?;
        Ok(Done::concerning(account.patient, CodeSent { phone_ending }).writing(change))
    }
}
