//! What users of the Python project that this one succeeds have met: each is a test here.

use std::time::Duration;

use router_core::error::TimeoutKind;
use router_core::{ErrorKind, Layer as _, Provider as _};
use router_retry::{RetryLayer, RetryPolicy, TimeoutLayer, TimeoutPolicy};
use tokio::time::Instant;

use crate::vendor::{Act, Vendor, error, seconds, streamed, whole};

/// A policy as it stands in a configuration file.
fn retry(text: &str) -> RetryLayer {
    let policy: RetryPolicy = serde_json::from_str(text).expect("settings");
    RetryLayer::with_seed(policy, 1)
}

#[tokio::test(start_paused = true)]
async fn retry_settings_accepted_and_ignored() {
    let calls = async |text: &str, kind| {
        let vendor = Vendor::failing(kind);
        retry(text)
            .layer(vendor.clone())
            .call(&whole())
            .await
            .unwrap_err();
        vendor.calls()
    };
    assert_eq!(calls(r#"{"attempts": 7}"#, ErrorKind::Server).await, 7);
    let kinds = r#"{"kinds": {"server": {"attempts": 1}}}"#;
    assert_eq!(calls(kinds, ErrorKind::Server).await, 1);
    let operations = r#"{"operations": {"chat": {"attempts": 2}}}"#;
    assert_eq!(calls(operations, ErrorKind::Server).await, 2);
    let budget = r#"{"budget": {"percent": 0, "per_second": 2}}"#;
    assert_eq!(calls(budget, ErrorKind::Server).await, 3);

    let longest = async |text: &str| {
        let vendor = Vendor::failing(ErrorKind::Server);
        let layer = retry(text);
        for _ in 0..20 {
            layer.layer(vendor.clone()).call(&whole()).await.unwrap_err();
        }
        vendor.gaps().into_iter().fold(0.0, f64::max)
    };
    assert!(longest(r#"{"base": "1m", "cap": "1m"}"#).await > 30.0);
    assert!(longest(r#"{"base": "1m", "cap": "100ms"}"#).await <= 0.102);
    let asked = async |text: &str| {
        let vendor =
            Vendor::new(|_, _| Act::Fail(error(ErrorKind::RateLimited).with_retry_after(seconds(9))));
        retry(text)
            .layer(vendor.clone())
            .call(&whole())
            .await
            .unwrap_err();
        vendor.calls()
    };
    assert_eq!(asked(r#"{"longest_wait": "8s"}"#).await, 1);
    assert_eq!(asked(r#"{"longest_wait": "9s"}"#).await, 4);
}

#[tokio::test(start_paused = true)]
async fn timeouts_accepted_and_ignored() {
    let after = async |text: &str, call| {
        let policy: TimeoutPolicy = serde_json::from_str(text).expect("settings");
        let provider = TimeoutLayer::new(policy).layer(Vendor::new(|_, _| Act::Hang));
        let started = Instant::now();
        let error = provider.call(&call).await.unwrap_err();
        (error.kind(), started.elapsed())
    };
    assert_eq!(
        after(r#"{"first_content": "250ms"}"#, streamed()).await,
        (
            ErrorKind::Timeout(TimeoutKind::FirstContent),
            Duration::from_millis(250)
        )
    );
    assert_eq!(
        after(r#"{"attempt": "3s"}"#, whole()).await,
        (ErrorKind::Timeout(TimeoutKind::Attempt), seconds(3))
    );
}

#[tokio::test(start_paused = true)]
async fn retry_after_never_read() {
    let vendor = Vendor::new(|number, _| match number {
        0 => Act::Fail(error(ErrorKind::RateLimited).with_retry_after(seconds(5))),
        _ => Act::Answer,
    });
    RetryLayer::default()
        .layer(vendor.clone())
        .call(&whole())
        .await
        .unwrap();
    assert!(vendor.gaps()[0] >= 5.0);
}

#[tokio::test(start_paused = true)]
async fn no_jitter() {
    let mut waits = Vec::new();
    for _ in 0..10 {
        let vendor = Vendor::failing_times(1, ErrorKind::Server);
        RetryLayer::default()
            .layer(vendor.clone())
            .call(&whole())
            .await
            .unwrap();
        waits.extend(vendor.gaps());
    }
    waits.sort_by(f64::total_cmp);
    waits.dedup();
    assert!(waits.len() > 5, "{waits:?}");
}

#[tokio::test(start_paused = true)]
async fn the_last_errors_kind_hidden_behind_retries_exhausted() {
    for kind in [
        ErrorKind::RateLimited,
        ErrorKind::Overloaded,
        ErrorKind::Transport,
    ] {
        let provider = RetryLayer::default().layer(Vendor::failing(kind));
        let error = provider.call(&whole()).await.unwrap_err();
        assert_eq!(error.kind(), kind);
        assert!(!error.to_string().contains("exhaust"), "{error}");
    }
}

#[tokio::test(start_paused = true)]
async fn no_retry_for_streams() {
    let vendor = Vendor::failing_times(1, ErrorKind::Server);
    RetryLayer::default()
        .layer(vendor.clone())
        .call(&streamed())
        .await
        .unwrap();
    assert_eq!(vendor.calls(), 2);
}
