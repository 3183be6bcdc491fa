//! What a function may do, said once: its role in the template, the check at the local engine's
//! door and its environment all follow from its `USES`.

use store::Index;

use crate::{Setting, Trigger, function::Function};

/// Something outside itself that a function uses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Use {
    /// Read records by key.
    Get,
    /// Read several records at once.
    GetMany,
    /// Read ranges of records.
    Query,
    /// Read an index.
    QueryIndex(&'static Index),
    /// Create or replace records.
    Put,
    /// Occupy or vacate places, and count.
    Update,
    /// Delete records.
    Delete,
    /// Demand that there is no such record.
    Check,
    /// Read the audit trail.
    Trail,
    /// Put objects where they stay as they are.
    Keep,
    /// Read such objects.
    Find,
    /// Encrypt with the data key.
    Seal,
    /// Decrypt with the data key.
    Unseal,
    /// Compute blind indexes.
    Blind,
    /// Send mail.
    SendMail,
    /// Send text messages.
    SendSms,
    /// Know the issuer and the audience of tokens.
    Issue,
    /// Know where the web client is served.
    Link,
    /// Know from where a request came.
    Address,
    /// Call services of others, which no role of ours allows or forbids.
    Internet,
}

/// What a statement is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Resource {
    /// The context's table.
    Table,
    /// An index of it.
    Index(&'static str),
    /// The audit table.
    AuditTable,
    /// Its index by day.
    AuditIndex,
    /// The objects that stay as they are.
    Archive,
    /// The bucket that they lie in.
    ArchiveBucket,
    /// The topic of events.
    EventsTopic,
    /// The KMS key that seals.
    DataKey,
    /// The KMS key of blind indexes.
    IndexKey,
    /// Our verified sender.
    MailIdentity,
    /// Everybody's telephone. IAM has no name for one, only for what is none.
    Telephones,
}

/// One statement of a function's policy.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Statement {
    /// IAM actions, such as `dynamodb:GetItem`.
    pub actions: Vec<&'static str>,
    /// On what.
    pub resource: Resource,
}

impl Function {
    /// The least that the function needs.
    pub fn statements(&self) -> Vec<Statement> {
        let mut statements: Vec<Statement> = Vec::new();
        let mut allow = |action: &'static str, resource: Resource| match statements
            .iter_mut()
            .find(|statement| statement.resource == resource)
        {
            Some(statement) if statement.actions.contains(&action) => {}
            Some(statement) => statement.actions.push(action),
            None => statements.push(Statement { actions: vec![action], resource }),
        };
        for used in self.uses {
            match used {
                Use::Get => allow("dynamodb:GetItem", Resource::Table),
                Use::GetMany => allow("dynamodb:BatchGetItem", Resource::Table),
                Use::Query => allow("dynamodb:Query", Resource::Table),
                Use::QueryIndex(index) => allow("dynamodb:Query", Resource::Index(index.name)),
                Use::Put => allow("dynamodb:PutItem", Resource::Table),
                Use::Update => allow("dynamodb:UpdateItem", Resource::Table),
                Use::Delete => allow("dynamodb:DeleteItem", Resource::Table),
                Use::Check => allow("dynamodb:ConditionCheckItem", Resource::Table),
                Use::Trail => {
                    allow("dynamodb:Query", Resource::AuditTable);
                    allow("dynamodb:Query", Resource::AuditIndex);
                }
                Use::Keep => allow("s3:PutObject", Resource::Archive),
                Use::Find => {
                    allow("s3:GetObject", Resource::Archive);
                    // Without this S3 does not say that there is no such object, but that it is forbidden.
                    allow("s3:ListBucket", Resource::ArchiveBucket);
                }
                Use::Seal => allow("kms:Encrypt", Resource::DataKey),
                Use::Unseal => allow("kms:Decrypt", Resource::DataKey),
                Use::Blind => allow("kms:GenerateMac", Resource::IndexKey),
                Use::SendMail => allow("ses:SendEmail", Resource::MailIdentity),
                Use::SendSms => allow("sns:Publish", Resource::Telephones),
                Use::Issue | Use::Link | Use::Address | Use::Internet => {}
            }
        }
        if self.keeps_receipts() {
            allow("dynamodb:GetItem", Resource::Table);
            allow("dynamodb:PutItem", Resource::Table);
        }
        if self.is_audited() {
            allow("dynamodb:PutItem", Resource::AuditTable);
        }
        if matches!(self.trigger, Trigger::Stream) {
            allow("sns:Publish", Resource::EventsTopic);
        }
        statements
    }

    /// The variables that the function needs.
    pub fn settings(&self) -> Vec<Setting> {
        let mut settings = vec![Setting::Environment];
        for Statement { resource, .. } in self.statements() {
            settings.extend(match resource {
                Resource::Table | Resource::Index(_) => Some(Setting::Table),
                Resource::AuditTable | Resource::AuditIndex => Some(Setting::AuditTable),
                Resource::Archive | Resource::ArchiveBucket => Some(Setting::Archive),
                Resource::EventsTopic => Some(Setting::EventsTopic),
                Resource::DataKey => Some(Setting::DataKey),
                Resource::IndexKey => Some(Setting::IndexKey),
                Resource::MailIdentity => Some(Setting::MailFrom),
                Resource::Telephones => None,
            });
        }
        if self.uses.contains(&Use::SendMail) || self.uses.contains(&Use::Link) {
            settings.push(Setting::WebOrigin);
        }
        if self.uses.contains(&Use::Address) {
            settings.push(Setting::EdgeMark);
        }
        if self.uses.contains(&Use::Issue) {
            settings.extend([Setting::Issuer, Setting::Audience]);
        }
        settings.sort_unstable();
        settings.dedup();
        settings
    }
}
