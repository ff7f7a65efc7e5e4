//! What is said about it: little, and nothing secret.

use std::fmt;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use router_conformance::redis::{RedisServer, RedisWire, WireMode};
use router_redis::{Redis, RedisConfig};
use tracing::field::{Field, Visit};
use tracing::span;

/// Keeps the events of this thread as lines.
#[derive(Clone, Default)]
struct Lines(Arc<Mutex<Vec<String>>>);

impl Lines {
    fn all(&self) -> Vec<String> {
        self.0.lock().expect("no test panics with it").clone()
    }
}

impl tracing::Subscriber for Lines {
    fn enabled(&self, metadata: &tracing::Metadata<'_>) -> bool {
        metadata.target().starts_with("router_redis")
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
        let mut line = Line(format!("{} ", event.metadata().level()));
        event.record(&mut line);
        self.0.lock().expect("no test panics with it").push(line.0);
    }
    fn enter(&self, _: &span::Id) {}
    fn exit(&self, _: &span::Id) {}
}

async fn ping(redis: &Redis) {
    let _ = redis.query::<String>(&router_redis::cmd("PING")).await;
}

#[tokio::test]
async fn absence_is_said_once() {
    let lines = Lines::default();
    let _guard = tracing::subscriber::set_default(lines.clone());
    let redis = Redis::new(&RedisConfig::new("redis://user:hunter2-canary@127.0.0.1:1")).unwrap();
    for _ in 0..300 {
        ping(&redis).await;
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    let lines = lines.all();
    assert_eq!(lines.len(), 1, "{lines:?}");
    assert!(
        lines[0].starts_with("WARN") && lines[0].contains("127.0.0.1:1"),
        "{lines:?}"
    );
    assert!(!lines[0].contains("canary"), "{lines:?}");
}

#[tokio::test]
async fn a_redis_that_comes_and_goes_fills_no_log() {
    let Some(server) = RedisServer::start() else {
        return;
    };
    let wire = RedisWire::to(&server);
    let lines = Lines::default();
    let _guard = tracing::subscriber::set_default(lines.clone());
    let redis = Redis::new(&RedisConfig::new(wire.url())).unwrap();
    for _ in 0..8 {
        wire.set(WireMode::Refusing);
        while redis.is_up() {
            ping(&redis).await;
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
        wire.set(WireMode::Open);
        while !redis.is_up() {
            ping(&redis).await;
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
    }
    let lines = lines.all();
    assert_eq!(lines.len(), 10, "sixteen turns in less than a minute: {lines:?}");
}
