//! What makes a [`Cache`]: the settings, and the store that all it wraps share.

use std::fmt;
use std::sync::Arc;

use router_core::{Call, Layer, Provider, Result};

use crate::handle::CacheHandle;
use crate::memory::MemoryStore;
use crate::policy::CachePolicy;
use crate::provider::Cache;
use crate::shared::Shared;
use crate::store::CacheStore;

/// Wraps providers in [`Cache`]. All that it and its clones wrap share one store; providers of different ids share no answers.
#[derive(Clone)]
pub struct CacheLayer {
    shared: Arc<Shared>,
}

impl fmt::Debug for CacheLayer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CacheLayer")
            .field("policy", &self.shared.policy)
            .finish_non_exhaustive()
    }
}

impl CacheLayer {
    /// A cache in memory.
    ///
    /// # Errors
    /// `Config` naming the field.
    pub fn new(policy: CachePolicy) -> Result<Self> {
        let store = MemoryStore::new(policy.max_bytes);
        Self::with_store(policy, store, "")
    }

    /// A cache in Redis, under a name that tells it from others there. **Invariant.** What answers behind caches of one name
    /// must be the same: the same provider at the same address. Processes that use the same name on one Redis share answers.
    ///
    /// # Errors
    /// `Config` naming the field.
    #[cfg(feature = "redis")]
    pub fn with_redis(policy: CachePolicy, redis: &router_redis::Redis, name: &str) -> Result<Self> {
        let store = crate::redis::RedisStore::new(redis.clone(), name, &policy);
        Self::with_store(policy, store, name)
    }

    /// A cache in a store of one's own, under a name that is part of all keys; see [`CacheLayer::with_redis`].
    ///
    /// # Errors
    /// `Config` naming the field.
    pub fn with_store(policy: CachePolicy, store: impl CacheStore, name: &str) -> Result<Self> {
        policy.check()?;
        Ok(Self {
            shared: Arc::new(Shared::new(policy, Arc::new(store), name)),
        })
    }

    /// With something else that tells calls apart: `part` gives the bytes. For extensions of a call's context that the answer
    /// depends on, such as the name of a target.
    ///
    /// Call it before anything is wrapped: what was wrapped before does not know of it.
    #[must_use]
    pub fn told_apart_by(self, part: impl Fn(&Call, &mut dyn FnMut(&[u8])) + Send + Sync + 'static) -> Self {
        let mut shared = self.shared.fork();
        shared.parts.push(Arc::new(part));
        Self {
            shared: Arc::new(shared),
        }
    }

    /// Shows and empties the cache.
    #[must_use]
    pub fn handle(&self) -> CacheHandle {
        CacheHandle::new(Arc::clone(&self.shared))
    }
}

impl<P: Provider> Layer<P> for CacheLayer {
    type Provider = Cache<P>;

    fn layer(&self, inner: P) -> Cache<P> {
        Cache::new(Arc::new(inner), Arc::clone(&self.shared))
    }
}
