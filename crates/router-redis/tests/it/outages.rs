//! Paused, killed, slow, refusing: calls go on at no cost, and Redis is back soon after it is back.

use std::time::{Duration, Instant};

use router_conformance::redis::{RedisServer, RedisWire, WireMode};
use router_redis::{Redis, RedisConfig, RedisError};

/// An outage is noticed within this time, and its end as well.
const NOTICED: Duration = Duration::from_secs(2);
const RECOVERED: Duration = Duration::from_secs(5);

async fn ping(redis: &Redis) -> Result<String, RedisError> {
    redis.query(&router_redis::cmd("PING")).await
}

/// Asks every few milliseconds until the answer is as wished, and gives how long that took and how long each question did.
async fn until(redis: &Redis, up: bool, limit: Duration) -> (Duration, Vec<Duration>) {
    let start = Instant::now();
    let mut costs = Vec::new();
    while redis.is_up() != up {
        assert!(start.elapsed() < limit, "up is not {up} within {limit:?}");
        let asked = Instant::now();
        let _ = ping(redis).await;
        costs.push(asked.elapsed());
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    (start.elapsed(), costs)
}

/// The whole course of an outage.
async fn outage(redis: &Redis, start: impl FnOnce(), end: impl FnOnce()) {
    assert!(ping(redis).await.is_ok(), "well before");
    start();
    let (noticed, costs) = until(redis, false, NOTICED).await;
    assert!(
        costs.iter().all(|cost| *cost < Duration::from_millis(500)),
        "{costs:?}"
    );
    let mut costs: Vec<Duration> = Vec::new();
    while costs.len() < 200 {
        let asked = Instant::now();
        assert_eq!(ping(redis).await, Err(RedisError::Down));
        costs.push(asked.elapsed());
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    costs.sort();
    let p99 = costs[costs.len() * 99 / 100];
    assert!(
        p99 < Duration::from_millis(20),
        "p99 of a call while down: {p99:?}"
    );
    assert!(redis.health().down_for.is_some());
    end();
    let (recovered, _) = until(redis, true, RECOVERED).await;
    assert!(ping(redis).await.is_ok(), "well again");
    println!("noticed after {noticed:?}, p99 while down {p99:?}, recovered after {recovered:?}");
}

fn default_times(url: String) -> Redis {
    Redis::new(&RedisConfig::new(url)).expect("an address of a Redis")
}

#[tokio::test]
async fn paused() {
    let Some(server) = RedisServer::start() else {
        return;
    };
    outage(
        &default_times(server.url()),
        || server.pause(),
        || server.resume(),
    )
    .await;
}

#[tokio::test]
async fn killed() {
    let Some(server) = RedisServer::start() else {
        return;
    };
    let redis = default_times(server.url());
    let server = std::cell::RefCell::new(server);
    outage(
        &redis,
        || server.borrow_mut().kill(),
        || server.borrow_mut().restart(),
    )
    .await;
}

#[tokio::test]
async fn slow() {
    let Some(server) = RedisServer::start() else {
        return;
    };
    let wire = RedisWire::to(&server);
    let slow = WireMode::Slow(Duration::from_millis(35));
    outage(
        &default_times(wire.url()),
        || wire.set(slow),
        || wire.set(WireMode::Open),
    )
    .await;
}

#[tokio::test]
async fn silent() {
    let Some(server) = RedisServer::start() else {
        return;
    };
    let wire = RedisWire::to(&server);
    outage(
        &default_times(wire.url()),
        || wire.set(WireMode::Silent),
        || wire.set(WireMode::Open),
    )
    .await;
}

#[tokio::test]
async fn refusing() {
    let Some(server) = RedisServer::start() else {
        return;
    };
    let wire = RedisWire::to(&server);
    outage(
        &default_times(wire.url()),
        || wire.set(WireMode::Refusing),
        || wire.set(WireMode::Open),
    )
    .await;
}

/// `CLIENT PAUSE` keeps answers back while connections are still accepted.
#[tokio::test]
async fn paused_by_its_own_command() {
    let Some(server) = RedisServer::start() else {
        return;
    };
    let redis = default_times(server.url());
    outage(
        &redis,
        || drop(server.command(&["CLIENT", "PAUSE", "2500", "ALL"])),
        // It ends by itself.
        || (),
    )
    .await;
}

#[tokio::test]
async fn absent_from_the_start() {
    let Some(mut server) = RedisServer::start() else {
        return;
    };
    server.kill();
    let redis = default_times(server.url());
    assert!(redis.is_up(), "nothing is known yet");
    assert_eq!(ping(&redis).await, Err(RedisError::Down));
    assert!(!redis.is_up());
    server.restart();
    until(&redis, true, RECOVERED).await;
}

/// One that cannot serve is as bad as none.
#[tokio::test]
async fn without_memory() {
    let Some(server) = RedisServer::start() else {
        return;
    };
    let redis = default_times(server.url());
    let _ = server.command(&["CONFIG", "SET", "maxmemory", "1"]);
    let start = Instant::now();
    while redis.is_up() {
        assert!(start.elapsed() < NOTICED);
        assert_eq!(redis.set("a", "b", None).await, Err(RedisError::Down));
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}
