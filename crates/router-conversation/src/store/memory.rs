//! Sessions in the memory of the process: gone when it ends.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use router_core::{BoxFuture, Result};

use super::{Page, Store};
use crate::record::Record;

/// Sessions in memory.
#[derive(Debug, Default)]
pub struct MemoryStore {
    logs: Mutex<BTreeMap<String, Vec<Record>>>,
}

impl MemoryStore {
    /// An empty store.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    fn logs(&self) -> MutexGuard<'_, BTreeMap<String, Vec<Record>>> {
        self.logs.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Store for MemoryStore {
    fn append<'a>(&'a self, session: &'a str, records: &'a [Record]) -> BoxFuture<'a, Result<()>> {
        Box::pin(async move {
            self.logs()
                .entry(session.to_owned())
                .or_default()
                .extend_from_slice(records);
            Ok(())
        })
    }

    fn read<'a>(&'a self, session: &'a str, after: u64) -> BoxFuture<'a, Result<Page>> {
        Box::pin(async move {
            let logs = self.logs();
            let log = logs.get(session).map_or(&[][..], Vec::as_slice);
            let after = usize::try_from(after).unwrap_or(usize::MAX).min(log.len());
            Ok(Page::new(log[after..].to_vec(), log.len() as u64))
        })
    }

    fn remove<'a>(&'a self, session: &'a str) -> BoxFuture<'a, Result<()>> {
        Box::pin(async move {
            self.logs().remove(session);
            Ok(())
        })
    }

    fn sessions(&self) -> BoxFuture<'_, Result<Vec<String>>> {
        Box::pin(async move { Ok(self.logs().keys().cloned().collect()) })
    }
}
