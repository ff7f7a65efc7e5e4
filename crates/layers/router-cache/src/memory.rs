//! Answers in memory: bounded by weight, those go first that are used least.

use std::sync::Arc;
use std::time::{Duration, Instant};

use hashbrown::DefaultHashBuilder;
use moka::Expiry;
use moka::sync::Cache;
use router_core::{BoxFuture, Error, ErrorKind, Result};

use crate::entry::Entry;
use crate::key::{CacheKey, namespace_id};
use crate::store::{CacheSize, CacheStore, Lookup};

/// Answers in the memory of this process.
#[derive(Debug)]
pub struct MemoryStore {
    // A key is a hash already: guarding its table against chosen keys would be for nothing.
    entries: Cache<CacheKey, Arc<Entry>, DefaultHashBuilder>,
}

impl MemoryStore {
    /// A store of at most so many bytes.
    #[must_use]
    pub fn new(max_bytes: u64) -> Self {
        let entries = Cache::builder()
            .max_capacity(max_bytes)
            .weigher(|_: &CacheKey, entry: &Arc<Entry>| {
                u32::try_from(entry.bytes() + size_of::<CacheKey>()).unwrap_or(u32::MAX)
            })
            .expire_after(OwnTime)
            .support_invalidation_closures()
            .build_with_hasher(DefaultHashBuilder::default());
        Self { entries }
    }
}

/// Each entry says how long it lives.
struct OwnTime;

impl Expiry<CacheKey, Arc<Entry>> for OwnTime {
    fn expire_after_create(&self, _: &CacheKey, entry: &Arc<Entry>, _: Instant) -> Option<Duration> {
        Some(entry.ttl())
    }

    fn expire_after_update(
        &self,
        _: &CacheKey,
        entry: &Arc<Entry>,
        _: Instant,
        _: Option<Duration>,
    ) -> Option<Duration> {
        Some(entry.ttl())
    }
}

impl CacheStore for MemoryStore {
    fn get<'a>(&'a self, key: &'a CacheKey) -> Lookup<'a> {
        Lookup::Now(self.entries.get(key).filter(|entry| entry.is_fresh()))
    }

    fn put(&self, key: CacheKey, entry: Arc<Entry>) {
        self.entries.insert(key, entry);
    }

    fn remove<'a>(&'a self, key: &'a CacheKey) -> BoxFuture<'a, Result<bool>> {
        Box::pin(async { Ok(self.entries.remove(key).is_some_and(|entry| entry.is_fresh())) })
    }

    fn remove_namespace<'a>(&'a self, namespace: &'a str) -> BoxFuture<'a, Result<()>> {
        Box::pin(async {
            let id = namespace_id(namespace);
            let registered = self
                .entries
                .invalidate_entries_if(move |key, _| *key.namespace() == id);
            registered.map_err(|error| Error::new(ErrorKind::Config, error.to_string()))?;
            self.entries.run_pending_tasks();
            Ok(())
        })
    }

    fn clear(&self) -> BoxFuture<'_, Result<()>> {
        Box::pin(async {
            self.entries.invalidate_all();
            self.entries.run_pending_tasks();
            Ok(())
        })
    }

    fn size(&self) -> BoxFuture<'_, Result<CacheSize>> {
        Box::pin(async {
            self.entries.run_pending_tasks();
            Ok(CacheSize::new(
                self.entries.entry_count(),
                self.entries.weighted_size(),
            ))
        })
    }
}
