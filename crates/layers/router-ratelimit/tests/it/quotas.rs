//! What is left can be read and begun anew, and goes on over a reload.

use std::sync::Arc;

use router_ratelimit::{Dimension, Limit, Rate, RateLimitLayer, Subject, Unit};

use crate::{acquire, advance, call, limiter, pass_now};

#[tokio::test(start_paused = true)]
async fn what_is_left_is_told_and_runs_full_again() {
    let limiter = limiter([
        Limit::requests(Rate::per_minute(60))
            .with_tokens(Rate::per_minute(10_000))
            .per(Dimension::Caller),
        Limit::concurrency(5),
    ]);
    let a = Subject::new().with_caller("a");
    let permit = acquire(&limiter, &call("a")).await.expect("room");
    let quotas = limiter.quotas(&a).await;
    let of = |unit: Unit| quotas.iter().find(|quota| quota.unit == unit).expect("a quota");
    assert_eq!((of(Unit::Requests).most, of(Unit::Requests).left), (60, 59));
    assert_eq!(of(Unit::Requests).limit, "requests 60/min per caller");
    assert_eq!(of(Unit::Concurrency).left, 4);
    assert!(of(Unit::Tokens).left <= 9_000, "with what is reserved");
    drop(permit);
    advance(1_000).await;
    let quotas = limiter.quotas(&a).await;
    let of = |unit: Unit| quotas.iter().find(|quota| quota.unit == unit).expect("a quota");
    assert_eq!((of(Unit::Requests).left, of(Unit::Concurrency).left), (60, 5));
    let nobody = limiter.quotas(&Subject::new().with_caller("b")).await;
    assert!(nobody.iter().all(|quota| quota.left == quota.most));
}

#[tokio::test(start_paused = true)]
async fn one_is_reset_and_others_are_not() {
    let limiter = limiter([Limit::requests(Rate::per_day(2))
        .with_tokens(Rate::per_day(5_000))
        .per(Dimension::Caller)]);
    let permit = acquire(&limiter, &call("a")).await.expect("room");
    assert_eq!(pass_now(&limiter, &call("a"), 9).await, 1);
    assert_eq!(pass_now(&limiter, &call("b"), 9).await, 2);
    limiter
        .reset(&Subject::new().with_caller("a"))
        .await
        .expect("memory is there");
    permit.settle(router_ratelimit::Spent::Nothing);
    let quotas = limiter.quotas(&Subject::new().with_caller("a")).await;
    assert!(quotas.iter().all(|quota| quota.left == quota.most), "{quotas:?}");
    let second = acquire(&limiter, &call("a")).await.expect("room");
    let before = limiter.quotas(&Subject::new().with_caller("a")).await;
    assert_eq!(pass_now(&limiter, &call("a"), 9).await, 1);
    assert_eq!(pass_now(&limiter, &call("b"), 9).await, 0);
    assert!(
        before[1].left < before[1].most,
        "a call of before the reset gives nothing back to it"
    );
    drop(second);
}

#[tokio::test(start_paused = true)]
async fn a_reload_forgets_nothing_of_limits_that_stay() {
    let stays = || Limit::requests(Rate::per_minute(10)).per(Dimension::Caller);
    let layer = RateLimitLayer::new([stays(), Limit::requests(Rate::per_minute(100))]).expect("limits");
    assert_eq!(pass_now(layer.limiter(), &call("a"), 99).await, 10);
    let held = acquire(layer.limiter(), &call("b")).await.expect("room");
    let reloaded = layer
        .reload([stays(), Limit::requests(Rate::per_minute(3))])
        .expect("limits");
    assert_eq!(pass_now(reloaded.limiter(), &call("a"), 99).await, 0);
    assert_eq!(
        pass_now(reloaded.limiter(), &call("b"), 99).await,
        3,
        "a changed limit counts anew"
    );
    drop(held);
    let limiter = Arc::clone(reloaded.limiter());
    assert_eq!(limiter.limits().len(), 2);
}
