//! The contract of all layers, over each of these, and over all of them.

use router_conformance::provider_contract::check;
use router_core::Layer as _;
use router_retry::{BreakerLayer, RetryLayer, TimeoutLayer};

#[tokio::test]
async fn retry_keeps_the_contract() {
    check(|inner| RetryLayer::default().layer(inner)).await;
}

#[tokio::test]
async fn timeout_keeps_the_contract() {
    check(|inner| TimeoutLayer::default().layer(inner)).await;
}

#[tokio::test]
async fn breaker_keeps_the_contract() {
    check(|inner| BreakerLayer::default().layer(inner)).await;
}

#[tokio::test]
async fn the_stack_keeps_the_contract() {
    let (retry, breaker, timeout) = (
        RetryLayer::default(),
        BreakerLayer::default(),
        TimeoutLayer::default(),
    );
    check(|inner| retry.layer(breaker.layer(timeout.layer(inner)))).await;
}
