//! Redis decides as memory does, and forgets calls of processes that have died.

use std::time::Duration;

use proptest::prelude::*;
use proptest::test_runner::{Config, TestCaseError, TestRunner};
use router_conformance::redis::RedisServer;
use router_redis::{Redis, RedisConfig};

use super::RedisStore;
use crate::memory::{Entries, MemoryStore};
use crate::meter::{Meter, Unit};
use crate::rate::Rate;
use crate::rule::Rule;
use crate::store::{Demand, Demands, Settlement, SharedStore as _};

/// What happens to a store.
#[derive(Clone, Debug)]
enum Step {
    /// Time goes on, in microseconds.
    Wait(u64),
    /// Somebody asks of all limits.
    Take { value: u8, tokens: u64 },
    /// One that is open ends: which, and how much it used.
    Settle { which: usize, used: u64 },
    /// One is begun anew.
    Reset { rule: usize, value: u8 },
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let step = prop_oneof![
        2 => (0_u64..300_000).prop_map(Step::Wait),
        4 => (0_u8..2, 1_u64..120).prop_map(|(value, tokens)| Step::Take { value, tokens }),
        2 => (0_usize..50, 0_u64..150).prop_map(|(which, used)| Step::Settle { which, used }),
        1 => (0_usize..3, 0_u8..2).prop_map(|(rule, value)| Step::Reset { rule, value }),
    ];
    prop::collection::vec(step, 1..80)
}

fn rate() -> impl Strategy<Value = Rate> {
    (
        1_u64..200,
        prop::sample::select(vec![1_u64, 3, 7]),
        any::<bool>(),
        1_u64..300,
    )
        .prop_map(|(limit, seconds, is_window, burst)| {
            let rate = Rate::new(limit, Duration::from_secs(seconds));
            match is_window {
                true => rate.sliding_window(),
                false => rate.with_burst(burst),
            }
        })
}

fn rules() -> impl Strategy<Value = Vec<Rule>> {
    let rule = |id: &'static str| {
        (rate(), rate(), 1_u32..20).prop_map(move |(requests, tokens, most)| {
            Rule::new(
                id,
                vec![
                    (Unit::Requests, Meter::of_rate(requests)),
                    (Unit::Tokens, Meter::of_rate(tokens)),
                    (
                        Unit::Concurrency,
                        Meter::Gauge {
                            most: f64::from(most),
                        },
                    ),
                ],
            )
        })
    };
    (rule("a"), rule("b"), rule("c")).prop_map(|(a, b, c)| vec![a, b, c])
}

async fn redis(server: &RedisServer) -> RedisStore {
    let second = Duration::from_secs(1);
    let config = RedisConfig::new(server.url()).with_times(second, second, second);
    let redis = Redis::new(&config).expect("an address of a Redis");
    let _: String = redis
        .query(&router_redis::cmd("FLUSHALL"))
        .await
        .expect("it answers");
    RedisStore::new(redis, "test")
}

fn set(store: &RedisStore, now: f64) {
    *store.given.lock().expect("no test panics with it") = Some(now);
}

fn demands(value: u8, tokens: u64) -> Demands {
    (0..3)
        .map(|rule| Demand {
            rule,
            // One limit counts all together.
            value: if rule == 1 {
                "all".into()
            } else {
                format!("{value}").into()
            },
            tokens: tokens as f64,
        })
        .collect()
}

async fn same_decisions(server: &RedisServer, rules: &[Rule], steps: Vec<Step>) -> Result<(), TestCaseError> {
    let (theirs, ours) = (redis(server).await, MemoryStore::default());
    let mut now = 1_800_000_000e6;
    let mut open: Vec<(Entries, Settlement, Settlement)> = Vec::new();
    for step in steps {
        set(&theirs, now);
        match step {
            Step::Wait(micros) => now += micros as f64,
            Step::Take { value, tokens } => {
                let demands = demands(value, tokens);
                let their_verdict = theirs.take(rules, &demands).await.expect("it answers");
                match (ours.take(rules, &demands, now), their_verdict) {
                    (Ok((entries, our_marks)), Ok(their_marks)) => {
                        let of = |marks| Settlement {
                            demands: demands.clone(),
                            marks,
                            tokens: 0.0,
                        };
                        open.push((entries, of(our_marks), of(their_marks)));
                    }
                    (our_verdict, their_verdict) => {
                        prop_assert_eq!(our_verdict.map(|(_, marks)| marks), their_verdict);
                    }
                }
            }
            Step::Settle { which, used } => {
                if open.is_empty() {
                    continue;
                }
                let (entries, mut ours_open, mut theirs_open) = open.swap_remove(which % open.len());
                ours_open.tokens = used as f64;
                theirs_open.tokens = used as f64;
                MemoryStore::settle(&entries, &ours_open, now);
                if let Some(job) = theirs.settlement(rules, &theirs_open) {
                    theirs.worker.tell(job).await;
                }
            }
            Step::Reset { rule, value } => {
                // A microsecond apart, so that both know the new count from the old.
                now += 1.0;
                let demand = demands(value, 0).swap_remove(rule);
                set(&theirs, now);
                ours.reset(rules, &demand, now);
                theirs.reset(rules, &demand).await.expect("it answers");
            }
        }
    }
    set(&theirs, now);
    for demand in demands(0, 0).into_iter().chain(demands(1, 0)) {
        let their_levels = theirs.levels(rules, &demand).await.expect("it answers");
        prop_assert_eq!(ours.levels(rules, &demand, now), their_levels);
    }
    Ok(())
}

/// The same calls at the same times: the same decisions, waits and levels, to the last bit.
#[test]
fn redis_decides_as_memory_does() {
    let Some(server) = RedisServer::start() else {
        return;
    };
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .expect("a runtime");
    let config = Config {
        cases: 200,
        failure_persistence: None,
        ..Config::default()
    };
    let result = TestRunner::new(config).run(&(rules(), steps()), |(rules, steps)| {
        runtime.block_on(same_decisions(&server, &rules, steps))
    });
    if let Err(difference) = result {
        panic!("{difference}");
    }
}

fn gauge() -> (Vec<Rule>, Demands) {
    let rules = vec![Rule::new(
        "calls",
        vec![(Unit::Concurrency, Meter::Gauge { most: 1.0 })],
    )];
    let demand = Demand {
        rule: 0,
        value: "x".into(),
        tokens: 0.0,
    };
    (rules, Demands::from_iter([demand]))
}

/// A process that dies says nothing more: its calls end with their lease.
#[tokio::test]
async fn calls_of_dead_processes_end() {
    let Some(server) = RedisServer::start() else {
        return;
    };
    let (rules, demands) = gauge();
    let (dies, lives) = (redis(&server).await, redis(&server).await);
    let start = 1_800_000_000e6;
    set(&dies, start);
    assert!(dies.take(&rules, &demands).await.expect("it answers").is_ok());
    set(&lives, start + 29e6);
    assert!(lives.take(&rules, &demands).await.expect("it answers").is_err());
    set(&lives, start + 31e6);
    assert!(lives.take(&rules, &demands).await.expect("it answers").is_ok());
}

/// A call that is longer than its lease is said to be under way, also to a Redis that has forgotten it.
#[tokio::test]
async fn long_calls_stay_under_way() {
    let Some(server) = RedisServer::start() else {
        return;
    };
    let (rules, demands) = gauge();
    let store = redis(&server).await;
    let verdict = store.take(&rules, &demands).await.expect("it answers");
    let marks = verdict.expect("there is room");
    let _ = server.command(&["FLUSHALL"]);
    store.worker.renew().await;
    assert_eq!(store.levels(&rules, &demands[0]).await, Ok(vec![1.0]));
    let settlement = Settlement {
        demands: demands.clone(),
        marks,
        tokens: 0.0,
    };
    let job = store.settlement(&rules, &settlement).expect("it ends");
    store.worker.tell(job).await;
    store.worker.renew().await;
    assert_eq!(
        store.levels(&rules, &demands[0]).await,
        Ok(vec![0.0]),
        "and no longer"
    );
}

/// Time at the server may jump: a count forgets nothing, and refuses no longer than before.
#[tokio::test]
async fn a_clock_that_is_set_back_stops_nothing() {
    let Some(server) = RedisServer::start() else {
        return;
    };
    for rate in [
        Rate::per_minute(60).with_burst(10),
        Rate::per_minute(10).sliding_window(),
    ] {
        let store = redis(&server).await;
        let (_, demands) = gauge();
        let rules = vec![Rule::new(
            "requests",
            vec![(Unit::Requests, Meter::of_rate(rate))],
        )];
        let take = async |now: f64| {
            set(&store, now);
            store.take(&rules, &demands).await.expect("it answers")
        };
        let start = 1_800_000_000e6;
        for _ in 0..10 {
            assert!(take(start).await.is_ok());
        }
        let an_hour_ago = start - 3_600e6;
        let Err(refusal) = take(an_hour_ago).await else {
            panic!("{rate} is forgotten")
        };
        let wait = refusal.wait.expect("a time");
        assert!(wait <= Duration::from_secs(61), "{rate}: {wait:?}");
        let then = an_hour_ago + wait.as_micros() as f64;
        assert!(
            take(then).await.is_ok(),
            "{rate}: an hour back, and as long to wait as ever"
        );
    }
}

/// A decision that comes after its time takes nothing.
#[tokio::test]
async fn what_comes_too_late_counts_nothing() {
    let Some(server) = RedisServer::start() else {
        return;
    };
    let (rules, demands) = gauge();
    let config = RedisConfig::new(server.url());
    let store = RedisStore::new(Redis::new(&config).expect("an address of a Redis"), "test");
    assert_eq!(store.levels(&rules, &demands[0]).await, Ok(vec![0.0]));
    let rates = vec![Rule::new(
        "requests",
        vec![(Unit::Requests, Meter::of_rate(Rate::per_day(1_000)))],
    )];
    // The first answer tells what time it is there.
    assert!(store.take(&rates, &demands).await.is_ok());
    server.pause();
    for _ in 0..5 {
        assert!(store.take(&rates, &demands).await.is_err());
    }
    tokio::time::sleep(Duration::from_millis(100)).await;
    server.resume();
    let fresh = redis_without_flush(&server);
    let level = fresh.levels(&rates, &demands[0]).await.expect("it answers")[0];
    assert!((0.9..=1.0).contains(&level), "only the first counts: {level}");
}

fn redis_without_flush(server: &RedisServer) -> RedisStore {
    let second = Duration::from_secs(1);
    let config = RedisConfig::new(server.url()).with_times(second, second, second);
    RedisStore::new(Redis::new(&config).expect("an address of a Redis"), "test")
}
