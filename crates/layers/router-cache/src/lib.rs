#![doc = include_str!("../README.md")]

mod alone;
mod control;
mod entry;
mod flight;
mod handle;
mod key;
mod layer;
mod memory;
mod policy;
mod provider;
#[cfg(feature = "redis")]
mod redis;
mod shared;
mod stats;
mod store;

pub use control::CacheControl;
pub use entry::Entry;
pub use handle::CacheHandle;
pub use key::{CacheKey, NoKey};
pub use layer::CacheLayer;
pub use memory::MemoryStore;
pub use policy::{CachePolicy, LeaderError, Scope};
pub use provider::Cache;
#[cfg(feature = "redis")]
pub use redis::RedisStore;
pub use stats::CacheStats;
pub use store::{CacheSize, CacheStore, Lookup};
