//! Builds a balancer.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use router_core::tokens::{ModelCatalog, PriceBook};
use router_core::{ProviderId, Result};

use crate::failover::{Among, Fallbacks};
use crate::health::HealthConfig;
use crate::hedge::HedgeConfig;
use crate::inner::Inner;
use crate::mirror::Mirror;
use crate::pool::{Parts, Pool, config};
use crate::probe::{Probe, ProbeTask};
use crate::provider::Balance;
use crate::sticky::Sticky;
use crate::store::{CooldownStore, Sharing};
use crate::strategy::Strategy;
use crate::target::Target;

/// How often a store of cooldowns is asked.
const ASK_STORE_EVERY: Duration = Duration::from_secs(1);

/// Builds a [`Balance`].
pub struct BalanceBuilder {
    id: Option<ProviderId>,
    among: Among,
    pub(crate) parts: Parts,
    catalog: Option<Arc<dyn ModelCatalog>>,
    probe: Option<Probe>,
    store: Option<(Arc<dyn CooldownStore>, Duration)>,
    seed: Option<u64>,
}

impl fmt::Debug for BalanceBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("BalanceBuilder")
            .field("id", &self.id)
            .field("targets", &self.parts.route)
            .finish_non_exhaustive()
    }
}

impl BalanceBuilder {
    pub(crate) fn new() -> Self {
        Self {
            id: None,
            among: Among::Targets,
            parts: Parts::default(),
            catalog: None,
            probe: None,
            store: None,
            seed: None,
        }
    }

    /// With a name: of a route, for errors, states and trails. The first target's provider gives its own otherwise.
    #[must_use]
    pub fn id(mut self, id: impl Into<ProviderId>) -> Self {
        self.id = Some(id.into());
        self
    }

    /// With one more target.
    #[must_use]
    pub fn target(mut self, target: Target) -> Self {
        self.parts.route.push(target);
        self
    }

    /// With targets to go to when those of the route cannot answer. One that has the name of a target is that target.
    #[must_use]
    pub fn fallbacks(mut self, fallbacks: Fallbacks<Target>) -> Self {
        self.parts.fallbacks = fallbacks;
        self
    }

    /// With a way to choose: [`Strategy::Weighted`] unless said otherwise.
    #[must_use]
    pub fn strategy(mut self, strategy: Strategy) -> Self {
        self.parts.settings.strategy = strategy;
        self
    }

    /// With rules of health.
    #[must_use]
    pub fn health(mut self, health: HealthConfig) -> Self {
        self.parts.settings.health = health;
        self
    }

    /// With a time in which a known latency falls to 1/e where others are preferred: 10 s unless said otherwise.
    #[must_use]
    pub fn latency_decay(mut self, decay: Duration) -> Self {
        self.parts.settings.latency_decay = decay;
        self
    }

    /// With calls that belong together at one target.
    #[must_use]
    pub fn sticky(mut self, sticky: Sticky) -> Self {
        self.parts.settings.sticky = Some(sticky);
        self
    }

    /// With a second target asked when the first is slow.
    #[must_use]
    pub fn hedge(mut self, hedge: HedgeConfig) -> Self {
        self.parts.settings.hedge = Some(hedge);
        self
    }

    /// With a shadow target.
    #[must_use]
    pub fn mirror(mut self, mirror: Mirror) -> Self {
        self.parts.settings.mirror = Some(mirror);
        self
    }

    /// With a longest wait for the first recovery when all targets are left alone; none unless said otherwise.
    #[must_use]
    pub fn wait(mut self, wait: Duration) -> Self {
        self.parts.settings.wait = wait;
        self
    }

    /// With prices, for the lowest cost.
    #[must_use]
    pub fn prices(mut self, prices: impl PriceBook + 'static) -> Self {
        self.parts.settings.prices = Some(Arc::new(prices));
        self
    }

    /// With facts about models: how long a prompt they take, where neither target nor provider says.
    #[must_use]
    pub fn catalog(mut self, catalog: impl ModelCatalog + 'static) -> Self {
        self.catalog = Some(Arc::new(catalog));
        self
    }

    /// With targets asked by itself whether they are there. Needs a tokio runtime where the balancer is built.
    #[must_use]
    pub fn probe(mut self, probe: impl Into<Probe>) -> Self {
        self.probe = Some(probe.into());
        self
    }

    /// With cooldowns shared by several instances, which is asked every second. Needs a tokio runtime where the balancer is
    /// built.
    #[must_use]
    pub fn store(self, store: impl CooldownStore) -> Self {
        self.store_asked_every(store, ASK_STORE_EVERY)
    }

    /// With cooldowns shared by several instances, and how often the store is asked.
    #[must_use]
    pub fn store_asked_every(mut self, store: impl CooldownStore, every: Duration) -> Self {
        self.store = Some((Arc::new(store), every));
        self
    }

    /// With a seed for what is left to chance, so that it is the same every time.
    #[must_use]
    pub fn seed(mut self, seed: u64) -> Self {
        self.seed = Some(seed);
        self
    }

    pub(crate) fn among(mut self, among: Among) -> Self {
        self.among = among;
        self
    }

    /// The targets and settings, with what the catalog knows.
    pub(crate) fn into_parts(self) -> Parts {
        let Self {
            mut parts, catalog, ..
        } = self;
        if let Some(catalog) = catalog {
            for target in parts.targets_mut() {
                look_up(target, &*catalog);
            }
        }
        parts
    }

    /// The balancer.
    ///
    /// # Errors
    /// `Config` without targets, for two of one name, for a number that is none of its kind, for weights that the strategy
    /// has no use for, and for probes or a store without a runtime.
    pub fn build(mut self) -> Result<Balance> {
        let Some(first) = self.parts.route.first() else {
            return Err(config("targets: there are none"));
        };
        let id = match self.id.take() {
            Some(id) => id,
            None => first.provider.id().clone(),
        };
        let mut rng = match self.seed {
            Some(seed) => fastrand::Rng::with_seed(seed),
            None => fastrand::Rng::new(),
        };
        let (among, probe, store) = (self.among, self.probe.take(), self.store.take());
        let pool = Pool::new(self.into_parts())?;
        let jitter = rng.f64();
        let mut failed = None;
        let inner = Arc::new_cyclic(|inner| {
            let mut kept = |error| {
                failed = Some(error);
            };
            let probe = probe.and_then(|probe| {
                let task = ProbeTask::start(inner.clone(), probe, jitter);
                task.map_err(&mut kept).ok()
            });
            let sharing = store.and_then(|(store, every)| {
                let sharing = Sharing::start(inner.clone(), store, every);
                sharing.map_err(&mut kept).ok()
            });
            Inner::new(id, among, pool, rng, sharing, probe)
        });
        match failed {
            Some(error) => Err(error),
            None => Ok(Balance { inner }),
        }
    }
}

/// Gives a target the window that a catalog knows, where it has none.
fn look_up(target: &mut Target, catalog: &dyn ModelCatalog) {
    if let (None, Some(model)) = (target.context_window, &target.model) {
        let known = catalog.model(target.provider.id(), model);
        target.context_window = known.and_then(|known| known.context_window);
    }
}
