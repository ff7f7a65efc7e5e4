//! Whoever goes away, whenever: nothing stays taken.

use std::sync::Arc;
use std::time::Duration;

use router_core::{ErrorKind, Layer as _, Provider as _};
use router_retry::{
    BreakerLayer, BreakerPolicy, BreakerState, RetryBudget, RetryLayer, RetryPolicy, TimeoutLayer,
    TimeoutPolicy,
};
use tokio::time::{sleep, timeout};

use crate::vendor::{Act, Step, Vendor, error, rest, seconds, stream, streamed, whole};

/// Ten thousand calls that are given up at random moments: waiting, retrying, probing, reading. Afterwards nothing lives at
/// the vendor, and the breaker lets the next probe through.
#[tokio::test(start_paused = true)]
async fn ten_thousand_cancels_leave_nothing_taken() {
    let mut random = fastrand::Rng::with_seed(5);
    let vendor = Vendor::new(|number, call| {
        let wait = Duration::from_millis(number as u64 * 37 % 900);
        let then = match number % 7 {
            0 => Act::Hang,
            1 | 2 => Act::Fail(error(ErrorKind::Server)),
            3 if call.is_stream() => Act::Stream(vec![Step::Text, Step::Hang]),
            4 if call.is_stream() => Act::Stream(vec![Step::Text, Step::Fail(ErrorKind::Transport)]),
            _ => Act::Answer,
        };
        Act::After(wait, Box::new(then))
    });
    let breaker = BreakerLayer::new(
        BreakerPolicy::default()
            .with_consecutive(2)
            .with_open(Duration::from_millis(300)),
    );
    let limits = TimeoutPolicy::default().with_first_content(seconds(2));
    let inner = breaker.layer(TimeoutLayer::new(limits).layer(vendor.clone()));
    let handle = inner.handle().clone();
    let policy = RetryPolicy::default().with_budget(RetryBudget::new(100, 1000));
    let provider = Arc::new(RetryLayer::with_seed(policy, 1).layer(inner));
    let mut tasks = Vec::new();
    for _ in 0..10_000 {
        let provider = Arc::clone(&provider);
        let patience = Duration::from_millis(random.u64(0..4000));
        let streams = random.bool();
        tasks.push(tokio::spawn(async move {
            let call = if streams { streamed() } else { whole() };
            let _ = timeout(patience, async {
                if let Ok(reply) = provider.call(&call).await
                    && streams
                {
                    rest(&mut stream(reply)).await;
                }
            })
            .await;
        }));
        sleep(Duration::from_millis(random.u64(0..20))).await;
    }
    for task in tasks {
        task.await.expect("no panic");
    }
    assert!(
        vendor.calls() > 1000,
        "the vendor was asked {} times",
        vendor.calls()
    );
    assert_eq!(vendor.living(), 0);
    // Whatever the last of them left: after its time, one probe is let through, and no more is needed.
    sleep(seconds(1)).await;
    assert_ne!(handle.state(&"a-model".into()), BreakerState::Open);
    assert_eq!(handle.wait(&"a-model".into()), None);
}

/// A wait that is given up was the end of it.
#[tokio::test(start_paused = true)]
async fn a_wait_can_be_given_up() {
    let vendor = Vendor::new(|_, _| Act::Fail(error(ErrorKind::RateLimited).with_retry_after(seconds(30))));
    let provider = RetryLayer::default().layer(vendor.clone());
    let call = whole();
    assert!(timeout(seconds(10), provider.call(&call)).await.is_err());
    sleep(seconds(100)).await;
    assert_eq!((vendor.calls(), vendor.living()), (1, 0));
}
