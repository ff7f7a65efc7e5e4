//! Waiting: in the order they came, for so long and no longer.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use router_core::{Call, ChatRequest, Context, Error};
use router_ratelimit::{Dimension, Limit, Limiter, Rate};
use tokio::time::Instant;

use crate::{acquire, advance, call, limiter, refusal};

fn seconds(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

/// Calls that come one after the other, and when each passed or why it did not.
async fn come(limiter: &Arc<Limiter>, callers: &[&'static str]) -> Vec<Result<u128, Error>> {
    let start = Instant::now();
    let mut calls = Vec::new();
    for caller in callers {
        let limiter = Arc::clone(limiter);
        let call = call(caller);
        calls.push(tokio::spawn(async move {
            acquire(&limiter, &call)
                .await
                .map(|_| start.elapsed().as_millis())
        }));
        tokio::task::yield_now().await;
    }
    let mut outcomes = Vec::new();
    for call in calls {
        outcomes.push(call.await.expect("no panic"));
    }
    outcomes
}

fn passed(outcomes: &[Result<u128, Error>]) -> Vec<u128> {
    outcomes
        .iter()
        .map(|outcome| *outcome.as_ref().expect("it passes"))
        .collect()
}

#[tokio::test(start_paused = true)]
async fn in_the_order_they_came() {
    let limiter = limiter([Limit::requests(Rate::per_second(1)).with_wait(seconds(60))]);
    let outcomes = come(&limiter, &["a"; 6]).await;
    // A timer of the runtime is at most a millisecond late each time.
    for (place, at) in passed(&outcomes).into_iter().enumerate() {
        assert!(
            (place as u128 * 1_000..place as u128 * 1_010 + 1).contains(&at),
            "{place} at {at}"
        );
    }
}

/// A call that comes while others wait does not pass them, also when it would fit.
#[tokio::test(start_paused = true)]
async fn nobody_is_passed() {
    let limiter = limiter([Limit::tokens(Rate::per_second(100)).with_wait(seconds(60))]);
    let order = Arc::new(Mutex::new(Vec::new()));
    let mut calls = Vec::new();
    // The second needs much and waits for it; the third needs little.
    for (name, most) in [("first", 80), ("second", 90), ("third", 1), ("fourth", 1)] {
        let (limiter, order) = (Arc::clone(&limiter), Arc::clone(&order));
        calls.push(tokio::spawn(async move {
            let call = Call::new("m", ChatRequest::user("Hi.").with_max_output_tokens(most));
            let permit = acquire(&limiter, &call).await.expect("it passes");
            order.lock().expect("no panic").push(name);
            permit.settle(router_ratelimit::Spent::Reserved);
        }));
        tokio::task::yield_now().await;
    }
    for call in calls {
        call.await.expect("no panic");
    }
    assert_eq!(
        *order.lock().expect("no panic"),
        ["first", "second", "third", "fourth"]
    );
}

#[tokio::test(start_paused = true)]
async fn so_long_and_no_longer() {
    let limiter = limiter([Limit::requests(Rate::per_second(1)).with_wait(Duration::from_millis(2_500))]);
    let start = Instant::now();
    let outcomes = come(&limiter, &["a"; 5]).await;
    let passed = outcomes.iter().filter(|outcome| outcome.is_ok()).count();
    assert_eq!(passed, 3, "at 0, 1 and 2 s");
    assert!(start.elapsed() <= Duration::from_millis(2_510));
    for outcome in outcomes.iter().skip(3) {
        let error = outcome.as_ref().expect_err("too late");
        assert_eq!(error.code(), Some("limit_reached"));
        assert!(error.retry_after().is_some());
    }
}

#[tokio::test(start_paused = true)]
async fn a_wait_that_is_too_long_is_not_begun() {
    let limiter = limiter([Limit::requests(Rate::per_minute(1)).with_wait(seconds(10))]);
    drop(acquire(&limiter, &call("a")).await.expect("the first"));
    let start = Instant::now();
    let error = refusal(&limiter, &call("a")).await;
    assert_eq!(start.elapsed(), Duration::ZERO);
    assert_eq!(error.retry_after(), Some(seconds(60)));
}

#[tokio::test(start_paused = true)]
async fn never_past_the_deadline() {
    let limiter = limiter([Limit::requests(Rate::per_second(1)).with_wait(seconds(60))]);
    drop(acquire(&limiter, &call("a")).await.expect("the first"));
    let deadline = (Instant::now() + Duration::from_millis(500)).into_std();
    let hurried = call("a").with_context(Context::new().with_deadline(deadline));
    let start = Instant::now();
    let error = refusal(&limiter, &hurried).await;
    assert_eq!(start.elapsed(), Duration::ZERO, "it could not pass in time");
    assert_eq!(error.retry_after(), Some(seconds(1)));
}

/// What is given back wakes the first who waits.
#[tokio::test(start_paused = true)]
async fn what_is_given_back_is_had_at_once() {
    let limiter = limiter([Limit::concurrency(1).with_wait(seconds(60))]);
    let permit = acquire(&limiter, &call("a")).await.expect("the first");
    let waiting = {
        let limiter = Arc::clone(&limiter);
        tokio::spawn(async move {
            acquire(&limiter, &call("b"))
                .await
                .map(|_| Instant::now())
                .expect("the second")
        })
    };
    advance(3_000).await;
    let given_back = Instant::now();
    drop(permit);
    let at = waiting.await.expect("no panic");
    assert!(
        at - given_back <= Duration::from_millis(1),
        "{:?}",
        at - given_back
    );

    let limiter = crate::limiter([Limit::tokens(Rate::per_day(2_000)).with_wait(seconds(100_000))]);
    let permit = acquire(&limiter, &call("a")).await.expect("the first");
    let second = call("a");
    let second = acquire(&limiter, &second);
    let settled = async {
        tokio::time::sleep(seconds(5)).await;
        permit.settle(router_ratelimit::Spent::Counted(10));
    };
    let start = Instant::now();
    let (second, ()) = tokio::join!(second, settled);
    drop(second.expect("the second"));
    assert!(start.elapsed() < seconds(6), "{:?}", start.elapsed());
}

#[tokio::test(start_paused = true)]
async fn one_who_gives_up_leaves_the_line() {
    let limiter = limiter([Limit::requests(Rate::per_second(1)).with_wait(seconds(60))]);
    drop(acquire(&limiter, &call("a")).await.expect("the first"));
    let given_up = {
        let limiter = Arc::clone(&limiter);
        tokio::spawn(async move { acquire(&limiter, &call("a")).await.map(|_| ()) })
    };
    tokio::task::yield_now().await;
    let behind = {
        let limiter = Arc::clone(&limiter);
        let start = Instant::now();
        tokio::spawn(async move { acquire(&limiter, &call("a")).await.map(|_| start.elapsed()) })
    };
    tokio::task::yield_now().await;
    given_up.abort();
    let waited = behind.await.expect("no panic").expect("it passes");
    assert!(
        waited < Duration::from_millis(1_010),
        "as if nobody had stood there: {waited:?}"
    );
}

#[tokio::test(start_paused = true)]
async fn lines_are_apart_and_bounded() {
    let mut per_caller = Limit::requests(Rate::per_minute(1))
        .per(Dimension::Caller)
        .with_wait(seconds(120));
    per_caller.max_waiting = 2;
    let limiter = limiter([
        per_caller,
        Limit::requests(Rate::per_second(100)).with_wait(seconds(1)),
    ]);
    let outcomes = come(&limiter, &["a", "a", "a", "a", "b"]).await;
    let at: Vec<_> = outcomes
        .iter()
        .map(|outcome| outcome.as_ref().ok().copied())
        .collect();
    assert_eq!(at[0], Some(0));
    assert!(at[1] >= Some(60_000) && at[2] >= Some(120_000), "{at:?}");
    assert_eq!(at[3], None, "two wait already");
    assert_eq!(at[4], Some(0), "nobody waits for another's count");
}

/// Behind one limit comes the next: what is had in the end is had of all.
#[tokio::test(start_paused = true)]
async fn one_limit_after_the_other() {
    let limiter = limiter([
        Limit::requests(Rate::per_second(1)).with_wait(seconds(60)),
        Limit::requests(Rate::new(2, seconds(10))).with_wait(seconds(60)),
    ]);
    let outcomes = come(&limiter, &["a"; 6]).await;
    let mut last = 0;
    for at in passed(&outcomes) {
        assert!(at >= last, "in order");
        last = at;
    }
    assert!(
        (20_000..20_100).contains(&last),
        "two at once, then one in five seconds: {last}"
    );
}

#[tokio::test(start_paused = true)]
async fn the_trail_tells_of_it() {
    let limiter = limiter([Limit::requests(Rate::per_second(1))
        .per(Dimension::Caller)
        .with_wait(seconds(1))]);
    drop(acquire(&limiter, &call("a")).await.expect("the first"));
    let waited = call("a");
    drop(acquire(&limiter, &waited).await.expect("the second"));
    let trail = format!("{:?}", waited.context.trail());
    assert!(
        trail.contains("ratelimit") && trail.contains("requests 1/s per caller"),
        "{trail}"
    );
    let refused = call("a").with_context(
        Context::new()
            .with_caller("a")
            .with_deadline(Instant::now().into_std()),
    );
    let error = refusal(&limiter, &refused).await;
    assert!(format!("{:?}", error.trail()).contains("limit of requests 1/s per caller is reached"));
}
