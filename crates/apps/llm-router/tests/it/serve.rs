//! `serve` and `sim`: the address they print, and the keys they ask for.

use serde_json::Value;

use crate::binary::{Server, run};
use crate::loopback::post;

/// A request on each wire, and how it presents a key.
const WIRES: &[(&str, &str, &str, &str)] = &[
    (
        "/v1/chat/completions",
        r#"{"model":"sim-model","messages":[{"role":"user","content":"Count from 1 to 3"}]}"#,
        "authorization",
        "Bearer ",
    ),
    (
        "/v1/responses",
        r#"{"model":"sim-model","input":"Count from 1 to 3"}"#,
        "authorization",
        "Bearer ",
    ),
    (
        "/v1/messages",
        r#"{"model":"sim-model","max_tokens":99,"messages":[{"role":"user","content":"Count from 1 to 3"}]}"#,
        "x-api-key",
        "",
    ),
    (
        "/v1beta/models/sim-model:generateContent",
        r#"{"contents":[{"parts":[{"text":"Count from 1 to 3"}]}]}"#,
        "x-goog-api-key",
        "",
    ),
    (
        "/api/chat",
        r#"{"model":"sim-model","stream":false,"messages":[{"role":"user","content":"Count from 1 to 3"}]}"#,
        "authorization",
        "Bearer ",
    ),
];

fn check_keys(server: &Server, right: &[&str]) {
    for (path, body, header, scheme) in WIRES {
        for wrong in [None, Some("sk-wrong"), Some("")] {
            let value = wrong.map(|key| format!("{scheme}{key}"));
            let headers: Vec<(&str, &str)> = value.iter().map(|value| (*header, value.as_str())).collect();
            let (status, answer) = post(&server.address, path, &headers, body);
            assert_eq!(status, 401, "{path} with {wrong:?}: {answer}");
            let error: Value = serde_json::from_str(&answer).expect("JSON");
            let form = match *path {
                "/v1/messages" => {
                    error["type"] == "error" && error["error"]["type"] == "authentication_error"
                }
                "/api/chat" => error["error"].is_string(),
                path if path.contains("generateContent") => {
                    error["error"]["code"] == 401 && error["error"]["status"] == "UNAUTHENTICATED"
                }
                _ => error["error"]["code"] == "invalid_api_key" && error["error"]["message"].is_string(),
            };
            assert!(form, "{path}: {answer}");
        }
        for key in right {
            let value = format!("{scheme}{key}");
            let (status, answer) = post(&server.address, path, &[(header, &value)], body);
            assert_eq!(status, 200, "{path} with {key}: {answer}");
            assert!(answer.contains("1 2 3"), "{path}: {answer}");
        }
    }
}

#[test]
fn keys_are_asked_for_on_every_wire() {
    let server = Server::start("serve", &["--key", "sk-one", "--key", "sk-two"], &[]);
    check_keys(&server, &["sk-one", "sk-two"]);
}

#[test]
fn keys_may_come_from_the_environment() {
    let server = Server::start("serve", &[], &[("LLM_ROUTER_KEYS", "sk-one, sk-two,")]);
    check_keys(&server, &["sk-one", "sk-two"]);
}

#[test]
fn without_keys_everybody_is_served() {
    for kind in ["serve", "sim"] {
        let server = Server::start(kind, &[], &[]);
        for (path, body, ..) in WIRES {
            let (status, answer) = post(&server.address, path, &[], body);
            assert_eq!(status, 200, "{kind} {path}: {answer}");
        }
    }
}

#[test]
fn an_address_that_is_taken() {
    let server = Server::start("sim", &[], &[]);
    for kind in ["serve", "sim"] {
        let ran = run(&[kind, "--listen", &server.address], &[]);
        assert_eq!(ran.code, 2, "{ran:?}");
        assert!(ran.error().contains(&server.address), "{ran:?}");
    }
    let ran = run(&["sim", "--listen", "nowhere"], &[]);
    assert!(ran.error().contains("nowhere"), "{ran:?}");
}
