//! How a balancer stands, as data: for command lines, gateways and metrics.

use std::time::Duration;

use router_core::call::Mode;
use router_core::{ModelId, ProviderId, Text};
use serde::Serialize;
use tokio::time::Instant;

use crate::health::Standing;
use crate::inner::Inner;
use crate::mirror::MirrorStatus;
use crate::strategy::Strategy;

/// How a balancer stands.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[non_exhaustive]
pub struct BalanceStatus {
    /// Its id.
    pub id: ProviderId,
    /// How it chooses.
    pub strategy: Strategy,
    /// Its targets, those of the route first.
    pub targets: Vec<TargetStatus>,
    /// Its shadow, where it has one.
    pub mirror: Option<MirrorStatus>,
}

/// How a target stands.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[non_exhaustive]
pub struct TargetStatus {
    /// Its name.
    pub name: Text,
    /// Its provider.
    pub provider: ProviderId,
    /// The model it is asked for, where it names one.
    pub model: Option<ModelId>,
    /// Whether it is well.
    pub state: TargetState,
    /// Its share of the traffic.
    pub weight: u32,
    /// Its tier.
    pub priority: u32,
    /// Whether it is a fallback only.
    pub fallback: bool,
    /// Whether it takes no more calls.
    pub draining: bool,
    /// Calls under way.
    pub in_flight: u32,
    /// Calls so far.
    pub calls: u64,
    /// Of these, calls whose failure says something about the target.
    pub failures: u64,
    /// Seconds that a whole answer takes, as last known.
    pub latency_seconds: Option<f64>,
    /// Seconds until the first content of a stream, as last known.
    pub first_content_seconds: Option<f64>,
    /// Seconds for which it is left alone.
    pub cooldown_seconds: Option<f64>,
    /// What went wrong last, as in [`ErrorKind::as_str`](router_core::ErrorKind::as_str).
    pub last_error: Option<&'static str>,
}

/// Whether a target is well.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum TargetState {
    /// It is.
    Healthy,
    /// It answers, but not always, or it has not got its whole share back.
    Degraded,
    /// It is left alone.
    Unhealthy,
}

impl TargetState {
    /// The word used in states and metrics.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Healthy => "healthy",
            Self::Degraded => "degraded",
            Self::Unhealthy => "unhealthy",
        }
    }
}

pub(crate) fn status(inner: &Inner) -> BalanceStatus {
    let (pool, now) = (inner.pool(), Instant::now());
    let seconds = |time: Option<Duration>| time.map(|time| time.as_secs_f64());
    let targets = pool.targets.iter().enumerate().map(|(place, target)| {
        let rules = target.rules(&pool.settings.health);
        let known = target.stats.known();
        let cooling = match known.health.standing(now, &rules) {
            Standing::Cooling(cooldown) => Some(cooldown.until.saturating_duration_since(now)),
            _ => None,
        };
        TargetStatus {
            name: target.name.clone(),
            provider: target.provider.id().clone(),
            model: target.model.clone(),
            state: match cooling {
                Some(_) => TargetState::Unhealthy,
                None if known.health.is_degraded(now, &rules) => TargetState::Degraded,
                None => TargetState::Healthy,
            },
            weight: target.weight,
            priority: target.priority,
            fallback: !pool.route.contains(&place),
            draining: target.stats.is_draining(),
            in_flight: target.stats.in_flight(),
            calls: known.calls,
            failures: known.failures,
            latency_seconds: seconds(known.latency(Mode::Full).average()),
            first_content_seconds: seconds(known.latency(Mode::Stream).average()),
            cooldown_seconds: seconds(cooling),
            last_error: known.health.last_error().map(|kind| kind.as_str()),
        }
    });
    BalanceStatus {
        id: inner.id.clone(),
        strategy: pool.settings.strategy,
        targets: targets.collect(),
        mirror: pool.settings.mirror.as_ref().map(|mirror| mirror.status()),
    }
}
