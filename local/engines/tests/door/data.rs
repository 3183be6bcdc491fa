//! A directory that cannot be used is left as it was, and the person is told why.

use std::{collections::BTreeMap, fs, path::Path};

use aws_sdk_dynamodb::error::ProvideErrorMetadata;
use engines::{Engines, Table};
use jiff::SignedDuration;
use rusqlite::Connection;

use crate::house::{House, refusal};

/// Makes a directory with data in it, closed.
async fn directory() -> (House, std::path::PathBuf) {
    let house = House::new().await;
    house.engines.ensure_table(&Table::new("careplane-test-table").stream()).await.unwrap();
    house.engines.close().await;
    let path = house.path();
    (house, path)
}

/// The names and checksums of the files. The notes that `SQLite` makes beside a file hold no data then.
fn contents(data: &Path) -> Vec<(String, u32)> {
    let mut contents: Vec<_> = fs::read_dir(data)
        .unwrap()
        .map(Result::unwrap)
        .filter(|entry| entry.file_type().unwrap().is_file())
        .map(|file| {
            (file.file_name().into_string().unwrap(), crc32fast::hash(&fs::read(file.path()).unwrap()))
        })
        .filter(|(name, _)| !name.ends_with("-shm") && !name.ends_with("-wal"))
        .collect();
    contents.sort();
    contents
}

#[tokio::test]
async fn a_damaged_file_is_named_and_left_alone() {
    let (_house, data) = directory().await;
    for name in ["dynamodb.sqlite", "services.sqlite"] {
        let file = data.join(name);
        let sound = fs::read(&file).unwrap();
        let mut torn = sound.clone();
        let middle = torn.len() / 2;
        torn[middle - 1000..middle + 1000].fill(0xff);
        for damaged in [b"not a database at all, but long enough to be read as one".repeat(100), torn] {
            fs::write(&file, &damaged).unwrap();
            let before = contents(&data);
            let message = refusal(&data);
            assert!(message.starts_with(&format!("{} is damaged", file.display())), "{message}");
            assert!(message.contains("Nothing was changed"), "{message}");
            assert!(message.ends_with("make run FRESH=1"), "{message}");
            assert_eq!(contents(&data), before);
        }
        fs::write(&file, sound).unwrap();
    }
}

#[tokio::test]
async fn contents_without_their_keys_are_left_alone() {
    let (_house, data) = directory().await;
    let keys = data.join("services.sqlite");
    for emptied in [true, false] {
        if emptied {
            fs::write(&keys, b"").unwrap();
        } else {
            fs::remove_file(&keys).unwrap();
        }
        let before = contents(&data);
        let message = refusal(&data);
        assert!(message.starts_with(&format!("{} is damaged", keys.display())), "{message}");
        assert!(message.contains("the keys to what is in dynamodb.sqlite"), "{message}");
        assert_eq!(contents(&data), before);
    }
}

#[tokio::test]
async fn a_file_of_another_program_is_left_alone() {
    let data = tempfile::tempdir().unwrap();
    Connection::open(data.path().join("services.sqlite"))
        .unwrap()
        .execute_batch("CREATE TABLE photos (name TEXT)")
        .unwrap();
    let message = refusal(data.path());
    assert!(message.contains("services.sqlite is damaged or is not a data file of Careplane"), "{message}");
    assert!(message.contains("another program"), "{message}");
}

#[tokio::test]
async fn a_file_of_a_newer_version_is_left_alone() {
    let (_house, data) = directory().await;
    let file = data.join("services.sqlite");
    Connection::open(&file).unwrap().pragma_update(None, "user_version", 99).unwrap();
    let message = refusal(&data);
    assert!(message.contains("services.sqlite was written by a newer version"), "{message}");
    assert!(message.contains("its format is 99"), "{message}");
    assert!(message.contains("Nothing was changed"), "{message}");
    Connection::open(&file).unwrap().pragma_update(None, "user_version", 1).unwrap();

    let file = data.join("dynamodb.sqlite");
    let newer = "UPDATE _config SET value = '999' WHERE key = 'schema_version'";
    Connection::open(&file).unwrap().execute_batch(newer).unwrap();
    let message = refusal(&data);
    assert!(message.contains("dynamodb.sqlite was written by a newer version"), "{message}");
}

#[tokio::test]
async fn two_processes_cannot_share_a_directory() {
    let house = House::new().await;
    let message = refusal(&house.path());
    assert!(message.contains("is in use by another Careplane"), "{message}");
    assert!(Engines::forget(&house.path()).is_err(), "nor can its data be forgotten");
    house.engines.close().await;
    let house = house.restart().await;
    house.dynamodb("admin").list_tables().send().await.unwrap();
}

#[tokio::test]
async fn a_directory_that_cannot_be_made_is_named() {
    let data = tempfile::tempdir().unwrap();
    let file = data.path().join("file");
    fs::write(&file, "").unwrap();
    let message = refusal(&file.join("data"));
    assert!(message.contains("file/data cannot be written"), "{message}");
    assert!(message.contains("DATA="), "{message}");
}

/// The files as a killed process leaves them: the last writes are in the logs only.
#[tokio::test]
async fn what_was_acknowledged_is_there_after_a_kill() {
    let house = House::new().await;
    house.engines.ensure_table(&Table::new("careplane-test-table")).await.unwrap();
    house.engines.queues().send("everything", "hello", &BTreeMap::new(), SignedDuration::ZERO).await.unwrap();
    let copy = tempfile::tempdir().unwrap();
    for file in fs::read_dir(house.path()).unwrap().map(Result::unwrap) {
        let name = file.file_name();
        if name.to_string_lossy().ends_with(".sqlite") || name.to_string_lossy().ends_with("-wal") {
            fs::copy(file.path(), copy.path().join(name)).unwrap();
        }
    }
    let house = House::on(copy).await;
    let tables = house.dynamodb("admin").list_tables().send().await.unwrap();
    assert_eq!(tables.table_names(), ["careplane-test-table"]);
    let received = house.engines.queues().receive("everything", 10, None).await.unwrap();
    assert_eq!(received.len(), 1);
}

#[tokio::test]
async fn forgetting_removes_our_files_only() {
    let (_house, data) = directory().await;
    fs::write(data.join("notes.txt"), "mine").unwrap();
    Engines::forget(&data).unwrap();
    let names: Vec<_> = contents(&data).into_iter().map(|(name, _)| name).collect();
    assert_eq!(names, ["lock", "notes.txt"]);
    assert!(!data.join("objects").exists());
}

#[tokio::test]
async fn closed_engines_say_that_they_are_closed() {
    let house = House::new().await;
    house.engines.close().await;
    let refused = house.dynamodb("admin").list_tables().send().await.unwrap_err();
    assert_eq!(refused.raw_response().unwrap().status().as_u16(), 503);
    assert_eq!(refused.code(), Some("ServiceUnavailable"));
    assert!(house.engines.mails(1).await.is_err());
}
