use kernel::{Permission, Private, Problem};
use runtime::{Cx, Done, Endpoint, Personal, Route, Use};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use store::Change;

use crate::own::own;
use crate::patient::{Allergy, BloodType, Health};

/// Say what everybody who treats you should know.
#[derive(Debug, Deserialize, JsonSchema)]
pub struct SetOwnHealth {
    /// Blood group and Rhesus factor.
    pub blood_type: Option<BloodType>,
    /// What you must not be given, at most 50 things.
    #[serde(default)]
    pub allergies: Allergies,
}

/// At most 50 of them.
#[derive(Clone, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(try_from = "Vec<Allergy>")]
#[schemars(extend("maxItems" = 50))]
pub struct Allergies(Vec<Allergy>);

/// More than anybody reads.
#[derive(Debug, thiserror::Error)]
#[error("Enter at most 50.")]
pub struct TooManyAllergies;

impl TryFrom<Vec<Allergy>> for Allergies {
    type Error = TooManyAllergies;
    fn try_from(list: Vec<Allergy>) -> Result<Self, TooManyAllergies> {
        if list.len() <= 50 { Ok(Self(list)) } else { Err(TooManyAllergies) }
    }
}

impl Endpoint for SetOwnHealth {
    const ROUTE: Route = Route::put("/v1/me/health");
    type Audience = Personal;
    const NEEDS: Option<Permission> = Some(Permission::ManageOwnHealth);
    const USES: &'static [Use] = &[Use::Get, Use::GetMany, Use::Put];
    type Reply = Health;

    async fn handle(self, cx: &Cx<'_, Personal>) -> Result<Done<Health>, Problem> {
        own(cx).await?;
        let scope = cx.grant.patient()?;
        let health = Health {
            blood_type: self.blood_type.map(Private),
            allergies: self.allergies.0.into_iter().map(Private).collect(),
        };
        let change = match cx.store.get(scope, Health::at()).await? {
            Some(known) => Change::new().update(scope, &known.with(|known| *known = health.clone())),
            None => Change::new().create(scope, &health),
        };
        Ok(Done::concerning([scope.id()], health).writing(change))
    }
}
