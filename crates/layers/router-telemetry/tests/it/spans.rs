//! What spans and events say of a call.

use std::time::Duration;

use router_core::context::TrailEntry;
use router_core::{
    Call, ChatRequest, ChatResponse, Context, ErrorKind, Layer as _, Provider, Reply, Usage, Warning,
};
use router_telemetry::TelemetryLayer;
use tracing::Level;

use crate::traced::Traced;
use crate::vendor::{Step, Vendor, attempt, error, named, stream};

fn call() -> Call {
    let context = Context::new().with_request_id("req_1").with_caller("team-a");
    Call::new("smart", ChatRequest::user("Hello")).with_context(context)
}

async fn answer(call: Call) -> router_core::Result<Reply> {
    let trail = call.context.trail();
    trail.decision("cache", "miss");
    attempt(&call, Duration::ZERO, Some(ErrorKind::Server)).await;
    trail.push(TrailEntry::Failed {
        balancer: "smart".into(),
        target: "one".into(),
        error: ErrorKind::Server,
    });
    attempt(&call, Duration::ZERO, None).await;
    if call.is_stream() {
        return stream(&[Step::Text, Step::Finish(5)]).await;
    }
    let mut response = ChatResponse::text_answer("word");
    response.id = Some("answer-1".into());
    response.model = Some("the-model-2026".into());
    let mut usage = Usage::new(7, 5);
    usage.cache_read_input_tokens = Some(3);
    response.usage = Some(usage);
    let mut reply = named(Reply::full(response));
    reply.head.request_id = Some("vendor-1".into());
    reply.head.warnings = vec![Warning::dropped("top_k", "the vendor has none")];
    Ok(reply)
}

#[tokio::test]
async fn a_span_tells_of_a_call_in_registered_words() {
    let traced = Traced::at(Level::DEBUG);
    let guard = tracing::subscriber::set_default(traced.clone());
    let provider = TelemetryLayer::default().layer(Vendor::new(answer));
    provider.call(&call()).await.unwrap();
    drop(guard);
    let spans = traced.spans();
    assert_eq!(spans.len(), 1);
    for (field, value) in [
        ("otel.name", "chat smart"),
        ("otel.kind", "client"),
        ("gen_ai.operation.name", "chat"),
        ("gen_ai.provider.name", "vendor"),
        ("gen_ai.request.model", "smart"),
        ("gen_ai.response.model", "the-model-2026"),
        ("gen_ai.response.id", "answer-1"),
        ("gen_ai.response.finish_reasons", "[\"stop\"]"),
        ("gen_ai.usage.input_tokens", "7"),
        ("gen_ai.usage.output_tokens", "5"),
        ("gen_ai.usage.cache_read.input_tokens", "3"),
        ("llm_router.request.id", "req_1"),
        ("llm_router.caller", "team-a"),
        ("llm_router.target.model", "the-model"),
        ("llm_router.vendor.request_id", "vendor-1"),
        ("llm_router.attempts", "2"),
        ("llm_router.outcome", "ok"),
    ] {
        assert_eq!(spans[0].get(field).map(String::as_str), Some(value), "{field}");
    }
    assert!(!spans[0].contains_key("error.type"));
    for (message, count) in [
        ("attempt", 1),
        ("attempt failed", 1),
        ("target failed", 1),
        ("decision", 1),
        ("warning", 1),
    ] {
        let events = traced.events(message);
        assert_eq!(events.len(), count, "{message}");
        assert!(events.iter().all(|(in_span, _)| *in_span), "{message}");
    }
    let lines = traced.events("call");
    let (in_span, line) = &lines[0];
    assert_eq!(lines.len(), 1);
    assert!(!in_span, "it stands for itself");
    for field in [
        "llm_router.request.id",
        "gen_ai.provider.name",
        "llm_router.duration_ms",
        "llm_router.outcome",
    ] {
        assert!(line.contains_key(field), "{field}: {line:?}");
    }
}

#[tokio::test]
async fn a_stream_is_one_span_to_its_end() {
    let traced = Traced::at(Level::INFO);
    let guard = tracing::subscriber::set_default(traced.clone());
    let provider = TelemetryLayer::default().layer(Vendor::new(answer));
    let reply = provider.call(&call().streaming()).await.unwrap();
    assert!(traced.events("call").is_empty(), "not before");
    reply.into_output().await.unwrap();
    drop(guard);
    let span = &traced.spans()[0];
    assert_eq!(span["gen_ai.request.stream"], "true");
    assert_eq!(span["gen_ai.response.finish_reasons"], "[\"stop\"]");
    assert_eq!(span["gen_ai.usage.output_tokens"], "5");
    assert!(span.contains_key("gen_ai.response.time_to_first_chunk"));
    assert_eq!(traced.events("call").len(), 1);
}

/// Who listens for trouble only hears of nothing else, and all of that.
#[tokio::test]
async fn failures_are_told_without_spans() {
    let traced = Traced::at(Level::WARN);
    let guard = tracing::subscriber::set_default(traced.clone());
    let provider = TelemetryLayer::default().layer(Vendor::new(|call| async move {
        match call.model.as_str() {
            "bad" => Err(error(ErrorKind::Overloaded)
                .with_status(529)
                .with_request_id("vendor-2")),
            _ => answer(call).await,
        }
    }));
    provider.call(&call()).await.unwrap();
    provider.call(&call().with_model("bad".into())).await.unwrap_err();
    drop(guard);
    assert!(traced.spans().is_empty());
    let lines = traced.events("call");
    assert_eq!(lines.len(), 1);
    for (field, value) in [
        ("llm_router.request.id", "req_1"),
        ("gen_ai.request.model", "bad"),
        ("gen_ai.provider.name", "vendor"),
        ("llm_router.outcome", "error"),
        ("error.type", "overloaded"),
        ("http.response.status_code", "529"),
        ("llm_router.vendor.request_id", "vendor-2"),
    ] {
        assert_eq!(lines[0].1.get(field).map(String::as_str), Some(value), "{field}");
    }
}

#[tokio::test]
async fn spans_of_failures_say_so() {
    let traced = Traced::at(Level::INFO);
    let guard = tracing::subscriber::set_default(traced.clone());
    let provider = TelemetryLayer::default().layer(Vendor::new(|_| async {
        stream(&[Step::Text, Step::Break]).await
    }));
    let reply = provider.call(&call().streaming()).await.unwrap();
    reply.into_output().await.unwrap_err();
    drop(guard);
    let span = &traced.spans()[0];
    assert_eq!(span["otel.status_code"], "ERROR");
    assert_eq!(span["error.type"], "transport");
    assert_eq!(span["llm_router.outcome"], "incomplete");
}
