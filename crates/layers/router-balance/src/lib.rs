#![doc = include_str!("../README.md")]

mod bound;
mod builder;
mod config;
mod failover;
mod flight;
mod handle;
mod health;
mod hedge;
mod inner;
mod keys;
mod latency;
mod memory;
mod mirror;
mod options;
mod pass;
mod pick;
mod pool;
mod probe;
mod provider;
#[cfg(feature = "redis")]
mod redis;
mod stats;
mod status;
mod sticky;
mod store;
mod strategy;
mod target;
mod window;

pub use builder::BalanceBuilder;
pub use config::{BalanceConfig, MirrorConfig, TargetConfig};
pub use failover::Fallbacks;
pub use handle::Handle;
pub use health::HealthConfig;
pub use hedge::HedgeConfig;
pub use keys::KeyPool;
pub use mirror::{Mirror, MirrorStatus};
pub use options::BalanceOptions;
pub use probe::{Probe, ProbeConfig, ProbeOperation};
pub use provider::Balance;
#[cfg(feature = "redis")]
pub use redis::RedisCooldowns;
pub use status::{BalanceStatus, TargetState, TargetStatus};
pub use sticky::Sticky;
pub use store::CooldownStore;
pub use strategy::Strategy;
pub use target::Target;
