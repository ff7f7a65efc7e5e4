//! What the layer costs: allocations, which are exact.

use std::future::Future;

use router_core::{Body, Call, ChatRequest, ChatResponse, Layer as _, Provider, Reply, Usage};
use router_telemetry::TelemetryLayer;

use crate::vendor::{Step, Vendor, named, stream};

/// Allocations of a future, on a runtime of its own, after it has run once.
fn allocations<F: Future>(work: impl Fn() -> F) -> u64 {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .build()
        .expect("a runtime");
    runtime.block_on(work());
    allocation_counter::measure(|| {
        runtime.block_on(work());
    })
    .count_total
}

#[test]
fn a_plain_call_costs_one_allocation() {
    let vendor = Vendor::new(|_| async {
        let mut response = ChatResponse::text_answer("word");
        response.usage = Some(Usage::new(9, 9));
        Ok(named(Reply::full(response)))
    });
    let call = || Call::new("a-model", ChatRequest::user("Hello"));
    let bare = allocations(|| async { vendor.call(&call()).await.is_ok() });
    let watched = TelemetryLayer::default().layer(vendor.clone());
    let watched = allocations(|| async { watched.call(&call()).await.is_ok() });
    println!("plain call: {} allocations added", watched - bare);
    assert!(watched - bare <= 1, "{}", watched - bare);
}

#[test]
fn a_chunk_costs_none() {
    let added = |chunks: usize| {
        let mut steps = vec![Step::Text; chunks];
        steps.push(Step::Finish(9));
        let vendor = Vendor::new(move |_| {
            let steps = steps.clone();
            async move { stream(&steps).await }
        });
        let read = |provider: &dyn Provider| {
            allocations(|| async {
                let call = Call::new("a-model", ChatRequest::user("Hello")).streaming();
                let Body::Stream(mut stream) = provider.call(&call).await.expect("a reply").body else {
                    panic!("no stream");
                };
                while stream.next().await.is_some() {}
            })
        };
        read(&TelemetryLayer::default().layer(vendor.clone())) - read(&vendor)
    };
    let (few, many) = (added(10), added(1010));
    println!(
        "stream: {few} allocations added, {} for 1000 chunks more",
        many - few
    );
    assert_eq!(few, many, "none for a chunk");
    assert!(few <= 4, "{few}");
}
