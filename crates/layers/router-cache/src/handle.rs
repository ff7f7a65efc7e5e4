//! Looks into a cache and empties it, while it works.

use std::fmt;
use std::sync::Arc;

use router_core::{Call, ProviderId, Result};

use crate::entry::Entry;
use crate::key::CacheKey;
use crate::policy::CachePolicy;
use crate::shared::Shared;
use crate::stats::CacheStats;
use crate::store::{CacheSize, Lookup};

/// Shows and empties a cache while it works. Clones are of the same cache.
#[derive(Clone)]
pub struct CacheHandle {
    shared: Arc<Shared>,
}

impl fmt::Debug for CacheHandle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CacheHandle")
            .field("stats", &self.stats())
            .finish_non_exhaustive()
    }
}

impl CacheHandle {
    pub(crate) fn new(shared: Arc<Shared>) -> Self {
        Self { shared }
    }

    /// Its settings.
    #[must_use]
    pub fn policy(&self) -> &CachePolicy {
        &self.shared.policy
    }

    /// What it did so far.
    #[must_use]
    pub fn stats(&self) -> CacheStats {
        self.shared.counts.read()
    }

    /// Calls under way that others can share.
    #[must_use]
    pub fn in_flight(&self) -> usize {
        self.shared.flights.len()
    }

    /// The key of a call to a provider.
    ///
    /// # Errors
    /// `InvalidRequest` when a part of the request cannot be JSON.
    pub fn key(&self, call: &Call, provider: &ProviderId) -> Result<CacheKey> {
        self.shared.key(call, provider)
    }

    /// What is kept under a key.
    pub async fn get(&self, key: &CacheKey) -> Option<Arc<Entry>> {
        match self.shared.store.get(key) {
            Lookup::Now(entry) => entry,
            Lookup::Later(entry) => entry.await,
        }
    }

    /// Forgets the answer of a key, and tells whether there was one.
    ///
    /// # Errors
    /// `Transport` when the store is away.
    pub async fn remove(&self, key: &CacheKey) -> Result<bool> {
        self.shared.store.remove(key).await
    }

    /// Forgets the answers of a namespace; `""` is the one of calls that name none.
    ///
    /// # Errors
    /// `Transport` when the store is away.
    pub async fn remove_namespace(&self, namespace: &str) -> Result<()> {
        self.shared.store.remove_namespace(namespace).await
    }

    /// Forgets everything.
    ///
    /// # Errors
    /// `Transport` when the store is away.
    pub async fn clear(&self) -> Result<()> {
        self.shared.store.clear().await
    }

    /// How much is kept.
    ///
    /// # Errors
    /// `Transport` when the store is away.
    pub async fn size(&self) -> Result<CacheSize> {
        self.shared.store.size().await
    }
}
