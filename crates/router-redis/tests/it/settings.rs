//! Settings are checked, and say nothing that is secret.

use std::time::Duration;

use router_core::ErrorKind;
use router_redis::{Redis, RedisConfig};

const CANARY: &str = "hunter2-canary";

#[test]
fn a_configuration_names_times_as_people_do() {
    let config: RedisConfig = serde_json::from_str(
        r#"{"url": "redis://10.0.0.5:6379/2", "response_timeout": "80ms", "connections": 4}"#,
    )
    .unwrap();
    assert_eq!(config.response_timeout, Duration::from_millis(80));
    assert_eq!(config.connections, 4);
    assert_eq!(config.connect_timeout, RedisConfig::default().connect_timeout);
    let error = serde_json::from_str::<RedisConfig>(r#"{"pool": 4}"#).unwrap_err();
    assert!(error.to_string().contains("`pool`"), "{error}");
}

#[test]
fn what_cannot_work_is_refused_by_name() {
    let wrong = |config: RedisConfig| {
        let error = Redis::new(&config).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Config);
        error.to_string()
    };
    let url = format!("http://user:{CANARY}@host");
    let error = wrong(RedisConfig::new(url));
    assert!(error.contains("redis.url") && !error.contains(CANARY), "{error}");
    assert!(wrong(RedisConfig::default().with_connections(0)).contains("redis.connections"));
    let zero = Duration::ZERO;
    assert!(wrong(RedisConfig::default().with_times(zero, zero, zero)).contains("redis.response_timeout"));
}

#[tokio::test]
async fn the_password_is_shown_nowhere() {
    let config = RedisConfig::new(format!("redis://user:{CANARY}@127.0.0.1:1/"));
    let redis = Redis::new(&config).unwrap();
    assert!(redis.get::<String>("x").await.is_err());
    let shown = format!(
        "{config:?} {redis:?} {:?} {:?}",
        redis.health(),
        redis.get::<String>("x").await
    );
    assert!(!shown.contains(CANARY), "{shown}");
    assert!(shown.contains("127.0.0.1:1"), "{shown}");
}
