//! What the store promises, on a real engine.

use aws_sdk_dynamodb::Client;
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use store::{Change, Commit, CommitError, Entity, Key, Meter, Shared, Store, StoreError, Table};
use testkit::{TestPlatform, Trouble};

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Note {
    name: String,
    text: String,
    until: Option<Timestamp>,
}

impl Note {
    fn named(name: impl ToString) -> Self {
        Self { name: name.to_string(), text: "first".into(), until: None }
    }

    fn at(name: &str) -> Key<Self> {
        Key::new("note", name)
    }
}

impl Entity for Note {
    const KIND: &'static str = "note";
    type Scope = Shared;
    fn key(&self) -> Key<Self> {
        Self::at(&self.name)
    }
    fn expires_at(&self) -> Option<Timestamp> {
        self.until
    }
}

#[derive(Debug, thiserror::Error)]
#[error("There is such a note already.")]
struct Taken;

impl kernel::Fault for Taken {
    fn status(&self) -> kernel::Status {
        kernel::Status::Conflict
    }
    fn code(&self) -> &'static str {
        "NOTE_TAKEN"
    }
}

fn store(platform: &TestPlatform) -> Store {
    let client = Client::new(&platform.inside().admin());
    let table = |context| local::table_name(context);
    let table = Table { client, name: table("platform"), audit: table("audit") };
    Store::new(&table, platform.now(), &Meter::default())
}

#[expect(clippy::disallowed_methods, reason = "it is what is tested")]
async fn write(store: &Store, change: Change) -> Result<(), CommitError> {
    store.commit(Commit::<runtime::Audit> { change, audit: None, receipt: None, spread: 1 }).await
}

async fn notes(platform: &TestPlatform) -> Vec<Value> {
    platform.records("platform", "note").await
}

fn many(count: usize) -> Change {
    (0..count).fold(Change::new(), |change, n| change.create(Shared, &Note::named(n)))
}

#[tokio::test]
async fn a_hundred_writes_are_one_transaction_and_one_more_is_refused_whole() {
    let platform = TestPlatform::open_empty().await;
    let store = store(&platform);
    let refused = write(&store, many(101)).await;
    assert!(matches!(refused, Err(CommitError::Store(StoreError::TooManyWrites(101)))), "{refused:?}");
    assert_eq!(platform.calls(), Vec::<String>::new(), "nobody was asked");
    assert_eq!(notes(&platform).await, Vec::<Value>::new());
    write(&store, many(100)).await.unwrap();
    assert_eq!(
        (platform.calls(), notes(&platform).await.len()),
        (vec!["TransactWriteItems".to_owned()], 100)
    );
}

#[tokio::test]
async fn of_a_change_all_is_written_or_nothing() {
    let platform = TestPlatform::open_empty().await;
    let store = store(&platform);
    write(&store, Change::new().create(Shared, &Note::named("taken"))).await.unwrap();
    let before = notes(&platform).await;
    let change = || Change::new().create(Shared, &Note::named("free")).create(Shared, &Note::named("taken"));
    let refused = write(&store, change().otherwise(Taken)).await;
    assert!(
        matches!(&refused, Err(CommitError::Refused(problem)) if problem.code == "NOTE_TAKEN"),
        "{refused:?}"
    );
    let refused = write(&store, change()).await;
    assert!(matches!(refused, Err(CommitError::Store(StoreError::Stale))), "{refused:?}");
    assert_eq!(notes(&platform).await, before);
}

#[tokio::test]
async fn what_was_read_is_written_only_while_it_is_so() {
    let platform = TestPlatform::open_empty().await;
    let store = store(&platform);
    write(&store, Change::new().create(Shared, &Note::named("a"))).await.unwrap();
    let read = store.find(Shared, Note::at("a")).await.unwrap();
    let second = read.clone().decide(|note| Ok::<_, ()>(Note { text: "second".into(), ..note })).unwrap();
    write(&store, Change::new().update(Shared, &second)).await.unwrap();
    for stale in [Change::new().update(Shared, &read), Change::new().delete(Shared, &read)] {
        let refused = write(&store, stale).await;
        assert!(matches!(refused, Err(CommitError::Store(StoreError::Stale))), "{refused:?}");
    }
    let now = store.find(Shared, Note::at("a")).await.unwrap();
    assert_eq!((now.text.as_str(), now.version()), ("second", 2));
    write(&store, Change::new().delete(Shared, &now)).await.unwrap();
    assert!(store.get(Shared, Note::at("a")).await.unwrap().is_none());
    assert!(matches!(store.find(Shared, Note::at("a")).await, Err(StoreError::Missing("note"))));
    let gone = write(&store, Change::new().update(Shared, &now)).await;
    assert!(matches!(gone, Err(CommitError::Store(StoreError::Stale))), "{gone:?}");
}

#[tokio::test]
async fn what_has_expired_is_gone_for_every_read_and_every_condition() {
    let platform = TestPlatform::open_empty().await;
    let until = platform.now() + SignedDuration::from_secs(10);
    let note = Note { until: Some(until), ..Note::named("a") };
    write(&store(&platform), Change::new().create(Shared, &note)).await.unwrap();

    platform.pass(SignedDuration::from_secs(9));
    let now = store(&platform);
    assert_eq!(now.get(Shared, Note::at("a")).await.unwrap().unwrap().into_inner(), note);
    let taken = write(&now, Change::new().create(Shared, &note).otherwise(Taken)).await;
    assert!(matches!(taken, Err(CommitError::Refused(_))), "{taken:?}");

    platform.pass(SignedDuration::from_secs(1));
    let later = store(&platform);
    assert!(later.get(Shared, Note::at("a")).await.unwrap().is_none());
    let listed = later.list(Shared, store::Range::<Note>::new("note", ""), store::Page::ALL).await.unwrap();
    assert_eq!(listed.items.len(), 0);
    assert_eq!(notes(&platform).await.len(), 1, "nobody has swept");
    let anew = Note { text: "anew".into(), ..Note::named("a") };
    write(&later, Change::new().create(Shared, &anew)).await.unwrap();
    assert_eq!(later.find(Shared, Note::at("a")).await.unwrap().into_inner(), anew);
}

#[tokio::test]
async fn places_have_one_holder_each_and_go_back_only_from_that_one() {
    let platform = TestPlatform::open_empty().await;
    let store = store(&platform);
    let occupy = |places: &[&str], holder: &str| {
        let places: Vec<_> = places.iter().map(|&place| place.to_owned()).collect();
        Change::new().occupy(Shared, &Note::named("day"), places, holder).otherwise(Taken)
    };
    let vacate = |places: &[&str], holder: &str| {
        let places: Vec<_> = places.iter().map(|&place| place.to_owned()).collect();
        Change::new().vacate(Shared, &Note::named("day"), places, holder)
    };
    write(&store, occupy(&["t1", "t2"], "ada")).await.unwrap();
    write(&store, occupy(&["t3"], "ben")).await.unwrap();
    for (places, holder) in [(&["t2", "t4"][..], "ben"), (&["t3"], "ada"), (&["t1"], "ada")] {
        let taken = write(&store, occupy(places, holder)).await;
        assert!(matches!(taken, Err(CommitError::Refused(_))), "{places:?} for {holder}: {taken:?}");
    }
    for (places, holder) in [(&["t1", "t2"][..], "ben"), (&["t4"], "ada"), (&["t2", "t3"], "ada")] {
        let refused = write(&store, vacate(places, holder)).await;
        assert!(
            matches!(refused, Err(CommitError::Store(StoreError::Stale))),
            "{places:?} of {holder}: {refused:?}"
        );
    }
    write(&store, vacate(&["t1", "t2"], "ada")).await.unwrap();
    write(&store, occupy(&["t2", "t4"], "ben")).await.unwrap();
    let day = notes(&platform).await.remove(0);
    assert_eq!(
        [&day["t1"], &day["t2"], &day["t3"], &day["t4"]],
        [&Value::Null, &"ben".into(), &"ben".into(), &"ben".into()]
    );
}

#[tokio::test]
async fn a_conflict_without_words_of_its_own_is_told_as_contention() {
    let platform = TestPlatform::open_empty().await;
    platform.trouble("TransactWriteItems", 1..=8, Trouble::Conflict);
    let refused = write(&store(&platform), many(2)).await;
    assert!(matches!(refused, Err(CommitError::Store(StoreError::Contended))), "{refused:?}");
    assert_eq!((platform.troubles_met(), notes(&platform).await.len()), (8, 0));
}

/// What lets a success slip past a lock is that there was none when it was looked for.
#[tokio::test]
async fn what_must_still_be_absent_is_looked_for_again_when_it_is_written() {
    let platform = TestPlatform::open_empty().await;
    let store = store(&platform);
    let success = || Change::new().absent(Shared, &Note::at("lock")).create(Shared, &Note::named("session"));
    let lock = Note { until: Some(platform.now() + SignedDuration::from_mins(1)), ..Note::named("lock") };
    write(&store, Change::new().create(Shared, &lock)).await.unwrap();
    let stale = write(&store, success()).await;
    assert!(matches!(stale, Err(CommitError::Store(StoreError::Stale))), "{stale:?}");
    assert_eq!(notes(&platform).await.len(), 1, "nothing of it was written");
    // What has expired is absent, swept or not.
    platform.pass(SignedDuration::from_mins(1));
    let store = self::store(&platform);
    write(&store, success()).await.unwrap();
    assert_eq!(notes(&platform).await.len(), 2);
}
