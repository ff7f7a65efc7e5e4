//! Logs of a program.

use std::io::{self, Write};
use std::sync::mpsc::{Receiver, channel};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use router_core::{Call, ChatRequest, ChatResponse, Context, Error, ErrorKind, Layer as _, Provider, Reply};
use router_telemetry::logs::{LogFormat, LogLevel, LogPolicy, Logs};
use router_telemetry::{TelemetryLayer, TelemetryPolicy};

use crate::content::KEYS;
use crate::vendor::{Vendor, named};

/// A sink that keeps what is written.
#[derive(Clone, Default)]
struct Kept(Arc<Mutex<Vec<u8>>>);

impl Kept {
    fn text(&self) -> String {
        String::from_utf8(self.0.lock().expect("no panic").clone()).expect("UTF-8")
    }
}

impl Write for Kept {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().expect("no panic").extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// A sink that is stuck until the other end is dropped.
struct Stuck(Receiver<()>);

impl Write for Stuck {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let _ = self.0.recv();
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

fn vendor() -> Vendor {
    Vendor::new(|call| async move {
        match call.model.as_str() {
            "bad" => Err(Error::new(ErrorKind::Server, "it broke")),
            _ => Ok(named(Reply::full(ChatResponse::text_answer("word")))),
        }
    })
}

/// A good call and a bad one.
async fn two_calls(provider: &impl Provider) {
    let context = Context::new().with_request_id("req_1");
    let call = Call::new("good", ChatRequest::user("Hello")).with_context(context);
    provider.call(&call).await.expect("an answer");
    provider
        .call(&call.with_model("bad".into()))
        .await
        .expect_err("it is bad");
}

async fn logged(policy: LogPolicy) -> String {
    let kept = Kept::default();
    let (dispatch, logs) = Logs::to(&policy, kept.clone());
    let guard = tracing::dispatcher::set_default(&dispatch);
    two_calls(&TelemetryLayer::default().layer(vendor())).await;
    drop(guard);
    drop(logs);
    kept.text()
}

#[tokio::test]
async fn each_line_is_an_object() {
    let policy = LogPolicy::default()
        .with_format(LogFormat::Json)
        .with_level(LogLevel::Info);
    let text = logged(policy).await;
    let lines: Vec<serde_json::Value> = text
        .lines()
        .map(|line| serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {line}")))
        .collect();
    assert_eq!(lines.len(), 2, "{text}");
    for (line, level, outcome) in [(&lines[0], "INFO", "ok"), (&lines[1], "WARN", "error")] {
        assert_eq!(line["level"], level);
        assert_eq!(line["message"], "call");
        assert_eq!(line["target"], "llm_router");
        assert_eq!(line["llm_router.request.id"], "req_1");
        assert_eq!(line["llm_router.outcome"], outcome);
        assert!(line["llm_router.duration_ms"].is_f64(), "{line}");
        assert!(line["timestamp"].is_string(), "{line}");
    }
    assert_eq!(lines[1]["error.type"], "server");
    assert!(!text.contains("it broke"), "a vendor's message is content");
}

#[tokio::test]
async fn only_so_much_is_told() {
    assert_eq!(logged(LogPolicy::default().with_level(LogLevel::Off)).await, "");
    let text = logged(LogPolicy::default()).await;
    assert_eq!(text.lines().count(), 1, "{text}");
    assert!(
        text.contains("WARN") && text.contains("error.type=\"server\""),
        "{text}"
    );
    let text = logged(LogPolicy::default().with_level(LogLevel::Info)).await;
    assert_eq!(text.lines().count(), 2, "{text}");
    assert!(!text.contains('\u{1b}'), "no colours");
}

/// Whoever writes them, at whatever level, in either form.
#[tokio::test]
async fn keys_are_masked_in_lines_of_others_too() {
    for format in [LogFormat::Text, LogFormat::Json] {
        let kept = Kept::default();
        let policy = LogPolicy::default()
            .with_format(format)
            .with_level(LogLevel::Trace);
        let (dispatch, logs) = Logs::to(&policy, kept.clone());
        let guard = tracing::dispatcher::set_default(&dispatch);
        let told = TelemetryLayer::new(TelemetryPolicy::default().with_content(true));
        for key in KEYS {
            tracing::trace!(target: "hyper", "sends {key}");
            tracing::error!(target: "somebody", header = key);
            let provider = told.layer(Vendor::new(move |_| async move {
                Err(Error::new(ErrorKind::Authentication, format!("wrong key: {key}")))
            }));
            let call = Call::new(*key, ChatRequest::user(format!("{key}\n{key}\t{key:?}")));
            provider.call(&call).await.unwrap_err();
        }
        drop(guard);
        drop(logs);
        let text = kept.text();
        assert!(text.lines().count() >= KEYS.len() * 3, "{text}");
        assert!(text.contains("wrong key"), "{text}");
        assert!(!text.contains("canary"), "{format:?}: {text}");
        if format == LogFormat::Json {
            for line in text.lines() {
                serde_json::from_str::<serde_json::Value>(line).unwrap_or_else(|_| panic!("{line}"));
            }
        }
    }
}

/// A reader that is stuck makes no call wait; what does not fit into the queue is dropped and counted.
#[tokio::test]
async fn a_sink_that_is_stuck_harms_nobody() {
    let (release, stuck) = channel();
    let policy = LogPolicy::default().with_level(LogLevel::Info).with_queue(10_000);
    let (dispatch, logs) = Logs::to(&policy, Stuck(stuck));
    let layer = TelemetryLayer::default();
    layer.metrics().show(
        "llm_router_log_lines_dropped",
        "Lines dropped",
        logs.dropped_count(),
    );
    let guard = tracing::dispatcher::set_default(&dispatch);
    let provider = layer.layer(vendor());
    let started = Instant::now();
    for _ in 0..6_000 {
        two_calls(&provider).await;
    }
    let took = started.elapsed();
    drop(guard);
    println!("12000 calls beside a stuck sink took {took:?}");
    assert!(took < Duration::from_secs(20), "{took:?}");
    // 10,000 wait, and one or a few are in the writer's hands.
    let dropped = logs.dropped();
    assert!((1_990..=2_000).contains(&dropped), "{dropped}");
    let line = format!("llm_router_log_lines_dropped_total {dropped}\n");
    assert!(layer.metrics().page().contains(&line));
    drop(release);
}
