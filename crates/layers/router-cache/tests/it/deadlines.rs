//! How long callers wait who share a call: each as long as it has time.

use std::sync::Arc;
use std::time::Duration;

use router_cache::{CacheLayer, CachePolicy};
use router_core::context::TrailEntry;
use router_core::error::TimeoutKind;
use router_core::{
    BoxFuture, Call, Capabilities, ChatResponse, Context, Error, ErrorKind, Layer as _, Provider, ProviderId,
    Reply, Result,
};
use tokio::time::Instant;

use crate::vendor::Vendor;
use crate::{cached, call, text_of};

#[tokio::test(start_paused = true)]
async fn each_keeps_to_its_own_deadline() {
    let until =
        |millis| Context::new().with_deadline((Instant::now() + Duration::from_millis(millis)).into_std());
    for is_stream in [false, true] {
        let vendor = Vendor::new().slow(100, 10);
        let (cache, _) = cached(&vendor, CachePolicy::default());
        let call = if is_stream {
            call("Hi.").streaming()
        } else {
            call("Hi.")
        };
        let hasty = call.with_context(until(50));
        let patient = call.with_context(until(5_000));
        let (hasty, patient) = tokio::join!(cache.call(&hasty), cache.call(&patient));
        let error = hasty.expect_err("its time is over");
        assert_eq!(error.kind(), ErrorKind::Timeout(TimeoutKind::Deadline));
        patient.expect("answered").into_output().await.expect("whole");
        assert_eq!(vendor.calls(), 1);
    }

    // The error tells what was done until then.
    let told = |error: &Error| {
        let trail = error.trail().expect("a trail").entries();
        trail
            .iter()
            .any(|entry| matches!(entry, TrailEntry::Fallback { .. }))
    };
    for millis in [50, 135] {
        let vendor = Vendor::new().slow(100, 10).standing_in();
        let (cache, handle) = cached(&vendor, CachePolicy::default());
        let call = call("Hi.").streaming().with_context(until(millis));
        let error = match cache.call(&call).await {
            Ok(reply) => reply.into_output().await.expect_err("its time is over"),
            Err(error) => error,
        };
        assert_eq!(error.kind(), ErrorKind::Timeout(TimeoutKind::Deadline));
        assert!(told(&error), "after {millis} ms: {error:?}");
        assert_eq!((vendor.living(), handle.in_flight()), (0, 0));
    }
}

/// Layers further in know the time that is left, and who has more is not harmed by it.
#[tokio::test(start_paused = true)]
async fn a_leader_in_a_hurry_harms_nobody() {
    let until =
        |millis| Context::new().with_deadline((Instant::now() + Duration::from_millis(millis)).into_std());
    // As retry does: no wait that does not fit into the time that is left.
    let vendor = Vendor::new().slow(10, 0).answering(|number, call| {
        let has_time = call
            .context
            .time_left(Instant::now().into_std())
            .is_none_or(|left| left > Duration::from_secs(5));
        match (number, has_time) {
            (_, false) => {
                Err(Error::new(ErrorKind::RateLimited, "later").with_retry_after(Duration::from_secs(5)))
            }
            _ => Ok(ChatResponse::text_answer("well").into()),
        }
    });
    let (cache, _) = cached(&vendor, CachePolicy::default());
    let hasty = call("Hi.").with_context(until(1_000));
    let patient = call("Hi.").with_context(until(60_000));
    let at_ease = call("Hi.");
    let started = Instant::now();
    let answers = tokio::join!(cache.call(&hasty), cache.call(&patient), cache.call(&at_ease));
    let error = answers.0.expect_err("there is no time for it");
    assert_eq!(
        error.retry_after(),
        Some(Duration::from_secs(5)),
        "and it is told so at once"
    );
    assert!(started.elapsed() < Duration::from_millis(100));
    assert_eq!(text_of(answers.1.expect("it has the time")), "well");
    assert_eq!(text_of(answers.2.expect("it has all the time")), "well");
    assert_eq!(vendor.calls(), 2, "those two shared one");
}

/// As retry does with streams: a wait that does not fit into the time is not begun.
#[derive(Clone)]
struct Retrying(Vendor);

impl Provider for Retrying {
    fn id(&self) -> &ProviderId {
        self.0.id()
    }

    fn capabilities(&self) -> Arc<Capabilities> {
        self.0.capabilities()
    }

    fn call<'a>(&'a self, call: &'a Call) -> BoxFuture<'a, Result<Reply>> {
        Box::pin(async move {
            assert_eq!(
                call.context.stream_deadline(),
                None,
                "what has begun goes on for others"
            );
            let wait = Duration::from_secs(5);
            match call.context.time_left(Instant::now().into_std()) {
                Some(left) if left < wait => {
                    Err(Error::new(ErrorKind::RateLimited, "later").with_retry_after(wait))
                }
                _ => self.0.call(call).await,
            }
        })
    }
}

/// A stream that is shared knows its leader's deadline until it has begun: who has no time for a wait is told so at once, with
/// the wait, and those who have more time ask again. Once it has begun, each keeps to its own.
#[tokio::test(start_paused = true)]
async fn a_shared_stream_keeps_to_its_leaders_time_until_it_has_begun() {
    let until =
        |millis| Context::new().with_deadline((Instant::now() + Duration::from_millis(millis)).into_std());
    let vendor = Vendor::new().slow(10, 2_000);
    let layer = CacheLayer::new(CachePolicy::default()).expect("a policy");
    let (cache, handle) = (layer.layer(Retrying(vendor.clone())), layer.handle());
    let hasty = call("Hi.").streaming().with_context(until(1_000));
    let short = call("Hi.").streaming().with_context(until(6_000));
    let at_ease = call("Hi.").streaming();
    let started = Instant::now();
    let (refused, cut, whole) = tokio::join!(
        cache.call(&hasty),
        async {
            let stream = cache.call(&short).await.expect("begun").into_output();
            (stream.await, started.elapsed())
        },
        async { cache.call(&at_ease).await.expect("begun").into_output().await }
    );
    let refused = refused.expect_err("there is no time for it");
    assert_eq!(refused.retry_after(), Some(Duration::from_secs(5)));
    let (cut, after) = cut;
    let kind = cut.expect_err("its time is over").kind();
    assert_eq!(kind, ErrorKind::Timeout(TimeoutKind::Deadline));
    assert_eq!(after.as_secs(), 6);
    whole.expect("it has all the time");
    assert_eq!(vendor.calls(), 1, "those two shared one");
    assert_eq!((vendor.living(), handle.in_flight()), (0, 0));
}
