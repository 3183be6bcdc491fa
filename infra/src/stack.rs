//! A context's stack: the facts about its functions, put into `stack.yaml.jinja`.

use minijinja::{Environment, UndefinedBehavior, syntax::SyntaxConfig, value::Serde};
use runtime::{AUDIENCE, Function, Setting, Trigger};
use serde::Serialize;
use store::{Index, OUTBOX};

use crate::{Context, Grant};

/// What a stack may have to be told, and the type of that.
const PARAMETERS: &[(&str, &str)] = &[
    ("Environment", "String, AllowedValues: [dev, staging, prod]"),
    ("Architecture", "String, AllowedValues: [arm64, x86_64]"),
    ("LogRetention", "Number"),
    ("LogKey", "String"),
    ("AlarmTopic", "String"),
    ("DataKey", "String"),
    ("IndexKey", "String"),
    ("AuditTable", "String"),
    ("Archive", "String"),
    ("EventsTopic", "String"),
    ("Api", "String"),
    ("Authorizer", "String"),
    ("Issuer", "String"),
    ("DiscoveryGate", "String"),
    ("MailFrom", "String"),
    ("WebOrigin", "String"),
    ("EdgeMark", "String"),
];

/// A context, as the template needs it.
#[derive(Serialize)]
struct Stack {
    context: &'static str,
    description: &'static str,
    parameters: Vec<(&'static str, &'static str)>,
    environment: Variable,
    audience: &'static str,
    /// What the keys of new events begin with.
    outbox: &'static str,
    indexes: Vec<Sorted>,
    /// The functions that API Gateway asks about tokens. Their context makes the authorizer.
    discovery: Vec<String>,
    functions: Vec<Row>,
}

/// An index.
#[derive(Serialize)]
struct Sorted {
    name: &'static str,
    partition: &'static str,
    sort: String,
    projection: &'static str,
}

/// A function.
#[derive(Serialize)]
struct Row {
    id: String,
    name: &'static str,
    memory: u16,
    timeout: u16,
    reserved: Option<u16>,
    variables: Vec<Variable>,
    grants: Vec<Grant>,
    trigger: Cause,
}

#[derive(Serialize)]
struct Variable {
    name: &'static str,
    value: &'static str,
}

#[derive(Serialize)]
#[serde(tag = "kind", rename_all = "lowercase")]
enum Cause {
    Http { method: &'static str, path: &'static str, any_path: String, is_public: bool },
    Event { event: &'static str },
    Stream,
    Schedule { every: &'static str },
    Command,
}

/// The stack of a context.
pub(crate) fn stack(context: &Context) -> String {
    // A line with nothing but a block tag leaves no trace, so the template has the shape of YAML.
    let mut syntax = SyntaxConfig::builder();
    syntax.trim_blocks(true).lstrip_blocks(true).keep_trailing_newline(true);
    let mut templates = Environment::new();
    templates.set_syntax(syntax.build().expect("the ordinary syntax"));
    templates.set_undefined_behavior(UndefinedBehavior::Strict);
    let stack = Stack {
        context: context.name,
        description: context.description,
        parameters: parameters(context),
        environment: Variable::of(Setting::Environment),
        audience: AUDIENCE,
        outbox: OUTBOX,
        indexes: context.indexes.iter().map(Sorted::of).collect(),
        discovery: discovery(context),
        functions: context.functions.iter().map(Row::of).collect(),
    };
    templates.render_str(include_str!("stack.yaml.jinja"), Serde(stack)).expect("the template fits its facts")
}

fn discovery(context: &Context) -> Vec<String> {
    let asked = context.functions.iter().filter(|function| match &function.trigger {
        Trigger::Http(http) => http.route.path.starts_with("/.well-known/"),
        _ => false,
    });
    asked.map(|function| logical_id(function.name)).collect()
}

/// What this stack must be told.
fn parameters(context: &Context) -> Vec<(&'static str, &'static str)> {
    let mut needed = vec!["Environment", "Architecture", "LogRetention", "LogKey", "AlarmTopic", "DataKey"];
    for function in context.functions {
        let values = function.settings().into_iter().map(value);
        needed.extend(values.filter_map(|value| value.strip_prefix("!Ref ")));
        match &function.trigger {
            Trigger::Http(http) if http.is_public() => needed.push("Api"),
            Trigger::Http(_) => needed.extend(["Api", "Authorizer"]),
            Trigger::Event(_) => needed.push("EventsTopic"),
            Trigger::Stream | Trigger::Schedule(_) | Trigger::Command => {}
        }
    }
    if !discovery(context).is_empty() {
        needed.retain(|name| *name != "Authorizer");
        needed.extend(["Issuer", "DiscoveryGate"]);
    }
    PARAMETERS.iter().filter(|(name, _)| needed.contains(name)).copied().collect()
}

/// What a setting is, in a stack.
const fn value(setting: Setting) -> &'static str {
    match setting {
        Setting::Environment => "!Ref Environment",
        Setting::Table => "!Ref Table",
        Setting::AuditTable => "!Ref AuditTable",
        Setting::Archive => "!Ref Archive",
        Setting::EventsTopic => "!Ref EventsTopic",
        Setting::DataKey => "!Ref DataKey",
        Setting::IndexKey => "!Ref IndexKey",
        Setting::Issuer => "!Ref Issuer",
        Setting::Audience => AUDIENCE,
        Setting::MailFrom => "!Ref MailFrom",
        Setting::WebOrigin => "!Ref WebOrigin",
        Setting::EdgeMark => "!Ref EdgeMark",
    }
}

impl Sorted {
    fn of(index: &Index) -> Self {
        let projection = if index.keys_only { "KEYS_ONLY" } else { "ALL" };
        Self { name: index.name, partition: index.attribute, sort: index.sort_attribute(), projection }
    }
}

impl Variable {
    fn of(setting: Setting) -> Self {
        Self { name: setting.variable(), value: value(setting) }
    }
}

impl Row {
    fn of(function: &Function) -> Self {
        let settings = function.settings().into_iter();
        Self {
            id: logical_id(function.name),
            name: function.name,
            memory: function.memory,
            timeout: function.timeout,
            reserved: function.reserved,
            // All functions share the environment's name, so it stands once, in Globals.
            variables: settings
                .filter(|setting| *setting != Setting::Environment)
                .map(Variable::of)
                .collect(),
            grants: Grant::all(function),
            trigger: Cause::of(&function.trigger),
        }
    }
}

impl Cause {
    fn of(trigger: &Trigger) -> Self {
        match trigger {
            Trigger::Http(http) => {
                let path = http.route.path;
                let any = path.split('/').map(|part| if part.starts_with('{') { "*" } else { part });
                Cause::Http {
                    method: http.route.method.into(),
                    path,
                    any_path: any.collect::<Vec<_>>().join("/"),
                    is_public: http.is_public(),
                }
            }
            Trigger::Event(event) => Cause::Event { event },
            Trigger::Stream => Cause::Stream,
            Trigger::Schedule(every) => Cause::Schedule { every },
            Trigger::Command => Cause::Command,
        }
    }
}

/// `book-appointment` is `BookAppointment` in a template.
pub(crate) fn logical_id(name: &str) -> String {
    name.split('-').map(|word| word[..1].to_uppercase() + &word[1..]).collect()
}
