//! Limits as people write them, and what is wrong with those that cannot work.

use std::time::Duration;

use router_core::ErrorKind;
use router_ratelimit::{Algorithm, Dimension, Limit, Limiter, Per, Rate, RateLimitLayer, WithoutRedis};

fn read(json: &str) -> Limit {
    serde_json::from_str(json).unwrap_or_else(|error| panic!("{json}: {error}"))
}

fn wrong(json: &str) -> String {
    serde_json::from_str::<Limit>(json)
        .map(|limit| format!("{limit:?}"))
        .expect_err("a limit that cannot be")
        .to_string()
}

#[test]
fn limits_read_as_people_write_them() {
    let limit = read(r#"{"per": "caller", "requests": "600/min", "tokens": "200k/min"}"#);
    assert_eq!(limit.per, Per::from(Dimension::Caller));
    assert_eq!(limit.requests, Some(Rate::per_minute(600)));
    assert_eq!(limit.tokens, Some(Rate::per_minute(200_000)));
    assert_eq!(limit.concurrency, None);
    assert_eq!(limit.wait, Duration::ZERO);
    assert_eq!(limit.without_redis, WithoutRedis::Local);
    let limit = read(r#"{"requests": "60/min"}"#);
    assert!(limit.per.is_all());
    let limit = read(
        r#"{"per": ["model", "tag:team"], "concurrency": 8, "wait": "2s", "max_waiting": 50, "without_redis": "closed",
            "requests": {"rate": "10/s", "burst": 20}, "tokens": {"rate": "1M/day", "algorithm": "sliding_window"}}"#,
    );
    assert_eq!(
        limit.per,
        Per::from([Dimension::Tag("team".into()), Dimension::Model])
    );
    assert_eq!(limit.requests, Some(Rate::per_second(10).with_burst(20)));
    assert_eq!(
        limit.tokens.map(|rate| rate.algorithm),
        Some(Algorithm::SlidingWindow)
    );
    assert_eq!(limit.wait, Duration::from_secs(2));
    assert_eq!(limit.without_redis, WithoutRedis::Closed);
    for limit in [limit, read(r#"{"per": "key", "requests": "5/h"}"#)] {
        let written = serde_json::to_string(&limit).expect("a limit is JSON");
        assert_eq!(read(&written), limit, "{written}");
    }
}

#[test]
fn what_is_misspelt_is_named() {
    for (json, words) in [
        (r#"{"requests": "600/fortnight"}"#, ["requests", "600/min"]),
        (r#"{"tokens": "lots"}"#, ["tokens", "`lots`"]),
        (
            r#"{"requests": {"rate": "10/s", "bursts": 5}}"#,
            ["requests", "`bursts`"],
        ),
        (
            r#"{"requests": {"rate": "10/s", "burst": 0}}"#,
            ["requests", "burst"],
        ),
        (
            r#"{"tokens": {"rate": "10/s", "burst": 5, "algorithm": "sliding_window"}}"#,
            ["tokens", "burst"],
        ),
        (
            r#"{"requests": {"rate": "10/s", "algorithm": "magic"}}"#,
            ["requests", "magic"],
        ),
        (r#"{"requests": 600}"#, ["requests", "600/min"]),
        (r#"{"per": "colour", "requests": "1/s"}"#, ["per", "tag:NAME"]),
        (r#"{"per": 7, "requests": "1/s"}"#, ["per", "caller"]),
        (r#"{"request": "1/s"}"#, ["`request`", "`requests`"]),
        (r#"{"wait": "long", "requests": "1/s"}"#, ["`long`", "5s"]),
        (r#"{"without_redis": "hope"}"#, ["hope", "local"]),
    ] {
        let error = wrong(json);
        assert!(words.iter().all(|word| error.contains(word)), "{json}: {error}");
    }
}

#[test]
fn what_cannot_work_is_refused_by_place_and_name() {
    let wrong = |limits: Vec<Limit>| {
        let error = Limiter::new(limits)
            .map(|_| ())
            .expect_err("limits that cannot work");
        assert_eq!(error.kind(), ErrorKind::Config);
        error.to_string()
    };
    let fine = || Limit::requests(Rate::per_second(1));
    assert!(wrong(vec![fine(), Limit::default()]).contains("limits[1] limits nothing"));
    assert!(wrong(vec![Limit::concurrency(0)]).contains("limits[0].concurrency"));
    assert!(wrong(vec![Limit::tokens(Rate::per_second(0))]).contains("limits[0].tokens"));
    let instant = Rate::new(1, Duration::from_nanos(1));
    assert!(wrong(vec![Limit::requests(instant)]).contains("limits[0].requests"));
    assert!(wrong(vec![fine().with_wait(Duration::MAX)]).contains("limits[0].wait"));
    let twice = wrong(vec![fine(), fine().with_wait(Duration::from_secs(1))]);
    assert!(
        twice.contains("limits[1]") && twice.contains("limits[0]"),
        "{twice}"
    );
    assert!(RateLimitLayer::new([fine(), fine().per(Dimension::Caller)]).is_ok());
}
