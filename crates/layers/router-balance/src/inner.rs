//! What a balancer, its handle and the calls under way share.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock};
use std::time::Duration;

use router_core::call::Mode;
use router_core::{ProviderId, Reply, Result};
use tokio::sync::Notify;

use crate::failover::Among;
use crate::health::Cooldown;
use crate::hedge::Hedging;
use crate::memory::Memory;
use crate::pool::{Parts, Pool};
use crate::probe::ProbeTask;
use crate::store::Sharing;
use crate::target::Target;

pub(crate) struct Inner {
    pub(crate) id: ProviderId,
    pub(crate) among: Among,
    pool: RwLock<Arc<Pool>>,
    /// Held while a target is chosen and its call counted, so that calls that come together do not all see the same one idle.
    rng: Mutex<fastrand::Rng>,
    pub(crate) hedging: Mutex<Hedging>,
    pub(crate) memory: Memory,
    /// Told when a target may have become fit to be asked.
    pub(crate) changed: Notify,
    pub(crate) sharing: Option<Sharing>,
    /// Ends with the balancer.
    pub(crate) _probe: Option<ProbeTask>,
}

impl Inner {
    pub(crate) fn new(
        id: ProviderId,
        among: Among,
        pool: Pool,
        rng: fastrand::Rng,
        sharing: Option<Sharing>,
        probe: Option<ProbeTask>,
    ) -> Self {
        Self {
            id,
            among,
            pool: RwLock::new(Arc::new(pool)),
            rng: Mutex::new(rng),
            hedging: Mutex::default(),
            memory: Memory::default(),
            changed: Notify::new(),
            sharing,
            _probe: probe,
        }
    }

    pub(crate) fn pool(&self) -> Arc<Pool> {
        Arc::clone(&self.pool.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// Replaces the pool by one that `change` makes of its parts. Nothing changes where that fails.
    pub(crate) fn change(&self, change: impl FnOnce(&mut Parts) -> Result<()>) -> Result<()> {
        let mut pool = self.pool.write().unwrap_or_else(PoisonError::into_inner);
        let mut parts = pool.parts();
        change(&mut parts)?;
        *pool = Arc::new(Pool::new(parts)?);
        drop(pool);
        self.changed.notify_waiters();
        Ok(())
    }

    pub(crate) fn rng(&self) -> MutexGuard<'_, fastrand::Rng> {
        self.rng.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn hedging(&self) -> MutexGuard<'_, Hedging> {
        self.hedging.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A target answered, a stream with its first content.
    pub(crate) fn answered(&self, pool: &Pool, target: &Target, mode: Mode, took: Duration, reply: &Reply) {
        if pool.settings.hedge.is_some() {
            self.hedging().answered(mode, took);
        }
        if pool.makers_differ
            && let Some(id) = reply.answer_id()
        {
            self.memory.keep(id, target.provider.id());
        }
    }

    /// A target is left alone from now on.
    pub(crate) fn cooled(&self, target: &Target, cooldown: Cooldown) {
        if let Some(sharing) = &self.sharing {
            sharing.tell(&self.id, target, cooldown);
        }
    }
}
