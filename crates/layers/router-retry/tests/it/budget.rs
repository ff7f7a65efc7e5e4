//! A vendor in trouble is not finished off: retries of all calls together are bounded.

use std::time::Duration;

use router_core::{ErrorKind, Layer as _, Provider as _};
use router_retry::{RetryBudget, RetryLayer, RetryPolicy};
use tokio::time::{Instant, sleep};

use crate::vendor::{Vendor, decisions, seconds, whole};

/// Makes so many calls at so many a second, each in a task of its own, and gives the seconds until the last one ended.
async fn load(layer: &RetryLayer, vendor: &Vendor, calls: u32, per_second: u32) -> f64 {
    let provider = std::sync::Arc::new(layer.layer(vendor.clone()));
    let started = Instant::now();
    let mut tasks = Vec::new();
    for _ in 0..calls {
        let provider = std::sync::Arc::clone(&provider);
        tasks.push(tokio::spawn(async move { provider.call(&whole()).await.is_ok() }));
        sleep(seconds(1) / per_second).await;
    }
    for task in tasks {
        task.await.expect("no panic");
    }
    started.elapsed().as_secs_f64()
}

/// Everything fails, three retries each: the vendor sees at most 1.2 times the calls, and ten more a second.
#[tokio::test(start_paused = true)]
async fn a_vendor_that_fails_always_sees_little_more() {
    for (calls, per_second) in [(2000, 200), (300, 10), (5000, 2000)] {
        let vendor = Vendor::failing(ErrorKind::Overloaded);
        let layer = RetryLayer::with_seed(RetryPolicy::default(), 1);
        let elapsed = load(&layer, &vendor, calls, per_second).await;
        let most = 1.2 * f64::from(calls) + 10.0 * elapsed;
        let seen = vendor.calls() as f64;
        assert!(seen <= most, "{seen} calls for {calls} in {elapsed} s");
        assert!(seen >= f64::from(calls) * 1.15, "{seen}: retries still happen");
    }
}

/// One after the other, calls are tried again as often as the policy says.
#[tokio::test(start_paused = true)]
async fn few_calls_are_not_held_back() {
    let vendor = Vendor::failing(ErrorKind::Server);
    let provider = RetryLayer::with_seed(RetryPolicy::default(), 1).layer(vendor.clone());
    for _ in 0..3 {
        provider.call(&whole()).await.unwrap_err();
    }
    assert_eq!(vendor.calls(), 12);
}

/// All that one layer wraps draws on one budget, and a call that it holds back says so.
#[tokio::test(start_paused = true)]
async fn the_budget_is_shared() {
    let policy = RetryPolicy::default().with_budget(RetryBudget::new(0, 4));
    let policy = policy.with_waits(Duration::ZERO, Duration::ZERO);
    let layer = RetryLayer::with_seed(policy, 1);
    let vendors = [ErrorKind::Server, ErrorKind::Transport].map(Vendor::failing);
    let calls = [whole(), whole()];
    for (vendor, call) in vendors.iter().zip(&calls) {
        layer.layer(vendor.clone()).call(call).await.unwrap_err();
    }
    assert_eq!(vendors.map(|vendor| vendor.calls()), [4, 2]);
    assert_eq!(
        decisions(&calls[1]).last().map(String::as_str),
        Some("retry: gives up after attempt 2: the retry budget of all calls is spent")
    );
}

/// A call that may not be tried again takes nothing from the others.
#[tokio::test(start_paused = true)]
async fn what_is_not_tried_again_spends_nothing() {
    let policy = RetryPolicy::default().with_budget(RetryBudget::new(0, 2));
    let vendor = Vendor::failing(ErrorKind::Server);
    let provider = RetryLayer::with_seed(policy, 1).layer(vendor.clone());
    for _ in 0..5 {
        let call = whole();
        let call = call.with_context(call.context.clone().with_attempts(1));
        provider.call(&call).await.unwrap_err();
    }
    assert_eq!(vendor.calls(), 5);
    provider.call(&whole()).await.unwrap_err();
    assert_eq!(vendor.calls(), 8);
}

#[tokio::test(start_paused = true)]
async fn no_budget_no_retries() {
    let vendor = Vendor::failing(ErrorKind::Server);
    let policy = RetryPolicy::default().with_budget(RetryBudget::new(0, 0));
    RetryLayer::new(policy)
        .layer(vendor.clone())
        .call(&whole())
        .await
        .unwrap_err();
    assert_eq!(vendor.calls(), 1);
}
