//! One route of a configuration: a name, the models behind it, and what stands in front of them.

use std::time::Duration;

use router_balance::{
    BalanceConfig, Fallbacks, HealthConfig, HedgeConfig, MirrorConfig, ProbeConfig, Sticky, Strategy,
    TargetConfig,
};
use router_cache::CachePolicy;
use router_core::human;
use router_ratelimit::Limit;
use serde::Deserialize;

/// A route. Beside `cache` and `limits` it has the fields of [`BalanceConfig`].
#[derive(Clone, Debug, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[non_exhaustive]
pub struct RouteConfig {
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
    pub sticky: Option<Sticky>,
    /// Asking a second target when the first is slow: never.
    pub hedge: Option<HedgeConfig>,
    /// A shadow target: none.
    pub mirror: Option<MirrorConfig>,
    /// Asking targets whether they are there: never.
    pub probe: Option<ProbeConfig>,
    /// The longest wait for the first recovery when all targets are left alone: 0 s.
    #[serde(with = "human::duration")]
    pub wait: Duration,
    /// What is kept of its answers: what is said for all.
    pub cache: Option<CachePolicy>,
    /// Limits of calls to it, beside those of all: none.
    pub limits: Vec<Limit>,
}

impl Default for RouteConfig {
    fn default() -> Self {
        let balance = BalanceConfig::default();
        Self {
            strategy: balance.strategy,
            targets: balance.targets,
            fallbacks: balance.fallbacks,
            health: balance.health,
            latency_decay: balance.latency_decay,
            sticky: balance.sticky,
            hedge: balance.hedge,
            mirror: balance.mirror,
            probe: balance.probe,
            wait: balance.wait,
            cache: None,
            limits: Vec::new(),
        }
    }
}

impl RouteConfig {
    /// What of it is the balancer's.
    #[must_use]
    pub fn balance(&self) -> BalanceConfig {
        let mut balance = BalanceConfig::default();
        balance.strategy = self.strategy;
        balance.targets.clone_from(&self.targets);
        balance.fallbacks = self.fallbacks.clone();
        balance.health = self.health;
        balance.latency_decay = self.latency_decay;
        balance.sticky.clone_from(&self.sticky);
        balance.hedge.clone_from(&self.hedge);
        balance.mirror.clone_from(&self.mirror);
        balance.probe = self.probe;
        balance.wait = self.wait;
        balance
    }
}
