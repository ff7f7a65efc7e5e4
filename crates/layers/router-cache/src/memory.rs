//! Answers in memory: bounded by weight, those go first that are used least.

use std::fmt;
use std::sync::Arc;

use hashbrown::DefaultHashBuilder;
use quick_cache::sync::{Cache, DefaultLifecycle};
use quick_cache::{OptionsBuilder, Weighter};
use router_core::{BoxFuture, Result};

use crate::entry::Entry;
use crate::key::{CacheKey, namespace_id};
use crate::store::{CacheSize, CacheStore, Lookup};

/// What an answer takes that is as long as most: by it is known how many there will be.
const USUAL_BYTES: u64 = 4 * 1024;
/// Parts that are locked on their own, each with its share of the bytes.
const PARTS: u64 = 8;

/// Answers in the memory of this process.
///
/// One whose time is over is not given any more; it makes room when there is need of it, or when the size is asked for.
pub struct MemoryStore {
    entries: Cache<CacheKey, Arc<Entry>, ByBytes, DefaultHashBuilder>,
}

impl fmt::Debug for MemoryStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MemoryStore")
            .field("entries", &self.entries.len())
            .field("bytes", &self.entries.weight())
            .finish()
    }
}

impl MemoryStore {
    /// A store of at most so many bytes, and so many for one answer.
    #[must_use]
    pub fn new(max_bytes: u64, max_entry_bytes: usize) -> Self {
        // Each part has room for several of the largest.
        let several = (max_entry_bytes as u64).saturating_mul(4).max(1);
        let options = OptionsBuilder::new()
            .shards((max_bytes / several).clamp(1, PARTS) as usize)
            .estimated_items_capacity((max_bytes / USUAL_BYTES) as usize)
            .weight_capacity(max_bytes)
            .build()
            .expect("all that has no default is set");
        let lifecycle = DefaultLifecycle::default();
        Self {
            entries: Cache::with_options(options, ByBytes, DefaultHashBuilder::default(), lifecycle),
        }
    }
}

/// Weighs an entry.
#[derive(Clone)]
struct ByBytes;

impl Weighter<CacheKey, Arc<Entry>> for ByBytes {
    fn weight(&self, _: &CacheKey, entry: &Arc<Entry>) -> u64 {
        entry.bytes() as u64
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
        Box::pin(async {
            Ok(self
                .entries
                .remove(key)
                .is_some_and(|(_, entry)| entry.is_fresh()))
        })
    }

    fn remove_namespace<'a>(&'a self, namespace: &'a str) -> BoxFuture<'a, Result<()>> {
        Box::pin(async {
            let id = namespace_id(namespace);
            self.entries.retain(|key, _| *key.namespace() != id);
            Ok(())
        })
    }

    fn clear(&self) -> BoxFuture<'_, Result<()>> {
        Box::pin(async {
            self.entries.clear();
            Ok(())
        })
    }

    fn size(&self) -> BoxFuture<'_, Result<CacheSize>> {
        Box::pin(async {
            self.entries.retain(|_, entry| entry.is_fresh());
            Ok(CacheSize::new(self.entries.len() as u64, self.entries.weight()))
        })
    }
}
