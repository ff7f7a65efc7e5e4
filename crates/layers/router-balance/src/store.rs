//! Cooldowns that several instances share: what one learns, the others need not learn again.

use std::fmt;
use std::sync::{Arc, Weak};
use std::time::Duration;

use router_core::{BoxFuture, ProviderId, Result, Text};
use tokio::runtime::Handle;
use tokio::task::AbortHandle;
use tokio::time::{Instant, MissedTickBehavior, interval, timeout};

use crate::health::Cooldown;
use crate::inner::Inner;
use crate::pool::config;
use crate::target::Target;

/// How long a store may take to answer, so that nothing piles up beside one that hangs.
const PATIENCE: Duration = Duration::from_secs(5);

/// Keeps cooldowns for several instances.
///
/// No call waits for it: an instance tells it what it learned and asks it now and then, both beside the calls. When it
/// fails, each instance goes by what it knows itself.
pub trait CooldownStore: Send + Sync + 'static {
    /// Leaves a target of a balancer alone for so long from now. A longer time that is known already stays.
    fn put<'a>(
        &'a self,
        balancer: &'a ProviderId,
        target: &'a Text,
        left: Duration,
    ) -> BoxFuture<'a, Result<()>>;

    /// How much longer each of these targets is to be left alone; zero for those that are not. In the order of `targets`.
    fn left<'a>(
        &'a self,
        balancer: &'a ProviderId,
        targets: &'a [Text],
    ) -> BoxFuture<'a, Result<Vec<Duration>>>;
}

/// The exchange with a store. Dropping it ends it.
pub(crate) struct Sharing {
    store: Arc<dyn CooldownStore>,
    runtime: Handle,
    task: AbortHandle,
}

impl fmt::Debug for Sharing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sharing").finish_non_exhaustive()
    }
}

impl Drop for Sharing {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Sharing {
    /// Starts to ask the store for a balancer that is about to be made.
    pub(crate) fn start(
        balancer: Weak<Inner>,
        store: Arc<dyn CooldownStore>,
        every: Duration,
    ) -> Result<Self> {
        let runtime = Handle::try_current()
            .map_err(|_| config("store: needs a tokio runtime where the balancer is built"))?;
        if every.is_zero() {
            return Err(config("store: is asked every 0s"));
        }
        let asked = Arc::clone(&store);
        let task = runtime.spawn(async move {
            let mut ticks = interval(every);
            ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
            loop {
                ticks.tick().await;
                let Some(inner) = balancer.upgrade() else {
                    return;
                };
                let (id, pool) = (inner.id.clone(), inner.pool());
                drop(inner);
                let names: Vec<Text> = pool.targets.iter().map(|target| target.name.clone()).collect();
                // A store that cannot be asked says nothing; it is asked again.
                let Ok(Ok(left)) = timeout(PATIENCE, asked.left(&id, &names)).await else {
                    continue;
                };
                let now = Instant::now();
                for (target, left) in pool.targets.iter().zip(left) {
                    let rules = target.rules(&pool.settings.health);
                    target.stats.known().health.take_over(left, now, &rules);
                }
            }
        });
        Ok(Self {
            store,
            runtime,
            task: task.abort_handle(),
        })
    }

    /// Tells the store of a cooldown.
    pub(crate) fn tell(&self, balancer: &ProviderId, target: &Target, cooldown: Cooldown) {
        let (store, balancer, name) = (Arc::clone(&self.store), balancer.clone(), target.name.clone());
        let left = cooldown.until.saturating_duration_since(cooldown.since);
        self.runtime.spawn(async move {
            // What cannot be told, the others learn themselves.
            let _ = timeout(PATIENCE, store.put(&balancer, &name, left)).await;
        });
    }
}
