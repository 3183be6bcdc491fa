//! The templates, as far as they can be judged by their text. `make lint` and `make stack` judge the rest.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use infra::{CONTEXTS, Context};
use runtime::Trigger;

use super::read;

fn template(context: &Context) -> String {
    read(&format!("infra/{}.yaml", context.name))
}

/// The keys right below a key of the template.
fn keys<'a>(template: &'a str, section: &str) -> Vec<&'a str> {
    let lines = template.lines().skip_while(|line| *line != format!("{section}:")).skip(1);
    let lines = lines.take_while(|line| line.is_empty() || line.starts_with(' '));
    lines.filter_map(|line| key(line, 2)).collect()
}

/// The key of a line that is indented by so much.
fn key(line: &str, indent: usize) -> Option<&str> {
    let (key, _) = line.trim_start().split_once(':')?;
    let fits = line.len() - line.trim_start().len() == indent
        && key.bytes().all(|byte| byte.is_ascii_alphanumeric());
    fits.then_some(key)
}

fn logical_id(name: &str) -> String {
    name.split('-').map(|word| word[..1].to_uppercase() + &word[1..]).collect()
}

#[test]
fn every_function_is_deployed_with_role_log_alarms_and_trigger() {
    for context in CONTEXTS {
        let template = template(context);
        let resources: BTreeSet<_> = keys(&template, "Resources").into_iter().collect();
        for function in context.functions {
            let trigger: &[_] = match function.trigger {
                Trigger::Command => &[],
                Trigger::Http(_) => &["Integration", "Route", "Permission"],
                Trigger::Event(_) => {
                    &["Queue", "QueuePolicy", "Subscription", "Source", "DeadLetters", "DeadLettersAlarm"]
                }
                Trigger::Stream => &["Source", "DeadLetters", "DeadLettersAlarm", "LateAlarm"],
                Trigger::Schedule(_) => &["Schedule", "ScheduleRole", "DeadLetters", "DeadLettersAlarm"],
            };
            for part in ["", "Role", "Logs", "FaultsAlarm"].iter().chain(trigger) {
                let id = logical_id(function.name) + part;
                assert!(resources.contains(id.as_str()), "{} has no {id}", context.name);
            }
        }
    }
}

/// CloudFormation takes 500.
#[test]
fn no_stack_grows_too_large() {
    let mut table = String::new();
    for context in CONTEXTS {
        let template = template(context);
        let resources = keys(&template, "Resources");
        let unique: BTreeSet<_> = resources.iter().collect();
        assert_eq!(unique.len(), resources.len(), "{} has two resources of a name", context.name);
        assert!(resources.len() < 450, "{} has {} resources; split it", context.name, resources.len());
        writeln!(
            table,
            "{:14}{:3} functions{:5} resources",
            context.name,
            context.functions.len(),
            resources.len()
        )
        .unwrap();
    }
    insta::assert_snapshot!(table);
}

#[test]
fn every_stack_is_nested_and_told_what_it_asks() {
    let root = read("template.yaml");
    let mut nested = BTreeSet::new();
    for stack in root.split("      Location: ").skip(1) {
        let (path, rest) = stack.split_once('\n').unwrap();
        let told: BTreeSet<_> = rest
            .lines()
            .skip_while(|line| *line != "      Parameters:")
            .skip(1)
            .map_while(|line| key(line, 8))
            .collect();
        let template = read(path);
        assert_eq!(told, keys(&template, "Parameters").into_iter().collect(), "parameters of {path}");
        nested.insert(path);
    }
    for context in CONTEXTS {
        assert!(
            nested.contains(format!("infra/{}.yaml", context.name).as_str()),
            "{} is not deployed",
            context.name
        );
    }
}
