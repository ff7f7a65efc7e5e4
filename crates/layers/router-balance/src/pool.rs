//! The targets and settings of one moment: a change makes a new pool, and calls under way keep theirs.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use router_core::tokens::PriceBook;
use router_core::{Capabilities, Error, ErrorKind, ProviderId, Result, Text};

use crate::failover::Fallbacks;
use crate::health::HealthConfig;
use crate::hedge::HedgeConfig;
use crate::mirror::Mirror;
use crate::sticky::Sticky;
use crate::strategy::Strategy;
use crate::target::{Target, joined};

/// How a balancer is set.
#[derive(Clone)]
pub(crate) struct Settings {
    pub(crate) strategy: Strategy,
    pub(crate) health: HealthConfig,
    pub(crate) latency_decay: Duration,
    pub(crate) sticky: Option<Sticky>,
    pub(crate) hedge: Option<HedgeConfig>,
    pub(crate) mirror: Option<Mirror>,
    pub(crate) wait: Duration,
    pub(crate) prices: Option<Arc<dyn PriceBook>>,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            strategy: Strategy::default(),
            health: HealthConfig::default(),
            latency_decay: Duration::from_secs(10),
            sticky: None,
            hedge: None,
            mirror: None,
            wait: Duration::ZERO,
            prices: None,
        }
    }
}

/// What a pool is made of.
#[derive(Clone, Default)]
pub(crate) struct Parts {
    pub(crate) settings: Settings,
    pub(crate) route: Vec<Target>,
    pub(crate) fallbacks: Fallbacks<Target>,
}

impl Parts {
    /// All targets, those of the route first; fallbacks of the same name are copies.
    pub(crate) fn targets_mut(&mut self) -> impl Iterator<Item = &mut Target> {
        self.route
            .iter_mut()
            .chain(self.fallbacks.lists_mut().into_iter().flatten())
    }
}

/// Targets and settings.
pub(crate) struct Pool {
    pub(crate) settings: Settings,
    /// Those of the route first, then those that only lists of fallbacks name.
    pub(crate) targets: Vec<Arc<Target>>,
    /// Places of the route's own.
    pub(crate) route: Vec<usize>,
    pub(crate) fallbacks: Fallbacks<usize>,
    pub(crate) capabilities: Arc<Capabilities>,
    /// Whether what one target made is foreign to another.
    pub(crate) makers_differ: bool,
}

impl fmt::Debug for Pool {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Pool")
            .field("strategy", &self.settings.strategy)
            .field("targets", &self.targets)
            .finish_non_exhaustive()
    }
}

impl Pool {
    pub(crate) fn new(parts: Parts) -> Result<Self> {
        let Parts {
            settings,
            route,
            fallbacks,
        } = parts;
        check_targets(&settings, &route)?;
        check_settings(&settings)?;
        let mut targets: Vec<Arc<Target>> = route.into_iter().map(Arc::new).collect();
        let capabilities = joined(&targets);
        let route = (0..targets.len()).collect();
        let fallbacks = fallbacks.map(|target| {
            Ok::<_, Error>(match place(&targets, &target.name) {
                Some(known) => known,
                None => {
                    targets.push(Arc::new(target));
                    targets.len() - 1
                }
            })
        })?;
        let makers_differ = targets.windows(2).any(|pair| pair[0].makers != pair[1].makers);
        Ok(Self {
            settings,
            targets,
            route,
            fallbacks,
            capabilities,
            makers_differ,
        })
    }

    /// What it was made of, to make another.
    pub(crate) fn parts(&self) -> Parts {
        let target = |place: &usize| Target::clone(&self.targets[*place]);
        let list = |places: &[usize]| places.iter().map(target).collect();
        Parts {
            settings: self.settings.clone(),
            route: list(&self.route),
            fallbacks: Fallbacks {
                context_length: list(&self.fallbacks.context_length),
                content_filtered: list(&self.fallbacks.content_filtered),
                any: list(&self.fallbacks.any),
            },
        }
    }

    /// The place of a target by its name.
    pub(crate) fn place(&self, name: &str) -> Option<usize> {
        place(&self.targets, name)
    }

    /// Whether any target takes back what `maker` made.
    pub(crate) fn knows_maker(&self, maker: &ProviderId) -> bool {
        self.targets.iter().any(|target| target.takes_back(maker))
    }

    /// The names of all targets, for messages.
    pub(crate) fn names(&self) -> String {
        let names: Vec<&str> = self.targets.iter().map(|target| target.name.as_str()).collect();
        names.join(", ")
    }
}

fn place(targets: &[Arc<Target>], name: &str) -> Option<usize> {
    targets.iter().position(|target| target.name == *name)
}

pub(crate) fn config(message: impl Into<Text>) -> Error {
    Error::new(ErrorKind::Config, message)
}

fn check_targets(settings: &Settings, route: &[Target]) -> Result<()> {
    if route.is_empty() {
        return Err(config("targets: there are none"));
    }
    for (place, target) in route.iter().enumerate() {
        let name = &target.name;
        if route[..place].iter().any(|earlier| earlier.name == *name) {
            return Err(config(format!(
                "targets[{place}]: there is another target `{name}`; give one of them a name of its own"
            )));
        }
        if target.weight > 1 && !settings.strategy.weighs() {
            return Err(config(format!(
                "targets[{place}].weight: means nothing to the strategy {}; use weighted, random, least_latency, least_busy \
                 or lowest_cost",
                settings.strategy
            )));
        }
        if target
            .price
            .is_some_and(|price| !(price >= 0.0 && price.is_finite()))
        {
            return Err(config(format!(
                "targets[{place}].price: `{name}` has a price below zero"
            )));
        }
    }
    if route.iter().all(|target| target.weight == 0) {
        return Err(config(
            "targets: every weight is 0, so that no call goes anywhere",
        ));
    }
    Ok(())
}

fn check_settings(settings: &Settings) -> Result<()> {
    let share = |name: &str, value: f64| {
        if (0.0..=1.0).contains(&value) {
            Ok(())
        } else {
            Err(config(format!("{name}: {value} is no share between 0 and 1")))
        }
    };
    share("health.error_ratio", settings.health.error_ratio)?;
    share("health.panic_threshold", settings.health.panic_threshold)?;
    if settings.health.window.is_zero() {
        return Err(config("health.window: is 0s"));
    }
    if settings.latency_decay.is_zero() {
        return Err(config("latency_decay: is 0s"));
    }
    if let Some(hedge) = &settings.hedge {
        share("hedge.percentile", hedge.percentile)?;
        share("hedge.max_share", hedge.max_share)?;
    }
    if let Some(mirror) = &settings.mirror {
        share("mirror.share", mirror.share())?;
    }
    Ok(())
}
