use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::{Deserialize, Deserializer};

/// A field of a merge patch (RFC 7396): left alone, taken away, or set. Beside `#[serde(default)]`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Patch<T> {
    /// It was not named.
    #[default]
    Leave,
    /// It was `null`.
    Clear,
    /// It is this now.
    Set(T),
}

impl<T> Patch<T> {
    /// What becomes of what was there.
    pub fn apply(self, place: &mut Option<T>) {
        match self {
            Patch::Leave => {}
            Patch::Clear => *place = None,
            Patch::Set(value) => *place = Some(value),
        }
    }

    /// What it is set to, if it is.
    pub fn set(&self) -> Option<&T> {
        match self {
            Patch::Set(value) => Some(value),
            Patch::Leave | Patch::Clear => None,
        }
    }
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Patch<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Ok(Option::deserialize(deserializer)?.map_or(Patch::Clear, Patch::Set))
    }
}

impl<T: JsonSchema> JsonSchema for Patch<T> {
    fn inline_schema() -> bool {
        true
    }
    fn schema_name() -> Cow<'static, str> {
        Option::<T>::schema_name()
    }
    fn json_schema(schemas: &mut SchemaGenerator) -> Schema {
        Option::<T>::json_schema(schemas)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Deserialize)]
    struct Request {
        #[serde(default)]
        phone: Patch<String>,
    }

    #[test]
    fn what_is_not_named_and_what_is_null_are_two_things() {
        let read = |text| serde_json::from_str::<Request>(text).unwrap().phone;
        let after = |patch: Patch<String>| {
            let mut place = Some("before".to_owned());
            patch.apply(&mut place);
            place
        };
        assert_eq!(after(read("{}")), Some("before".into()));
        assert_eq!(after(read(r#"{"phone":null}"#)), None);
        assert_eq!(after(read(r#"{"phone":"after"}"#)), Some("after".into()));
    }
}
