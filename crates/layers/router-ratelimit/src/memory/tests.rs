//! What is idle is forgotten, what counts is not.

use super::*;
use crate::rate::Rate;

fn demand(value: usize) -> Demand {
    Demand {
        rule: 0,
        value: format!("caller-{value}").into(),
        tokens: 0.0,
    }
}

fn rules() -> Vec<Rule> {
    vec![Rule::new(
        "requests",
        vec![(Unit::Requests, Meter::of_rate(Rate::per_minute(60)))],
    )]
}

#[test]
fn idle_counts_are_forgotten() {
    let (store, rules) = (MemoryStore::default(), rules());
    // A second after a call nothing of it counts. A hundred thousand callers, a thousand in each second.
    for caller in 0..100_000 {
        let now = caller as f64 * 1_000.0;
        let verdict = store.take(&rules, &[demand(caller)], now);
        assert!(verdict.is_ok());
    }
    assert!(store.len() < 10_000, "{} are kept", store.len());
}

#[test]
fn what_counts_is_kept() {
    let (store, rules) = (MemoryStore::default(), rules());
    for caller in 0..20_000 {
        for _ in 0..2 {
            store.take(&rules, &[demand(caller)], 0.0).expect("room");
        }
    }
    for caller in 0..20_000 {
        assert_eq!(
            store.levels(&rules, &demand(caller), 0.0),
            [2.0],
            "caller {caller}"
        );
    }
}

/// Two stores' worth of limits under one roof: the order of locks is that of the rules, whoever asks.
#[test]
fn many_threads_lose_nothing() {
    let rules: Vec<Rule> = ["a", "b", "c"]
        .map(|id| {
            Rule::new(
                id,
                vec![(
                    Unit::Requests,
                    Meter::Bucket {
                        rate: 1e-9,
                        burst: 1e9,
                    },
                )],
            )
        })
        .into();
    let store = MemoryStore::default();
    std::thread::scope(|scope| {
        for thread in 0..8 {
            let (store, rules) = (&store, &rules);
            scope.spawn(move || {
                for round in 0..2_000 {
                    let demands = [0, 1, 2].map(|rule| Demand {
                        rule,
                        value: format!("{}", (thread + round + rule) % 3).into(),
                        tokens: 0.0,
                    });
                    store.take(rules, &demands, 0.0).expect("room for all");
                }
            });
        }
    });
    for rule in 0..3 {
        let sum: f64 = (0..3)
            .map(|value| {
                let demand = Demand {
                    rule,
                    value: format!("{value}").into(),
                    tokens: 0.0,
                };
                store.levels(&rules, &demand, 0.0)[0]
            })
            .sum();
        assert_eq!(sum, 16_000.0);
    }
}
