//! Who gets how much of the traffic.

use std::collections::BTreeMap;

use router_balance::{Balance, Strategy, Target};
use router_core::tokens::PriceBook;
use router_core::{ErrorKind, ModelId, Provider as _, ProviderId, Usage};

use crate::light::Light;
use crate::vendor::{Act, Vendor, answered, came_to, millis, seconds, status, whole};

/// Who answers so many calls, one after the other.
async fn answers(balance: &Balance, calls: usize) -> Vec<String> {
    let mut answers = Vec::with_capacity(calls);
    for _ in 0..calls {
        answers.push(answered(balance, &whole()).await.expect("an answer"));
    }
    answers
}

fn shares(answers: &[String]) -> BTreeMap<&str, f64> {
    let mut shares = BTreeMap::new();
    for answer in answers {
        *shares.entry(answer.as_str()).or_default() += 1.0 / answers.len() as f64;
    }
    shares
}

fn weighted(strategy: Strategy, target: impl Fn(&'static str) -> Target) -> Balance {
    let builder = Balance::builder().strategy(strategy).seed(7);
    let builder = [("a", 5), ("b", 3), ("c", 2)]
        .into_iter()
        .fold(builder, |builder, (id, weight)| {
            builder.target(target(id).with_weight(weight))
        });
    builder.build().expect("it builds")
}

#[tokio::test]
async fn weights_hold_within_one_percent_over_100_000_calls() {
    for strategy in [Strategy::Weighted, Strategy::Random] {
        let balance = weighted(strategy, |id| Target::new(Light::new(id)));
        let call = whole();
        for _ in 0..100_000 {
            drop(balance.call(&call).await.expect("an answer"));
        }
        for (id, share) in [("a", 0.5), ("b", 0.3), ("c", 0.2)] {
            let found = status(&balance, id).calls as f64 / 100_000.0;
            assert!(
                (found - share).abs() < 0.01,
                "{strategy}: {id} got {found}, not {share}"
            );
        }
    }
}

#[tokio::test]
async fn weights_are_mixed_evenly() {
    let balance = weighted(Strategy::Weighted, |id| Vendor::well(id).target());
    assert_eq!(answers(&balance, 10).await.concat(), "abcaabacba");
}

#[tokio::test]
async fn round_robin_takes_turns() {
    let builder = Balance::builder().strategy(Strategy::RoundRobin);
    let builder = ["a", "b", "c"]
        .into_iter()
        .fold(builder, |builder, id| builder.target(Vendor::well(id).target()));
    let balance = builder.build().expect("it builds");
    assert_eq!(answers(&balance, 7).await.concat(), "abcabca");
}

#[tokio::test]
async fn failover_stays_with_the_first() {
    let builder = Balance::builder().strategy(Strategy::Failover);
    let builder = ["a", "b"]
        .into_iter()
        .fold(builder, |builder, id| builder.target(Vendor::well(id).target()));
    let balance = builder.build().expect("it builds");
    assert_eq!(answers(&balance, 4).await.concat(), "aaaa");
}

#[tokio::test]
async fn a_lower_tier_waits_for_the_higher_ones_to_fail() {
    let (first, second) = (
        Vendor::failing("first", ErrorKind::Server),
        Vendor::well("second"),
    );
    let balance = Balance::builder()
        .target(second.target().with_priority(1))
        .target(Vendor::failing("zero", ErrorKind::Server).target())
        .target(first.target())
        .build()
        .expect("it builds");
    let call = whole();
    assert_eq!(answered(&balance, &call).await.expect("an answer"), "second");
    let mut tried = came_to(&call);
    assert_eq!(
        tried.pop().as_deref(),
        Some("second"),
        "when both of the higher tier had failed"
    );
    assert_eq!(tried.len(), 2);
}

#[tokio::test(start_paused = true)]
async fn least_busy_fills_evenly() {
    let vendors = ["a", "b", "c"].map(|id| Vendor::taking(id, seconds(10)));
    let builder = Balance::builder().strategy(Strategy::LeastBusy);
    let builder = vendors
        .iter()
        .fold(builder, |builder, vendor| builder.target(vendor.target()));
    let balance = builder.build().expect("it builds");
    let calls = (0..300).map(|_| {
        let balance = balance.clone();
        tokio::spawn(async move { answered(&balance, &whole()).await })
    });
    for call in calls.collect::<Vec<_>>() {
        call.await.expect("no panic").expect("an answer");
    }
    assert_eq!(vendors.each_ref().map(Vendor::most), [100, 100, 100]);
}

struct Book;

impl PriceBook for Book {
    fn price(&self, provider: &ProviderId, _model: &ModelId, usage: &Usage) -> Option<f64> {
        let price = match provider.as_str() {
            "dear" => 10.0,
            "cheap" => 1.0,
            _ => return None,
        };
        Some(price * usage.total_tokens() as f64 / 1e6)
    }
}

#[tokio::test]
async fn lowest_cost_asks_the_cheapest_and_then_the_next() {
    let cheap = Vendor::well("cheap");
    let build = |cheap: &Vendor| {
        let builder = Balance::builder()
            .strategy(Strategy::LowestCost)
            .target(Vendor::well("unknown").target())
            .target(Vendor::well("dear").target())
            .target(cheap.target())
            .prices(Book);
        builder.build().expect("it builds")
    };
    assert_eq!(answers(&build(&cheap), 3).await, ["cheap"; 3]);
    let dead = Vendor::failing("cheap", ErrorKind::Server);
    assert_eq!(answers(&build(&dead), 3).await, ["dear"; 3]);
    let numbers = Balance::builder()
        .strategy(Strategy::LowestCost)
        .target(Vendor::well("dear").target().with_price(0.1))
        .target(Vendor::well("cheap").target())
        .prices(Book);
    let balance = numbers.build().expect("it builds");
    assert_eq!(
        answers(&balance, 2).await,
        ["dear"; 2],
        "a number of its own goes before the book"
    );
}

#[tokio::test(start_paused = true)]
async fn a_target_with_twenty_times_the_latency_gets_under_five_percent() {
    // Whatever the pace: calls one after the other, and answers that take long.
    for fast in [millis(20), seconds(2)] {
        let vendors = [
            Vendor::taking("a", fast),
            Vendor::taking("slow", fast * 20),
            Vendor::taking("b", fast),
        ];
        let builder = Balance::builder().strategy(Strategy::LeastLatency).seed(1);
        let builder = vendors
            .iter()
            .fold(builder, |builder, vendor| builder.target(vendor.target()));
        let balance = builder.build().expect("it builds");
        answers(&balance, 20).await;
        let warm = vendors[1].calls();
        answers(&balance, 2000).await;
        let share = (vendors[1].calls() - warm) as f64 / 2000.0;
        assert!(share < 0.05, "the slow one got {share} of the calls at {fast:?}");
        assert!(share > 0.0, "it is tried again, since it might have become fast");
    }
}

/// A brown-out under load: 300 calls a second in an even flow, however long those before take, and after ten seconds one of three
/// targets takes twenty times as long.
#[tokio::test(start_paused = true)]
async fn a_brown_out_under_load_is_left_behind() {
    let start = tokio::time::Instant::now();
    let (healthy, known) = (seconds(10), seconds(12));
    let usual = millis(100);
    let browning = Vendor::new("browning", move |_| {
        let time = if start.elapsed() < healthy {
            usual
        } else {
            usual * 20
        };
        Act::After(time, Box::new(Act::Answer))
    });
    let builder = Balance::builder().strategy(Strategy::LeastLatency).seed(4);
    let balance = builder
        .target(Vendor::taking("a", usual).target())
        .target(browning.target())
        .target(Vendor::taking("b", usual).target())
        .build()
        .expect("it builds");
    let mut calls = Vec::new();
    for _ in 0..30 * 300 {
        tokio::time::sleep(seconds(1) / 300).await;
        let balance = balance.clone();
        calls.push(tokio::spawn(async move {
            let at = tokio::time::Instant::now();
            answered(&balance, &whole()).await.expect("callers see no error");
            (at - start, at.elapsed())
        }));
    }
    let mut costs = Vec::new();
    for call in calls {
        let (at, cost) = call.await.expect("no panic");
        if at >= known {
            costs.push(cost);
        }
    }
    let asked = browning.asked();
    let asked = |from, to| {
        asked
            .iter()
            .filter(|(at, _)| (from..to).contains(&(*at - start)))
            .count()
    };
    let before = asked(seconds(2), healthy) as f64 / (8.0 * 300.0);
    assert!(
        (0.25..0.42).contains(&before),
        "a third while it is well: {before}"
    );
    let share = asked(known, seconds(30)) as f64 / costs.len() as f64;
    assert!(share < 0.05, "the slow one got {share} of the calls");
    costs.sort_unstable();
    let usual_or_so = costs[costs.len() * 95 / 100];
    assert!(
        usual_or_so <= usual * 2,
        "95 of 100 do not feel it: {usual_or_so:?}"
    );
}

#[tokio::test(start_paused = true)]
async fn a_target_that_became_fast_is_found_again() {
    let start = tokio::time::Instant::now();
    let changing = Vendor::new("changing", move |_| {
        let slow = start.elapsed() < seconds(60);
        let time = if slow { seconds(1) } else { millis(10) };
        Act::After(time, Box::new(Act::Answer))
    });
    let steady = Vendor::taking("steady", millis(50));
    let builder = Balance::builder().strategy(Strategy::LeastLatency).seed(2);
    let balance = builder
        .target(changing.target())
        .target(steady.target())
        .build()
        .expect("it builds");
    while start.elapsed() < seconds(60) {
        answers(&balance, 1).await;
    }
    let before = changing.calls();
    assert!(before < 60, "{before}");
    answers(&balance, 1000).await;
    let later = shares(&answers(&balance, 200).await)["changing"];
    assert!(later > 0.9, "{later}");
}

/// The first endpoint that answers is the only one with data; the others must be asked all the same.
#[tokio::test(start_paused = true)]
async fn least_latency_does_not_stick_to_the_first_endpoint_with_data() {
    let vendors = ["a", "b", "c", "d"].map(|id| Vendor::taking(id, millis(100)));
    let builder = Balance::builder().strategy(Strategy::LeastLatency).seed(3);
    let builder = vendors
        .iter()
        .fold(builder, |builder, vendor| builder.target(vendor.target()));
    let balance = builder.build().expect("it builds");
    let answers = answers(&balance, 400).await;
    for (id, share) in shares(&answers) {
        assert!((0.15..0.35).contains(&share), "{id} got {share}");
    }
}
