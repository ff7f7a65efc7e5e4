//! What is counted.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use router_core::context::TrailEntry;
use router_core::{
    Call, ChatRequest, ChatResponse, Context, EmbeddingRequest, EmbeddingResponse, ErrorKind, Layer as _,
    Provider, ProviderExt as _, ProviderId, Reply, Scripted, Usage,
};
use router_telemetry::{TelemetryLayer, TelemetryPolicy};
use tokio::time::{sleep, timeout};

use crate::page::Page;
use crate::vendor::{Step, Vendor, attempt, error, named, stream};

fn chat() -> Call {
    Call::new("smart", ChatRequest::user("Hello"))
}

fn answer() -> Reply {
    let mut response = ChatResponse::text_answer("word");
    let mut usage = Usage::new(100, 20);
    usage.cache_read_input_tokens = Some(60);
    usage.cache_creation_input_tokens = Some(30);
    usage.reasoning_output_tokens = Some(5);
    response.usage = Some(usage);
    named(Reply::full(response))
}

const TARGET: [(&str, &str); 3] = [
    ("gen_ai_operation_name", "chat"),
    ("gen_ai_provider_name", "vendor"),
    ("gen_ai_request_model", "the-model"),
];

#[tokio::test(start_paused = true)]
async fn a_call_is_counted_at_who_answered() {
    let layer = TelemetryLayer::default();
    let provider = layer.layer(Vendor::new(|call| async move {
        attempt(&call, Duration::from_secs(2), None).await;
        Ok(answer())
    }));
    for _ in 0..3 {
        provider.call(&chat()).await.unwrap();
    }
    let page = Page::of(layer.metrics());
    let sum = |name: &str, more: (&str, &str)| page.sum(name, &[&TARGET[..], &[more]].concat());
    assert_eq!(sum("llm_router_calls_total", ("outcome", "ok")), 3.0);
    assert_eq!(page.sum("llm_router_calls_total", &[]), 3.0);
    assert_eq!(
        sum("gen_ai_client_operation_duration_seconds_count", TARGET[0]),
        3.0
    );
    assert_eq!(
        sum("gen_ai_client_operation_duration_seconds_sum", TARGET[0]),
        6.0
    );
    assert_eq!(sum("llm_router_attempts_total", TARGET[0]), 3.0);
    assert_eq!(sum("llm_router_attempt_duration_seconds_sum", TARGET[0]), 6.0);
    for (kind, tokens) in [
        ("input", 300.0),
        ("output", 60.0),
        ("cache_read", 180.0),
        ("cache_write", 90.0),
        ("reasoning", 15.0),
    ] {
        let kind = ("gen_ai_token_type", kind);
        assert_eq!(sum("llm_router_tokens_total", kind), tokens, "{kind:?}");
    }
    let kind = ("gen_ai_token_type", "output");
    assert_eq!(sum("gen_ai_client_token_usage_sum", kind), 60.0);
    assert_eq!(page.sum("llm_router_overhead_seconds_count", &[]), 3.0);
    assert_eq!(
        page.sum("llm_router_overhead_seconds_sum", &[]),
        0.0,
        "all of it was the vendor's"
    );
    assert_eq!(
        page.sum("gen_ai_client_operation_time_to_first_chunk_seconds_count", &[]),
        0.0
    );
}

#[tokio::test]
async fn names_are_the_registered_ones() {
    let layer = TelemetryLayer::default();
    let vendor = Scripted::new().with_id("gemini");
    let vendor = vendor.output(EmbeddingResponse::default());
    let provider = layer.layer(vendor);
    provider
        .embed("a-model", EmbeddingRequest::new(["Hello"]))
        .await
        .unwrap();
    let labels = [
        ("gen_ai_operation_name", "embeddings"),
        ("gen_ai_provider_name", "gcp.gemini"),
    ];
    assert_eq!(
        Page::of(layer.metrics()).sum("llm_router_calls_total", &labels),
        1.0
    );
}

#[tokio::test]
async fn failures_are_counted_by_their_kind() {
    let layer = TelemetryLayer::default();
    let provider = layer.layer(Vendor::new(|call| async move {
        attempt(&call, Duration::ZERO, Some(ErrorKind::RateLimited)).await;
        Err(error(ErrorKind::RateLimited))
    }));
    provider.call(&chat()).await.unwrap_err();
    let page = Page::of(layer.metrics());
    let failed = [&TARGET[..], &[("error_type", "rate_limited")]].concat();
    let calls = [&failed[..], &[("outcome", "error")]].concat();
    assert_eq!(page.sum("llm_router_calls_total", &calls), 1.0);
    assert_eq!(page.sum("llm_router_attempts_total", &failed), 1.0);
    assert_eq!(
        page.sum("gen_ai_client_operation_duration_seconds_count", &failed),
        1.0
    );
    assert_eq!(page.sum("llm_router_overhead_seconds_count", &[]), 0.0);
}

#[tokio::test]
async fn what_layers_decided_is_counted() {
    let layer = TelemetryLayer::default();
    let provider = layer.layer(Vendor::new(|call| async move {
        let trail = call.context.trail();
        trail.decision("cache", "miss");
        attempt(&call, Duration::ZERO, Some(ErrorKind::Overloaded)).await;
        trail.push(TrailEntry::Failed {
            balancer: "smart".into(),
            target: "vendor".into(),
            error: ErrorKind::Overloaded,
        });
        trail.decision("retry", "waits 2s after overloaded");
        trail.push(TrailEntry::Fallback {
            balancer: "smart".into(),
            target: "other".into(),
        });
        trail.decision("some", "Capital letters, no word");
        attempt(&call, Duration::ZERO, None).await;
        Ok(answer())
    }));
    provider.call(&chat()).await.unwrap();
    let page = Page::of(layer.metrics());
    for (of, decision) in [
        ("cache", "miss"),
        ("retry", "waits"),
        ("balance", "fallback"),
        ("some", "other"),
    ] {
        let labels = [("layer", of), ("decision", decision)];
        assert_eq!(page.sum("llm_router_decisions_total", &labels), 1.0, "{labels:?}");
    }
    let labels = [("balancer", "smart"), ("error_type", "overloaded")];
    assert_eq!(page.sum("llm_router_target_failures_total", &labels), 1.0);
    assert_eq!(page.sum("llm_router_attempts_total", &TARGET), 2.0);
    assert_eq!(
        page.sum("llm_router_overhead_seconds_count", &[]),
        0.0,
        "it waited"
    );
}

/// Who shares the answer to another call has its entries in the trail as well.
#[tokio::test]
async fn what_was_done_for_another_call_is_not_counted_again() {
    let layer = TelemetryLayer::default();
    let provider = layer.layer(Vendor::new(|call| async move {
        let trail = call.context.trail();
        trail.decision("cache", "shares another call");
        attempt(&call, Duration::ZERO, Some(ErrorKind::Server)).await;
        trail.decision("retry", "waits 1s after server");
        attempt(&call, Duration::ZERO, None).await;
        let mut reply = answer();
        reply.head.age = Some(Duration::ZERO);
        Ok(reply)
    }));
    provider.call(&chat()).await.unwrap();
    let page = Page::of(layer.metrics());
    assert_eq!(page.sum("llm_router_calls_total", &[("outcome", "ok")]), 1.0);
    assert_eq!(page.sum("llm_router_decisions_total", &[]), 1.0);
    assert_eq!(page.sum("llm_router_attempts_total", &[]), 0.0);
    assert_eq!(
        page.sum("llm_router_tokens_total", &[]),
        0.0,
        "who made it has paid"
    );
    assert_eq!(page.sum("llm_router_overhead_seconds_count", &[]), 0.0);
}

#[tokio::test]
async fn a_context_that_is_used_again_is_not_counted_again() {
    let layer = TelemetryLayer::default();
    let provider = layer.layer(Scripted::new().text("one").text("two"));
    let context = Context::new();
    for _ in 0..2 {
        let call = chat().with_context(context.clone());
        provider.call(&call).await.unwrap();
    }
    let page = Page::of(layer.metrics());
    assert_eq!(page.sum("llm_router_attempts_total", &[]), 2.0);
}

#[tokio::test(start_paused = true)]
async fn overhead_is_the_time_beside_the_vendor() {
    let layer = TelemetryLayer::default();
    let provider = layer.layer(Vendor::new(|call| async move {
        sleep(Duration::from_millis(3)).await;
        attempt(&call, Duration::from_secs(9), None).await;
        sleep(Duration::from_millis(4)).await;
        if call.is_stream() {
            return stream(&[Step::Text, Step::Wait(Duration::from_secs(9)), Step::Finish(2)]).await;
        }
        Ok(answer())
    }));
    provider.call(&chat()).await.unwrap();
    let reply = provider.call(&chat().streaming()).await.unwrap();
    reply.into_output().await.unwrap();
    let page = Page::of(layer.metrics());
    assert_eq!(page.sum("llm_router_overhead_seconds_count", &[]), 2.0);
    let sum = page.sum("llm_router_overhead_seconds_sum", &[]);
    assert!((0.0139..0.0181).contains(&sum), "{sum}");
}

#[tokio::test]
async fn what_reached_no_vendor_is_nobodys() {
    let layer = TelemetryLayer::default();
    let provider = layer.layer(Vendor::new(|call| async move {
        Err(router_core::Error::new(ErrorKind::NotFound, "no such model").with_model(&call.model))
    }));
    for number in 0..50 {
        let call = Call::new(format!("invented-{number}"), ChatRequest::user("Hello"));
        provider.call(&call).await.unwrap_err();
    }
    let page = Page::of(layer.metrics());
    let labels = [("gen_ai_provider_name", "none"), ("gen_ai_request_model", "none")];
    assert_eq!(page.sum("llm_router_calls_total", &labels), 50.0);
    assert!(!layer.metrics().page().contains("invented"));
}

#[tokio::test]
async fn names_that_a_vendor_refuses_make_no_series() {
    let layer = TelemetryLayer::default();
    let vendor = Scripted::new().with_id("openai").text("word");
    let mut vendor = vendor.error(router_core::Error::new(ErrorKind::InvalidRequest, "too hot"));
    for _ in 0..50 {
        vendor = vendor.error(router_core::Error::new(ErrorKind::NotFound, "no such model"));
    }
    let provider = layer.layer(vendor);
    provider.chat("real", "Hello").await.unwrap();
    provider.chat("real", "Hello").await.unwrap_err();
    for number in 0..50 {
        provider
            .chat(format!("invented-{number}"), "Hello")
            .await
            .unwrap_err();
    }
    let page = Page::of(layer.metrics());
    let real = [
        ("gen_ai_request_model", "real"),
        ("error_type", "invalid_request"),
    ];
    assert_eq!(
        page.sum("llm_router_attempts_total", &real),
        1.0,
        "it was seen before"
    );
    let other = [
        ("gen_ai_provider_name", "openai"),
        ("gen_ai_request_model", "other"),
    ];
    assert_eq!(page.sum("llm_router_attempts_total", &other), 50.0);
    assert!(!layer.metrics().page().contains("invented"));
}

/// Memory and page are bounded, whatever is asked for.
#[tokio::test]
async fn there_are_only_so_many_series() {
    let layer = TelemetryLayer::new(TelemetryPolicy::default().with_max_series(10));
    let provider = layer.layer(Vendor::new(|call| async move {
        let mut reply = answer();
        reply.head.model = call.model.clone();
        Ok(reply)
    }));
    let ask = async |number: usize| {
        let call = Call::new(format!("model-{number}"), ChatRequest::user("Hello"));
        provider.call(&call).await.unwrap();
    };
    for number in 0..20 {
        ask(number).await;
    }
    let length = layer.metrics().page().len();
    for number in 0..2000 {
        ask(number).await;
    }
    let page = Page::of(layer.metrics());
    let other = [
        ("gen_ai_provider_name", "other"),
        ("gen_ai_request_model", "other"),
    ];
    assert_eq!(page.sum("llm_router_calls_total", &other), 2000.0);
    assert_eq!(page.sum("llm_router_calls_total", &[]), 2020.0);
    assert!(
        layer.metrics().page().len() < length + length / 10,
        "only numbers grew"
    );
}

#[tokio::test]
async fn values_are_escaped_cut_and_masked() {
    let layer = TelemetryLayer::default();
    let provider = layer.layer(Vendor::new(|call| async move {
        let mut reply = answer();
        reply.head.model = call.model.clone();
        Ok(reply)
    }));
    for model in [
        "quote\" back\\slash\nline",
        &"long-".repeat(1000),
        "sk-canary0123456789abcdef",
    ] {
        let call = Call::new(model, ChatRequest::user("Hello"));
        provider.call(&call).await.unwrap();
    }
    let text = layer.metrics().page();
    assert!(
        text.contains(r#"gen_ai_request_model="quote\" back\\slash\nline""#),
        "{text}"
    );
    assert!(text.lines().all(|line| line.len() < 400));
    assert!(!text.contains("canary"));
}

/// 10,000 calls that end in every way, at random: nothing stays under way.
#[tokio::test(start_paused = true)]
async fn nothing_leaks_from_what_is_under_way() {
    let layer = TelemetryLayer::default();
    let provider = Arc::new(layer.layer(Vendor::new(|call| async move {
        let luck = fastrand::u32(..6);
        sleep(Duration::from_millis(u64::from(luck))).await;
        match luck {
            0 => Err(error(ErrorKind::Server)),
            1 => stream(&[Step::Text, Step::Break]).await,
            _ if call.is_stream() => {
                stream(&[Step::Text, Step::Wait(Duration::from_millis(4)), Step::Finish(9)]).await
            }
            _ => Ok(answer()),
        }
    })));
    fastrand::seed(7);
    let mut tasks = Vec::new();
    for _ in 0..10_000 {
        let provider = Arc::clone(&provider);
        let call = if fastrand::bool() {
            chat()
        } else {
            chat().streaming()
        };
        let patience = Duration::from_millis(fastrand::u64(..12));
        tasks.push(tokio::spawn(timeout(patience, async move {
            if let Ok(reply) = provider.call(&call).await {
                let _ = reply.into_output().await;
            }
        })));
    }
    for task in tasks {
        let _ = task.await.expect("no panic");
    }
    let page = Page::of(layer.metrics());
    assert_eq!(page.sum("llm_router_calls_in_flight", &[]), 0.0);
    assert_eq!(
        page.sum("llm_router_calls_total", &[]),
        10_000.0,
        "each is counted once"
    );
    for outcome in ["ok", "error", "incomplete", "cancelled"] {
        assert!(
            page.sum("llm_router_calls_total", &[("outcome", outcome)]) > 100.0,
            "{outcome}"
        );
    }
}

/// No count ever goes back, over 1,000 pages that are asked for while calls are counted.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn counts_never_go_back() {
    let layer = TelemetryLayer::default();
    let provider = Arc::new(layer.layer(Vendor::new(|call| async move {
        attempt(&call, Duration::ZERO, None).await;
        let mut reply = answer();
        reply.head.model = call.model.clone();
        Ok(reply)
    })));
    let is_over = Arc::new(AtomicBool::new(false));
    let load: Vec<_> = (0..2)
        .map(|_| {
            let (provider, is_over) = (Arc::clone(&provider), Arc::clone(&is_over));
            tokio::spawn(async move {
                let mut number = 0;
                while !is_over.load(Ordering::Acquire) {
                    let call = Call::new(format!("model-{}", number % 5), ChatRequest::user("Hello"));
                    provider.call(&call).await.unwrap();
                    number += 1;
                    tokio::task::yield_now().await;
                }
                f64::from(number)
            })
        })
        .collect();
    let metrics = layer.metrics().clone();
    let last = tokio::task::spawn_blocking(move || {
        let mut last: Vec<(String, f64)> = Vec::new();
        for _ in 0..1000 {
            let page = Page::of(&metrics);
            for (series, value) in &last {
                if series.starts_with("llm_router_calls_in_flight") {
                    continue;
                }
                let now = page.samples().iter().find(|(name, _)| name == series);
                let (_, now) = now.expect("what was there stays");
                assert!(now >= value, "{series}: {value}, then {now}");
            }
            last = page.samples().to_vec();
        }
    });
    last.await.expect("nothing went back");
    is_over.store(true, Ordering::Release);
    let mut calls = 0.0;
    for task in load {
        calls += task.await.unwrap();
    }
    let page = Page::of(layer.metrics());
    assert_eq!(page.sum("llm_router_calls_total", &[]), calls);
    assert!(calls > 1000.0, "{calls}");
}

#[test]
fn counts_of_others_are_shown_beside() {
    let layer = TelemetryLayer::default();
    layer
        .metrics()
        .show("llm_router_others", "Counted elsewhere", || 42);
    let text = layer.metrics().page();
    assert!(
        text.contains("# TYPE llm_router_others_total counter\nllm_router_others_total 42\n"),
        "{text}"
    );
}

/// The page is what Prometheus's own tool takes without a word.
#[tokio::test]
async fn promtool_finds_nothing_wrong() {
    let Ok(tool) = std::process::Command::new("promtool").arg("--version").output() else {
        println!("skipped: promtool is not installed");
        return;
    };
    assert!(tool.status.success());
    let layer = TelemetryLayer::default();
    layer
        .metrics()
        .show("llm_router_others", "Counted elsewhere", || 42);
    let provider = layer.layer(Vendor::new(|call| async move {
        attempt(&call, Duration::ZERO, None).await;
        call.context.trail().decision("cache", "miss");
        call.context.trail().push(TrailEntry::Failed {
            balancer: ProviderId::from_static("smart"),
            target: "vendor".into(),
            error: ErrorKind::Server,
        });
        if call.is_stream() {
            return stream(&[Step::Text, Step::Finish(3)]).await;
        }
        Ok(answer())
    }));
    provider.call(&chat()).await.unwrap();
    let reply = provider.call(&chat().streaming()).await.unwrap();
    reply.into_output().await.unwrap();
    let mut check = std::process::Command::new("promtool")
        .args(["check", "metrics"])
        .stdin(std::process::Stdio::piped())
        .stdout(std::process::Stdio::piped())
        .stderr(std::process::Stdio::piped())
        .spawn()
        .unwrap();
    let mut stdin = check.stdin.take().unwrap();
    std::io::Write::write_all(&mut stdin, layer.metrics().page().as_bytes()).unwrap();
    drop(stdin);
    let checked = check.wait_with_output().unwrap();
    let said = String::from_utf8_lossy(&checked.stderr);
    assert!(checked.status.success(), "{said}");
}
