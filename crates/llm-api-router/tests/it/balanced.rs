//! A route in the middle of a stack: one budget of attempts, one loop of retries, names as a client has them.

use std::sync::Arc;

use llm_api_router::balance::{Balance, BalanceConfig, Strategy, Target, TargetConfig};
use llm_api_router::context::TrailEntry;
use llm_api_router::retry::{RetryLayer, RetryPolicy};
use llm_api_router::sim::SimModel;
use llm_api_router::{Call, ChatRequest, Client, ErrorKind, Layer as _, Provider as _, ProviderExt as _};
use tokio::time::{Duration, Instant};

fn route(sim: &SimModel, models: &[&str]) -> Balance {
    let client = Client::builder().provider(sim.clone()).bare().build();
    let client = client.expect("one provider has one name");
    let mut config = BalanceConfig::default();
    config.strategy = Strategy::Failover;
    config.targets = models
        .iter()
        .map(|model| TargetConfig::new(format!("sim/{model}")))
        .collect();
    let resolve = |name: &_| {
        let (provider, model) = client.route(name)?;
        Ok((Arc::clone(provider), model))
    };
    config.build("smart", resolve).expect("its models are known")
}

fn failures(call: &Call) -> Vec<String> {
    let entries = call.context.trail().entries();
    let failed = entries.iter().filter_map(|entry| match entry {
        TrailEntry::Failed { target, .. } => Some(target.to_string()),
        _ => None,
    });
    failed.collect()
}

/// Three retries over three targets are four attempts, and not twelve.
#[tokio::test(start_paused = true)]
async fn retries_and_failovers_share_one_budget() {
    for call in [
        Call::new("smart", ChatRequest::user("Hello")),
        Call::new("smart", ChatRequest::user("Hello")).streaming(),
    ] {
        let sim = SimModel::new();
        let targets = ["sim-fault-500", "sim-fault-502", "sim-fault-503"];
        let stack = RetryLayer::new(RetryPolicy::default()).layer(route(&sim, &targets));
        stack.call(&call).await.unwrap_err();
        assert_eq!(sim.ledger().entries().len(), 4);
        let failed = failures(&call);
        assert_eq!(
            failed[..3],
            targets.map(|model| format!("sim/{model}")),
            "each once before any twice"
        );
    }
}

/// The wait above a balancer is the soonest recovery over its targets.
#[tokio::test(start_paused = true)]
async fn a_retry_waits_for_the_soonest_recovery() {
    let sim = SimModel::new();
    let route = route(&sim, &["sim-fault-429-after9-x1-a", "sim-fault-429-after3-x1-b"]);
    let stack = RetryLayer::new(RetryPolicy::default()).layer(route);
    let start = Instant::now();
    let answer = stack.chat("smart", "Say only: pong").await.unwrap();
    assert_eq!(answer.text(), "pong");
    assert_eq!(
        answer.head.model, "sim-fault-429-after3-x1-b",
        "the one that is back"
    );
    let waited = start.elapsed();
    assert!(
        waited >= Duration::from_secs(3) && waited < Duration::from_secs(4),
        "{waited:?}"
    );
}

#[tokio::test(start_paused = true)]
async fn a_caller_that_makes_a_mistake_hears_of_it_once() {
    let sim = SimModel::new();
    let route = route(&sim, &["sim-fault-400", "sim-model"]);
    let stack = RetryLayer::new(RetryPolicy::default()).layer(route);
    let error = stack.chat("smart", "Hello").await.unwrap_err();
    assert_eq!(
        (error.kind(), sim.ledger().entries().len()),
        (ErrorKind::InvalidRequest, 1)
    );
}

#[cfg(feature = "catalog")]
#[tokio::test]
async fn the_catalog_knows_prices_and_windows() {
    use llm_api_router::Scripted;
    use llm_api_router::catalog::Catalog;

    let vendor = |text: &'static str| Scripted::new().with_id("openai").text(text);
    let route = Balance::builder()
        .strategy(Strategy::LowestCost)
        .target(Target::new(vendor("dear")).with_model("gpt-4o"))
        .target(Target::new(vendor("cheap")).with_model("gpt-4o-mini"))
        .prices(Catalog::builtin())
        .catalog(Catalog::builtin())
        .build()
        .unwrap();
    assert_eq!(route.chat("smart", "Hello").await.unwrap().text(), "cheap");
}

/// A cache in front of a route keeps what a second target answers beside a slow first one of its tier, and what the first answers
/// in the end; what stands in for others is not kept.
#[cfg(feature = "cache")]
#[tokio::test(start_paused = true)]
async fn a_cache_knows_who_stood_in() {
    use llm_api_router::balance::HedgeConfig;
    use llm_api_router::cache::{CacheLayer, CachePolicy};

    let kept = |models: &'static [(&'static str, u32)]| async move {
        let sim = SimModel::new();
        let mut hedge = HedgeConfig::default();
        hedge.delay = Some(Duration::from_secs(1));
        hedge.max_share = 1.0;
        let mut route = Balance::builder()
            .id("smart")
            .strategy(Strategy::Failover)
            .hedge(hedge);
        for (model, tier) in models {
            let target = Target::new(sim.clone()).with_name(*model).with_model(*model);
            route = route.target(target.with_priority(*tier));
        }
        let retried = RetryLayer::new(RetryPolicy::default()).layer(route.build().unwrap());
        let cached = CacheLayer::new(CachePolicy::default()).unwrap().layer(retried);
        let answer = cached.chat("smart", "Say only: pong").await.unwrap();
        assert_eq!((answer.text().as_str(), answer.head.age), ("pong", None));
        let again = cached.chat("smart", "Say only: pong").await.unwrap();
        again.head.age.is_some()
    };
    assert!(
        kept(&[("sim-fault-slow9000", 0), ("sim-model", 0)]).await,
        "a second of the same tier"
    );
    assert!(
        kept(&[("sim-fault-slow1500", 0), ("sim-fault-slow9000", 1)]).await,
        "the first, before the second that was asked as well"
    );
    assert!(
        kept(&[("sim-fault-503-x1-a", 0), ("sim-fault-503-x1-b", 1)]).await,
        "the first, after the second has failed too"
    );
    assert!(
        !kept(&[("sim-fault-slow9000", 0), ("sim-model", 1)]).await,
        "a second of a later tier"
    );
    assert!(
        !kept(&[("sim-fault-500", 0), ("sim-model", 1)]).await,
        "the second in the place of the first"
    );
}
