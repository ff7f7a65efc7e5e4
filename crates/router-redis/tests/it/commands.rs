//! What Redis is asked, and what comes back.

use std::time::Duration;

use router_conformance::redis::RedisServer;
use router_redis::{RedisError, Script};

use crate::redis;

#[tokio::test]
async fn values_are_set_read_and_deleted() {
    let Some(server) = RedisServer::start() else {
        return;
    };
    let redis = redis(server.url());
    let key = redis.key("a");
    assert_eq!(key, "llm-router:a");
    assert_eq!(redis.get::<String>(&key).await, Ok(None));
    redis.set(&key, "one", None).await.unwrap();
    assert_eq!(redis.get::<String>(&key).await, Ok(Some("one".to_owned())));
    redis
        .set(&key, b"\xff\x00".as_slice(), Some(Duration::from_secs(60)))
        .await
        .unwrap();
    assert_eq!(redis.get::<Vec<u8>>(&key).await, Ok(Some(vec![0xff, 0])));
    let ttl: i64 = server.command(&["PTTL", &key]).parse().unwrap();
    assert!((1..=60_000).contains(&ttl), "{ttl}");
    assert_eq!(redis.del(&[key.as_str(), "b"]).await, Ok(1));
    assert_eq!(redis.del(&[] as &[&str]).await, Ok(0));
    assert_eq!(redis.get::<String>(&key).await, Ok(None));
}

#[tokio::test]
async fn scripts_run_by_hash_also_where_redis_has_forgotten_them() {
    let Some(server) = RedisServer::start() else {
        return;
    };
    let redis = redis(server.url());
    let add = Script::new("return redis.call('INCRBY', KEYS[1], ARGV[1])");
    assert_eq!(redis.run::<u64>(&add, &["n"], &[2]).await, Ok(2));
    assert_eq!(redis.run::<u64>(&add, &["n"], &[3]).await, Ok(5));
    let _ = server.command(&["SCRIPT", "FLUSH"]);
    assert_eq!(redis.run::<u64>(&add, &["n"], &[4]).await, Ok(9), "and only once");
    let calls = server.command(&["INFO", "commandstats"]);
    let count = |name: &str| calls.lines().any(|line| line.starts_with(name));
    assert!(count("cmdstat_evalsha:calls=3"), "{calls}");
    assert!(count("cmdstat_eval:calls=2"), "{calls}");
}

#[tokio::test]
async fn several_commands_go_in_one_round_trip() {
    let Some(server) = RedisServer::start() else {
        return;
    };
    let redis = redis(server.url());
    let mut both = router_redis::pipe();
    both.cmd("INCR").arg("a").cmd("INCRBY").arg("b").arg(7);
    assert_eq!(redis.pipeline::<(u64, u64)>(&both).await, Ok((1, 7)));
}

#[tokio::test]
async fn a_wrong_command_is_the_callers_mistake_and_no_outage() {
    let Some(server) = RedisServer::start() else {
        return;
    };
    let redis = redis(server.url());
    redis.set("text", "x", None).await.unwrap();
    for _ in 0..20 {
        let error = redis
            .query::<u64>(router_redis::cmd("INCR").arg("text"))
            .await
            .unwrap_err();
        assert!(
            matches!(&error, RedisError::Refused(why) if why.contains("integer")),
            "{error}"
        );
        let error = redis.get::<u64>("text").await.unwrap_err();
        assert!(matches!(error, RedisError::Refused(_)), "{error}");
    }
    assert!(redis.is_up());
}
