use kernel::{ClinicId, PatientId, Permission, Private, Problem, Role, UserId, Zone};
use runtime::{Cx, Done, Endpoint, Personal, Route, Use};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use store::Shared;

use crate::account::{Account, Email, Language, Name};

/// See your own account.
#[derive(Debug, Deserialize, JsonSchema)]
pub struct WhoAmI {}

/// An account, as its owner sees it.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Me {
    /// The account.
    pub user: UserId,
    /// Where you are reached.
    pub email: Private<Email>,
    /// As you like to be called.
    pub given_name: Private<Name>,
    /// Family name.
    pub family_name: Private<Name>,
    /// In which role you act.
    pub role: Role,
    /// Staff: for which clinic.
    pub clinic: Option<ClinicId>,
    /// Patients: whose record is yours.
    pub patient: Option<PatientId>,
    /// In which zone you read times, if another than the clinic's.
    pub time_zone: Option<Zone>,
    /// In which language you are addressed.
    pub language: Language,
}

impl Endpoint for WhoAmI {
    const ROUTE: Route = Route::get("/v1/me");
    type Audience = Personal;
    const NEEDS: Option<Permission> = Some(Permission::ReadOwnAccount);
    const USES: &'static [Use] = &[Use::Get];
    type Reply = Me;

    async fn handle(self, cx: &Cx<'_, Personal>) -> Result<Done<Me>, Problem> {
        let account = cx.store.find(Shared, Account::at(cx.grant.caller().user)).await?.into_inner();
        let Account {
            user, email, given_name, family_name, role, clinic, patient, time_zone, language, ..
        } = account;
        let me = Me { user, email, given_name, family_name, role, clinic, patient, time_zone, language };
        Ok(Done::concerning(patient, me))
    }
}
