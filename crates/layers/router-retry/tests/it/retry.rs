//! Tries again: how often, after which wait, and with what result.

use std::sync::Arc;
use std::time::Duration;

use router_core::context::TrailEntry;
use router_core::error::TimeoutKind;
use router_core::{
    BoxFuture, Call, Capabilities, EmbeddingRequest, Error, ErrorKind, Layer as _, OperationKind, Provider,
    ProviderId, Reply, Result,
};
use router_retry::{RetryBudget, RetryLayer, RetryPolicy, RetryRule};
use tokio::time::Instant;

use crate::vendor::{Act, Vendor, attempts, decisions, error, seconds, streamed, whole, within};

const SEED: u64 = 7;

fn layer(policy: RetryPolicy) -> RetryLayer {
    RetryLayer::with_seed(policy, SEED)
}

fn default() -> RetryLayer {
    layer(RetryPolicy::default())
}

fn limited(after: Duration) -> Error {
    error(ErrorKind::RateLimited).with_retry_after(after)
}

#[tokio::test(start_paused = true)]
async fn tries_again_until_it_is_answered() {
    let vendor = Vendor::failing_times(2, ErrorKind::Server);
    let call = whole();
    default().layer(vendor.clone()).call(&call).await.unwrap();
    assert_eq!(vendor.calls(), 3);
    assert_eq!(
        attempts(&call),
        [Some(ErrorKind::Server), Some(ErrorKind::Server), None]
    );
}

/// Waits follow what the latest answer asks for, and not the first one.
#[tokio::test(start_paused = true)]
async fn escalating_retry_after_is_followed() {
    for seed in 0..50 {
        let vendor = Vendor::new(|number, _| match number {
            0..3 => Act::Fail(limited(seconds(1 << number))),
            _ => Act::Answer,
        });
        let layer = RetryLayer::with_seed(RetryPolicy::default(), seed);
        layer.layer(vendor.clone()).call(&whole()).await.unwrap();
        for (gap, asked) in vendor.gaps().iter().zip([1.0, 2.0, 4.0]) {
            assert!((asked..=asked * 1.05).contains(gap), "{gap} s for {asked} s");
        }
        assert_eq!(vendor.calls(), 4);
    }
}

/// A wait that was asked for is forgotten when the next answer asks for none.
#[tokio::test(start_paused = true)]
async fn an_earlier_retry_after_is_forgotten() {
    let vendor = Vendor::new(|number, _| match number {
        0 => Act::Fail(limited(seconds(30))),
        1 => Act::Fail(error(ErrorKind::Server)),
        _ => Act::Answer,
    });
    default().layer(vendor.clone()).call(&whole()).await.unwrap();
    let gaps = vendor.gaps();
    assert!(gaps[0] >= 30.0 && gaps[1] <= 1.0, "{gaps:?}");
}

#[tokio::test(start_paused = true)]
async fn waits_grow_and_are_spread() {
    let policy = RetryPolicy::default()
        .with_attempts(6)
        .with_waits(seconds(1), seconds(4));
    let bounds = [1.0, 2.0, 4.0, 4.0, 4.0];
    let mut seen = Vec::new();
    for seed in 0..40 {
        let vendor = Vendor::failing(ErrorKind::Overloaded);
        let layer = RetryLayer::with_seed(policy.clone(), seed);
        layer.layer(vendor.clone()).call(&whole()).await.unwrap_err();
        let gaps = vendor.gaps();
        assert_eq!(gaps.len(), 5);
        for (gap, bound) in gaps.iter().zip(bounds) {
            assert!(*gap <= bound + 0.002, "{gap} s, at most {bound} s");
        }
        seen.push(gaps[2]);
    }
    assert!(seen.iter().any(|gap| *gap < 1.0) && seen.iter().any(|gap| *gap > 3.0));
    // The same seed, the same waits.
    let gaps = async |seed| {
        let vendor = Vendor::failing(ErrorKind::Overloaded);
        let layer = RetryLayer::with_seed(policy.clone(), seed);
        layer.layer(vendor.clone()).call(&whole()).await.unwrap_err();
        vendor.gaps()
    };
    assert_eq!(gaps(3).await, gaps(3).await);
    assert_ne!(gaps(3).await, gaps(4).await);
}

/// A wait that the time left does not cover is not begun: the caller hears at once, and how long it would be.
#[tokio::test(start_paused = true)]
async fn a_retry_after_beyond_the_deadline_is_passed_on() {
    let vendor = Vendor::new(|_, _| Act::Fail(limited(seconds(30))));
    let call = within(whole(), seconds(10));
    let started = Instant::now();
    let error = default().layer(vendor.clone()).call(&call).await.unwrap_err();
    assert_eq!(started.elapsed(), Duration::ZERO);
    assert_eq!(error.kind(), ErrorKind::RateLimited);
    assert_eq!(error.retry_after(), Some(seconds(30)));
    assert_eq!(vendor.calls(), 1);
    assert!(
        decisions(&call)[0].contains("does not fit into the 10s"),
        "{:?}",
        decisions(&call)
    );
}

#[tokio::test(start_paused = true)]
async fn never_past_the_deadline() {
    for seed in 0..100 {
        let vendor = Vendor::new(|_, _| {
            Act::After(
                Duration::from_millis(300),
                Box::new(Act::Fail(error(ErrorKind::Server))),
            )
        });
        let policy = RetryPolicy::default().with_attempts(100);
        let started = Instant::now();
        let layer = RetryLayer::with_seed(policy, seed);
        let call = within(whole(), seconds(3));
        layer.layer(vendor.clone()).call(&call).await.unwrap_err();
        let latest = vendor.asked().pop().unwrap() - started;
        assert!(latest < seconds(3), "an attempt began after {latest:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn an_absurd_retry_after_is_not_waited_for() {
    let vendor = Vendor::new(|_, _| Act::Fail(limited(seconds(3600))));
    let started = Instant::now();
    let error = default().layer(vendor.clone()).call(&whole()).await.unwrap_err();
    assert_eq!(error.retry_after(), Some(seconds(3600)));
    assert_eq!((vendor.calls(), started.elapsed()), (1, Duration::ZERO));
    let mut patient = RetryPolicy::default();
    patient.longest_wait = seconds(7200);
    layer(patient)
        .layer(vendor.clone())
        .call(&whole())
        .await
        .unwrap_err();
    assert_eq!(vendor.calls(), 5);
}

#[tokio::test(start_paused = true)]
async fn what_cannot_help_is_not_tried() {
    for kind in [
        ErrorKind::Authentication,
        ErrorKind::PermissionDenied,
        ErrorKind::NotFound,
        ErrorKind::InvalidRequest,
        ErrorKind::ContextLengthExceeded,
        ErrorKind::ContentFiltered,
        ErrorKind::QuotaExceeded,
        ErrorKind::Decode,
        ErrorKind::Unsupported,
        ErrorKind::Config,
        ErrorKind::Cancelled,
        ErrorKind::Timeout(TimeoutKind::Deadline),
    ] {
        let vendor = Vendor::failing(kind);
        let found = default().layer(vendor.clone()).call(&whole()).await.unwrap_err();
        assert_eq!((found.kind(), vendor.calls()), (kind, 1));
    }
    for kind in [
        ErrorKind::RateLimited,
        ErrorKind::Overloaded,
        ErrorKind::Server,
        ErrorKind::Transport,
        ErrorKind::Truncated,
        ErrorKind::Timeout(TimeoutKind::FirstContent),
    ] {
        let vendor = Vendor::failing(kind);
        let found = default().layer(vendor.clone()).call(&whole()).await.unwrap_err();
        assert_eq!((found.kind(), vendor.calls()), (kind, 4));
    }
    // An error that knows better than its kind.
    let vendor = Vendor::new(|_, _| Act::Fail(error(ErrorKind::Server).with_retryable(false)));
    default().layer(vendor.clone()).call(&whole()).await.unwrap_err();
    assert_eq!(vendor.calls(), 1);
}

#[tokio::test(start_paused = true)]
async fn rules_per_kind_of_error() {
    let policy = RetryPolicy::default()
        .with_kind(ErrorKind::RateLimited, RetryRule::attempts(6))
        .with_kind(ErrorKind::Overloaded, RetryRule::attempts(1))
        .with_kind(ErrorKind::Decode, RetryRule::attempts(2));
    for (kind, expected) in [
        (ErrorKind::RateLimited, 6),
        (ErrorKind::Overloaded, 1),
        (ErrorKind::Decode, 2),
        (ErrorKind::Server, 4),
    ] {
        let vendor = Vendor::failing(kind);
        layer(policy.clone())
            .layer(vendor.clone())
            .call(&whole())
            .await
            .unwrap_err();
        assert_eq!(vendor.calls(), expected, "{kind}");
    }
}

#[tokio::test(start_paused = true)]
async fn rules_per_operation() {
    let mut slow = RetryRule::attempts(2);
    slow.base = Some(seconds(600));
    slow.cap = Some(seconds(600));
    let policy = RetryPolicy::default()
        .with_operation(OperationKind::Embed, slow)
        .with_kind(ErrorKind::RateLimited, RetryRule::attempts(6));
    let embed = || Call::new("a-model", EmbeddingRequest::new(["one"]));
    let mut gaps = Vec::new();
    for seed in 0..20 {
        let vendor = Vendor::failing(ErrorKind::Server);
        let layer = RetryLayer::with_seed(policy.clone(), seed);
        layer.layer(vendor.clone()).call(&embed()).await.unwrap_err();
        assert_eq!(vendor.calls(), 2);
        gaps.extend(vendor.gaps());
    }
    assert!(gaps.iter().any(|gap| *gap > 60.0), "the operation's own waits");
    // Where both speak, the smaller number counts.
    let vendor = Vendor::failing(ErrorKind::RateLimited);
    let provider = layer(policy).layer(vendor.clone());
    provider.call(&embed()).await.unwrap_err();
    assert_eq!(vendor.calls(), 2);
    provider.call(&whole()).await.unwrap_err();
    assert_eq!(vendor.calls(), 8);
}

/// The number of attempts that the policy names is made, also above the default of calls; the caller's goes before it.
#[tokio::test(start_paused = true)]
async fn attempts_are_as_many_as_was_said() {
    for attempts in [0, 1, 2, 9] {
        let vendor = Vendor::failing(ErrorKind::Server);
        let policy = RetryPolicy::default().with_attempts(attempts);
        layer(policy)
            .layer(vendor.clone())
            .call(&whole())
            .await
            .unwrap_err();
        assert_eq!(vendor.calls(), attempts.max(1) as usize);
    }
    let vendor = Vendor::failing(ErrorKind::Server);
    let call = whole();
    let call = call.with_context(call.context.clone().with_attempts(2));
    default().layer(vendor.clone()).call(&call).await.unwrap_err();
    assert_eq!(vendor.calls(), 2);
}

/// Goes from target to target, drawing on the call's budget as every balancer does.
struct Failover(Vec<Vendor>);

impl Provider for Failover {
    fn id(&self) -> &ProviderId {
        self.0[0].id()
    }

    fn capabilities(&self) -> Arc<Capabilities> {
        self.0[0].capabilities()
    }

    fn call<'a>(&'a self, call: &'a Call) -> BoxFuture<'a, Result<Reply>> {
        Box::pin(async move {
            let mut reply = self.0[0].call(call).await;
            for target in &self.0[1..] {
                if reply.is_ok() || !call.context.budget().take() {
                    break;
                }
                reply = target.call(call).await;
            }
            reply
        })
    }
}

#[tokio::test(start_paused = true)]
async fn three_retries_over_three_targets_are_four_calls() {
    let targets = ["one", "two", "three"].map(|name| Vendor::failing(ErrorKind::Server).with_id(name));
    let call = whole();
    let balanced = default().layer(Failover(targets.to_vec()));
    balanced.call(&call).await.unwrap_err();
    let calls = targets.map(|target| target.calls());
    assert_eq!(calls, [2, 1, 1], "three targets, then one retry");
    assert_eq!(attempts(&call).len(), 4);
    assert_eq!(call.context.budget().left(), 0);
}

/// What the caller gets is what the vendor said last, and the trail says what came before.
#[tokio::test(start_paused = true)]
async fn the_last_error_is_the_callers() {
    let vendor = Vendor::new(|number, _| {
        Act::Fail(match number {
            0 => error(ErrorKind::Transport),
            1 => error(ErrorKind::RateLimited),
            _ => Error::new(ErrorKind::Overloaded, "the model is overloaded")
                .with_status(529)
                .with_code("overloaded_error")
                .with_request_id("req_3"),
        })
    });
    let call = whole();
    let error = default().layer(vendor).call(&call).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Overloaded);
    assert_eq!(error.status(), Some(529));
    assert_eq!(error.code(), Some("overloaded_error"));
    assert_eq!(error.request_id(), Some("req_3"));
    assert_eq!(error.message(), "the model is overloaded");
    let trail = error.trail().expect("a trail").entries();
    let attempts = trail
        .iter()
        .filter(|entry| matches!(entry, TrailEntry::Attempt { .. }));
    assert_eq!(attempts.count(), 4);
    let decisions = decisions(&call);
    assert_eq!(decisions.len(), 4);
    assert!(decisions[0].starts_with("retry: waits ") && decisions[0].ends_with(" after transport"));
    assert_eq!(
        decisions[3],
        "retry: gives up after attempt 4: no attempts are left"
    );
}

/// Fifty requests, each tried as often as may be: errors do not grow, and do not hold one another.
#[tokio::test(start_paused = true)]
async fn errors_stay_small() {
    let vendor = Vendor::new(|_, _| {
        let body = "the vendor's page about what went wrong ".repeat(200);
        Act::Fail(Error::new(ErrorKind::Server, body).with_status(500))
    });
    let policy = RetryPolicy::default()
        .with_attempts(100)
        .with_budget(RetryBudget::new(100, 1_000_000));
    let provider = layer(policy).layer(vendor);
    let mut sizes = Vec::new();
    for _ in 0..50 {
        let call = whole();
        let error = provider.call(&call).await.unwrap_err();
        assert!(
            std::error::Error::source(&error).is_none(),
            "no error holds an earlier one"
        );
        let line = error.to_string();
        assert_eq!(line.lines().count(), 1);
        let report = format!("{error:?}");
        assert!(line.len() < 1024 && report.len() < 16 * 1024, "{}", report.len());
        sizes.push(report.len());
    }
    let (least, most) = (sizes.iter().min().unwrap(), sizes.iter().max().unwrap());
    assert!(most - least < 1024, "from {least} to {most} bytes");
}

/// Waits are for streams what they are for whole answers.
#[tokio::test(start_paused = true)]
async fn a_stream_is_tried_again_until_its_first_content() {
    let vendor = Vendor::failing_times(2, ErrorKind::Overloaded);
    let call = streamed();
    default().layer(vendor.clone()).call(&call).await.unwrap();
    assert_eq!(vendor.calls(), 3);
}
