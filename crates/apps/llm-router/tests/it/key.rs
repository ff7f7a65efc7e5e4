//! A key that the command line makes opens the gateway, and the gateway's file holds no key.

use crate::binary::{Server, run};
use crate::config::File;
use crate::loopback::post;

#[test]
fn a_new_key_opens_the_gateway() {
    let made = run(&["key", "new", "--name", "team \"a\""], &[]);
    let lines: Vec<&str> = made.ok().lines().collect();
    let [key, line] = lines[..] else {
        panic!("a key and a line: {made:?}");
    };
    assert!(key.starts_with("sk-llmr-"), "{key}");
    assert!(!line.contains(key) && !made.stderr.contains(key), "{made:?}");
    let file = File::new("key.toml", &format!("[gateway]\nkeys = [ {line} ]\n"));
    let checked = run(&["config", "check", file.path()], &[]);
    checked.ok();

    let other = run(&["key", "new", "--name", "team \"a\""], &[]);
    let other = other.ok().lines().next().expect("a key");
    assert_ne!(key, other);
    let sim = Server::start("sim", &[], &[]);
    let server = Server::start(
        "serve",
        &["--config", file.path()],
        &[("CUSTOM_BASE_URL", &sim.base())],
    );
    let body = r#"{"model":"custom/sim-model","messages":[{"role":"user","content":"Count from 1 to 3"}]}"#;
    for (key, status) in [(key, 200), (other, 401), ("", 401), (line, 401)] {
        let bearer = format!("Bearer {key}");
        let headers = [("authorization", bearer.as_str())];
        let (answered, answer) = post(&server.address, "/v1/chat/completions", &headers, body);
        assert_eq!(answered, status, "{key}: {answer}");
    }
}

/// A variable that was not filled in opens no gateway to everybody.
#[test]
fn a_blank_key_lets_nobody_in() {
    let listen = ["--listen", "127.0.0.1:0"];
    for ran in [
        run(&[&["serve", "--key", " "], &listen[..]].concat(), &[]),
        run(&[&["serve"], &listen[..]].concat(), &[("LLM_ROUTER_KEYS", "")]),
        run(&[&["sim", "--key", " "], &listen[..]].concat(), &[]),
    ] {
        assert_eq!(ran.code, 2, "{ran:?}");
        assert!(ran.stderr.contains("--key"), "{ran:?}");
    }
}

#[test]
fn a_key_is_for_somebody() {
    for arguments in [&["key", "new"][..], &["key", "new", "--name", " "]] {
        let ran = run(arguments, &[]);
        assert_eq!(ran.code, 2, "{ran:?}");
        assert!(ran.stdout.is_empty() && ran.stderr.contains("--name"), "{ran:?}");
    }
}
