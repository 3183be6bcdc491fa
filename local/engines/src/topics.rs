//! SNS: topics hand their messages to queues, and telephones to the inbox.

use std::{collections::BTreeMap, sync::Arc};

use http::StatusCode;

use crate::{
    Fault, Queue, Queues, Settings,
    dispatch::Call,
    door::Door,
    mail::{Content, MailKind, Mailbox},
    policy::Demand,
    queues::NewMessage,
    random,
    reply::{self, Dialect, Refusal, Refused, Reply, escape},
};

/// Topics, queues and who hears what. As with a template, it is declared and not made by calls.
#[derive(Debug, Clone, Default)]
pub struct Topology {
    /// Names of topics.
    pub topics: Vec<String>,
    /// Queues, those for dead letters included.
    pub queues: Vec<Queue>,
    /// Which queue gets what.
    pub subscriptions: Vec<Subscription>,
}

/// A queue hears some of the events of a topic, as they were published (raw delivery).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Subscription {
    /// The topic.
    pub topic: String,
    /// The queue.
    pub queue: String,
    /// The wanted values of the message attribute `event`; all messages when there are none.
    pub events: Vec<String>,
}

/// The attribute that subscriptions filter by.
const EVENT: &str = "event";

impl Topology {
    /// Finds names that lead nowhere.
    pub(crate) fn check(&self) -> Result<(), String> {
        let queue = |name: &str| self.queues.iter().any(|queue| queue.name == name);
        for Subscription { topic, queue: name, .. } in &self.subscriptions {
            if !self.topics.contains(topic) {
                return Err(format!("queue {name} subscribes to topic {topic}, which does not exist"));
            }
            if !queue(name) {
                return Err(format!(
                    "topic {topic} has a subscription by queue {name}, which does not exist"
                ));
            }
        }
        match self.queues.iter().find_map(|queue| queue.dead_letters.as_deref()).filter(|name| !queue(name)) {
            Some(name) => Err(format!("queue {name} is named for dead letters and does not exist")),
            None => Ok(()),
        }
    }

    fn listeners<'a>(&'a self, topic: &'a str, event: Option<&'a str>) -> impl Iterator<Item = &'a str> {
        self.subscriptions
            .iter()
            .filter(move |subscription| {
                let wanted = &subscription.events;
                subscription.topic == topic
                    && (wanted.is_empty()
                        || event.is_some_and(|event| wanted.iter().any(|other| other == event)))
            })
            .map(|subscription| subscription.queue.as_str())
    }
}

/// The most that one publication may hold.
const LIMIT: usize = 256 * 1024;

/// The topics.
#[derive(Clone)]
pub(crate) struct Topics {
    queues: Queues,
    settings: Arc<Settings>,
}

/// One message of a request.
struct Publication {
    message: String,
    attributes: BTreeMap<String, String>,
}

impl Topics {
    pub(crate) fn new(queues: Queues, settings: &Arc<Settings>) -> Self {
        Self { queues, settings: settings.clone() }
    }

    /// Answers a request to SNS.
    pub(crate) async fn answer(&self, call: &Call<'_>, door: &Door, mailbox: &Mailbox) -> Reply {
        let Ok(form) = serde_html_form::from_bytes::<Vec<(String, String)>>(call.body) else {
            return Dialect::Sns
                .refused(Refusal::new("MalformedQueryString", "the request is not a form").into());
        };
        let form: BTreeMap<String, String> = form.into_iter().collect();
        let result = match form.get("Action").map_or("", String::as_str) {
            "Publish" => {
                match (form.get("TopicArn").or_else(|| form.get("TargetArn")), form.get("PhoneNumber")) {
                    (Some(topic), None) => self.publish(call, door, topic, &form).await,
                    (None, Some(number)) => text(call, door, mailbox, number, &form).await,
                    _ => Err(invalid("Invalid parameter: either TopicArn or PhoneNumber is required").into()),
                }
            }
            "PublishBatch" => self.publish_batch(call, door, &form).await,
            action => {
                Err(Refusal::new("InvalidAction", format!("there is no operation {action:?} here")).into())
            }
        };
        result.unwrap_or_else(|refused| Dialect::Sns.refused(refused))
    }

    async fn publish(
        &self,
        call: &Call<'_>,
        door: &Door,
        topic: &str,
        form: &BTreeMap<String, String>,
    ) -> Result<Reply, Refused> {
        let topic = self.topic(call, door, topic)?;
        let id = self.deliver(call, topic, vec![Publication::read(form, "")?]).await?.remove(0);
        Ok(document("Publish", &format!("<MessageId>{id}</MessageId>")))
    }

    async fn publish_batch(
        &self,
        call: &Call<'_>,
        door: &Door,
        form: &BTreeMap<String, String>,
    ) -> Result<Reply, Refused> {
        let topic = self.topic(call, door, form.get("TopicArn").map_or("", String::as_str))?;
        let entry = |number: usize| format!("PublishBatchRequestEntries.member.{number}.");
        let ids: Vec<&String> = (1..).map_while(|number| form.get(&format!("{}Id", entry(number)))).collect();
        match ids.len() {
            0 => {
                return Err(Refusal::new(
                    "EmptyBatchRequest",
                    "The batch request doesn't contain any entries.",
                )
                .into());
            }
            1..=10 => {}
            _ => {
                return Err(Refusal::new(
                    "TooManyEntriesInBatchRequest",
                    "The batch request contains more than 10 entries.",
                )
                .into());
            }
        }
        if ids.iter().collect::<std::collections::BTreeSet<_>>().len() < ids.len() {
            let message = "Two or more batch entries in the request have the same Id.";
            return Err(Refusal::new("BatchEntryIdsNotDistinct", message).into());
        }
        let publications: Vec<Publication> = (1..=ids.len())
            .map(|number| Publication::read(form, &entry(number)))
            .collect::<Result<_, _>>()?;
        if publications.iter().map(|publication| publication.message.len()).sum::<usize>() > LIMIT {
            return Err(Refusal::new(
                "BatchRequestTooLong",
                "The length of all the messages put together is more than the limit.",
            )
            .into());
        }
        let messages = self.deliver(call, topic, publications).await?;
        let mut members = String::new();
        for (id, message) in ids.iter().zip(messages) {
            let id = escape(id);
            members += &["<member><Id>", &id, "</Id><MessageId>", &message, "</MessageId></member>"].concat();
        }
        Ok(document("PublishBatch", &format!("<Successful>{members}</Successful><Failed/>")))
    }

    /// The name of a topic that exists and that the caller may publish to.
    fn topic<'a>(&'a self, call: &Call<'_>, door: &Door, arn: &str) -> Result<&'a str, Refused> {
        let name = arn.rsplit_once(':').map_or(arn, |(_, name)| name);
        let demand =
            Demand { action: "sns:Publish".into(), names: vec![self.settings.arn("sns", name), name.into()] };
        door.demand(call.principal, [&demand])?;
        let topic = self.settings.topology.topics.iter().find(|topic| *topic == name);
        Ok(topic.ok_or_else(|| {
            Refusal::new("NotFound", "Topic does not exist").with_status(StatusCode::NOT_FOUND)
        })?)
    }

    /// Puts the messages into all queues that want them, or into none.
    async fn deliver(
        &self,
        call: &Call<'_>,
        topic: &str,
        publications: Vec<Publication>,
    ) -> Result<Vec<String>, Fault> {
        let mut ids = Vec::with_capacity(publications.len());
        let mut messages = Vec::new();
        for publication in &publications {
            ids.push(random::uuid());
            let event = publication.attributes.get(EVENT).map(String::as_str);
            for queue in self.settings.topology.listeners(topic, event) {
                messages.push(NewMessage::new(
                    queue,
                    &publication.message,
                    &publication.attributes,
                    call.principal,
                ));
            }
        }
        self.queues.put(messages).await?;
        Ok(ids)
    }
}

/// A text message goes to the inbox.
async fn text(
    call: &Call<'_>,
    door: &Door,
    mailbox: &Mailbox,
    number: &str,
    form: &BTreeMap<String, String>,
) -> Result<Reply, Refused> {
    door.demand(call.principal, [&Demand::new("sns:Publish", number)])?;
    let digits = number.strip_prefix('+').unwrap_or_default();
    if !(4..=15).contains(&digits.len()) || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(invalid(&format!(
            "Invalid parameter: PhoneNumber Reason: {number} is not valid to publish to"
        ))
        .into());
    }
    let content = Content {
        message_id: random::uuid(),
        to: vec![number.into()],
        text: Some(Publication::read(form, "")?.message),
        ..Content::default()
    };
    mailbox.keep(MailKind::Sms, call.principal, &content).await?;
    Ok(document("Publish", &format!("<MessageId>{}</MessageId>", content.message_id)))
}

impl Publication {
    /// Reads a message from the fields that begin with a prefix.
    fn read(form: &BTreeMap<String, String>, prefix: &str) -> Result<Self, Refusal> {
        let message = form.get(&format!("{prefix}Message")).filter(|message| !message.is_empty());
        let message = message.ok_or_else(|| invalid("Invalid parameter: Empty message"))?.clone();
        if message.len() > LIMIT {
            return Err(invalid("Invalid parameter: Message too long"));
        }
        let mut attributes = BTreeMap::new();
        for number in 1.. {
            let field = |name: &str| form.get(&format!("{prefix}MessageAttributes.entry.{number}.{name}"));
            let Some(name) = field("Name") else { break };
            match (field("Value.DataType").map(String::as_str), field("Value.StringValue")) {
                (Some("String"), Some(value)) if !value.is_empty() => {
                    attributes.insert(name.clone(), value.clone())
                }
                _ => {
                    return Err(invalid(&format!(
                        "Invalid parameter: the attribute {name} must be a String that is not empty"
                    )));
                }
            };
        }
        Ok(Self { message, attributes })
    }
}

fn invalid(message: &str) -> Refusal {
    Refusal::new("InvalidParameter", message)
}

fn document(action: &str, result: &str) -> Reply {
    let id = random::uuid();
    let body = format!(
        r#"<{action}Response xmlns="{}"><{action}Result>{result}</{action}Result><ResponseMetadata><RequestId>{id}</RequestId></ResponseMetadata></{action}Response>"#,
        reply::SNS
    );
    reply::xml(StatusCode::OK, &body)
}
