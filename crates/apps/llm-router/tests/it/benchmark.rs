//! `benchmark`: what is counted, what is not mixed up, and when it fails.

use std::net::TcpListener;

use serde_json::Value;

use crate::binary::{Ran, Server, run};

fn lines(ran: &Ran) -> Vec<Value> {
    let lines = ran.stdout.lines();
    lines
        .map(|line| serde_json::from_str(line).expect("a JSON line"))
        .collect()
}

#[test]
fn every_call_is_counted_once() {
    let ran = run(
        &[
            "benchmark",
            "-m",
            "sim-model",
            "-n",
            "30",
            "-c",
            "4",
            "--json",
            "--prompt",
            "Count from 1 to 3",
        ],
        &[],
    );
    assert_eq!(ran.code, 0, "{ran:?}");
    let [line] = &lines(&ran)[..] else {
        panic!("one line: {ran:?}");
    };
    assert_eq!(
        (line["answered"].as_u64(), line["failed"].as_u64()),
        (Some(30), Some(0))
    );
    assert_eq!(line["output_tokens"], 90, "three each");
    let latency = &line["latency_ms"];
    assert!(latency["p50"].as_f64() > Some(0.0), "{line}");
    assert!(latency["p50"].as_f64() <= latency["p90"].as_f64(), "{line}");
    assert!(latency["p90"].as_f64() <= latency["p99"].as_f64(), "{line}");
    assert_eq!(
        line["first_content_ms"],
        serde_json::json!({}),
        "not of whole answers"
    );
    // By the clock: calls that overlap are not added up.
    let wall = line["wall_ms"].as_f64().expect("a time") / 1000.0;
    let rate = line["requests_per_second"].as_f64().expect("a rate");
    assert!((rate * wall - 30.0).abs() < 0.1, "{line}");
}

#[test]
fn models_stand_side_by_side() {
    let ran = run(
        &[
            "benchmark",
            "-m",
            "sim-model",
            "-m",
            "sim/sim-alt",
            "-n",
            "5",
            "-c",
            "2",
            "--stream",
        ],
        &[],
    );
    let rows: Vec<&str> = ran.ok().lines().collect();
    assert_eq!(rows.len(), 3, "{ran:?}");
    assert!(
        rows[0].contains("FIRST CONTENT MS") && rows[0].contains("REQUESTS/S"),
        "{ran:?}"
    );
    assert!(
        rows[1].starts_with("sim-model ") && rows[2].starts_with("sim/sim-alt "),
        "{ran:?}"
    );
}

/// Two of ten fail at once. Their times are in no percentile, and they are counted by kind.
#[test]
fn failures_are_counted_apart() {
    let model = "sim-fault-503-x2-benchmark";
    let arguments = ["benchmark", "-m", model, "-n", "10", "-c", "1", "--json"];
    let ran = run(&arguments, &[]);
    assert_eq!(ran.code, 0, "most were answered: {ran:?}");
    let line = &lines(&ran)[0];
    assert_eq!(
        (line["answered"].as_u64(), line["failed"].as_u64()),
        (Some(8), Some(2))
    );
    let failures = line["failures"].as_object().expect("kinds");
    assert_eq!(failures.len(), 1, "{line}");
    let (_, of_kind) = failures.iter().next().expect("a kind");
    assert_eq!(of_kind["count"], 2);
    assert!(
        of_kind["first"]
            .as_str()
            .is_some_and(|first| first.contains("503")),
        "{line}"
    );
    for (most, code) in [("1", 1), ("2", 0)] {
        let arguments: Vec<&str> = arguments.into_iter().chain(["--max-failures", most]).collect();
        assert_eq!(run(&arguments, &[]).code, code, "{most}");
    }
}

#[test]
fn when_all_fail_so_does_the_command() {
    let gone = TcpListener::bind("127.0.0.1:0").and_then(|free| free.local_addr());
    let base = format!("http://{}/v1", gone.expect("a free port"));
    let environment = [("OPENAI_API_KEY", "sk-canary"), ("OPENAI_BASE_URL", &*base)];
    let ran = run(&["benchmark", "-m", "openai/any", "-n", "4"], &environment);
    assert_eq!(ran.code, 1, "{ran:?}");
    assert_eq!(ran.error(), "4 of 4 calls of openai/any failed");
    assert!(ran.stdout.contains("4 x transport"), "{ran:?}");
    assert!(!format!("{ran:?}").contains("canary"));
    // Of several models, one that never answers is enough.
    let sim = Server::start("sim", &[], &[]);
    let environment = [("OPENAI_API_KEY", "k"), ("OPENAI_BASE_URL", &*sim.base())];
    for model in [
        "openai/sim-fault-401",
        "openai/sim-fault-cut3",
        "openai/sim-fault-slow600000",
    ] {
        let ran = run(
            &[
                "benchmark",
                "-m",
                "openai/sim-model",
                "-m",
                model,
                "-n",
                "3",
                "--stream",
                "--timeout",
                "300ms",
            ],
            &environment,
        );
        assert_eq!(ran.code, 1, "{ran:?}");
        assert_eq!(ran.error(), format!("3 of 3 calls of {model} failed"));
        assert!(ran.stdout.lines().any(|line| line.starts_with(model)), "{ran:?}");
    }
}

#[test]
fn wrong_use() {
    for arguments in [
        &["benchmark"][..],
        &["benchmark", "-m", "sim-model", "-n", "0"],
        &["benchmark", "-m", "sim-model", "-c", "0"],
        &["benchmark", "-m", "sim-model", "-n", "many"],
        &["benchmark", "-m", "sim-model", "--timeout", "soon"],
        &["benchmark", "-m", "nobody/model"],
        &["benchmark", "-m", "openai/gpt-test"],
    ] {
        let ran = run(arguments, &[]);
        assert_eq!(ran.code, 2, "{ran:?}");
        assert_eq!(ran.stdout, "");
    }
}
