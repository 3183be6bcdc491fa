use kernel::{
    Caller, ClinicGrant, ClinicId, ClinicScope, Denied, Grant, PatientId, PatientScope, Permission,
    PlatformGrant, Timestamp,
};

/// Whom a function serves, and what proof of that its handler gets.
pub trait Audience: 'static {
    /// The proof.
    type Grant: Send + Sync;
    /// As the OpenAPI document and the permission matrix call it.
    const NAME: &'static str;

    /// Let the caller in, or say why not.
    fn admit(
        caller: Option<&Caller>,
        needs: Option<Permission>,
        clinic: Option<ClinicId>,
        now: Timestamp,
    ) -> Result<Self::Grant, Denied>;
}

/// Anybody. The handler gets no scope, so it reads only what is shared.
pub enum Public {}

/// Whoever is signed in, for what is their own.
pub enum Personal {}

/// Whoever is signed in, in the clinic that the path names as `{clinic}`.
pub enum InClinic {}

/// Whoever works for the platform, in all clinics.
pub enum OnPlatform {}

/// No caller: a job or a schedule.
pub enum System {}

impl Audience for Public {
    type Grant = ();
    const NAME: &'static str = "public";
    fn admit(
        _: Option<&Caller>,
        _: Option<Permission>,
        _: Option<ClinicId>,
        _: Timestamp,
    ) -> Result<(), Denied> {
        Ok(())
    }
}

impl Audience for Personal {
    type Grant = Grant;
    const NAME: &'static str = "personal";
    fn admit(
        caller: Option<&Caller>,
        needs: Option<Permission>,
        _: Option<ClinicId>,
        now: Timestamp,
    ) -> Result<Grant, Denied> {
        caller.ok_or(Denied::Unauthenticated)?.ask(needs.ok_or(Denied::Forbidden)?, now)
    }
}

impl Audience for InClinic {
    type Grant = ClinicGrant;
    const NAME: &'static str = "clinic";
    fn admit(
        caller: Option<&Caller>,
        needs: Option<Permission>,
        clinic: Option<ClinicId>,
        now: Timestamp,
    ) -> Result<ClinicGrant, Denied> {
        let caller = caller.ok_or(Denied::Unauthenticated)?;
        caller.ask_in(needs.ok_or(Denied::Forbidden)?, clinic.ok_or(Denied::Hidden)?, now)
    }
}

impl Audience for OnPlatform {
    type Grant = PlatformGrant;
    const NAME: &'static str = "platform";
    fn admit(
        caller: Option<&Caller>,
        needs: Option<Permission>,
        _: Option<ClinicId>,
        now: Timestamp,
    ) -> Result<PlatformGrant, Denied> {
        caller.ok_or(Denied::Unauthenticated)?.ask_everywhere(needs.ok_or(Denied::Forbidden)?, now)
    }
}

impl Audience for System {
    type Grant = Internal;
    const NAME: &'static str = "system";
    fn admit(
        _: Option<&Caller>,
        _: Option<Permission>,
        clinic: Option<ClinicId>,
        _: Timestamp,
    ) -> Result<Internal, Denied> {
        Ok(Internal { clinic })
    }
}

/// What a job may touch: the clinic that its event names, and whom the event is about.
#[derive(Clone, Copy, Debug)]
pub struct Internal {
    clinic: Option<ClinicId>,
}

impl Internal {
    /// The clinic of the event.
    pub fn clinic(&self) -> Result<ClinicScope, Denied> {
        self.clinic.map(ClinicScope::of).ok_or(Denied::Hidden)
    }

    /// A patient whom the event names.
    pub fn patient(&self, patient: PatientId) -> PatientScope {
        PatientScope::of(patient)
    }
}
