//! `--log` and `--metrics`: what the gateway tells of its calls, and that it never stops for it.

use std::io::{BufRead as _, Read as _, Write as _};
use std::net::TcpStream;

use serde_json::Value;

use crate::binary::{Server, run};
use crate::config::File;
use crate::loopback::post;

const CHAT: &str = "/v1/chat/completions";

/// A key that differs from itself in a URL and in JSON.
const KEY: &str = "sk-canary/+0123456789abcdefABCDEF";

fn ask(server: &Server, model: &str) -> u16 {
    let body = format!(r#"{{"model":"{model}","messages":[{{"role":"user","content":"Say only: pong"}}]}}"#);
    post(&server.address, CHAT, &[], &body).0
}

/// The page of metrics.
fn page(address: &str) -> String {
    let mut stream = TcpStream::connect(address).expect("somebody listens");
    stream
        .write_all(b"GET /metrics HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n")
        .expect("a request");
    let mut page = String::new();
    stream.read_to_string(&mut page).expect("a page");
    page
}

/// A line of JSON that says this, and those before it.
fn line_with(lines: &mut impl Iterator<Item = String>, words: &str) -> Value {
    let line = lines.find(|line| line.contains(words)).expect("it is told");
    serde_json::from_str(&line).unwrap_or_else(|error| panic!("{error}: {line}"))
}

/// Where metrics are shown, by what the gateway tells in JSON.
fn metrics_address(lines: &mut impl Iterator<Item = String>) -> String {
    let line = line_with(lines, "metrics: http://");
    let told = line["message"].as_str().expect("a text");
    let address = told.strip_prefix("metrics: http://").expect("an address");
    address.strip_suffix("/metrics").expect("the page").to_owned()
}

#[test]
fn a_gateway_tells_of_its_calls() {
    let arguments = [
        "--log",
        "info",
        "--log-format",
        "json",
        "--metrics",
        "127.0.0.1:0",
    ];
    let mut server = Server::start("serve", &arguments, &[]);
    let mut lines = server.stderr().lines().map(|line| line.expect("UTF-8"));
    let address = metrics_address(&mut lines);
    assert_eq!(ask(&server, "sim-model"), 200);
    let line = line_with(&mut lines, r#""message":"call""#);
    assert_eq!(line["level"], "INFO");
    assert_eq!(line["llm_router.outcome"], "ok");
    assert_eq!(line["gen_ai.operation.name"], "chat");
    assert!(
        line["llm_router.request.id"]
            .as_str()
            .is_some_and(|id| id.starts_with("req_")),
        "{line}"
    );
    assert!(line["gen_ai.usage.output_tokens"].is_u64(), "{line}");
    assert_eq!(ask(&server, "sim-fault-401"), 401);
    let line = line_with(&mut lines, r#""message":"call""#);
    assert_eq!(line["level"], "WARN");
    assert_eq!(line["error.type"], "authentication");
    let page = page(&address);
    assert!(page.starts_with("HTTP/1.1 200"), "{page}");
    for line in [
        r#"gen_ai_request_model="sim-model",outcome="ok"} 1"#,
        r#"gen_ai_request_model="sim-fault-401",outcome="error",error_type="authentication"} 1"#,
        "llm_router_log_lines_dropped_total 0",
    ] {
        assert!(page.contains(line), "{line}: {page}");
    }
}

#[test]
fn without_a_word_only_trouble_is_told() {
    let mut server = Server::start("serve", &[], &[]);
    let mut lines = server.stderr().lines().map(|line| line.expect("UTF-8"));
    assert_eq!(ask(&server, "sim-model"), 200);
    assert_eq!(ask(&server, "sim-fault-401"), 401);
    let line = lines
        .find(|line| line.contains("llm_router"))
        .expect("it is told");
    assert!(line.contains("WARN") && line.contains("sim-fault-401"), "{line}");
}

#[test]
fn a_configuration_says_the_same() {
    let text = r#"
        environment = false
        [providers.sim]
        [telemetry]
        logs = "json"
        level = "info"
        metrics = "127.0.0.1:0"
    "#;
    let file = File::new("telemetry.toml", text);
    let sim = Server::start("sim", &[], &[]);
    let base = format!("http://{}/v1", sim.address);
    let mut server = Server::start("serve", &["--config", file.path()], &[("SIM_BASE_URL", &base)]);
    let mut lines = server.stderr().lines().map(|line| line.expect("UTF-8"));
    let line = line_with(&mut lines, "metrics: http://");
    assert_eq!(line["level"], "INFO");
    assert_eq!(ask(&server, "sim-model"), 200);
    line_with(&mut lines, r#""message":"call""#);
}

#[test]
fn what_is_wrong_is_told() {
    let ran = run(&["serve", "--log", "loud"], &[]);
    assert_eq!(ran.code, 2, "{ran:?}");
    assert!(
        ran.stderr.contains("off, error, warn, info, debug, trace"),
        "{ran:?}"
    );
    let ran = run(&["serve", "--listen", "127.0.0.1:0", "--metrics", "nowhere"], &[]);
    assert_eq!(ran.code, 2, "{ran:?}");
    assert!(ran.error().contains("cannot show metrics at nowhere"), "{ran:?}");
}

#[test]
fn a_chat_tells_when_asked() {
    let ran = run(&["chat", "--log", "info", "Say only: pong"], &[]);
    assert_eq!(ran.ok(), "pong\n");
    assert!(ran.stderr.contains("llm_router.outcome=\"ok\""), "{ran:?}");
    assert!(
        !run(&["chat", "Say only: pong"], &[])
            .stderr
            .contains("llm_router")
    );
    let ran = run(
        &["chat", "-m", "sim-fault-401", "Say only: pong"],
        &[("LLM_ROUTER_LOG", "warn")],
    );
    assert!(
        ran.error().contains("authentication"),
        "the error is the last line: {ran:?}"
    );
    assert!(ran.stderr.contains("error.type=\"authentication\""), "{ran:?}");
}

/// With all told that can be, what is asked and answered too.
#[test]
fn no_key_is_told() {
    let sim = Server::start("sim", &[], &[]);
    let text = format!(
        r#"
        environment = false
        [providers.openai]
        base_url = "http://{0}/v1"
        [providers.gemini]
        base_url = "http://{0}/v1beta"
        [telemetry]
        logs = "json"
        level = "trace"
        content = true
        metrics = "127.0.0.1:0"
        "#,
        sim.address
    );
    let file = File::new("canary.toml", &text);
    let keys = [
        ("OPENAI_API_KEY", KEY),
        ("GEMINI_API_KEY", KEY),
        ("LLM_ROUTER_KEYS", "sk-canary-caller-0123456789"),
    ];
    let mut server = Server::start("serve", &["--config", file.path()], &keys);
    let mut lines = server.stderr().lines().map(|line| line.expect("UTF-8"));
    let address = metrics_address(&mut lines);
    let body = |model: &str| {
        format!(
            r#"{{"model":"{model}","messages":[{{"role":"user","content":"Say only: my key is {KEY}"}}]}}"#
        )
    };
    let bearer = [("authorization", "Bearer sk-canary-caller-0123456789")];
    for (model, status) in [
        ("openai/sim-model", 200),
        ("gemini/sim-model", 200),
        ("openai/sim-fault-401", 401),
        (&format!("openai/{KEY}"), 404),
    ] {
        assert_eq!(
            post(&server.address, CHAT, &bearer, &body(model)).0,
            status,
            "{model}"
        );
    }
    assert_eq!(
        post(
            &server.address,
            CHAT,
            &[("authorization", "Bearer sk-canary-wrong-0123456789")],
            &body("x")
        )
        .0,
        401
    );
    let mut told = page(&address);
    // The last call's line is the last that is of interest.
    let mut calls = 0;
    for line in lines {
        calls += u32::from(line.contains(r#""message":"call""#));
        told.push_str(&line);
        if calls == 4 {
            break;
        }
    }
    assert!(told.contains("my key is") && told.contains("\"TRACE\""), "{told}");
    assert!(!told.contains("canary"), "{told}");
    assert!(!told.contains("%2F%2B0123456789"), "{told}");
}

/// Nobody reads what is told, and far more is told than a pipe holds.
#[test]
fn a_reader_that_is_stuck_harms_nobody() {
    let text = r#"
        environment = false
        [providers.sim]
        [telemetry]
        level = "trace"
        content = true
        log_queue = 100
        metrics = "127.0.0.1:0"
    "#;
    let file = File::new("stuck.toml", text);
    let sim = Server::start("sim", &[], &[]);
    let base = format!("http://{}/v1", sim.address);
    let mut server = Server::start("serve", &["--config", file.path()], &[("SIM_BASE_URL", &base)]);
    let mut stderr = server.stderr();
    let mut line = String::new();
    while !line.contains("metrics: http://") {
        line.clear();
        stderr.read_line(&mut line).expect("a line");
    }
    let address = line
        .trim()
        .strip_prefix("metrics: http://")
        .and_then(|text| text.strip_suffix("/metrics"));
    for _ in 0..200 {
        assert_eq!(ask(&server, "sim-model"), 200);
    }
    let page = page(address.expect("an address"));
    let dropped = page
        .lines()
        .find_map(|line| line.strip_prefix("llm_router_log_lines_dropped_total "));
    let dropped: u64 = dropped.expect("it is counted").trim().parse().expect("a number");
    assert!(dropped > 100, "{dropped}");
    drop(stderr);
}
