//! However often things are reloaded or break, there are no more connections than allowed.

use router_conformance::redis::{RedisServer, RedisWire, WireMode};
use router_redis::RedisError;
use std::time::Duration;

use crate::{config, redis};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn connections_never_exceed_the_setting() {
    let Some(server) = RedisServer::start() else {
        return;
    };
    let wire = RedisWire::to(&server);
    let config = config(wire.url()).with_connections(3);
    let mut redis = router_redis::Redis::new(&config).unwrap();
    let mut most = 0;
    for cycle in 0.. {
        // A cut costs the commands on the connection, and is made good by those that come next.
        assert!(cycle < 10_000, "connections are made anew");
        if cycle >= 1_000 && wire.made() >= 1_000 {
            break;
        }
        redis = redis.reload(&config).unwrap();
        let commands: Vec<_> = (0..8)
            .map(|_| {
                let redis = redis.clone();
                tokio::spawn(async move { redis.query::<String>(&router_redis::cmd("PING")).await })
            })
            .collect();
        for command in commands {
            let answer = command.await.unwrap();
            assert!(
                matches!(answer.as_deref(), Ok("PONG") | Err(RedisError::Down)),
                "{answer:?}"
            );
        }
        assert!(redis.health().connections <= 3);
        if cycle % 50 == 0 {
            most = most.max(established(wire.port()));
        }
        if cycle % 3 != 0 {
            wire.cut();
        }
    }
    assert!(most <= 3, "{most} at a time");
    settle(&server, 3).await;
}

/// Connections to a port that are open at this end, as the kernel counts them; none where it does not tell.
fn established(port: u16) -> usize {
    let table = std::fs::read_to_string("/proc/net/tcp").unwrap_or_default();
    let remote = format!(":{port:04X}");
    let is_ours = |line: &&str| {
        let words: Vec<&str> = line.split_whitespace().collect();
        matches!(words[..], [_, _, to, "01", ..] if to.ends_with(&remote))
    };
    table.lines().filter(is_ours).count()
}

/// Waits until the server has heard of all closes.
async fn settle(server: &RedisServer, most: usize) {
    let mut clients = server.clients();
    for _ in 0..200 {
        if clients <= most {
            break;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
        clients = server.clients();
    }
    assert!(clients <= most, "{clients} at last");
}

#[tokio::test]
async fn other_settings_are_another_connection_and_the_old_ones_go() {
    let Some(server) = RedisServer::start() else {
        return;
    };
    let one = config(server.url());
    let mut redis = redis(server.url());
    for round in 0..50 {
        let _: String = redis.query(&router_redis::cmd("PING")).await.unwrap();
        redis = redis
            .reload(&one.clone().with_prefix(format!("p{round}")))
            .unwrap();
    }
    let _: String = redis.query(&router_redis::cmd("PING")).await.unwrap();
    settle(&server, 2).await;
}

/// Nobody closes a connection whose other end has gone without a word.
#[tokio::test]
async fn a_connection_that_is_silent_is_replaced() {
    let Some(server) = RedisServer::start() else {
        return;
    };
    let wire = RedisWire::to(&server);
    let short = Duration::from_millis(100);
    let config = config(wire.url())
        .with_connections(1)
        .with_times(Duration::from_secs(1), short, short);
    let redis = router_redis::Redis::new(&config).unwrap();
    let ping = router_redis::cmd("PING");
    assert!(redis.query::<String>(&ping).await.is_ok());
    wire.set(WireMode::Silent);
    for _ in 0..3 {
        assert_eq!(redis.query::<String>(&ping).await, Err(RedisError::Down));
    }
    assert_eq!(redis.health().connections, 0);
}
