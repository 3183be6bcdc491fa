use std::collections::HashMap;

use jiff::civil::Date;
use kernel::{ClinicId, PatientId, Permission, Private, Problem, Role, RoleId, Timestamp, UserId, Zone};
use runtime::{Cx, Done, Endpoint, Personal, Route, Use};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::account::{
    Account, Address, Channels, Email, Gender, Identity, Language, Name, Phone, Preferences, Profile, Username,
};
use crate::identity_provider::IdentityProviderId;
use crate::membership::{Acting, ClinicRole};
use crate::own::{Own, own};
use crate::session::{SecondFactor, Session};

/// See your own account.
#[derive(Debug, Deserialize, JsonSchema)]
pub struct WhoAmI {}

/// An account, as its owner sees it.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Me {
    /// The account.
    pub user: UserId,
    /// Where you are reached, and what you sign in with.
    pub email: Private<Email>,
    /// What you may sign in with instead.
    pub username: Option<Private<Username>>,
    /// As you like to be called.
    pub given_name: Private<Name>,
    /// Family name.
    pub family_name: Private<Name>,
    /// In the calendar of your papers.
    pub date_of_birth: Option<Private<Date>>,
    /// Administrative gender.
    pub gender: Option<Private<Gender>>,
    /// Where you are called.
    pub phone: Option<Private<Phone>>,
    /// Where you live.
    pub address: Option<Private<Address>>,
    /// In which language you are addressed.
    pub language: Language,
    /// In which zone you read times, if another than the clinic's.
    pub time_zone: Option<Zone>,
    /// By what you hear of what can wait.
    pub channels: Channels,
    /// In which role you act.
    pub role: Role,
    /// Staff: for which clinic.
    pub clinic: Option<ClinicId>,
    /// Your own patient record, if you have one.
    pub patient: Option<PatientId>,
    /// As what you can act, and where.
    pub memberships: Vec<Mine>,
    /// Where you stand with your second factor.
    pub second_factor: SecondFactor,
    /// Since when your password is this one; nothing while you have none.
    pub password_changed_at: Option<Timestamp>,
    /// Who else signs you in.
    pub identities: Vec<Connected>,
    /// When the account came into being.
    pub registered_at: Timestamp,
}

/// One of your memberships.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Mine {
    /// As what.
    pub role: Role,
    /// In which of the clinic's own roles.
    pub custom_role: Option<RoleId>,
    /// What the clinic calls that.
    pub role_name: Option<String>,
    /// For which clinic; nothing for patients, who turn to all, and for those who work for the platform.
    pub clinic: Option<ClinicId>,
    /// May you still act in it?
    pub active: bool,
    /// Do you act in it now?
    pub current: bool,
}

/// Somebody else who signs you in.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Connected {
    /// Who.
    pub provider: IdentityProviderId,
    /// Since when.
    pub connected_at: Timestamp,
}

impl From<&Identity> for Connected {
    fn from(identity: &Identity) -> Self {
        Self { provider: identity.provider.clone(), connected_at: identity.connected_at }
    }
}

impl Me {
    /// Of an account, seen from this session.
    pub(crate) async fn of(
        cx: &Cx<'_, Personal>,
        account: &Account,
        session: &Session,
    ) -> Result<Self, Problem> {
        let mut named: HashMap<RoleId, String> = HashMap::new();
        for membership in &account.memberships {
            let (Some(clinic), Some(id)) = (membership.scope(), membership.custom_role) else { continue };
            if let Some(role) = cx.store.get(clinic, ClinicRole::at(id)).await? {
                named.insert(id, role.name.clone().into());
            }
        }
        let Profile { date_of_birth, gender, phone, address } = account.profile.clone();
        let Preferences { language, time_zone, channels } = account.preferences.clone();
        let current = |acting: Acting| acting == session.acting;
        let work = account.memberships.iter().map(|membership| Mine {
            role: membership.role,
            custom_role: membership.custom_role,
            role_name: membership.custom_role.and_then(|id| named.get(&id).cloned()),
            clinic: membership.clinic,
            active: membership.active,
            current: current(membership.acting()),
        });
        let own = account.patient.map(|_| Mine {
            role: Role::Patient,
            custom_role: None,
            role_name: None,
            clinic: None,
            active: true,
            current: current(Acting::PATIENT),
        });
        Ok(Self {
            user: account.user,
            email: account.email.clone(),
            username: account.username.clone(),
            given_name: account.given_name.clone(),
            family_name: account.family_name.clone(),
            date_of_birth,
            gender,
            phone,
            address,
            language,
            time_zone,
            channels,
            role: session.acting.role,
            clinic: session.acting.clinic,
            patient: account.patient,
            memberships: own.into_iter().chain(work).collect(),
            second_factor: SecondFactor::of(account, session),
            password_changed_at: account.password.as_ref().map(|password| password.changed_at),
            identities: account.identities.iter().map(Connected::from).collect(),
            registered_at: account.registered_at,
        })
    }
}

impl Endpoint for WhoAmI {
    const ROUTE: Route = Route::get("/v1/me");
    type Audience = Personal;
    const NEEDS: Option<Permission> = Some(Permission::ReadOwnAccount);
    const USES: &'static [Use] = &[Use::Get, Use::GetMany];
    type Reply = Me;

    async fn handle(self, cx: &Cx<'_, Personal>) -> Result<Done<Me>, Problem> {
        let Own { account, session } = own(cx).await?;
        let me = Me::of(cx, &account, &session).await?;
        Ok(Done::concerning(account.patient, me).version(account.version()))
    }
}
