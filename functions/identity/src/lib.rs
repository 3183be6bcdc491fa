//! Identity: accounts, sessions, second factors, memberships, and the keys that sign tokens.
//!
//! - `account`, `membership`, `factor`, `session`, `link`, `former`, `guard`, `identity_provider`, `passkey`, `password`,
//!   `picture`, `settings`, `signing_key` say
//!   what there is and what may become of it; they are pure.
//! - `registration`, `signed_in`, `federation`, `own` and `appointing` are what several functions begin or end with.
//!
//! **Invariant:** passwords are stored only as Argon2id hashes, refresh tokens, links and codes only as
//! hashes, signing keys and secrets of apps only sealed by KMS, and an email address never stands in a key:
//! it is found by its blind index. Whether an account exists is told to nobody who has not proved that it
//! is theirs.

pub mod account;
pub mod factor;
pub mod former;
pub mod guard;
pub mod identity_provider;
pub mod link;
pub mod membership;
pub mod notice;
pub mod passkey;
pub mod password;
pub mod patient;
pub mod picture;
pub mod session;
pub mod settings;
pub mod signing_key;
mod token;

mod appointing;
mod federation;
mod own;
mod registration;
mod signed_in;
#[cfg(test)]
mod testing;

/// A module and the function in it, each.
macro_rules! functions {
    ($($module:ident::$function:ident),* $(,)?) => { $(
        mod $module;
        pub use $module::$function;
    )* };
}

functions! {
    accept_invitation::AcceptInvitation,
    add_passkey::AddPasskey,
    begin_passkey::BeginPasskey,
    begin_passkey_sign_in::BeginPasskeySignIn,
    begin_phone::BeginPhone,
    begin_provider_sign_in::BeginProviderSignIn,
    begin_totp::BeginTotp,
    challenge_second_factor::ChallengeSecondFactor,
    change_account::ChangeAccount,
    change_member::ChangeMember,
    change_password::ChangePassword,
    change_role::ChangeRole,
    change_settings::ChangeSettings,
    close_account::CloseAccount,
    connect_identity::ConnectIdentity,
    confirm_phone::ConfirmPhone,
    confirm_totp::ConfirmTotp,
    count_sessions::CountSessions,
    define_role::DefineRole,
    disconnect_identity::DisconnectIdentity,
    end_other_sessions::EndOtherSessions,
    end_session::EndSession,
    find_account::FindAccount,
    get_account::GetAccount,
    get_openid_configuration::GetOpenidConfiguration,
    get_own_health::GetOwnHealth,
    get_own_picture::GetOwnPicture,
    get_patient::GetPatient,
    get_settings::GetSettings,
    get_signing_keys::GetSigningKeys,
    invite_member::InviteMember,
    invite_operator::InviteOperator,
    learn_visit::LearnVisit,
    list_accounts::ListAccounts,
    list_factors::ListFactors,
    list_invitations::ListInvitations,
    list_members::ListMembers,
    list_roles::ListRoles,
    list_sessions::ListSessions,
    pass_second_factor::PassSecondFactor,
    refresh_session::RefreshSession,
    register_patient::RegisterPatient,
    remove_factor::RemoveFactor,
    remove_own_picture::RemoveOwnPicture,
    remove_role::RemoveRole,
    renew_recovery_codes::RenewRecoveryCodes,
    request_password_reset::RequestPasswordReset,
    reset_password::ResetPassword,
    rotate_signing_key::RotateSigningKey,
    set_own_health::SetOwnHealth,
    set_own_picture::SetOwnPicture,
    sign_in::SignIn,
    sign_in_with_passkey::SignInWithPasskey,
    sign_in_with_provider::SignInWithProvider,
    switch_membership::SwitchMembership,
    update_account::UpdateAccount,
    verify_email::VerifyEmail,
    who_am_i::WhoAmI,
    withdraw_invitation::WithdrawInvitation,
}

use kernel::Event as _;
use runtime::Function;

/// The events that it publishes.
pub const EVENTS: &[&str] = &[
    notice::PatientRegistered::NAME,
    notice::AccountNotice::NAME,
    notice::SmsCodeRequested::NAME,
    notice::SessionsCounted::NAME,
];

/// The indexes of its table.
pub const INDEXES: &[store::Index] = &[session::BY_ACTIVITY, account::BY_REGISTRATION];

/// The context's table of contents. A static, so that handlers are compiled here and not wherever it is read.
pub static FUNCTIONS: &[Function] = &[
    Function::http::<GetOpenidConfiguration>("get-openid-configuration"),
    Function::http::<GetSigningKeys>("get-signing-keys"),
    // Accounts.
    Function::http::<RegisterPatient>("register-patient"),
    Function::http::<VerifyEmail>("verify-email"),
    Function::http::<RequestPasswordReset>("request-password-reset"),
    Function::http::<ResetPassword>("reset-password"),
    Function::http::<WhoAmI>("who-am-i"),
    Function::http::<UpdateAccount>("update-account"),
    Function::http::<ChangePassword>("change-password"),
    Function::http::<CloseAccount>("close-account"),
    Function::http::<ConnectIdentity>("connect-identity"),
    Function::http::<DisconnectIdentity>("disconnect-identity"),
    Function::http::<SetOwnPicture>("set-own-picture"),
    Function::http::<GetOwnPicture>("get-own-picture"),
    Function::http::<RemoveOwnPicture>("remove-own-picture"),
    Function::http::<GetOwnHealth>("get-own-health"),
    Function::http::<SetOwnHealth>("set-own-health"),
    // Sessions.
    Function::http::<SignIn>("sign-in"),
    Function::http::<BeginPasskeySignIn>("begin-passkey-sign-in"),
    Function::http::<SignInWithPasskey>("sign-in-with-passkey"),
    Function::http::<BeginProviderSignIn>("begin-provider-sign-in"),
    Function::http::<SignInWithProvider>("sign-in-with-provider"),
    Function::http::<RefreshSession>("refresh-session"),
    Function::http::<SwitchMembership>("switch-membership"),
    Function::http::<ListSessions>("list-sessions"),
    Function::http::<EndSession>("end-session"),
    Function::http::<EndOtherSessions>("end-other-sessions"),
    // Second factors.
    Function::http::<ChallengeSecondFactor>("challenge-second-factor"),
    Function::http::<PassSecondFactor>("pass-second-factor"),
    Function::http::<ListFactors>("list-factors"),
    Function::http::<BeginTotp>("begin-totp"),
    Function::http::<ConfirmTotp>("confirm-totp"),
    Function::http::<BeginPhone>("begin-phone"),
    Function::http::<ConfirmPhone>("confirm-phone"),
    Function::http::<BeginPasskey>("begin-passkey"),
    Function::http::<AddPasskey>("add-passkey"),
    Function::http::<RemoveFactor>("remove-factor"),
    Function::http::<RenewRecoveryCodes>("renew-recovery-codes"),
    // Clinics' members, roles and patients.
    Function::http::<InviteMember>("invite-member"),
    Function::http::<ListInvitations>("list-invitations"),
    Function::http::<WithdrawInvitation>("withdraw-invitation"),
    Function::http::<AcceptInvitation>("accept-invitation"),
    Function::http::<ListMembers>("list-members"),
    Function::http::<ChangeMember>("change-member"),
    Function::http::<ListRoles>("list-roles"),
    Function::http::<DefineRole>("define-role"),
    Function::http::<ChangeRole>("change-role"),
    Function::http::<RemoveRole>("remove-role"),
    Function::http::<GetPatient>("get-patient"),
    // The platform.
    Function::http::<GetSettings>("get-settings"),
    Function::http::<ChangeSettings>("change-settings"),
    Function::http::<ListAccounts>("list-accounts"),
    Function::http::<GetAccount>("get-account"),
    Function::http::<FindAccount>("find-account"),
    Function::http::<ChangeAccount>("change-account"),
    Function::command::<InviteOperator>("invite-operator"),
    Function::schedule::<RotateSigningKey>("rotate-signing-key"),
    Function::schedule::<CountSessions>("count-sessions"),
    Function::event::<LearnVisit>("learn-visit"),
    Function::relay("relay-identity-events"),
];
