//! Calls under way: a gauge that always comes back to nothing.

use std::sync::Arc;
use std::time::Duration;

use futures_util::StreamExt as _;
use router_core::{Body, Call, ChatRequest, ErrorKind, Layer as _, Provider as _};
use router_ratelimit::{Limit, Rate, RateLimitLayer, Subject, Unit};

use crate::{Slow, advance, refusal};

fn request(stream: bool) -> Call {
    let call = Call::new("m", ChatRequest::user("Hi."));
    if stream { call.streaming() } else { call }
}

async fn under_way(layer: &RateLimitLayer) -> u64 {
    let quotas = layer.limiter().quotas(&Subject::new()).await;
    let gauge = quotas.iter().find(|quota| quota.unit == Unit::Concurrency);
    gauge.map_or(0, |gauge| gauge.most - gauge.left)
}

#[tokio::test(start_paused = true)]
async fn so_many_at_a_time() {
    let layer = RateLimitLayer::new([Limit::concurrency(3)]).expect("a limit");
    let provider = Arc::new(layer.layer(Slow::new(100, 0, 1)));
    let calls: Vec<_> = (0..5)
        .map(|_| {
            let provider = Arc::clone(&provider);
            tokio::spawn(async move { provider.call(&request(false)).await.map(|_| ()) })
        })
        .collect();
    advance(50).await;
    assert_eq!(under_way(&layer).await, 3);
    let error = refusal(layer.limiter(), &request(false)).await;
    assert_eq!(error.kind(), ErrorKind::RateLimited);
    assert_eq!(
        error.retry_after(),
        Some(Duration::from_secs(1)),
        "nobody knows; a second"
    );
    assert!(error.to_string().contains("concurrency 3"), "{error}");
    advance(51).await;
    let mut passed = 0;
    for call in calls {
        passed += usize::from(call.await.expect("no panic").is_ok());
    }
    assert_eq!(passed, 3);
    assert_eq!(under_way(&layer).await, 0);
}

/// Slots were once released when a stream was dropped, long after its end.
#[tokio::test(start_paused = true)]
async fn a_stream_is_under_way_until_its_last_event() {
    let layer = RateLimitLayer::new([Limit::concurrency(1)]).expect("a limit");
    let provider = layer.layer(Slow::new(0, 1, 3));
    let reply = provider.call(&request(true)).await.expect("a stream");
    let Body::Stream(mut stream) = reply.body else {
        panic!("a stream")
    };
    assert_eq!(under_way(&layer).await, 1);
    while let Some(event) = stream.next().await {
        event.expect("no error");
    }
    assert_eq!(under_way(&layer).await, 0, "the stream is still held");
    provider.call(&request(true)).await.expect("the next one passes");
    drop(stream);
    assert_eq!(
        under_way(&layer).await,
        0,
        "that of the second, which nobody held; not below nothing"
    );
}

#[tokio::test(start_paused = true)]
async fn ten_thousand_ends_of_any_kind_leave_nothing() {
    let limits = [
        Limit::concurrency(50).with_wait(Duration::from_millis(30)),
        Limit::tokens(Rate::per_second(1_000_000)),
    ];
    let layer = RateLimitLayer::new(limits).expect("limits");
    let mut random = fastrand::Rng::with_seed(23);
    let mut calls = Vec::new();
    for _ in 0..10_000 {
        let slow = Slow::new(random.u64(0..20), random.u64(0..5), random.usize(0..5));
        let provider = layer.layer(slow);
        let stream = random.bool();
        let patience = Duration::from_millis(random.u64(0..40));
        let events = random.usize(0..8);
        calls.push(tokio::spawn(async move {
            let whole = async {
                let reply = provider.call(&request(stream)).await.ok()?;
                if let Body::Stream(stream) = reply.body {
                    let _ = stream.take(events).collect::<Vec<_>>().await;
                }
                Some(())
            };
            let _ = tokio::time::timeout(patience, whole).await;
        }));
        if random.u8(0..10) == 0 {
            advance(1).await;
        }
        if random.u8(0..20) == 0 {
            // Torn from outside, wherever it is.
            calls[random.usize(0..calls.len())].abort();
        }
        assert!(under_way(&layer).await <= 50);
    }
    for call in calls {
        let _ = call.await;
    }
    assert_eq!(under_way(&layer).await, 0);
    let next = crate::acquire(layer.limiter(), &request(false)).await;
    assert!(next.is_ok(), "the next one passes");
}
