//! Counts in a Redis: shared by processes, and kept without one when it is away.

mod away;
mod outages;
mod processes;

use std::sync::Arc;
use std::time::Duration;

use router_conformance::redis::RedisServer;
use router_ratelimit::{Dimension, Limit, Limiter, Quota, Rate, RateLimitLayer, Spent, Subject, Unit};
use router_redis::{Redis, RedisConfig};

use crate::{acquire, call, pass_now, refusal};

/// A Redis at an address, with times that a busy machine keeps.
fn patient(url: String) -> Redis {
    let second = Duration::from_secs(1);
    Redis::new(&RedisConfig::new(url).with_times(second, second, second)).expect("an address of a Redis")
}

fn shared(redis: &Redis, limits: impl IntoIterator<Item = Limit>) -> Arc<Limiter> {
    let layer = RateLimitLayer::with_redis(limits, redis, "route").expect("limits");
    Arc::clone(layer.limiter())
}

async fn left(limiter: &Limiter, subject: &Subject, unit: Unit) -> u64 {
    let quotas: Vec<Quota> = limiter.quotas(subject).await;
    let quota = quotas.iter().find(|quota| quota.unit == unit);
    quota.map(|quota| quota.left).expect("a limit of the unit")
}

/// Waits until what ended has been told.
async fn until_left(limiter: &Limiter, unit: Unit, wanted: u64) {
    let nobody = Subject::new();
    for _ in 0..500 {
        if left(limiter, &nobody, unit).await == wanted {
            return;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    panic!(
        "{} of {} left, not {wanted}",
        left(limiter, &nobody, unit).await,
        unit.as_str()
    );
}

#[tokio::test]
async fn instances_count_together() {
    let Some(server) = RedisServer::start() else {
        return;
    };
    let limits = || {
        [
            Limit::requests(Rate::per_day(10)).per(Dimension::Caller),
            Limit::tokens(Rate::per_day(1_000_000)),
            Limit::concurrency(100),
        ]
    };
    let (one, other) = (
        shared(&patient(server.url()), limits()),
        shared(&patient(server.url()), limits()),
    );
    assert_eq!(pass_now(&one, &call("a"), 6).await, 6);
    assert_eq!(pass_now(&other, &call("a"), 9).await, 4);
    let error = refusal(&one, &call("a")).await;
    assert_eq!(error.code(), Some("limit_reached"));
    assert!(
        error.retry_after() > Some(Duration::from_secs(8_000)),
        "a tenth of a day: {error:?}"
    );
    assert_eq!(
        pass_now(&other, &call("b"), 99).await,
        10,
        "others have their own"
    );
    // Another name is another count.
    let elsewhere =
        RateLimitLayer::with_redis(limits(), &patient(server.url()), "elsewhere").expect("limits");
    assert_eq!(pass_now(elsewhere.limiter(), &call("a"), 99).await, 10);
    // What is left is read and reset on any of them.
    let a = Subject::new().with_caller("a");
    assert_eq!(left(&one, &a, Unit::Requests).await, 0);
    other.reset(&a).await.expect("Redis is there");
    assert_eq!(left(&one, &a, Unit::Requests).await, 10);
    assert_eq!(pass_now(&one, &call("a"), 99).await, 10);
}

/// Several limits are one decision, and a decision is one round trip.
#[tokio::test]
async fn a_decision_is_one_round_trip() {
    let Some(server) = RedisServer::start() else {
        return;
    };
    let limiter = shared(
        &patient(server.url()),
        [
            Limit::requests(Rate::per_minute(1_000)).with_tokens(Rate::per_minute(1_000_000)),
            Limit::requests(Rate::per_day(50)).per(Dimension::Caller),
            Limit::requests(Rate::per_second(1_000).sliding_window()).per(Dimension::Model),
        ],
    );
    let commands = || {
        let stats = server.command(&["INFO", "commandstats"]);
        let calls = |name: &str| {
            let line = stats
                .lines()
                .find_map(|line| line.strip_prefix(&format!("cmdstat_{name}:calls=")));
            line.and_then(|line| line.split(',').next()?.parse::<u64>().ok())
                .unwrap_or_default()
        };
        calls("evalsha") + calls("eval")
    };
    // The first tells Redis the script.
    let mut permits = vec![acquire(&limiter, &call("a")).await.expect("room")];
    let before = commands();
    for _ in 0..49 {
        permits.push(acquire(&limiter, &call("a")).await.expect("room"));
    }
    assert_eq!(commands() - before, 49);
    refusal(&limiter, &call("a")).await;
}

#[tokio::test]
async fn tokens_are_settled_and_calls_end() {
    let Some(server) = RedisServer::start() else {
        return;
    };
    let limits = [Limit::tokens(Rate::new(10_000, Duration::from_secs(1_000_000_000))).with_concurrency(3)];
    let limiter = shared(&patient(server.url()), limits);
    let call = call("a");
    let permits = [
        acquire(&limiter, &call).await,
        acquire(&limiter, &call).await,
        acquire(&limiter, &call).await,
    ];
    refusal(&limiter, &call).await;
    let prompt = call.operation.token_estimate();
    assert_eq!(
        left(&limiter, &Subject::new(), Unit::Tokens).await,
        10_000 - 3 * (1_000 + prompt)
    );
    assert_eq!(left(&limiter, &Subject::new(), Unit::Concurrency).await, 0);
    for (permit, spent) in permits
        .into_iter()
        .zip([Spent::Counted(120), Spent::Nothing, Spent::Seen(7)])
    {
        permit.expect("room").settle(spent);
    }
    until_left(&limiter, Unit::Concurrency, 3).await;
    until_left(&limiter, Unit::Tokens, 10_000 - 120 - 7 - prompt).await;
}

/// Wherever a call is given up, also while its decision is on its way, it does not stay under way.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn calls_given_up_anywhere_leave_nothing_under_way() {
    let Some(server) = RedisServer::start() else {
        return;
    };
    let limiter = shared(&patient(server.url()), [Limit::concurrency(200)]);
    let mut random = fastrand::Rng::with_seed(25);
    let mut calls = Vec::new();
    for _ in 0..3_000 {
        let limiter = Arc::clone(&limiter);
        let patience = Duration::from_micros(random.u64(0..2_000));
        let stays = Duration::from_micros(random.u64(0..2_000));
        calls.push(tokio::spawn(async move {
            let call = call("a");
            let under_way = async {
                let _permit = acquire(&limiter, &call).await;
                tokio::time::sleep(stays).await;
            };
            let _ = tokio::time::timeout(patience, under_way).await;
        }));
        if calls.len().is_multiple_of(100) {
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
    }
    for call in calls {
        call.await.expect("no panic");
    }
    until_left(&limiter, Unit::Concurrency, 200).await;
}
