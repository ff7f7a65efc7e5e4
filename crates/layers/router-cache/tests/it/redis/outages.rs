//! A Redis that is paused, killed, slow or refusing under load: no call fails, none is slow for long, and little is said.
//!
//! An outage lasts three seconds here. `ROUTER_OUTAGE_SECONDS=60` makes it as long as the promise.

use std::cell::RefCell;
use std::fmt;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use router_cache::{Cache, CacheLayer, CachePolicy};
use router_conformance::redis::{RedisServer, RedisWire, WireMode};
use router_core::{Call, ChatRequest, Layer as _, Provider as _};
use router_redis::{Redis, RedisConfig};
use tracing::field::{Field, Visit};
use tracing::span;

use crate::vendor::Vendor;

/// A call each two milliseconds.
const PER_SECOND: u32 = 500;
/// Within this time an outage is noticed.
const NOTICED: Duration = Duration::from_secs(2);
/// Within this time it is over when it is over.
const RECOVERED: Duration = Duration::from_secs(5);
/// What a call may cost more once an outage is noticed, in 99 of 100 calls.
const COST: Duration = Duration::from_millis(20);

fn outage_time() -> Duration {
    let seconds = std::env::var("ROUTER_OUTAGE_SECONDS").ok();
    Duration::from_secs(seconds.and_then(|text| text.parse().ok()).unwrap_or(3))
}

/// One call under load.
#[derive(Clone, Copy, Debug)]
struct Sample {
    at: Instant,
    cost: Duration,
    /// What the same call costs at the same time where no Redis is: others use the machine as well.
    without: Duration,
    passed: bool,
    is_hit: bool,
}

/// Calls come at their times, however long those before take; one of ten asks what was asked before.
async fn load(cache: &Cache<Vendor>, time: Duration) -> Vec<Sample> {
    let memory = CacheLayer::new(CachePolicy::default())
        .expect("a policy")
        .layer(Vendor::new());
    let mut calls = Vec::new();
    let mut ticks = tokio::time::interval(Duration::from_secs(1) / PER_SECOND);
    let start = Instant::now();
    let mut number = 0;
    while start.elapsed() < time {
        ticks.tick().await;
        number += 1;
        let prompt = if number % 10 == 0 { number % 100 } else { number };
        let (cache, memory) = (cache.clone(), memory.clone());
        calls.push(tokio::spawn(async move {
            let call = Call::new("m", ChatRequest::user(format!("prompt {prompt}")));
            let at = Instant::now();
            let reply = cache.call(&call).await;
            let cost = at.elapsed();
            let again = Instant::now();
            let _ = memory.call(&call).await;
            Sample {
                at,
                cost,
                without: again.elapsed(),
                passed: reply.is_ok(),
                is_hit: reply.is_ok_and(|reply| reply.head.age.is_some()),
            }
        }));
    }
    let mut samples = Vec::new();
    for call in calls {
        samples.push(call.await.expect("no panic"));
    }
    samples
}

fn p99(samples: &[Sample], from: Instant, to: Instant, cost: impl Fn(&Sample) -> Duration) -> Duration {
    let within = samples.iter().filter(|sample| (from..to).contains(&sample.at));
    let mut costs: Vec<_> = within.map(cost).collect();
    costs.sort_unstable();
    costs.get(costs.len() * 99 / 100).copied().unwrap_or_default()
}

/// The whole course of an outage under load.
async fn outage(url: String, begin: impl AsyncFnOnce(), end: impl AsyncFnOnce()) {
    let lines = Lines::default();
    let _guard = tracing::subscriber::set_default(lines.clone());
    let redis = Redis::new(&RedisConfig::new(url)).expect("an address of a Redis");
    let layer = CacheLayer::with_redis(CachePolicy::default(), &redis, "route").expect("a policy");
    let cache = layer.layer(Vendor::new());
    let time = outage_time();
    let (mut began, mut ended, mut recovered) = (Instant::now(), Instant::now(), None);
    let mut most_connections = 0;
    let watch = async {
        tokio::time::sleep(Duration::from_secs(1)).await;
        began = Instant::now();
        begin().await;
        let mut ticks = tokio::time::interval(Duration::from_millis(10));
        while began.elapsed() < time {
            ticks.tick().await;
            most_connections = most_connections.max(redis.health().connections);
        }
        assert!(!redis.is_up(), "it is down");
        end().await;
        ended = Instant::now();
        while ended.elapsed() < RECOVERED {
            ticks.tick().await;
            most_connections = most_connections.max(redis.health().connections);
            if redis.is_up() && recovered.is_none() {
                recovered = Some(ended.elapsed());
            }
        }
    };
    let whole = Duration::from_secs(1) + time + RECOVERED;
    let (samples, ()) = tokio::join!(load(&cache, whole), watch);
    let failed = samples.iter().filter(|sample| !sample.passed).count();
    let cost = |sample: &Sample| sample.cost;
    let before = p99(&samples, began - Duration::from_millis(900), began, cost);
    let unnoticed = p99(&samples, began, began + NOTICED, cost);
    let during = p99(&samples, began + NOTICED, ended, cost);
    let without = p99(&samples, began + NOTICED, ended, |sample| sample.without);
    let hits = |from: Instant, to: Instant| {
        let within = samples.iter().filter(|sample| (from..to).contains(&sample.at));
        within.filter(|sample| sample.is_hit).count()
    };
    let again = recovered
        .map(|after| hits(ended + after, ended + RECOVERED))
        .unwrap_or_default();
    let lines = lines.count();
    println!(
        "{} calls, {failed} failed; p99 before {before:?}, not yet noticed {unnoticed:?}, noticed {during:?}, \
         {without:?} without Redis; up again {recovered:?} after the end, then {again} hits; {lines} lines; at most {most_connections} connections",
        samples.len(),
    );
    assert_eq!(failed, 0, "no call fails");
    let settled = during.saturating_sub(without);
    assert!(
        settled < COST,
        "99 of 100 calls cost less than {COST:?} more: {settled:?}"
    );
    assert!(recovered.is_some(), "it is up again within {RECOVERED:?}");
    assert!(again > 0, "and answers are found there again");
    assert!(lines <= 10, "{lines} lines");
    assert!(most_connections <= 2, "{most_connections} connections");
}

#[tokio::test]
async fn paused() {
    let Some(server) = RedisServer::start() else {
        return;
    };
    outage(server.url(), async || server.pause(), async || server.resume()).await;
}

#[tokio::test]
async fn killed() {
    let Some(server) = RedisServer::start() else {
        return;
    };
    let url = server.url();
    let server = RefCell::new(server);
    outage(
        url,
        async || server.borrow_mut().kill(),
        async || server.borrow_mut().restart(),
    )
    .await;
}

#[tokio::test]
async fn slow() {
    let Some(server) = RedisServer::start() else {
        return;
    };
    let wire = RedisWire::to(&server);
    let slow = WireMode::Slow(Duration::from_millis(200));
    outage(
        wire.url(),
        async || wire.set(slow),
        async || wire.set(WireMode::Open),
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
        wire.url(),
        async || wire.set(WireMode::Refusing),
        async || wire.set(WireMode::Open),
    )
    .await;
}

#[tokio::test]
async fn absent_from_the_start() {
    let Some(mut server) = RedisServer::start() else {
        return;
    };
    let url = server.url();
    server.kill();
    let lines = Lines::default();
    let _guard = tracing::subscriber::set_default(lines.clone());
    let redis = Redis::new(&RedisConfig::new(url)).expect("an address of a Redis");
    let layer = CacheLayer::with_redis(CachePolicy::default(), &redis, "route").expect("a policy");
    let samples = load(&layer.layer(Vendor::new()), Duration::from_secs(2)).await;
    assert!(samples.iter().all(|sample| sample.passed));
    assert_eq!(lines.count(), 1, "said once");
}

/// Counts what is said.
#[derive(Clone, Default)]
struct Lines(Arc<Mutex<Vec<String>>>);

impl Lines {
    fn count(&self) -> usize {
        self.0.lock().expect("no test panics with it").len()
    }
}

impl tracing::Subscriber for Lines {
    fn enabled(&self, metadata: &tracing::Metadata<'_>) -> bool {
        metadata.target().starts_with("router_") && *metadata.level() <= tracing::Level::INFO
    }
    fn new_span(&self, _: &span::Attributes<'_>) -> span::Id {
        span::Id::from_u64(1)
    }
    fn record(&self, _: &span::Id, _: &span::Record<'_>) {}
    fn record_follows_from(&self, _: &span::Id, _: &span::Id) {}
    fn event(&self, event: &tracing::Event<'_>) {
        struct Line(String);
        impl Visit for Line {
            fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
                self.0.push_str(&format!("{}={value:?} ", field.name()));
            }
        }
        let mut line = Line(String::new());
        event.record(&mut line);
        self.0.lock().expect("no test panics with it").push(line.0);
    }
    fn enter(&self, _: &span::Id) {}
    fn exit(&self, _: &span::Id) {}
}
