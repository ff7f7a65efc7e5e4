//! What is counted of streams.

use std::time::Duration;

use router_core::{Body, Call, ChatRequest, ErrorKind, Layer as _, Provider, Reply};
use router_telemetry::TelemetryLayer;
use tokio::time::sleep;

use crate::page::Page;
use crate::vendor::{Step, Vendor, attempt, error, stream};

fn call() -> Call {
    Call::new("smart", ChatRequest::user("Hello")).streaming()
}

async fn read(reply: Reply) -> usize {
    let Body::Stream(mut stream) = reply.body else {
        panic!("a stream was asked for");
    };
    let mut events = 0;
    while let Some(event) = stream.next().await {
        if event.is_err() {
            break;
        }
        events += 1;
    }
    events
}

#[tokio::test(start_paused = true)]
async fn a_stream_is_timed_to_its_first_content_and_for_each_token() {
    let layer = TelemetryLayer::default();
    let provider = layer.layer(Vendor::new(|call| async move {
        attempt(&call, Duration::from_secs(1), None).await;
        let second = Step::Wait(Duration::from_secs(1));
        stream(&[
            Step::Text,
            second,
            Step::Text,
            second,
            Step::Text,
            Step::Finish(21),
        ])
        .await
    }));
    let reply = provider.call(&call()).await.unwrap();
    let page = Page::of(layer.metrics());
    assert_eq!(page.sum("llm_router_calls_in_flight", &[]), 1.0, "until its end");
    assert_eq!(page.sum("llm_router_calls_total", &[]), 0.0);
    assert_eq!(read(reply).await, 4);
    let page = Page::of(layer.metrics());
    assert_eq!(page.sum("llm_router_calls_in_flight", &[]), 0.0);
    assert_eq!(page.sum("llm_router_calls_total", &[("outcome", "ok")]), 1.0);
    assert_eq!(
        page.sum("gen_ai_client_operation_time_to_first_chunk_seconds_sum", &[]),
        1.0
    );
    assert_eq!(page.sum("gen_ai_client_operation_duration_seconds_sum", &[]), 3.0);
    // Two seconds for twenty tokens.
    assert_eq!(page.sum("llm_router_time_per_output_token_seconds_sum", &[]), 0.1);
    assert_eq!(
        page.sum("llm_router_tokens_total", &[("gen_ai_token_type", "output")]),
        21.0
    );
}

/// After any number of contents: never a clean end.
#[tokio::test]
async fn a_stream_that_breaks_is_incomplete() {
    for contents in 1..5 {
        let layer = TelemetryLayer::default();
        let provider = layer.layer(Vendor::new(move |_| async move {
            let mut steps = vec![Step::Text; contents];
            steps.push(Step::Break);
            stream(&steps).await
        }));
        let reply = provider.call(&call()).await.unwrap();
        assert_eq!(read(reply).await, contents);
        let page = Page::of(layer.metrics());
        let labels = [
            ("outcome", "incomplete"),
            ("error_type", "transport"),
            ("gen_ai_provider_name", "vendor"),
        ];
        assert_eq!(page.sum("llm_router_calls_total", &labels), 1.0);
        assert_eq!(page.sum("llm_router_calls_total", &[]), 1.0);
    }
}

#[tokio::test(start_paused = true)]
async fn what_nobody_waits_for_is_cancelled() {
    let layer = TelemetryLayer::default();
    let provider = layer.layer(Vendor::new(|call| async move {
        if call.is_stream() {
            return stream(&[Step::Text, Step::Text, Step::Finish(2)]).await;
        }
        sleep(Duration::from_secs(60)).await;
        Err(error(ErrorKind::Server))
    }));
    let mut reply = provider.call(&call()).await.unwrap();
    if let Body::Stream(stream) = &mut reply.body {
        stream.next().await.unwrap().unwrap();
    }
    drop(reply);
    let whole = Call::new("smart", ChatRequest::user("Hello"));
    let waited = tokio::time::timeout(Duration::from_secs(1), provider.call(&whole)).await;
    assert!(waited.is_err());
    let page = Page::of(layer.metrics());
    let labels = [("outcome", "cancelled"), ("error_type", "cancelled")];
    assert_eq!(page.sum("llm_router_calls_total", &labels), 2.0);
    assert_eq!(page.sum("llm_router_calls_in_flight", &[]), 0.0);
}
