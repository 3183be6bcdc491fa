use jiff::civil::Date;
use kernel::{Patch, Permission, Private, Problem, Zone};
use runtime::{Cx, Done, Endpoint, Personal, Route, Use};
use schemars::JsonSchema;
use serde::Deserialize;
use store::{Change, Shared};

use crate::account::{Account, Address, Channels, Gender, Handle, Language, Name, Phone, Username};
use crate::membership::Member;
use crate::own::{Own, own};
use crate::who_am_i::Me;

/// Change your profile and your preferences.
///
/// A merge patch (RFC 7396): what is not named stays as it is, and `null` takes away what need not be there.
#[derive(Debug, Deserialize, JsonSchema)]
pub struct UpdateAccount {
    /// As you like to be called.
    pub given_name: Option<Private<Name>>,
    /// Family name.
    pub family_name: Option<Private<Name>>,
    /// What you want to sign in with instead of your address.
    #[serde(default)]
    pub username: Patch<Private<Username>>,
    /// In the calendar of your papers, not before 1900 and not after today.
    #[serde(default)]
    pub date_of_birth: Patch<Private<Date>>,
    /// Administrative gender.
    #[serde(default)]
    pub gender: Patch<Private<Gender>>,
    /// Where you are called.
    #[serde(default)]
    pub phone: Patch<Private<Phone>>,
    /// Where you live.
    #[serde(default)]
    pub address: Patch<Private<Address>>,
    /// In which language you want to be addressed.
    pub language: Option<Language>,
    /// In which zone you want to read times, if another than the clinic's.
    #[serde(default)]
    pub time_zone: Patch<Zone>,
    /// By what you want to hear of what can wait.
    pub channels: Option<Channels>,
}

/// Nobody was born then.
#[derive(Debug, thiserror::Error)]
#[error("Enter a date between 1900 and today.")]
struct NotABirthday;

impl kernel::Fault for NotABirthday {
    fn status(&self) -> kernel::Status {
        kernel::Status::Unprocessable
    }
    fn code(&self) -> &'static str {
        "INVALID"
    }
    fn pointer(&self) -> Option<String> {
        Some("/date_of_birth".into())
    }
}

impl Endpoint for UpdateAccount {
    const ROUTE: Route = Route::patch("/v1/me");
    type Audience = Personal;
    const NEEDS: Option<Permission> = Some(Permission::ManageOwnAccount);
    const USES: &'static [Use] = &[Use::Get, Use::GetMany, Use::Put, Use::Delete, Use::Blind];
    type Reply = Me;

    async fn handle(self, cx: &Cx<'_, Personal>) -> Result<Done<Me>, Problem> {
        let Own { account, session } = own(cx).await?;
        cx.unchanged(&account)?;
        if let Some(Private(born)) = self.date_of_birth.set() {
            // Wherever they are, it is at most a day later there than here.
            let latest = cx.now.to_zoned(jiff::tz::TimeZone::UTC).date().saturating_add(jiff::Span::new().days(1));
            if born.year() < 1900 || *born > latest {
                return Err(NotABirthday.into());
            }
        }
        let mut handles = Change::new();
        let mut username = account.username.clone();
        self.username.apply(&mut username);
        if username != account.username {
            handles = rename(cx, &account, username.as_ref()).await?;
        }
        let account = account.with(|account| {
            account.username = username;
            let (profile, preferences) = (&mut account.profile, &mut account.preferences);
            take(&mut account.given_name, self.given_name);
            take(&mut account.family_name, self.family_name);
            self.date_of_birth.apply(&mut profile.date_of_birth);
            self.gender.apply(&mut profile.gender);
            self.phone.apply(&mut profile.phone);
            self.address.apply(&mut profile.address);
            take(&mut preferences.language, self.language);
            self.time_zone.apply(&mut preferences.time_zone);
            take(&mut preferences.channels, self.channels);
        });
        let mut change = handles.update(Shared, &account);
        // Their clinics see the new name, too.
        for membership in &account.memberships {
            let Some(clinic) = membership.scope() else { continue };
            if let Some(member) = cx.store.get(clinic, Member::at(account.user)).await? {
                let new = Member::of(&account, membership);
                let is_same =
                    member.given_name == new.given_name && member.family_name == new.family_name;
                if !is_same {
                    change = change.update(clinic, &member.with(|member| *member = new));
                }
            }
        }
        let version = account.version() + 1;
        let me = Me::of(cx, &account, &session).await?;
        Ok(Done::concerning(account.patient, me).version(version).writing(change))
    }
}

/// Give one username back and take the other, if nobody else has.
async fn rename(
    cx: &Cx<'_, Personal>,
    account: &Account,
    new: Option<&Private<Username>>,
) -> Result<Change, Problem> {
    let vault = cx.host.vault().await;
    let mut change = Change::new();
    if let Some(old) = &account.username {
        let blind = vault.blind(Handle::USERNAME, old.as_ref()).await?;
        if let Some(old) = cx.store.get(Shared, Handle::at(&blind)).await? {
            change = change.delete(Shared, &old);
        }
    }
    if let Some(new) = new {
        let blind = vault.blind(Handle::USERNAME, new.as_ref()).await?;
        let handle = Handle { blind, user: account.user };
        change = change.create(Shared, &handle).otherwise(UsernameTaken);
    }
    Ok(change)
}

/// Somebody else signs in with it.
#[derive(Debug, thiserror::Error)]
#[error("This username is taken.")]
struct UsernameTaken;

impl kernel::Fault for UsernameTaken {
    fn status(&self) -> kernel::Status {
        kernel::Status::Conflict
    }
    fn code(&self) -> &'static str {
        "USERNAME_TAKEN"
    }
    fn pointer(&self) -> Option<String> {
        Some("/username".into())
    }
}

fn take<T>(place: &mut T, named: Option<T>) {
    if let Some(value) = named {
        *place = value;
    }
}
