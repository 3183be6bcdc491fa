use jiff::civil::Date;
use kernel::{ClinicId, Denied, PatientId, Permission, Private, Problem};
use runtime::{Cx, Done, Endpoint, InClinic, Route, Use};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use store::Shared;

use crate::account::{Account, Address, Email, Gender, Name, Phone, Profile};
use crate::patient::{CareRelation, Health, PatientAccount};
use crate::picture::Picture;

/// See who one of the clinic's patients is.
///
/// Somebody becomes a clinic's patient with their first booking there. What is about their health is shown
/// to those who treat people, and is nothing for everybody else.
#[derive(Debug, Deserialize, JsonSchema)]
pub struct GetPatient {
    /// Which clinic.
    pub clinic: ClinicId,
    /// Which patient.
    pub patient: PatientId,
}

/// A patient, as far as the caller may see.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Patient {
    /// The patient.
    pub patient: PatientId,
    /// As they like to be called.
    pub given_name: Private<Name>,
    /// Family name.
    pub family_name: Private<Name>,
    /// Where they are reached.
    pub email: Private<Email>,
    /// Where they are called.
    pub phone: Option<Private<Phone>>,
    /// In the calendar of their papers.
    pub date_of_birth: Option<Private<Date>>,
    /// Administrative gender.
    pub gender: Option<Private<Gender>>,
    /// Where they live.
    pub address: Option<Private<Address>>,
    /// What they look like: a square JPEG of 256 pixels, base64.
    pub picture: Option<Private<String>>,
    /// What is about their health; nothing for those who may not see it.
    pub clinical: Option<Health>,
}

impl Endpoint for GetPatient {
    const ROUTE: Route = Route::get("/v1/clinics/{clinic}/patients/{patient}");
    type Audience = InClinic;
    const NEEDS: Option<Permission> = Some(Permission::ReadPatients);
    const USES: &'static [Use] = &[Use::GetMany];
    type Reply = Patient;

    async fn handle(self, cx: &Cx<'_, InClinic>) -> Result<Done<Patient>, Problem> {
        let mut batch = cx.store.batch();
        let relation = batch.want(cx.grant.clinic(), CareRelation::at(self.patient));
        let owner = batch.want(Shared, PatientAccount::at(self.patient));
        let mut found = batch.get().await?;
        let relation = found.take(&relation)?.ok_or(Denied::Hidden)?;
        let scope = cx.grant.covers_among(self.patient, &relation.practitioners)?;
        let owner = found.take(&owner)?.ok_or(Denied::Hidden)?;

        let mut batch = cx.store.batch();
        let account = batch.want(Shared, Account::at(owner.user));
        let picture = batch.want(Shared, Picture::at(owner.user));
        let health = cx.grant.field(Permission::ReadClinicalFields, scope);
        let health = health.map(|scope| batch.want(scope, Health::at()));
        let mut found = batch.get().await?;
        let account = found.take(&account)?.ok_or(Denied::Hidden)?.into_inner();
        let picture = found.take(&picture)?.map(|picture| picture.into_inner().jpeg);
        let clinical = health.map(|health| found.take(&health)).transpose()?;
        let clinical = clinical.map(|health| health.map(store::Stored::into_inner).unwrap_or_default());
        let Account { given_name, family_name, email, profile, .. } = account;
        let Profile { date_of_birth, gender, phone, address } = profile;
        let patient = self.patient;
        let reply = Patient {
            patient,
            given_name,
            family_name,
            email,
            phone,
            date_of_birth,
            gender,
            address,
            picture,
            clinical,
        };
        Ok(Done::concerning([patient], reply))
    }
}
