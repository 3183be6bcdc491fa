use runtime::{Function, Resource, Trigger};
use serde::Serialize;

use crate::stack::logical_id;

const RESOURCE: &str = "Resource";

/// A statement of a role, as the template writes it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Grant {
    /// IAM actions.
    pub actions: Vec<&'static str>,
    /// Whether it is about this or about everything else: `Resource` or `NotResource`.
    pub element: &'static str,
    /// A YAML value: an ARN, or what yields one.
    pub resource: String,
    /// A YAML value.
    pub condition: Option<&'static str>,
}

impl Grant {
    /// Everything that a function's role allows: its log and its traces, what it declares, and its
    /// own event source.
    pub fn all(function: &Function) -> Vec<Self> {
        let id = logical_id(function.name);
        let allow = |actions: &[&'static str], resource: String| Self {
            actions: actions.to_vec(),
            element: RESOURCE,
            resource,
            condition: None,
        };
        let anything = || "'*'".to_owned();
        let dead_letters = || format!("!GetAtt {id}DeadLetters.Arn");

        let mut grants = vec![
            // The Arn of a log group ends with `:*`, so these are its streams.
            allow(&["logs:CreateLogStream", "logs:PutLogEvents"], format!("!GetAtt {id}Logs.Arn")),
            allow(&["xray:PutTraceSegments", "xray:PutTelemetryRecords"], anything()),
        ];
        grants.extend(function.statements().into_iter().map(|statement| Self {
            actions: statement.actions,
            element: element(statement.resource),
            resource: arn(statement.resource),
            condition: condition(statement.resource),
        }));
        match function.trigger {
            Trigger::Http(_) | Trigger::Command => {}
            Trigger::Event(_) => grants.push(allow(
                &["sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes"],
                format!("!GetAtt {id}Queue.Arn"),
            )),
            Trigger::Stream => grants.extend([
                allow(
                    &["dynamodb:DescribeStream", "dynamodb:GetRecords", "dynamodb:GetShardIterator"],
                    "!GetAtt Table.StreamArn".into(),
                ),
                allow(&["dynamodb:ListStreams"], anything()),
                allow(&["sqs:SendMessage"], dead_letters()),
            ]),
            Trigger::Schedule(_) => grants.push(allow(&["sqs:SendMessage"], dead_letters())),
        }
        grants
    }
}

fn arn(resource: Resource) -> String {
    match resource {
        Resource::Table => "!GetAtt Table.Arn".into(),
        Resource::Index(name) => format!("!Sub ${{Table.Arn}}/index/{name}"),
        Resource::AuditTable => {
            "!Sub arn:${AWS::Partition}:dynamodb:${AWS::Region}:${AWS::AccountId}:table/${AuditTable}".into()
        }
        Resource::AuditIndex => {
            "!Sub arn:${AWS::Partition}:dynamodb:${AWS::Region}:${AWS::AccountId}:table/${AuditTable}/index/by-day"
                .into()
        }
        Resource::Archive => "!Sub arn:${AWS::Partition}:s3:::${Archive}/*".into(),
        Resource::ArchiveBucket => "!Sub arn:${AWS::Partition}:s3:::${Archive}".into(),
        Resource::EventsTopic => "!Ref EventsTopic".into(),
        Resource::DataKey => "!Ref DataKey".into(),
        Resource::IndexKey => "!Ref IndexKey".into(),
        // Whether SES verified the address or its domain is not known here; the sender is, below.
        Resource::MailIdentity => "'*'".into(),
        // Of SNS only telephones have no ARN: what is left over is to send text messages.
        Resource::Telephones => "!Sub arn:${AWS::Partition}:sns:*:*:*".into(),
    }
}

const fn element(resource: Resource) -> &'static str {
    match resource {
        Resource::Telephones => "NotResource",
        _ => RESOURCE,
    }
}

const fn condition(resource: Resource) -> Option<&'static str> {
    match resource {
        Resource::MailIdentity => Some("{ StringEqualsIfExists: { ses:FromAddress: !Ref MailFrom } }"),
        _ => None,
    }
}
