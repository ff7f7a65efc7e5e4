//! `test`: who is asked what, how long at most, and what is told of it.

use std::net::TcpListener;
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::binary::{Ran, Server, run};
use crate::config::File;
use crate::loopback::Vendor;

fn lines(ran: &Ran) -> Vec<Value> {
    let lines = ran.stdout.lines();
    lines
        .map(|line| serde_json::from_str(line).expect("a JSON line"))
        .collect()
}

/// An address where nobody is.
fn nobody() -> String {
    let port = TcpListener::bind("127.0.0.1:0").and_then(|free| free.local_addr());
    format!("http://{}/v1", port.expect("a free port"))
}

#[test]
fn a_vendor_that_answers_passes() {
    let sim = Server::start("sim", &[], &[]);
    let environment = [("OPENAI_API_KEY", "k"), ("OPENAI_BASE_URL", &*sim.base())];
    let ran = run(&["test", "openai/sim-model"], &environment);
    let rows: Vec<&str> = ran.ok().lines().collect();
    assert_eq!(rows.len(), 2, "{ran:?}");
    for word in [
        "openai/sim-model",
        "chat",
        "ok",
        " ms",
        "sim-model, ",
        " tokens in, ",
    ] {
        assert!(rows[1].contains(word), "{word}: {ran:?}");
    }
    let ran = run(&["test", "--json", "--check", "chat,stream,embed", "sim"], &[]);
    assert_eq!(ran.code, 0, "{ran:?}");
    let told = lines(&ran);
    let checks: Vec<&str> = told.iter().filter_map(|line| line["check"].as_str()).collect();
    assert_eq!(checks, ["chat", "stream", "embed"]);
    for line in &told {
        assert_eq!(line["status"], "ok", "{line}");
        assert!(line["latency_ms"].as_f64() > Some(0.0), "{line}");
        assert!(line["input_tokens"].as_u64() > Some(0), "{line}");
        assert_eq!(
            line["first_content_ms"].is_number(),
            line["check"] == "stream",
            "{line}"
        );
    }
}

/// Each of them is asked, and one that fails is told with what to do, beside those that pass.
#[test]
fn failures_are_told_with_the_next_step() {
    let sim = Server::start("sim", &["--key", "sk-right"], &[]);
    let base = sim.base();
    let gone = nobody();
    let environment = [
        ("OPENAI_API_KEY", "sk-wrong-canary"),
        ("OPENAI_BASE_URL", &*base),
        ("DEEPSEEK_API_KEY", "sk-right"),
        ("DEEPSEEK_BASE_URL", &*base),
        ("GROQ_API_KEY", "sk-right"),
        ("GROQ_BASE_URL", &*gone),
    ];
    let names = [
        "test",
        "--json",
        "openai/sim-model",
        "deepseek/sim-model",
        "deepseek/no-such-model",
        "deepseek/sim-fault-429-after7",
        "groq/sim-model",
    ];
    let ran = run(&names, &environment);
    assert_eq!(ran.code, 1, "{ran:?}");
    assert_eq!(ran.error(), "4 of 5 failed");
    let told = lines(&ran);
    let expected = [
        ("authentication", "check OPENAI_API_KEY"),
        ("", ""),
        ("not_found", "llm-router models deepseek"),
        ("rate_limited", "try again in 7 s"),
        ("transport", "GROQ_BASE_URL"),
    ];
    assert_eq!(told.len(), expected.len());
    for (line, (kind, next)) in told.iter().zip(expected) {
        if kind.is_empty() {
            assert_eq!(line["status"], "ok", "{line}");
            continue;
        }
        assert_eq!(line["status"], "failed", "{line}");
        assert_eq!(line["error"]["kind"], kind, "{line}");
        let told = line["error"]["next"].as_str().expect("a next step");
        assert!(told.contains(next), "{line}");
    }
    let table = run(
        &names.map(|word| if word == "--json" { "--check=chat" } else { word }),
        &environment,
    );
    assert_eq!(table.stdout.lines().count(), 6, "one line each: {table:?}");
    for ran in [ran, table] {
        assert!(!format!("{ran:?}").contains("canary"), "{ran:?}");
    }
}

#[test]
fn the_timeout_is_applied() {
    let sim = Server::start("sim", &[], &[]);
    let environment = [("OPENAI_API_KEY", "k"), ("OPENAI_BASE_URL", &*sim.base())];
    let start = Instant::now();
    let ran = run(
        &[
            "test",
            "--timeout",
            "200ms",
            "--check=chat,stream",
            "openai/sim-fault-slow600000",
            "openai/sim-fault-stall1",
        ],
        &environment,
    );
    assert!(
        start.elapsed() < Duration::from_secs(60),
        "ten minutes are not waited for"
    );
    assert_eq!(ran.code, 1, "{ran:?}");
    assert_eq!(ran.stdout.matches("no answer within 200ms").count(), 4, "{ran:?}");
    assert!(ran.stdout.contains("--timeout"), "{ran:?}");
    for wrong in ["ten", "10", "-1s", ""] {
        let ran = run(&["test", "sim", "--timeout", wrong], &[]);
        assert_eq!(ran.code, 2, "{ran:?}");
    }
}

#[test]
fn without_a_provider_it_says_what_to_set() {
    let ran = run(&["test"], &[]);
    assert_eq!(ran.code, 2, "{ran:?}");
    assert!(
        ran.error().contains("OPENAI_API_KEY") && ran.error().contains("sim"),
        "{ran:?}"
    );
    let ran = run(&["test", "openai"], &[]);
    assert_eq!(ran.code, 2, "{ran:?}");
    let ran = run(&["test", "anthropic"], &[("OPENAI_API_KEY", "k")]);
    assert_eq!(ran.code, 2, "{ran:?}");
    assert!(ran.error().contains("ANTHROPIC_API_KEY"), "{ran:?}");
    let ran = run(
        &["test", "nobody"],
        &[("OPENAI_API_KEY", "k"), ("GROQ_API_KEY", "k")],
    );
    assert_eq!(ran.code, 2, "{ran:?}");
    let ran = run(&["test", "sim", "--check", "nonsense"], &[]);
    assert!(ran.code == 2 && ran.stderr.contains("embed"), "{ran:?}");
}

/// What a vendor has not is not tried; when nothing is left to try, nothing passed.
#[test]
fn what_a_vendor_has_not_is_skipped() {
    let vendor = Vendor::answering("200 OK", "application/json", "{}");
    let environment = [("VOYAGE_API_KEY", "k"), ("VOYAGE_BASE_URL", &*vendor.base)];
    let ran = run(&["test", "voyage"], &environment);
    assert_eq!(ran.code, 1, "{ran:?}");
    assert!(
        ran.stdout.contains("skipped") && ran.stdout.contains("voyage has no chat"),
        "{ran:?}"
    );
    assert_eq!(ran.error(), "nothing was tried");
    let ran = run(&["test", "--check=chat,embed", "voyage"], &environment);
    assert_eq!(ran.error(), "1 of 2 failed", "no vector came: {ran:?}");
}

#[test]
fn providers_and_routes_of_a_configuration() {
    let sim = Server::start("sim", &[], &[]);
    let text = format!(
        "environment = false\n[providers.well]\ntype = \"custom\"\nbase_url = \"{0}\"\n\
         [providers.other]\ntype = \"custom\"\nbase_url = \"{0}\"\n\
         [providers.dead]\ntype = \"custom\"\nbase_url = \"{1}\"\n\
         [routes.smart]\nstrategy = \"failover\"\ntargets = [\"dead/any\", \"well/sim-alt\"]\n",
        sim.base(),
        nobody()
    );
    let file = File::new("test.toml", &text);
    let ran = run(&["test", "--json", "--config", file.path()], &[]);
    assert_eq!(ran.error(), "1 of 3 failed");
    let told = lines(&ran);
    let of = |target: &str| {
        let line = told.iter().find(|line| line["target"] == target);
        line.unwrap_or_else(|| panic!("{target}: {ran:?}"))
    };
    assert_eq!(of("well")["model"], "sim-alt", "the model of its route");
    assert_eq!(of("other")["status"], "ok", "the first that it lists");
    let next = of("dead")["error"]["next"].as_str();
    assert!(
        next.is_some_and(|next| next.contains("providers.dead.base_url")),
        "{ran:?}"
    );
    let ran = run(&["test", "--config", file.path(), "smart"], &[]);
    assert!(ran.ok().contains("sim-alt"), "the second target answers: {ran:?}");
}
