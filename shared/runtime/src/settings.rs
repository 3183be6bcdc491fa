use std::collections::BTreeMap;

use strum::IntoEnumIterator as _;

/// For whom our tokens are: `aud`, the same in every environment.
pub const AUDIENCE: &str = "careplane-api";

/// An environment variable that functions are configured by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, strum::EnumIter)]
pub enum Setting {
    /// `dev`, `staging`, `prod` or `local`.
    Environment,
    /// The context's table.
    Table,
    /// The table of audit records.
    AuditTable,
    /// The bucket of what must stay as it is.
    Archive,
    /// ARN of the topic of events.
    EventsTopic,
    /// KMS key that seals secrets.
    DataKey,
    /// KMS HMAC key of the blind indexes.
    IndexKey,
    /// `iss` of our tokens: where the discovery document is served.
    Issuer,
    /// `aud` of our tokens.
    Audience,
    /// The verified sender of our mails.
    MailFrom,
    /// Where the web client is served, for links in mails.
    WebOrigin,
    /// What only our edge sends along, so that its word for an address can be told from an invention.
    EdgeMark,
}

impl Setting {
    /// The variable's name.
    pub const fn variable(self) -> &'static str {
        match self {
            Setting::Environment => "CAREPLANE_ENV",
            Setting::Table => "TABLE",
            Setting::AuditTable => "AUDIT_TABLE",
            Setting::Archive => "ARCHIVE",
            Setting::EventsTopic => "EVENTS_TOPIC",
            Setting::DataKey => "DATA_KEY",
            Setting::IndexKey => "INDEX_KEY",
            Setting::Issuer => "ISSUER",
            Setting::Audience => "AUDIENCE",
            Setting::MailFrom => "MAIL_FROM",
            Setting::WebOrigin => "WEB_ORIGIN",
            Setting::EdgeMark => "EDGE_MARK",
        }
    }

    /// What a value must look like, in words; nothing if `value` does.
    fn fault(self, value: &str) -> Option<&'static str> {
        let origin = || value.starts_with("https://") || value.starts_with("http://");
        let (fits, words) = match self {
            Setting::Environment => {
                (matches!(value, "dev" | "staging" | "prod" | "local"), "one of dev, staging, prod, local")
            }
            Setting::Table | Setting::AuditTable => (
                (3..=255).contains(&value.len())
                    && value.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte)),
                "a table name: 3 to 255 letters, digits, `-`, `_` or `.`",
            ),
            Setting::EventsTopic => (value.starts_with("arn:"), "an ARN"),
            Setting::Archive
            | Setting::DataKey
            | Setting::IndexKey
            | Setting::Audience
            | Setting::EdgeMark => (!value.is_empty(), "not empty"),
            Setting::Issuer | Setting::WebOrigin => {
                (origin() && !value.ends_with('/'), "a URL without a slash at its end")
            }
            Setting::MailFrom => (value.contains('@'), "an address"),
        };
        (!fits).then_some(words)
    }
}

/// The settings that a function uses, present and well-formed.
#[derive(Clone, Debug, Default)]
pub struct Settings(BTreeMap<Setting, String>);

/// Everything that is wrong with the environment, at once.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("the environment is not complete: {}", .0.join("; "))]
pub struct SettingsError(Vec<String>);

impl Settings {
    /// Check all of `needed`, and name every one that is missing or malformed.
    pub fn read(needed: &[Setting], lookup: impl Fn(&str) -> Option<String>) -> Result<Self, SettingsError> {
        let mut settings = BTreeMap::new();
        let mut faults = Vec::new();
        for setting in Setting::iter().filter(|setting| needed.contains(setting)) {
            let name = setting.variable();
            match lookup(name) {
                None => faults.push(format!("{name} is missing")),
                Some(value) => match setting.fault(&value) {
                    Some(words) => faults.push(format!("{name} must be {words}")),
                    None => {
                        settings.insert(setting, value);
                    }
                },
            }
        }
        if faults.is_empty() { Ok(Self(settings)) } else { Err(SettingsError(faults)) }
    }

    pub(crate) fn find(&self, setting: Setting) -> Option<&str> {
        self.0.get(&setting).map(String::as_str)
    }

    /// A setting that the function's `USES` imply; anything else is a mistake in that list.
    pub(crate) fn get(&self, setting: Setting) -> &str {
        self.find(setting).unwrap_or_else(|| {
            panic!("{} is read by a function whose USES do not imply it", setting.variable())
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_fault_of_the_environment_is_named_at_once() {
        let needed = [Setting::Table, Setting::Environment, Setting::Issuer, Setting::MailFrom];
        let error = Settings::read(&needed, |name| match name {
            "CAREPLANE_ENV" => Some("production".into()),
            "ISSUER" => Some("https://id.example/".into()),
            "MAIL_FROM" => Some("care@clinic.example".into()),
            _ => None,
        });
        assert_eq!(
            error.unwrap_err().to_string(),
            "the environment is not complete: CAREPLANE_ENV must be one of dev, staging, prod, local; \
             TABLE is missing; ISSUER must be a URL without a slash at its end"
        );
    }
}
