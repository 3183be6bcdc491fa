use serde::{Deserialize, Serialize, de::DeserializeOwned};

use crate::{ClinicId, Id, Timestamp, kind};

/// Something that happened, told to whoever wants to know.
///
/// Contexts meet only here: the publisher owns the type's meaning, a subscriber declares the
/// fields that it reads under the same [`Event::NAME`].
pub trait Event: Serialize + DeserializeOwned + Send + Sync + 'static {
    /// Kebab-case, in the past tense, unique: `appointment-booked`.
    const NAME: &'static str;
}

/// An [`Event`] as it travels: outbox, stream, topic, queue.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fact<D> {
    /// The same on every delivery, so a subscriber can tell a repetition.
    pub id: Id<kind::Event>,
    /// [`Event::NAME`].
    pub event: String,
    /// When it happened.
    pub at: Timestamp,
    /// Whose it is; nothing where no clinic is concerned.
    pub clinic: Option<ClinicId>,
    /// What the publisher says of it.
    pub data: D,
}
