//! What each limit says for the time that Redis is away, and afterwards.

use router_conformance::redis::RedisServer;
use router_core::ErrorKind;
use router_ratelimit::{Dimension, Limit, Rate, Subject, Unit, WithoutRedis};

use crate::shared::{left, patient, shared};
use crate::{call, pass_now, refusal};

async fn is_down(redis: &router_redis::Redis) {
    while redis.is_up() {
        let _ = redis.query::<String>(&router_redis::cmd("PING")).await;
    }
}

async fn is_up(redis: &router_redis::Redis) {
    while !redis.is_up() {
        let _ = redis.query::<String>(&router_redis::cmd("PING")).await;
        tokio::time::sleep(std::time::Duration::from_millis(5)).await;
    }
}

#[tokio::test]
async fn local_open_and_closed() {
    let Some(mut server) = RedisServer::start() else {
        return;
    };
    let redis = patient(server.url());
    let five = |policy: WithoutRedis| Limit::requests(Rate::per_day(5)).with_without_redis(policy);
    let local = shared(&redis, [five(WithoutRedis::Local)]);
    let open = shared(&redis, [five(WithoutRedis::Open).per(Dimension::Caller)]);
    let closed = shared(&redis, [five(WithoutRedis::Closed).per(Dimension::Model)]);
    let several = shared(
        &redis,
        [
            Limit::requests(Rate::per_day(100))
                .per(Dimension::Tag("x".into()))
                .with_without_redis(WithoutRedis::Open),
            Limit::requests(Rate::per_day(7)).per(Dimension::Tag("y".into())),
        ],
    );
    for limiter in [&local, &open, &closed] {
        assert_eq!(pass_now(limiter, &call("a"), 3).await, 3);
    }
    server.kill();
    is_down(&redis).await;
    assert_eq!(
        pass_now(&local, &call("a"), 99).await,
        5,
        "from nothing, with the whole limit"
    );
    assert!(
        local.reset(&Subject::new()).await.is_err(),
        "and says that Redis was not reset"
    );
    assert_eq!(pass_now(&local, &call("a"), 99).await, 5);
    assert_eq!(pass_now(&open, &call("a"), 99).await, 99);
    assert_eq!(pass_now(&closed, &call("a"), 99).await, 0);
    let error = refusal(&closed, &call("a")).await;
    assert_eq!(
        (error.kind(), error.code()),
        (ErrorKind::RateLimited, Some("limit_unavailable"))
    );
    assert!(
        error.retry_after().is_some() && error.to_string().contains("Redis"),
        "{error}"
    );
    assert_eq!(
        pass_now(&several, &call("a"), 99).await,
        7,
        "each limit by its own policy"
    );
    let error = refusal(&several, &call("a")).await;
    assert!(error.to_string().contains("7/day"), "{error}");
    server.restart();
    is_up(&redis).await;
    for limiter in [&local, &open, &closed] {
        assert_eq!(
            pass_now(limiter, &call("a"), 99).await,
            5,
            "the new Redis has counted nothing yet"
        );
    }
}

/// What was counted without Redis stays there, and what is held is given back where it was taken.
#[tokio::test]
async fn nothing_is_counted_twice() {
    let Some(server) = RedisServer::start() else {
        return;
    };
    let redis = patient(server.url());
    let limits = [Limit::requests(Rate::per_day(1_000))
        .with_tokens(Rate::per_day(1_000_000))
        .with_concurrency(50)];
    let limiter = shared(&redis, limits);
    let nobody = Subject::new();
    let mut permits = Vec::new();
    for _ in 0..10 {
        permits.push(crate::acquire(&limiter, &call("a")).await.expect("room"));
    }
    server.pause();
    is_down(&redis).await;
    assert_eq!(
        left(&limiter, &nobody, Unit::Requests).await,
        1_000,
        "counted here, from nothing"
    );
    let mut local = Vec::new();
    for _ in 0..20 {
        local.push(crate::acquire(&limiter, &call("a")).await.expect("room"));
    }
    assert_eq!(left(&limiter, &nobody, Unit::Concurrency).await, 30);
    server.resume();
    is_up(&redis).await;
    assert_eq!(left(&limiter, &nobody, Unit::Requests).await, 990);
    assert_eq!(left(&limiter, &nobody, Unit::Concurrency).await, 40);
    drop(local);
    assert_eq!(
        left(&limiter, &nobody, Unit::Concurrency).await,
        40,
        "given back here, not there"
    );
    drop(permits);
    crate::shared::until_left(&limiter, Unit::Concurrency, 50).await;
    assert_eq!(left(&limiter, &nobody, Unit::Requests).await, 990);
}
