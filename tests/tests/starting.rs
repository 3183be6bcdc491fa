//! How the platform starts and stops, above all where it cannot.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::time::Duration;

use http::Method;
use journeys::client::PASSWORD;
use journeys::process::{PATIENCE, Running, command, refusal, until};
use rusqlite::Connection;
use rustix::process::Signal;
use serde_json::json;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::process::Command;

/// Every file below a directory, with its contents; without what `SQLite` needs for reading.
fn contents(directory: &Path) -> BTreeMap<String, Vec<u8>> {
    let mut files = BTreeMap::new();
    let mut directories = vec![directory.to_owned()];
    while let Some(directory) = directories.pop() {
        for entry in fs::read_dir(&directory).expect("a directory") {
            let path = entry.expect("an entry").path();
            if path.is_dir() {
                directories.push(path);
                continue;
            }
            let (name, contents) = (path.display().to_string(), fs::read(&path).expect("a file"));
            let is_scratch = name.ends_with("-shm") || (name.ends_with("-wal") && contents.is_empty());
            if !is_scratch {
                files.insert(name, contents);
            }
        }
    }
    files
}

/// It ends by itself with an exit code and one sentence, or two, that say these words; and nothing that
/// lies in the directory has changed.
async fn assert_refuses(command: Command, data: &Path, words: &[&str]) {
    let before = data.is_dir().then(|| contents(data));
    let output = refusal(command).await;
    let said = String::from_utf8(output.stderr).expect("text");
    assert_eq!(output.status.code(), Some(1), "{said}");
    assert_eq!(said.trim_end().lines().count(), 1, "{said}");
    for word in words {
        assert!(said.contains(word), "{word:?} is not said: {said}");
    }
    let after = data.is_dir().then(|| contents(data));
    let names = |files: &Option<BTreeMap<String, Vec<u8>>>| {
        files.as_ref().map(|f| f.keys().cloned().collect::<Vec<_>>())
    };
    assert_eq!(names(&after), names(&before));
    let changed =
        |(name, was): &(&String, &Vec<u8>)| after.as_ref().is_some_and(|after| after[*name] != **was);
    let changed: Vec<_> = before.iter().flatten().filter(changed).map(|(name, _)| name).collect();
    assert!(changed.is_empty(), "changed: {changed:?}");
}

/// A directory in which a platform has run and a patient has registered.
async fn lived_in() -> tempfile::TempDir {
    let data = tempfile::tempdir().expect("a directory");
    let platform = Running::on(data.path()).await;
    platform.api.register("Resident").await;
    platform.stop().await;
    data
}

#[tokio::test(flavor = "multi_thread")]
async fn a_port_in_use_is_named_and_another_one_proposed() {
    let occupied = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let port = occupied.local_addr().expect("its address").port();
    let data = tempfile::tempdir().expect("a directory");
    let port_said = format!("Port {port} is in use");
    assert_refuses(command(data.path(), port), data.path(), &[&port_said, "PORT="]).await;

    let mut nonsense = command(data.path(), 0);
    nonsense.env("PORT", "http");
    assert_refuses(nonsense, data.path(), &["PORT must be a number", "http"]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_directory_that_cannot_be_written_is_named() {
    let data = tempfile::tempdir().expect("a directory");
    let file = data.path().join("file");
    fs::write(&file, "mine").expect("a file");
    // Not even root may write there.
    for place in [file.as_path(), &file.join("below"), Path::new("/proc/careplane")] {
        let said = place.display().to_string();
        assert_refuses(command(place, 0), data.path(), &[&said, "cannot be written", "DATA="]).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_damaged_file_is_named_and_left_as_it_is() {
    let data = lived_in().await;
    for name in ["dynamodb.sqlite", "services.sqlite"] {
        let file = data.path().join(name);
        let sound = fs::read(&file).expect("a data file");
        let middle = sound.len() / 2;
        let damages = [
            b"This is not a database.".repeat(1000),
            sound[..middle].to_vec(),
            [&sound[..middle], &[0xa5; 4096], &sound[middle + 4096..]].concat(),
        ];
        for damaged in damages {
            fs::write(&file, damaged).expect("writing");
            let words = [name, "damaged", "Nothing was changed", "FRESH=1"];
            assert_refuses(command(data.path(), 0), data.path(), &words).await;
        }
        fs::write(&file, sound).expect("writing");
    }
    let platform = Running::on(data.path()).await;
    platform.api.sign_in("resident@patients.example", PASSWORD).await;
    platform.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_of_a_newer_version_is_named_and_left_as_it_is() {
    let data = lived_in().await;
    let newer = [
        ("services.sqlite", "PRAGMA user_version = 99", "PRAGMA user_version = 1"),
        (
            "dynamodb.sqlite",
            "UPDATE _config SET value = '99' WHERE key = 'schema_version'",
            "UPDATE _config SET value = '1' WHERE key = 'schema_version'",
        ),
    ];
    for (name, newer, older) in newer {
        let change = |sql: &str| {
            let database = Connection::open(data.path().join(name)).expect("a database");
            database.execute_batch(sql).expect("SQL");
        };
        change(newer);
        let words = [name, "newer version", "Nothing was changed"];
        assert_refuses(command(data.path(), 0), data.path(), &words).await;
        change(older);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_directory_belongs_to_one_platform_at_a_time() {
    let data = tempfile::tempdir().expect("a directory");
    let platform = Running::on(data.path()).await;
    until("the first platform is idle", async || {
        let log = || fs::metadata(data.path().join("log.jsonl")).ok().map(|log| log.len());
        let before = log();
        tokio::time::sleep(Duration::from_millis(300)).await;
        (log() == before).then_some(())
    })
    .await;
    let words = ["in use by another Careplane", "DATA="];
    assert_refuses(command(data.path(), 0), data.path(), &words).await;
    let mut fresh = command(data.path(), 0);
    fresh.env("FRESH", "1");
    assert_refuses(fresh, data.path(), &words).await;
    platform.api.register("Undisturbed").await;
    platform.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn fresh_forgets_and_nothing_else_does() {
    let data = lived_in().await;
    let mine = data.path().join("notes.txt");
    fs::write(&mine, "mine").expect("a file");
    let credentials = json!({ "email": "resident@patients.example", "password": PASSWORD });

    let platform = Running::on(data.path()).await;
    platform.api.post("/v1/sessions", &credentials).send().await.expect(201);
    platform.stop().await;
    // What cannot be read can be forgotten.
    fs::write(data.path().join("services.sqlite"), b"This is not a database.".repeat(1000)).expect("writing");
    let mut fresh = command(data.path(), 0);
    fresh.env("FRESH", "1");
    let platform = Running::start(data.path(), fresh).await;
    platform.api.post("/v1/sessions", &credentials).send().await.expect(401);
    platform.sign_in("patient", testkit::demo::totp).await;
    platform.stop().await;
    assert_eq!(fs::read(&mine).expect("what is not ours stays"), b"mine");
}

/// A request that the platform is reading, and what has not been sent of it yet.
async fn half_a_registration(port: u16) -> (TcpStream, &'static [u8]) {
    const BODY: &[u8] =
        br#"{"email":"late@patients.example","password":"correct horse","given_name":"L","family_name":"Ate"}"#;
    // Whoever expects this is told when the body is being read.
    const READING: &[u8] = b"HTTP/1.1 100 Continue\r\n\r\n";
    let head = format!(
        "POST /v1/patients HTTP/1.1\r\nhost: 127.0.0.1:{port}\r\nexpect: 100-continue\r\n\
         content-type: application/json\r\ncontent-length: {}\r\n\r\n",
        BODY.len()
    );
    let mut stream = TcpStream::connect(("127.0.0.1", port)).await.expect("a connection");
    stream.write_all(head.as_bytes()).await.expect("writing");
    let mut said = vec![0; READING.len()];
    stream.read_exact(&mut said).await.expect("reading");
    assert_eq!(said, READING);
    let (first, rest) = BODY.split_at(40);
    stream.write_all(first).await.expect("writing");
    (stream, rest)
}

/// Whether the platform still takes connections.
async fn is_listening(port: u16) -> bool {
    TcpStream::connect(("127.0.0.1", port)).await.is_ok()
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_is_asked_to_stop_finishes_what_is_under_way() {
    for signal in [Signal::INT, Signal::TERM] {
        let data = tempfile::tempdir().expect("a directory");
        let platform = Running::on(data.path()).await;
        let port = platform.port();
        // A connection that is kept open for later keeps nobody waiting.
        platform.api.get("/health").send().await.expect(200);
        let (mut stream, rest) = half_a_registration(port).await;
        platform.signal(signal);
        until("it takes nothing new", async || (!is_listening(port).await).then_some(())).await;
        stream.write_all(rest).await.expect("writing");
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await.expect("an answer");
        assert!(answer.starts_with("HTTP/1.1 202"), "{answer}");
        let (status, printed) = platform.ends().await;
        assert!(status.success(), "{status}: {printed}");
        assert!(!data.path().join("demo.json").exists(), "nobody is to be sent to a platform that is gone");

        // The mail that was promised comes, if not from the platform that promised it, then from the next.
        let platform = Running::on(data.path()).await;
        let late = ["late@patients.example".to_owned()];
        let links = until("the link has arrived", async || platform.api.links(&late).await).await;
        platform.api.open_link(&links[0], "correct horse").await;
        platform.api.sign_in(&late[0], "correct horse").await;
        platform.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_asks_twice_does_not_wait_for_those_who_never_finish() {
    let data = tempfile::tempdir().expect("a directory");
    let platform = Running::on(data.path()).await;
    let port = platform.port();
    let (_stream, _) = half_a_registration(port).await;
    platform.signal(Signal::INT);
    until("it takes nothing new", async || (!is_listening(port).await).then_some(())).await;
    platform.signal(Signal::INT);
    let (status, printed) =
        tokio::time::timeout(PATIENCE / 4, platform.ends()).await.expect("it ends at once");
    assert!(status.success(), "{status}: {printed}");
}

#[tokio::test(flavor = "multi_thread")]
async fn it_starts_quickly_and_says_what_it_does() {
    let data = tempfile::tempdir().expect("a directory");
    for what in ["an empty", "a filled"] {
        let platform = Running::on(data.path()).await;
        println!("ready after {:.2} s on {what} directory", platform.started_in.as_secs_f32());
        let unknown = platform.api.call(Method::GET, "/v1/nothing").send().await;
        assert_eq!(unknown.status, 404);
        let origin = platform.demo["urls"]["web"].as_str().expect("an origin").to_owned();
        platform.signal(Signal::INT);
        let (_, printed) = platform.ends().await;
        for words in ["Opening", "ready after", &origin, "Ctrl-C", "Finishing"] {
            assert!(printed.contains(words), "{words:?} is not said: {printed}");
        }
    }
}
