//! Stores lose nothing that was acknowledged: to kills, to other writers, to broken tails.

use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;

use router_conversation::{Conversation, Entry, FileStore, MemoryStore, Record, Store};
use router_core::{ErrorKind, Message};

/// What a child process is told: the kind of store, its place, the writer's name, how many turns.
const CHILD: &str = "ROUTER_CONVERSATION_CHILD";

struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Self {
        let path = std::env::temp_dir().join(format!("router-conversation-{}-{name}", std::process::id()));
        std::fs::create_dir_all(&path).expect("a folder");
        Self(path)
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

fn turn(text: &str) -> Vec<Record> {
    let entry = |message| Record::Message(Entry::new(message));
    vec![
        entry(Message::user(text)),
        entry(Message::assistant(format!("to {text}"))),
    ]
}

fn open(kind: &str, place: &str) -> Arc<dyn Store> {
    match kind {
        "file" => Arc::new(FileStore::new(place).expect("a folder")),
        #[cfg(feature = "sqlite")]
        "sqlite" => Arc::new(router_conversation::SqliteStore::open(place).expect("a file")),
        #[cfg(feature = "redis")]
        "redis" => {
            use std::time::Duration;
            let second = Duration::from_secs(5);
            let config = router_redis::RedisConfig::new(place).with_times(second, second, second);
            Arc::new(router_conversation::RedisStore::new(
                router_redis::Redis::new(&config).expect("an address"),
            ))
        }
        _ => unreachable!("{kind}"),
    }
}

async fn said(store: &dyn Store) -> Vec<String> {
    let page = store.read("session", 0).await.expect("a log");
    Conversation::from_records("session", page.records)
        .messages()
        .iter()
        .map(|message| message.text().to_string())
        .collect()
}

async fn keeps_the_contract(store: &dyn Store) {
    let empty = store.read("session", 0).await.expect("a log");
    assert_eq!((empty.records.len(), empty.position), (0, 0));
    store.append("session", &turn("one")).await.expect("room");
    let first = store.read("session", 0).await.expect("a log");
    assert_eq!(first.records.len(), 2);
    store.append("session", &turn("two")).await.expect("room");
    store
        .append("an other/Session:ü", &turn("else"))
        .await
        .expect("room");
    let second = store.read("session", first.position).await.expect("a log");
    assert_eq!(second.records.len(), 2, "only what is new");
    assert_eq!(said(store).await, ["one", "to one", "two", "to two"]);
    assert_eq!(
        store
            .read("session", second.position)
            .await
            .expect("a log")
            .records,
        []
    );

    let mut conversation = Conversation::from_records("session", first.records);
    conversation.undo();
    store
        .append("session", &conversation.take_records())
        .await
        .expect("room");
    assert_eq!(
        said(store).await,
        ["two", "to two"],
        "taken back by one, gone on by another"
    );

    assert_eq!(
        store.sessions().await.expect("names"),
        ["an other/Session:ü", "session"]
    );
    store.remove("session").await.expect("gone");
    assert_eq!(store.sessions().await.expect("names"), ["an other/Session:ü"]);
    assert!(said(store).await.is_empty());
}

#[tokio::test]
async fn memory_keeps_the_contract() {
    keeps_the_contract(&MemoryStore::new()).await;
}

#[tokio::test]
async fn files_keep_the_contract() {
    let folder = Folder::new("files");
    keeps_the_contract(open("file", &folder.0.to_string_lossy()).as_ref()).await;
}

#[cfg(feature = "sqlite")]
#[tokio::test]
async fn sqlite_keeps_the_contract() {
    let folder = Folder::new("sqlite");
    keeps_the_contract(open("sqlite", &folder.0.join("a.db").to_string_lossy()).as_ref()).await;
}

#[cfg(feature = "redis")]
#[tokio::test]
async fn redis_keeps_the_contract() {
    let Some(server) = router_conformance::redis::RedisServer::start() else {
        return;
    };
    keeps_the_contract(open("redis", &server.url()).as_ref()).await;
}

#[cfg(feature = "redis")]
#[tokio::test]
async fn a_redis_that_is_not_there_is_an_error() {
    let store = open("redis", "redis://127.0.0.1:1");
    let error = store.append("session", &turn("one")).await.expect_err("no Redis");
    assert_eq!(error.kind(), ErrorKind::Transport);
}

#[tokio::test]
async fn a_cut_line_is_passed_by_with_a_warning_and_written_on() {
    let folder = Folder::new("cut");
    let store = open("file", &folder.0.to_string_lossy());
    store.append("session", &turn("one")).await.expect("room");
    let path = folder.0.join("session.log");
    let whole = std::fs::read(&path).expect("a file");
    for cut in [1, 9, whole.len() / 2, whole.len() - 1] {
        let mut bytes = whole.clone();
        bytes.extend_from_slice(&whole[..cut]);
        std::fs::write(&path, &bytes).expect("a file");
        let page = store.read("session", 0).await.expect("a log");
        assert_eq!((page.records.len(), page.warnings.len()), (2, 1), "cut at {cut}");
        assert_eq!(page.position, whole.len() as u64);

        store.append("session", &turn("two")).await.expect("room");
        assert_eq!(
            said(store.as_ref()).await,
            ["one", "to one", "two", "to two"],
            "cut at {cut}"
        );
        let page = store.read("session", page.position).await.expect("a log");
        assert_eq!(page.records.len(), 2, "read on behind the cut");
    }
}

#[tokio::test]
async fn a_line_that_was_changed_is_an_error_that_names_the_session() {
    let folder = Folder::new("broken");
    let store = open("file", &folder.0.to_string_lossy());
    store.append("session", &turn("one")).await.expect("room");
    let path = folder.0.join("session.log");
    let changed = std::fs::read_to_string(&path)
        .expect("a file")
        .replace("one", "eno");
    std::fs::write(&path, changed).expect("a file");
    let error = store.read("session", 0).await.expect_err("a broken log");
    assert_eq!(error.kind(), ErrorKind::Decode);
    assert!(
        error.to_string().contains("\"session\" is broken at byte 0"),
        "{error}"
    );
}

/// Starts this test binary as a writer.
fn child(kind: &str, place: &str, writer: &str, turns: usize) -> Child {
    Command::new(std::env::current_exe().expect("this binary"))
        .args([
            "--exact",
            "stores::writes_as_it_is_told",
            "--ignored",
            "--nocapture",
            "--test-threads=1",
        ])
        .env(CHILD, format!("{kind}|{place}|{writer}|{turns}"))
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .expect("a process")
}

#[tokio::test]
#[ignore = "the other tests run it, in processes of their own"]
async fn writes_as_it_is_told() {
    let told = std::env::var(CHILD).expect("told what to write");
    let [kind, place, writer, turns]: [&str; 4] = told
        .split('|')
        .collect::<Vec<_>>()
        .try_into()
        .expect("four fields");
    let store = open(kind, place);
    for at in 0..turns.parse().expect("a number") {
        store
            .append("session", &turn(&format!("{writer}-{at}")))
            .await
            .expect("room");
        println!("acknowledged {writer}-{at}");
    }
}

fn acknowledged(line: &str) -> Option<String> {
    let (_, name) = line.split_once("acknowledged ")?;
    Some(name.to_owned())
}

async fn survives_kills(kind: &str, place: &Path) {
    let place = place.to_string_lossy();
    let mut all: Vec<String> = Vec::new();
    for round in 0..5 {
        let mut writer = child(kind, &place, &format!("w{round}"), 100_000);
        let mut lines = BufReader::new(writer.stdout.take().expect("its output")).lines();
        for line in lines.by_ref().map_while(Result::ok) {
            all.extend(acknowledged(&line));
            if all.len() >= (round + 1) * 15 {
                break;
            }
        }
        writer.kill().expect("SIGKILL");
        writer.wait().expect("its end");
        all.extend(lines.map_while(Result::ok).filter_map(|line| acknowledged(&line)));
    }
    let said = said(open(kind, &place).as_ref()).await;
    assert!(all.len() >= 75);
    for name in &all {
        let at = said
            .iter()
            .position(|text| text == name)
            .unwrap_or_else(|| panic!("{name} was lost"));
        assert_eq!(said[at + 1], format!("to {name}"), "a turn is whole");
    }
}

#[tokio::test]
async fn files_lose_nothing_to_kills() {
    let folder = Folder::new("kill-files");
    survives_kills("file", &folder.0).await;
}

#[cfg(feature = "sqlite")]
#[tokio::test]
async fn sqlite_loses_nothing_to_kills() {
    let folder = Folder::new("kill-sqlite");
    survives_kills("sqlite", &folder.0.join("a.db")).await;
}

async fn survives_another_writer(kind: &str, place: &str) {
    const TURNS: usize = 60;
    let mut writers = ["a", "b"].map(|writer| child(kind, place, writer, TURNS));
    for writer in &mut writers {
        let lines = BufReader::new(writer.stdout.take().expect("its output")).lines();
        assert_eq!(
            lines
                .map_while(Result::ok)
                .filter_map(|line| acknowledged(&line))
                .count(),
            TURNS
        );
        assert!(writer.wait().expect("its end").success());
    }
    let said = said(open(kind, place).as_ref()).await;
    assert_eq!(said.len(), 4 * TURNS);
    for writer in ["a", "b"] {
        let own: Vec<&String> = said.iter().filter(|text| text.starts_with(writer)).collect();
        let expected: Vec<String> = (0..TURNS).map(|at| format!("{writer}-{at}")).collect();
        assert_eq!(
            own,
            expected.iter().collect::<Vec<_>>(),
            "each writer's turns in their order"
        );
    }
    assert!(
        said.chunks(2).all(|pair| pair[1] == format!("to {}", pair[0])),
        "turns are whole"
    );
}

#[cfg(feature = "sqlite")]
#[tokio::test]
async fn two_processes_on_one_sqlite_session_lose_nothing() {
    let folder = Folder::new("two-sqlite");
    survives_another_writer("sqlite", &folder.0.join("a.db").to_string_lossy()).await;
}

#[cfg(feature = "redis")]
#[tokio::test]
async fn two_processes_on_one_redis_session_lose_nothing() {
    let Some(server) = router_conformance::redis::RedisServer::start() else {
        return;
    };
    survives_another_writer("redis", &server.url()).await;
}
