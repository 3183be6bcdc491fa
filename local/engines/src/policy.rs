//! Who may do what: IAM, as far as we use it.

use std::collections::HashMap;

use crate::ACCOUNT;

/// The principal that may do everything: seeding and scripts.
pub(crate) const ADMIN: &str = "admin";

/// The statements of every principal. Whoever is not named may do nothing.
#[derive(Debug, Clone, Default)]
pub struct Policies(HashMap<String, Vec<Statement>>);

/// Some actions on some resources. `*` in either stands for any text.
///
/// Resources are named without account and region: `table`, `table/index/name`, `table/stream/*`, a key's
/// id or alias, a topic, a queue, `bucket`, `bucket/key`, the address that a mail is from, the number
/// of a telephone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Statement {
    /// Actions as IAM spells them: `dynamodb:GetItem`.
    pub actions: Vec<String>,
    /// Names of resources.
    pub resources: Vec<String>,
}

impl Statement {
    /// Allows these actions on these resources.
    pub fn new<A: Into<String>, R: Into<String>>(
        actions: impl IntoIterator<Item = A>,
        resources: impl IntoIterator<Item = R>,
    ) -> Self {
        Self {
            actions: actions.into_iter().map(Into::into).collect(),
            resources: resources.into_iter().map(Into::into).collect(),
        }
    }

    fn allows(&self, action: &str, names: &[&str]) -> bool {
        self.actions.iter().any(|allowed| matches(allowed, action))
            && self.resources.iter().any(|allowed| names.iter().any(|name| matches(allowed, name)))
    }
}

impl Policies {
    /// Nobody may do anything.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a statement for a principal.
    pub fn allow<A: Into<String>, R: Into<String>>(
        mut self,
        principal: &str,
        actions: impl IntoIterator<Item = A>,
        resources: impl IntoIterator<Item = R>,
    ) -> Self {
        self.grant(principal, Statement::new(actions, resources));
        self
    }

    /// Adds a statement for a principal.
    pub fn grant(&mut self, principal: &str, statement: Statement) {
        self.0.entry(principal.into()).or_default().push(statement);
    }

    /// Whether a principal may do this to a resource, which may have several names.
    pub(crate) fn demand(&self, principal: &str, demand: &Demand) -> Result<(), Denied> {
        let names: Vec<&str> = demand.names.iter().map(String::as_str).collect();
        let allowed = principal == ADMIN
            || self.0.get(principal).is_some_and(|statements| {
                statements.iter().any(|statement| statement.allows(&demand.action, &names))
            });
        if allowed {
            return Ok(());
        }
        Err(Denied(format!(
            "User: arn:aws:sts::{ACCOUNT}:assumed-role/{principal}/{principal} is not authorized to perform: {action} \
             on resource: {resource} because no identity-based policy allows the {action} action",
            action = demand.action,
            resource = demand.names.first().map_or("*", String::as_str),
        )))
    }
}

/// Something that a request does to a resource. The first name is the one to tell people.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Demand {
    pub(crate) action: String,
    pub(crate) names: Vec<String>,
}

impl Demand {
    pub(crate) fn new(action: impl Into<String>, name: impl Into<String>) -> Self {
        Self { action: action.into(), names: vec![name.into()] }
    }
}

/// The refusal, in the words of AWS.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Denied(pub(crate) String);

/// Whether a pattern, in which `*` stands for any text, is the whole of a text.
fn matches(pattern: &str, text: &str) -> bool {
    let Some((head, rest)) = pattern.split_once('*') else { return pattern == text };
    let Some(text) = text.strip_prefix(head) else { return false };
    rest.is_empty() || text.char_indices().any(|(at, _)| matches(rest, &text[at..])) || matches(rest, "")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_star_stands_for_any_text() {
        for (pattern, text, expected) in [
            ("a", "a", true),
            ("a", "ab", false),
            ("*", "", true),
            ("*", "anything/at all", true),
            ("table/*", "table/x", true),
            ("table/*", "tables/x", false),
            ("*/index/*", "careplane/index/by-patient", true),
            ("*/index/by-*", "careplane/index/of-patient", false),
            ("dynamodb:*Item", "dynamodb:PutItem", true),
            ("dynamodb:*Item", "dynamodb:PutItems", false),
            ("a*", "a", true),
            ("*a", "ba", true),
            ("ä*", "äö", true),
        ] {
            assert_eq!(matches(pattern, text), expected, "{pattern} {text}");
        }
    }

    #[test]
    fn nobody_may_do_anything_that_no_statement_allows() {
        let policies = Policies::new().allow("reader", ["dynamodb:GetItem"], ["one"]).allow(
            "reader",
            ["dynamodb:Query"],
            ["two"],
        );
        let may = |who, action, table| policies.demand(who, &Demand::new(action, table)).is_ok();
        assert!(may("reader", "dynamodb:GetItem", "one"));
        assert!(!may("reader", "dynamodb:GetItem", "two"), "a statement's actions are for its own resources");
        assert!(!may("stranger", "dynamodb:GetItem", "one"));
        assert!(may(ADMIN, "dynamodb:DeleteTable", "one"));
    }
}
