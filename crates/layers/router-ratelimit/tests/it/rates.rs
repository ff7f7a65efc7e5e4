//! So many in a time: bursts, windows, several limits at once, and whom they are counted for.

use std::time::Duration;

use router_core::{Call, ChatRequest, Context, ErrorKind, ProviderId};
use router_ratelimit::{Dimension, KeyName, Limit, Rate, Subject};

use crate::{acquire, advance, call, limiter, pass_now, refusal};

#[tokio::test(start_paused = true)]
async fn a_burst_and_then_an_even_flow() {
    let limiter = limiter([Limit::requests(Rate::per_minute(60).with_burst(5))]);
    let call = call("a");
    assert_eq!(pass_now(&limiter, &call, 100).await, 5);
    let error = refusal(&limiter, &call).await;
    assert_eq!(error.kind(), ErrorKind::RateLimited);
    assert_eq!(error.code(), Some("limit_reached"));
    assert_eq!(error.retry_after(), Some(Duration::from_secs(1)));
    assert!(error.is_retryable());
    assert!(error.to_string().contains("requests 60/min"), "{error}");
    advance(400).await;
    assert_eq!(
        refusal(&limiter, &call).await.retry_after(),
        Some(Duration::from_millis(600))
    );
    for _ in 0..10 {
        advance(1_000).await;
        assert_eq!(pass_now(&limiter, &call, 100).await, 1);
    }
    advance(3_600_000).await;
    assert_eq!(
        pass_now(&limiter, &call, 100).await,
        5,
        "no more is saved up than the burst"
    );
}

#[tokio::test(start_paused = true)]
async fn without_a_burst_the_whole_may_come_at_once() {
    let limiter = limiter([Limit::requests(Rate::per_minute(60))]);
    assert_eq!(pass_now(&limiter, &call("a"), 100).await, 60);
}

#[tokio::test(start_paused = true)]
async fn a_window_slides() {
    let limiter = limiter([Limit::requests(Rate::per_minute(10).sliding_window())]);
    let call = call("a");
    assert_eq!(pass_now(&limiter, &call, 4).await, 4);
    advance(30_000).await;
    assert_eq!(pass_now(&limiter, &call, 100).await, 6);
    let wait = refusal(&limiter, &call).await.retry_after().expect("a time");
    assert!((30_000..=31_000).contains(&wait.as_millis()), "{wait:?}");
    tokio::time::advance(wait).await;
    assert_eq!(
        pass_now(&limiter, &call, 100).await,
        4,
        "the first four have left the window"
    );
}

/// Daily limits were once accepted and ignored.
#[tokio::test(start_paused = true)]
async fn days_and_seconds_hold_together() {
    let limiter = limiter([
        Limit::requests(Rate::per_second(2)),
        Limit::requests(Rate::per_day(10).sliding_window()),
    ]);
    let call = call("a");
    let mut passed = 0;
    for _ in 0..100 {
        passed += pass_now(&limiter, &call, 100).await;
        advance(1_000).await;
    }
    assert_eq!(passed, 10);
    let error = refusal(&limiter, &call).await;
    assert!(error.to_string().contains("10/day"), "{error}");
    assert!(
        error.retry_after() > Some(Duration::from_secs(80_000)),
        "the longer of the waits"
    );
}

/// A call that one limit refuses takes nothing of the others.
#[tokio::test(start_paused = true)]
async fn all_or_nothing() {
    let limiter = limiter([
        Limit::requests(Rate::per_minute(10)),
        Limit::requests(Rate::per_minute(3)).per(Dimension::Caller),
        Limit::concurrency(50),
    ]);
    assert_eq!(pass_now(&limiter, &call("a"), 100).await, 3);
    for _ in 0..50 {
        refusal(&limiter, &call("a")).await;
    }
    assert_eq!(pass_now(&limiter, &call("b"), 100).await, 3);
    assert_eq!(pass_now(&limiter, &call("c"), 100).await, 3);
    assert_eq!(pass_now(&limiter, &call("d"), 100).await, 1, "ten for all");
    let left =
        |quotas: Vec<router_ratelimit::Quota>| quotas.iter().map(|quota| quota.left).collect::<Vec<_>>();
    let d = left(limiter.quotas(&Subject::new().with_caller("d")).await);
    assert_eq!(
        d.iter().sum::<u64>(),
        50 + 2,
        "nobody is under way, and nine refusals cost nothing: {d:?}"
    );
}

#[tokio::test(start_paused = true)]
async fn each_of_those_it_is_for_has_a_count() {
    let model = |model: &'static str| Call::new(model, ChatRequest::user("Hi."));
    let with = |context: Context| model("m").with_context(context);
    let tag = |value: &'static str| with(Context::new().with_tag("team", value).with_tag("x", "y"));
    let key = |name: &'static str| with(Context::new().with_extension(KeyName(name.into())));
    for (dimension, one, other) in [
        (Dimension::Model, model("one"), model("other")),
        (Dimension::Caller, call("one"), call("other")),
        (Dimension::Tag("team".into()), tag("one"), tag("other")),
        (Dimension::Key, key("one"), key("other")),
    ] {
        let limiter = limiter([Limit::requests(Rate::per_minute(2)).per(dimension.clone())]);
        assert_eq!(pass_now(&limiter, &one, 9).await, 2, "{dimension}");
        assert_eq!(pass_now(&limiter, &other, 9).await, 2, "{dimension}");
        let nobody = with(Context::new());
        assert_eq!(
            pass_now(&limiter, &nobody, 9).await,
            2,
            "{dimension}: those without one count together"
        );
        assert_eq!(pass_now(&limiter, &one, 9).await, 0, "{dimension}");
    }
    let limiter = limiter([Limit::requests(Rate::per_minute(1)).per(Dimension::Provider)]);
    let (one, other) = (ProviderId::from("one"), ProviderId::from("other"));
    assert!(limiter.acquire(&call("a"), &one).await.is_ok());
    assert!(limiter.acquire(&call("a"), &one).await.is_err());
    assert!(limiter.acquire(&call("a"), &other).await.is_ok());
}

/// A day of calls below the limit, at odd moments, without one refusal.
#[tokio::test(start_paused = true)]
async fn nothing_is_refused_falsely_in_a_day() {
    let limiter = limiter([
        Limit::requests(Rate::per_minute(60)).per(Dimension::Caller),
        Limit::requests(Rate::per_day(80_000)),
        Limit::tokens(Rate::per_minute(6_000)),
    ]);
    let mut request = ChatRequest::user("Hi.").with_max_output_tokens(90);
    request.messages.truncate(1);
    let call = Call::new("m", request).with_context(Context::new().with_caller("a"));
    let mut random = fastrand::Rng::with_seed(7);
    // A call every second and then some, with what a timer of a millisecond adds.
    let mut passed = 0;
    let mut at = 0_u64;
    while at < 24 * 60 * 60 * 1000 {
        let wait = random.u64(1_080..1_101);
        at += wait;
        advance(wait).await;
        let permit = acquire(&limiter, &call).await;
        let permit = permit.unwrap_or_else(|error| panic!("call {passed} at {at} ms: {error}"));
        permit.settle(router_ratelimit::Spent::Counted(random.u64(1..101)));
        passed += 1;
    }
    assert!(passed > 78_000, "{passed}");
}
