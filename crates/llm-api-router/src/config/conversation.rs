//! Conversations that are remembered: how much of them is sent, and where they are kept.

use std::path::PathBuf;
use std::sync::Arc;

use router_conversation::store::Store;
use router_conversation::{
    ConversationLayer, FileStore, MemoryStore, Policy, RedisStore, Strategy, Summarizer,
};
use router_core::{Layer as _, Provider, Result};
use router_redis::Redis;
use router_tokens::Counter;
use serde::Deserialize;

use super::read::wrong;
use super::route::RouteConfig;
use crate::client::Client;

/// Conversations that calls name by an id. Unknown fields are refused.
#[derive(Clone, Debug, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[non_exhaustive]
pub struct ConversationsConfig {
    /// Tokens of prompt and answer together: 8,000.
    pub window: u64,
    /// Of these, kept free for the answer: 1,000.
    pub reserve: u64,
    /// Most messages: no limit.
    pub max_messages: Option<usize>,
    /// Which messages are kept: the newest.
    pub strategy: Strategy,
    /// The model that sums up what no longer fits, for strategies that do: none, and it is left out.
    pub summarizer: Option<String>,
    /// Where they are kept: in memory.
    pub store: StoreConfig,
}

impl Default for ConversationsConfig {
    fn default() -> Self {
        let policy = Policy::default();
        Self {
            window: policy.window,
            reserve: policy.reserve,
            max_messages: policy.max_messages,
            strategy: policy.strategy,
            summarizer: None,
            store: StoreConfig::default(),
        }
    }
}

/// Where conversations are kept.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum StoreConfig {
    /// In memory: gone with the process.
    #[default]
    Memory,
    /// In files of a folder; one process writes them.
    File(PathBuf),
    /// In an SQLite file, for several processes of one machine.
    #[cfg(feature = "conversation-sqlite")]
    Sqlite(PathBuf),
    /// In the configuration's Redis, for several instances.
    Redis,
}

impl ConversationsConfig {
    fn policy(&self) -> Policy {
        let mut policy = Policy::new(self.window)
            .with_reserve(self.reserve)
            .with_strategy(self.strategy.clone());
        policy.max_messages = self.max_messages;
        policy
    }

    fn store(&self, redis: Option<&Redis>) -> Result<Arc<dyn Store>> {
        Ok(match (&self.store, redis) {
            (StoreConfig::Memory, _) => Arc::new(MemoryStore::new()),
            (StoreConfig::File(folder), _) => Arc::new(FileStore::new(folder)?),
            #[cfg(feature = "conversation-sqlite")]
            (StoreConfig::Sqlite(file), _) => Arc::new(router_conversation::SqliteStore::open(file)?),
            (StoreConfig::Redis, Some(redis)) => Arc::new(RedisStore::new(redis.clone())),
            (StoreConfig::Redis, None) => {
                return Err(wrong("\"redis\" needs a [redis] with its url".to_owned()));
            }
        })
    }

    /// The client behind the layer that remembers. Routes are counted as their first target.
    pub(super) fn around<'a>(
        &self,
        client: Client,
        redis: Option<&Redis>,
        routes: impl IntoIterator<Item = (&'a String, &'a RouteConfig)>,
    ) -> Result<Arc<dyn Provider>> {
        if self.reserve >= self.window {
            let (reserve, window) = (self.reserve, self.window);
            return Err(wrong(format!(
                "reserve {reserve} leaves nothing of window {window}"
            )));
        }
        let mut counter = Counter::new();
        for (name, route) in routes {
            if let Some(first) = route.targets.first() {
                counter = counter.with_alias(name.as_str(), first.model.as_str());
            }
        }
        let store = self
            .store(redis)
            .map_err(|error| wrong(format!("store: {}", error.message())))?;
        let mut layer = ConversationLayer::new(self.policy())
            .with_store(store)
            .with_counter(Arc::new(counter));
        if let Some(model) = &self.summarizer {
            let model = model.as_str().into();
            client
                .route(&model)
                .map_err(|error| wrong(format!("summarizer: {}", error.message())))?;
            layer = layer.with_summarizer(Summarizer::new(Arc::new(client.clone()), model));
        } else if self.strategy.summary_budget().is_some() {
            return Err(wrong(
                "this strategy sums up: name a model as summarizer".to_owned(),
            ));
        }
        Ok(Arc::new(layer.layer(client)))
    }
}
