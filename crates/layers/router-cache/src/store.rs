//! Where answers are kept.

use std::fmt;
use std::sync::Arc;

use router_core::{BoxFuture, Result};

use crate::entry::Entry;
use crate::key::CacheKey;

/// Keeps answers. For a home of its own (a disk, a database), implement it and make a layer with
/// [`CacheLayer::with_store`](crate::CacheLayer::with_store).
///
/// **Invariant.** What `get` gives was put under that very key, whole, and no longer ago than the entry's time to live. A store
/// that is away has nothing: it never fails a call, and never makes one wait long.
pub trait CacheStore: Send + Sync + fmt::Debug + 'static {
    /// The answer of a key.
    fn get<'a>(&'a self, key: &'a CacheKey) -> Lookup<'a>;

    /// Keeps an answer, some time soon, in the place of the one before. One that cannot be kept is not.
    fn put(&self, key: CacheKey, entry: Arc<Entry>);

    /// Forgets the answer of a key, and tells whether there was one.
    ///
    /// # Errors
    /// `Transport` when the store is away.
    fn remove<'a>(&'a self, key: &'a CacheKey) -> BoxFuture<'a, Result<bool>>;

    /// Forgets the answers of a namespace; `""` is the one of calls that name none.
    ///
    /// # Errors
    /// `Transport` when the store is away.
    fn remove_namespace<'a>(&'a self, namespace: &'a str) -> BoxFuture<'a, Result<()>>;

    /// Forgets everything.
    ///
    /// # Errors
    /// `Transport` when the store is away.
    fn clear(&self) -> BoxFuture<'_, Result<()>>;

    /// How much is kept.
    ///
    /// # Errors
    /// `Transport` when the store is away.
    fn size(&self) -> BoxFuture<'_, Result<CacheSize>>;
}

/// What a store has for a key.
#[allow(missing_debug_implementations, reason = "a future has nothing to show")]
pub enum Lookup<'a> {
    /// At once.
    Now(Option<Arc<Entry>>),
    /// After asking somebody.
    Later(BoxFuture<'a, Option<Arc<Entry>>>),
}

/// How much is kept.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct CacheSize {
    /// Answers.
    pub entries: u64,
    /// About how many bytes they take.
    pub bytes: u64,
}

impl CacheSize {
    /// So many answers of so many bytes.
    #[must_use]
    pub fn new(entries: u64, bytes: u64) -> Self {
        Self { entries, bytes }
    }
}
