//! Who may do what: people by their roles, functions by theirs.

use std::fmt::Write as _;

use infra::{Grant, files, functions};
use kernel::Role;
use runtime::Http;
use strum::IntoEnumIterator as _;

use super::http;

/// What cannot be narrowed by its ARN: traces and listing streams have none, and SES is narrowed by
/// a condition.
const ANYWHERE: [&str; 4] =
    ["xray:PutTraceSegments", "xray:PutTelemetryRecords", "dynamodb:ListStreams", "ses:SendEmail"];

/// What is allowed on everything but something: to publish on what SNS has no ARN for, which is telephones.
const ANYWHERE_BUT: (&[&str], &str) = (&["sns:Publish"], "!Sub arn:${AWS::Partition}:sns:*:*:*");

/// Reviewed as a table: whoever may do something new shows in a diff of this snapshot.
#[test]
fn who_may_call_what() {
    let mut table = format!("{:28}{:12}", "", "for");
    for role in Role::iter() {
        write!(table, "{:14}", <&str>::from(role)).unwrap();
    }
    for function in functions() {
        let Some(Http { needs, audience, .. }) = http(function) else { continue };
        write!(table, "\n{:28}{audience:12}", function.name).unwrap();
        for role in Role::iter() {
            let reach = match needs.map(|needs| role.reach(needs)) {
                None => "any".into(),
                Some(None) => "-".into(),
                Some(Some(reach)) => reach.to_string(),
            };
            write!(table, "{reach:14}").unwrap();
        }
    }
    let table: Vec<_> = table.lines().map(str::trim_end).collect();
    insta::assert_snapshot!(table.join("\n"));
}

#[test]
fn only_what_is_public_needs_no_permission() {
    for function in functions() {
        let Some(http) = http(function) else { continue };
        assert_eq!(http.is_public(), http.audience == "public", "{}", function.name);
    }
}

/// Every role, but for its log and its traces.
#[test]
fn what_functions_may_do() {
    let mut table = String::new();
    for function in functions() {
        writeln!(table, "{}", function.name).unwrap();
        for Grant { actions, element, resource, condition } in Grant::all(function) {
            if actions.iter().any(|action| action.starts_with("logs:") || action.starts_with("xray:")) {
                continue;
            }
            let on = if element == "Resource" { "on" } else { "on everything but" };
            write!(table, "  {} {on} {resource}", actions.join(", ")).unwrap();
            writeln!(table, "{}", condition.map(|condition| format!(" if {condition}")).unwrap_or_default())
                .unwrap();
        }
    }
    insta::assert_snapshot!(table);
}

/// Anchors have days for names.
const EVERY_KEPT_OBJECT: &str = "!Sub arn:${AWS::Partition}:s3:::${Archive}/*";

#[test]
fn nothing_is_allowed_everywhere_but_what_has_no_place() {
    let (mut everywhere, mut everywhere_but) = (0, 0);
    for function in functions() {
        for Grant { actions, element, resource, condition } in Grant::all(function) {
            assert!(!actions.iter().any(|action| action.contains('*')), "{}: {actions:?}", function.name);
            if element != "Resource" {
                everywhere_but += 1;
                assert_eq!((actions.as_slice(), resource.as_str()), ANYWHERE_BUT, "{}", function.name);
            } else if resource.contains('*') && resource != EVERY_KEPT_OBJECT {
                everywhere += 1;
                assert!(
                    actions.iter().all(|action| ANYWHERE.contains(action)),
                    "{}: {actions:?}",
                    function.name
                );
                assert!(condition.is_some() || !actions.contains(&"ses:SendEmail"), "{}", function.name);
            }
        }
    }
    let files = files();
    let written = |words| files.iter().map(|(_, text)| text.matches(words).count()).sum::<usize>();
    let counted = (written("Resource: '*'"), written("NotResource: "));
    assert_eq!((everywhere, everywhere_but), counted, "a statement of a template is none of a function");
}

#[test]
fn the_audit_trail_is_only_added_to_and_read_by_those_who_verify_it() {
    for function in functions() {
        let reads = ["anchor-audit", "verify-audit"].contains(&function.name);
        let may = |action: &&str| *action == "dynamodb:PutItem" || (reads && *action == "dynamodb:Query");
        for Grant { actions, resource, .. } in Grant::all(function) {
            assert!(!resource.contains("AuditTable") || actions.iter().all(may), "{}", function.name);
        }
    }
}
