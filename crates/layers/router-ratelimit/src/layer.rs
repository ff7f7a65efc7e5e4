//! What makes a [`RateLimit`]: the limits, and counts that all it wraps share.

use std::sync::Arc;

use router_core::{Layer, Provider, Result};

use crate::limit::Limit;
use crate::limiter::Limiter;
use crate::provider::RateLimit;

/// Wraps providers in [`RateLimit`]. All that it and its clones wrap count together; `per = "provider"` tells them apart.
#[derive(Clone, Debug)]
pub struct RateLimitLayer {
    limiter: Arc<Limiter>,
}

impl RateLimitLayer {
    /// These limits, all of which hold at once, counted in memory.
    ///
    /// # Errors
    /// `Config` naming the limit and the field.
    pub fn new(limits: impl IntoIterator<Item = Limit>) -> Result<Self> {
        Limiter::new(limits).map(Self::from)
    }

    /// These limits, counted in Redis under a name that tells them from other limits: a route's, a key's. Processes that use the
    /// same name and limits on one Redis count together.
    ///
    /// # Errors
    /// `Config` naming the limit and the field.
    #[cfg(feature = "redis")]
    pub fn with_redis(
        limits: impl IntoIterator<Item = Limit>,
        redis: &router_redis::Redis,
        name: &str,
    ) -> Result<Self> {
        let store = crate::redis::RedisStore::new(redis.clone(), name);
        Ok(Limiter::new(limits)?.sharing(Arc::new(store)).into())
    }

    /// Other limits that go on with the counts of these, wherever a limit is the same: for a reload.
    ///
    /// # Errors
    /// `Config` naming the limit and the field.
    pub fn reload(&self, limits: impl IntoIterator<Item = Limit>) -> Result<Self> {
        self.limiter.reload(limits).map(Self::from)
    }

    /// The limits and their counts: to read and reset what is left, or to let calls in without a provider.
    #[must_use]
    pub fn limiter(&self) -> &Arc<Limiter> {
        &self.limiter
    }
}

impl From<Limiter> for RateLimitLayer {
    fn from(limiter: Limiter) -> Self {
        Self {
            limiter: Arc::new(limiter),
        }
    }
}

impl<P: Provider> Layer<P> for RateLimitLayer {
    type Provider = RateLimit<P>;

    fn layer(&self, inner: P) -> RateLimit<P> {
        RateLimit::new(inner, Arc::clone(&self.limiter))
    }
}
