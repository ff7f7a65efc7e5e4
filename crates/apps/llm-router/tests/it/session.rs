//! Conversations: on the command line by name, at the gateway by header, kept where the configuration says.

use std::fs;
use std::path::PathBuf;

use serde_json::Value;

use crate::binary::{Server, run};
use crate::loopback::{Vendor, post};

const ANSWER: &str = r#"{"id":"1","model":"m","choices":[{"index":0,"message":{"role":"assistant","content":"Hello."},"finish_reason":"stop"}],"usage":{"prompt_tokens":1,"completion_tokens":2}}"#;
const CALL: &str = r#"{"model":"v/m","messages":[{"role":"user","content":"And then?"}]}"#;
const HEADER: &str = "x-llm-router-conversation";

/// A folder of one test's own, gone afterwards.
struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Self {
        let path = std::env::temp_dir().join(format!("llm-router-{}-{name}", std::process::id()));
        fs::create_dir_all(&path).expect("a folder");
        Self(path)
    }

    fn path(&self, name: &str) -> String {
        self.0.join(name).display().to_string()
    }

    /// A configuration with a vendor, and this besides.
    fn config(&self, vendor: &Vendor, more: &str) -> String {
        let file = self.path("router.toml");
        let provider = format!("[providers.v]\ntype = \"custom\"\nbase_url = {:?}\n", vendor.base);
        fs::write(&file, format!("environment = false\n{more}\n{provider}")).expect("a file");
        file
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

fn vendor() -> Vendor {
    Vendor::answering("200 OK", "application/json", ANSWER)
}

/// What a vendor was asked: the texts of its messages.
fn texts(vendor: &Vendor) -> Vec<String> {
    let (_, body) = vendor.asked();
    let messages = body["messages"].as_array().expect("messages");
    messages
        .iter()
        .map(|message| message["content"].as_str().unwrap_or_default().to_owned())
        .collect()
}

#[test]
fn a_session_is_gone_on_with_by_its_name() {
    let (vendor, folder) = (vendor(), Folder::new("cli"));
    let config = folder.config(&vendor, "");
    let sessions = folder.path("sessions");
    let chat = |session: &str, text: &str| {
        let ran = run(
            &[
                "chat",
                "--config",
                &config,
                "-m",
                "v/m",
                "--no-stream",
                "--sessions",
                &sessions,
                "--session",
                session,
                text,
            ],
            &[],
        );
        assert_eq!(ran.ok(), "Hello.\n");
        texts(&vendor)
    };
    assert_eq!(chat("a", "I am Ann."), ["I am Ann."]);
    assert_eq!(chat("a", "Who am I?"), ["I am Ann.", "Hello.", "Who am I?"]);
    assert_eq!(chat("b", "Who am I?"), ["Who am I?"]);
    let nowhere = run(&["chat", "-m", "sim-model", "--session", "a", "hi"], &[]);
    assert!(
        nowhere.code == 2 && nowhere.stderr.contains("--sessions"),
        "{nowhere:?}"
    );
}

#[test]
fn the_gateway_remembers_where_the_configuration_says_so() {
    let (vendor, folder) = (vendor(), Folder::new("gateway"));
    let store = folder.path("kept");
    let config = folder.config(
        &vendor,
        &format!("[conversations]\nstore = {{ file = {store:?} }}\n"),
    );
    for _ in 0..2 {
        // A server that starts anew has what the one before was told.
        let server = Server::start("serve", &["--config", &config], &[]);
        let (status, answer) = post(&server.address, "/v1/chat/completions", &[(HEADER, "c-1")], CALL);
        let answer: Value = serde_json::from_str(&answer).expect("JSON");
        assert_eq!(
            (status, answer["choices"][0]["message"]["content"].as_str()),
            (200, Some("Hello."))
        );
    }
    assert_eq!(texts(&vendor).len(), 1);
    assert_eq!(texts(&vendor), ["And then?", "Hello.", "And then?"]);
}

#[test]
fn a_gateway_that_remembers_nothing_says_so() {
    let (vendor, folder) = (vendor(), Folder::new("nothing"));
    let config = folder.config(&vendor, "");
    let server = Server::start("serve", &["--config", &config], &[]);
    let (status, answer) = post(&server.address, "/v1/chat/completions", &[(HEADER, "c-1")], CALL);
    assert!(
        status == 400 && answer.contains("no conversations are kept here"),
        "{answer}"
    );
}
