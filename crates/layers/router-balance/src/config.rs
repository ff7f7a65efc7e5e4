//! A route as it stands in a configuration.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use router_core::{Error, ModelId, Provider, ProviderId, Result, human};
use serde::de::value::MapAccessDeserializer;
use serde::de::{MapAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize};

use crate::builder::BalanceBuilder;
use crate::failover::Fallbacks;
use crate::health::HealthConfig;
use crate::hedge::HedgeConfig;
use crate::mirror::Mirror;
use crate::pool::config;
use crate::probe::ProbeConfig;
use crate::provider::Balance;
use crate::sticky::Sticky;
use crate::strategy::Strategy;
use crate::target::Target;

/// A route: which models answer, how one is chosen, and where a call goes when they cannot.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[non_exhaustive]
pub struct BalanceConfig {
    /// How a target is chosen: `weighted`.
    pub strategy: Strategy,
    /// The targets, at least one.
    pub targets: Vec<TargetConfig>,
    /// Where to go when they cannot answer: nowhere.
    pub fallbacks: Fallbacks,
    /// When a target is left alone, and how it comes back.
    pub health: HealthConfig,
    /// The time in which a known latency falls to 1/e where others are preferred: 10 s.
    #[serde(with = "human::duration")]
    pub latency_decay: Duration,
    /// Which calls belong together: none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sticky: Option<Sticky>,
    /// Asking a second target when the first is slow: never.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hedge: Option<HedgeConfig>,
    /// A shadow target: none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mirror: Option<MirrorConfig>,
    /// Asking targets whether they are there: never.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub probe: Option<ProbeConfig>,
    /// The longest wait for the first recovery when all targets are left alone: 0 s.
    #[serde(with = "human::duration")]
    pub wait: Duration,
}

impl Default for BalanceConfig {
    fn default() -> Self {
        Self {
            strategy: Strategy::default(),
            targets: Vec::new(),
            fallbacks: Fallbacks::default(),
            health: HealthConfig::default(),
            latency_decay: Duration::from_secs(10),
            sticky: None,
            hedge: None,
            mirror: None,
            probe: None,
            wait: Duration::ZERO,
        }
    }
}

/// A target: a model's name, or a table with it.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[non_exhaustive]
pub struct TargetConfig {
    /// The model, as `provider/model`.
    pub model: String,
    /// Another name for states and trails: the model's.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Its share of the traffic, by proportion: 1. Zero: only when asked for by name.
    pub weight: u32,
    /// Its tier; higher numbers are asked when no lower one can be: 0.
    pub priority: u32,
    /// Its price in US dollars for a million tokens: by the price book.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub price: Option<f64>,
    /// Most tokens of a prompt: by the catalog.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub context_window: Option<u64>,
    /// A cooldown of its own: that of `health`. Zero: it is never left alone.
    #[serde(skip_serializing_if = "Option::is_none", with = "human::optional_duration")]
    pub cooldown: Option<Duration>,
}

impl TargetConfig {
    /// A model with the defaults.
    #[must_use]
    pub fn new(model: impl Into<String>) -> Self {
        Self {
            model: model.into(),
            name: None,
            weight: 1,
            priority: 0,
            price: None,
            context_window: None,
            cooldown: None,
        }
    }
}

/// A shadow target.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct MirrorConfig {
    /// The model, as `provider/model`.
    pub model: String,
    /// The share of the calls that it gets, 0 to 1: 1.
    #[serde(default = "all")]
    pub share: f64,
    /// Most calls at a time; further ones are left out: 16.
    #[serde(default = "few")]
    pub max_concurrent: u32,
    /// How long a call may take: 60 s.
    #[serde(default = "minute", with = "human::duration")]
    pub timeout: Duration,
}

fn all() -> f64 {
    1.0
}

fn few() -> u32 {
    16
}

fn minute() -> Duration {
    Duration::from_secs(60)
}

impl BalanceConfig {
    /// A builder of the route `id`, for what a configuration has no words for. `resolve` finds the provider of a model's name,
    /// and the model's name there.
    ///
    /// # Errors
    /// Those of `resolve`, with the field in front.
    pub fn builder(
        &self,
        id: impl Into<ProviderId>,
        mut resolve: impl FnMut(&ModelId) -> Result<(Arc<dyn Provider>, ModelId)>,
    ) -> Result<BalanceBuilder> {
        self.builder_of(id, |name| {
            let (provider, model) = resolve(name)?;
            Ok(Target::new(provider).with_model(model))
        })
    }

    /// The same, where more is known of a target than its provider and model: whose parts it takes back, what its window is.
    ///
    /// # Errors
    /// Those of `resolve`, with the field in front.
    pub fn builder_of(
        &self,
        id: impl Into<ProviderId>,
        mut resolve: impl FnMut(&ModelId) -> Result<Target>,
    ) -> Result<BalanceBuilder> {
        let mut find = |field: &str, name: &str| {
            let target = resolve(&ModelId::from(name))
                .map_err(|error| config(format!("{field}: {}", error.message())))?;
            Ok::<_, Error>(target.with_name(name))
        };
        let mut builder = Balance::builder()
            .id(id)
            .strategy(self.strategy)
            .health(self.health)
            .latency_decay(self.latency_decay)
            .wait(self.wait);
        for (place, target) in self.targets.iter().enumerate() {
            let found = find(&format!("targets[{place}].model"), &target.model)?;
            builder = builder.target(target.applied_to(found));
        }
        builder = builder.fallbacks(self.fallbacks.clone().map(|name| find("fallbacks", &name))?);
        if let Some(mirror) = &self.mirror {
            let shadow = Mirror::new(find("mirror.model", &mirror.model)?)
                .with_share(mirror.share)
                .with_max_concurrent(mirror.max_concurrent)
                .with_timeout(mirror.timeout);
            builder = builder.mirror(shadow);
        }
        if let Some(sticky) = &self.sticky {
            builder = builder.sticky(sticky.clone());
        }
        if let Some(hedge) = &self.hedge {
            builder = builder.hedge(hedge.clone());
        }
        if let Some(probe) = self.probe {
            builder = builder.probe(probe);
        }
        Ok(builder)
    }

    /// The balancer of the route `id`; see [`BalanceConfig::builder`].
    ///
    /// # Errors
    /// `Config` naming the field.
    pub fn build(
        &self,
        id: impl Into<ProviderId>,
        resolve: impl FnMut(&ModelId) -> Result<(Arc<dyn Provider>, ModelId)>,
    ) -> Result<Balance> {
        self.builder(id, resolve)?.build()
    }
}

impl TargetConfig {
    fn applied_to(&self, mut target: Target) -> Target {
        if let Some(name) = &self.name {
            target = target.with_name(name.as_str());
        }
        target.price = self.price;
        target.context_window = self.context_window;
        target.cooldown = self.cooldown;
        target.with_weight(self.weight).with_priority(self.priority)
    }
}

// By hand: a name alone is a target, and an `untagged` enum would not say what is wrong with a table.
impl<'de> Deserialize<'de> for TargetConfig {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        #[serde(deny_unknown_fields)]
        struct Table {
            model: String,
            #[serde(default)]
            name: Option<String>,
            #[serde(default = "one")]
            weight: u32,
            #[serde(default)]
            priority: u32,
            #[serde(default)]
            price: Option<f64>,
            #[serde(default)]
            context_window: Option<u64>,
            #[serde(default, with = "human::optional_duration")]
            cooldown: Option<Duration>,
        }

        fn one() -> u32 {
            1
        }

        struct NameOrTable;

        impl<'de> Visitor<'de> for NameOrTable {
            type Value = TargetConfig;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a model as `provider/model`, or a table with `model`")
            }

            fn visit_str<E>(self, model: &str) -> Result<TargetConfig, E> {
                Ok(TargetConfig::new(model))
            }

            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<TargetConfig, A::Error> {
                let table = Table::deserialize(MapAccessDeserializer::new(map))?;
                Ok(TargetConfig {
                    model: table.model,
                    name: table.name,
                    weight: table.weight,
                    priority: table.priority,
                    price: table.price,
                    context_window: table.context_window,
                    cooldown: table.cooldown,
                })
            }
        }

        deserializer.deserialize_any(NameOrTable)
    }
}
