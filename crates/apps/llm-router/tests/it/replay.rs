//! `replay`: folders of recordings that nobody has seen before.

use std::fs;
use std::path::PathBuf;

use serde_json::{Value, json};

use crate::binary::run;

fn folder(name: &str, files: &[(&str, String)]) -> PathBuf {
    let folder = std::env::temp_dir().join(format!("llm-router-{}-{name}", std::process::id()));
    fs::create_dir_all(folder.join("acme")).expect("a folder");
    for (file, text) in files {
        fs::write(folder.join(file), text).expect("a file");
    }
    folder
}

fn recording(name: &str, endpoint: &str) -> (String, String) {
    let answer = json!({"id": "1", "model": "m", "choices": [
        {"index": 0, "message": {"content": "Hello"}, "finish_reason": "stop"}
    ]});
    let recording = json!({
        "id": format!("acme/{name}"), "provider": "acme", "endpoint": endpoint,
        "request": {"method": "POST", "url": "https://acme.example/v1/chat/completions", "body": {"model": "m"}},
        "response": {"status": 200, "headers": {"content-type": "application/json"}, "body": answer},
    });
    (format!("acme/{name}.json"), recording.to_string())
}

#[test]
fn every_recording_is_a_line() {
    let (one, other) = (recording("a", "chat"), recording("b", "telepathy"));
    let folder = folder("lines", &[(&one.0, one.1), (&other.0, other.1)]);
    let ran = run(&["replay", "--json", folder.to_str().expect("UTF-8")], &[]);
    let lines: Vec<Value> = ran
        .ok()
        .lines()
        .map(|line| serde_json::from_str(line).expect("JSON"))
        .collect();
    assert_eq!(lines[0]["choices"][0]["text"], "Hello");
    assert_eq!(
        lines[1],
        json!({"id": "acme/b", "skip": "the endpoint telepathy is not read yet"})
    );
    fs::remove_dir_all(folder).expect("a folder");
}

#[test]
fn what_is_expected_may_be_missing_or_differ() {
    let (one, other) = (recording("a", "chat"), recording("b", "chat"));
    let expected = |text: &str| {
        json!({"id": "acme/a", "operation": "chat", "outcome": "ok", "model": "m", "response_id": "1",
            "choices": [{"text": text, "reasoning": null, "tool_calls": [], "finish_reason": "stop"}]})
        .to_string()
    };
    let folder = folder(
        "expected",
        &[
            (&one.0, one.1),
            (&other.0, other.1),
            ("expected.jsonl", expected("Hello")),
        ],
    );
    let path = folder.to_str().expect("UTF-8");
    let ran = run(&["replay", "--check", path], &[]);
    assert_eq!(
        ran.ok().lines().last(),
        Some("1 passed, 0 failed, 1 skipped"),
        "{ran:?}"
    );
    fs::write(folder.join("expected.jsonl"), expected("Bye")).expect("a file");
    let ran = run(&["replay", "--check", path], &[]);
    assert_eq!(ran.code, 1);
    assert!(
        ran.stdout.contains("FAIL acme/a") && ran.stdout.contains("choices[0].text"),
        "{ran:?}"
    );
    fs::remove_dir_all(folder).expect("a folder");
}

#[test]
fn files_that_are_no_recordings_are_named() {
    let folder = folder("broken", &[("acme/broken.json", "{".to_owned())]);
    // It is skipped, with the reason; others would be read.
    let ran = run(&["replay", "--json", folder.to_str().expect("UTF-8")], &[]);
    let told: Value = serde_json::from_str(ran.ok().trim()).expect("one line of JSON");
    let id = told["id"].as_str().unwrap_or_default();
    assert!(
        id.starts_with("acme/broken") && told["skip"].is_string(),
        "{ran:?}"
    );
    fs::remove_dir_all(&folder).expect("a folder");
    let ran = run(&["replay", folder.to_str().expect("UTF-8")], &[]);
    assert_eq!(ran.code, 2);
}
