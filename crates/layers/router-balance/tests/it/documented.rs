//! Check 12: every configuration of the documentation is run against a dead primary.

use std::sync::Arc;

use router_balance::{BalanceConfig, Strategy, TargetConfig};
use router_core::model::ModelRef;
use router_core::{ErrorKind, ModelId, Provider, Result};

use crate::vendor::{Vendor, answered, came_to, status, streamed, whole};

const README: &str = include_str!("../../README.md");

/// The blocks of the documentation that are configuration.
fn examples() -> Vec<&'static str> {
    let blocks = README.split("```toml\n").skip(1);
    blocks
        .map(|block| block.split("```").next().expect("a block ends"))
        .collect()
}

fn parse(text: &str) -> BalanceConfig {
    toml::from_str(text).unwrap_or_else(|error| panic!("{error}\n{text}"))
}

/// Builds a route whose first target's vendor is dead in a way, if at all.
fn build(config: &BalanceConfig, dead: Option<(&str, ErrorKind)>) -> router_balance::Balance {
    let resolve = |name: &ModelId| -> Result<(Arc<dyn Provider>, ModelId)> {
        let ModelRef { provider, model } = ModelRef::parse(name.as_str(), |_| true);
        let id = provider.expect("names are provider/model");
        let vendor = match dead {
            Some((target, kind)) if name.as_str() == target => Vendor::failing(id.as_str(), kind),
            _ => Vendor::well(id.as_str()),
        };
        Ok((Arc::new(vendor), model))
    };
    config.build("route", resolve).expect("it builds")
}

#[tokio::test(start_paused = true)]
async fn every_documented_configuration_works_with_a_dead_primary() {
    let examples = examples();
    assert_eq!(examples.len(), 4);
    for example in examples {
        let config = parse(example);
        let primary = config.targets[0].model.as_str();
        let name = config.targets[0].name.as_deref().unwrap_or(primary);
        for kind in [
            ErrorKind::Server,
            ErrorKind::RateLimited,
            ErrorKind::Transport,
            ErrorKind::Authentication,
        ] {
            let balance = build(&config, Some((primary, kind)));
            for number in 0..60 {
                let call = if number % 2 == 0 { whole() } else { streamed() };
                let answer = answered(&balance, &call).await;
                assert!(answer.is_ok(), "{kind}: {answer:?}\n{example}");
            }
            assert!(
                status(&balance, name).calls > 0,
                "the primary was asked\n{example}"
            );
        }
    }
}

#[tokio::test]
async fn documented_fallbacks_are_asked_when_all_targets_are_dead() {
    let config = parse(examples()[0]);
    let resolve = |name: &ModelId| -> Result<(Arc<dyn Provider>, ModelId)> {
        let vendor = match name.as_str() {
            "my-vllm/qwen3" => Vendor::well("my-vllm"),
            other => Vendor::failing(other, ErrorKind::Overloaded),
        };
        Ok((Arc::new(vendor), "m".into()))
    };
    let balance = config.build("smart", resolve).expect("it builds");
    let call = whole();
    assert_eq!(answered(&balance, &call).await.expect("an answer"), "my-vllm");
    assert_eq!(came_to(&call).len(), 3);
    assert_eq!(balance.id(), "smart");
}

#[tokio::test]
async fn the_documented_fallback_for_refused_content_is_asked() {
    let config = parse(examples()[2]);
    let balance = build(&config, Some(("my-vllm/qwen3", ErrorKind::ContentFiltered)));
    assert_eq!(answered(&balance, &whole()).await.expect("an answer"), "mistral");
}

/// The table of settings names what the last example sets, and no more.
#[tokio::test]
async fn every_setting_is_documented_with_its_default() {
    let all = toml::Value::try_from(parse(examples()[3])).expect("it is data");
    let mut names = Vec::new();
    gather("", &all, &mut names);
    let rows: Vec<&str> = README
        .lines()
        .filter_map(|line| line.strip_prefix("| `")?.split('`').next())
        .filter(|name| {
            name.contains('.') || ["strategy", "targets", "wait", "sticky", "latency_decay"].contains(name)
        })
        .collect();
    for name in &names {
        assert!(
            rows.contains(&name.as_str()),
            "{name} is not in the table of settings"
        );
    }
    // What has no default and is not in the example.
    let others = ["targets.price", "targets.context_window", "hedge.delay"];
    for row in rows {
        let known = names.iter().any(|name| name == row) || others.contains(&row);
        assert!(known, "{row} is no setting");
    }
    let defaults = toml::Value::try_from(BalanceConfig::default()).expect("it is data");
    assert_eq!(
        defaults["health"], all["health"],
        "the example of health is its defaults"
    );
}

/// The dotted names of all settings.
fn gather(before: &str, value: &toml::Value, names: &mut Vec<String>) {
    match value {
        toml::Value::Table(table) if before != "sticky" => {
            for (name, value) in table {
                let name = if before.is_empty() {
                    name.clone()
                } else {
                    format!("{before}.{name}")
                };
                gather(&name, value, names);
            }
        }
        toml::Value::Array(values) => {
            names.push(before.to_owned());
            for value in values.iter().filter(|value| value.is_table()) {
                if let Some(table) = value.as_table() {
                    names.extend(
                        table
                            .keys()
                            .filter(|key| *key != "model")
                            .map(|key| format!("{before}.{key}")),
                    );
                }
            }
        }
        _ => names.push(before.to_owned()),
    }
}

#[test]
fn an_unknown_strategy_is_an_error_that_lists_the_names() {
    let error = toml::from_str::<BalanceConfig>("strategy = \"leest_latency\"\ntargets = [\"a/b\"]")
        .expect_err("unknown");
    for strategy in Strategy::ALL {
        assert!(error.message().contains(strategy.as_str()), "{error}");
    }
    let error = "leest_latency".parse::<Strategy>().expect_err("unknown");
    assert_eq!(
        error.message(),
        "`leest_latency` is no strategy; there are: round_robin, weighted, random, least_latency, least_busy, \
         lowest_cost, failover"
    );
}

#[test]
fn unknown_fields_are_refused_everywhere() {
    for text in [
        "targts = []",
        "targets = [{ model = \"a/b\", wieght = 3 }]",
        "[fallbacks]\nall = []",
        "[health]\ncooldwn = \"3s\"",
        "[hedge]\nmax = 1",
        "[mirror]\nmodel = \"a/b\"\nshares = 1.0",
        "[probe]\nevery = \"3s\"",
        "sticky = \"user\"",
        "targets = [{ weight = 3 }]",
        "targets = [3]",
        "wait = 3",
    ] {
        assert!(toml::from_str::<BalanceConfig>(text).is_err(), "{text}");
    }
}

#[test]
fn a_model_that_nobody_knows_is_named_with_its_field() {
    let mut config = BalanceConfig::default();
    config.targets = vec![TargetConfig::new("a/b"), TargetConfig::new("x/y")];
    let resolve = |name: &ModelId| -> Result<(Arc<dyn Provider>, ModelId)> {
        match name.as_str() {
            "a/b" => Ok((Arc::new(Vendor::well("a")), "b".into())),
            _ => Err(router_core::Error::new(
                ErrorKind::NotFound,
                "no provider has the name x",
            )),
        }
    };
    let error = config.build("route", resolve).expect_err("unknown");
    assert_eq!(
        (error.kind(), error.message()),
        (ErrorKind::Config, "targets[1].model: no provider has the name x")
    );
}

#[test]
fn what_is_read_is_written_the_same() {
    for example in examples() {
        let config = parse(example);
        let text = toml::to_string(&config).expect("it is data");
        assert_eq!(parse(&text), config);
    }
}
