use kernel::{ClinicId, Id, PatientId, Role, Timestamp, UserId, kind};
use serde::{Deserialize, Serialize};
use store::{Entity, Key, Shared};

/// Who did what to whose record, or tried to. Written in the same transaction as the change.
#[derive(Debug, Serialize, Deserialize)]
pub struct Audit {
    /// Time-ordered, so the trail reads in order.
    pub id: Id<kind::Audit>,
    /// Also in the logs and in the answer.
    pub request: String,
    /// When.
    pub at: Timestamp,
    /// Which operation.
    pub function: String,
    /// Who; nobody for jobs.
    pub user: Option<UserId>,
    /// As what; nothing for a caller who is not signed in.
    pub role: Option<Role>,
    /// Where; nothing outside clinics.
    pub clinic: Option<ClinicId>,
    /// Whose record.
    pub patients: Vec<PatientId>,
    /// The code of the refusal, where it was refused and that is worth remembering: a failed sign-in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub refused: Option<String>,
}

impl Entity for Audit {
    const KIND: &'static str = "audit";
    type Scope = Shared;
    /// A partition a month and clinic keeps the trail from growing hot.
    fn key(&self) -> Key<Self> {
        let owner = self.clinic.map_or_else(|| "platform".into(), |clinic| clinic.to_string());
        Key::new(format_args!("audit/{owner}/{}", self.at.strftime("%Y-%m")), self.id)
    }
}
