//! The cache as a layer: in memory with a clock that is moved, in Redis as it is.

mod control;
mod cost;
mod deadlines;
mod flights;
mod hits;
mod keys;
mod policy;
#[cfg(feature = "redis")]
mod redis;
mod store_contract;
mod streams;
mod vendor;

use std::time::Duration;

use router_cache::{Cache, CacheHandle, CacheLayer, CachePolicy};
use router_core::{Body, Call, ChatRequest, Context, Layer as _, Output, Reply, StreamEvent};
use vendor::Vendor;

#[tokio::test]
async fn keeps_the_contract_of_a_layer() {
    router_conformance::provider_contract::check(|inner| layer(CachePolicy::default()).layer(inner)).await;
    let alone = CachePolicy::default().without_single_flight();
    router_conformance::provider_contract::check(|inner| layer(alone.clone()).layer(inner)).await;
}

fn layer(policy: CachePolicy) -> CacheLayer {
    CacheLayer::new(policy).expect("a policy that holds")
}

/// A vendor behind a cache, and a look into it.
fn cached(vendor: &Vendor, policy: CachePolicy) -> (Cache<Vendor>, CacheHandle) {
    let cache = layer(policy).layer(vendor.clone());
    let handle = cache.handle();
    (cache, handle)
}

fn call(text: &'static str) -> Call {
    Call::new("model-a", ChatRequest::user(text))
}

fn of(caller: &'static str, call: Call) -> Call {
    call.with_context(Context::new().with_caller(caller))
}

fn text_of(reply: Reply) -> String {
    match reply.body {
        Body::Full(Output::Chat(response)) => response.text().to_string(),
        other => panic!("no whole chat: {other:?}"),
    }
}

async fn events_of(reply: Reply) -> Vec<StreamEvent> {
    let Body::Stream(mut stream) = reply.body else {
        panic!("no stream");
    };
    let mut events = Vec::new();
    while let Some(event) = stream.next().await {
        events.push(event.expect("no error"));
    }
    events
}

async fn advance(millis: u64) {
    tokio::time::advance(Duration::from_millis(millis)).await;
}
