//! Cooldowns over a real Redis, and without one.

use std::time::{Duration, Instant};

use router_balance::{Balance, CooldownStore as _, RedisCooldowns, Strategy, TargetState};
use router_conformance::redis::RedisServer;
use router_core::{ErrorKind, ProviderId, Text};
use router_redis::{Redis, RedisConfig};

use crate::vendor::{Act, Vendor, answered, asking, seconds, state, whole};

fn cooldowns(url: String) -> RedisCooldowns {
    let second = Duration::from_secs(1);
    let config = RedisConfig::new(url).with_times(second, second, second);
    RedisCooldowns::new(Redis::new(&config).expect("an address of a Redis"))
}

fn instance(vendor: &Vendor, store: RedisCooldowns) -> Balance {
    Balance::builder()
        .id("route")
        .strategy(Strategy::Failover)
        .target(vendor.target())
        .target(Vendor::well("other").target())
        .store_asked_every(store, Duration::from_millis(10))
        .build()
        .expect("it builds")
}

/// Waits until something holds: another process tells nobody when it is done.
async fn until(what: &str, holds: impl Fn() -> bool) {
    let start = Instant::now();
    while !holds() {
        assert!(start.elapsed() < seconds(10), "{what}");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

#[tokio::test]
async fn a_longer_time_stays_and_a_key_ends_with_its_cooldown() {
    let Some(server) = RedisServer::start() else {
        return;
    };
    let store = cooldowns(server.url());
    let (route, names) = (ProviderId::from("route"), [Text::from("a"), Text::from("b")]);
    assert_eq!(
        store.left(&route, &names).await.expect("an answer"),
        [seconds(0); 2]
    );
    store
        .put(&route, &names[1], seconds(60))
        .await
        .expect("it is kept");
    store
        .put(&route, &names[1], seconds(5))
        .await
        .expect("it is kept");
    let left = store.left(&route, &names).await.expect("an answer");
    assert_eq!(left[0], seconds(0));
    assert!(left[1] > seconds(50) && left[1] <= seconds(60), "{left:?}");
    store
        .put(&route, &names[1], seconds(90))
        .await
        .expect("it is kept");
    let left = store.left(&route, &names).await.expect("an answer");
    assert!(left[1] > seconds(80), "{left:?}");
    let other = ProviderId::from("elsewhere");
    assert_eq!(
        store.left(&other, &names).await.expect("an answer"),
        [seconds(0); 2]
    );
}

#[tokio::test]
async fn instances_share_cooldowns_over_redis() {
    let Some(server) = RedisServer::start() else {
        return;
    };
    let limited = Vendor::new("limited", |_| {
        Act::Fail(asking(ErrorKind::RateLimited, seconds(60)))
    });
    let instances = [1, 2].map(|_| instance(&limited, cooldowns(server.url())));
    assert_eq!(
        answered(&instances[0], &whole()).await.expect("an answer"),
        "other"
    );
    until("the other instance learns of it", || {
        state(&instances[1], "limited") == TargetState::Unhealthy
    })
    .await;
    assert_eq!(
        answered(&instances[1], &whole()).await.expect("an answer"),
        "other"
    );
    assert_eq!(limited.calls(), 1);
}

/// Property 19: a Redis that does not answer fails no call and delays none.
#[tokio::test]
async fn a_redis_that_is_paused_or_gone_is_no_matter_to_calls() {
    let Some(mut server) = RedisServer::start() else {
        return;
    };
    let dead = Vendor::failing("dead", ErrorKind::Server);
    let balance = instance(&dead, cooldowns(server.url()));
    for stop in [RedisServer::pause as fn(&RedisServer), |_| {}] {
        stop(&server);
        let start = Instant::now();
        for _ in 0..100 {
            assert_eq!(answered(&balance, &whole()).await.expect("an answer"), "other");
        }
        assert!(
            start.elapsed() < Duration::from_millis(500),
            "{:?}",
            start.elapsed()
        );
        server.kill();
    }
    assert_eq!(dead.calls(), 5, "each instance goes by what it knows itself");
}
