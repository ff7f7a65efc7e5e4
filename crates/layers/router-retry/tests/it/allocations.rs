//! What the layers cost: allocations, which are exact.

use std::future::Future;

use router_core::{Call, ChatRequest, Layer as _, Provider};
use router_retry::{BreakerLayer, RetryLayer, TimeoutLayer};

use crate::vendor::{Step, Vendor, rest, stream, streamed};

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

/// All three layers around a vendor.
fn stack(vendor: Vendor) -> impl Provider {
    RetryLayer::default().layer(BreakerLayer::default().layer(TimeoutLayer::default().layer(vendor)))
}

#[test]
fn a_plain_call_costs_one_allocation_a_layer() {
    let vendor = Vendor::new(|_, _| crate::vendor::Act::Answer);
    let call = || Call::new("a-model", ChatRequest::user("Hello"));
    let bare = allocations(|| async { vendor.call(&call()).await.is_ok() });
    let layered = stack(vendor.clone());
    let layered = allocations(|| async { layered.call(&call()).await.is_ok() });
    let added = layered - bare;
    println!("plain call: {added} allocations added by three layers");
    assert!(added <= 3, "{added}");
}

#[test]
fn a_chunk_costs_none() {
    let chunks = |count: usize| {
        let mut steps = vec![Step::Text; count];
        steps.push(Step::Finish);
        Vendor::streaming(steps)
    };
    let read = |vendor: Vendor| {
        let provider = stack(vendor);
        allocations(|| async { rest(&mut stream(provider.call(&streamed()).await.unwrap())).await })
    };
    let bare = |vendor: Vendor| {
        allocations(|| async { rest(&mut stream(vendor.call(&streamed()).await.unwrap())).await })
    };
    let added = |count| read(chunks(count)) - bare(chunks(count));
    let (few, many) = (added(10), added(1010));
    println!(
        "stream: {few} allocations added by three layers, {} per 1000 chunks",
        many - few
    );
    assert_eq!(few, many, "none per chunk");
    assert!(few <= 12, "{few}");
}
