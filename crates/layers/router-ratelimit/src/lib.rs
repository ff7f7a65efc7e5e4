#![doc = include_str!("../README.md")]

mod layer;
mod limit;
mod limiter;
mod line;
mod memory;
mod meter;
mod permit;
mod provider;
mod quota;
mod rate;
#[cfg(feature = "redis")]
mod redis;
mod rule;
mod store;
mod subject;

pub use layer::RateLimitLayer;
pub use limit::{Dimension, Limit, Per, WithoutRedis};
pub use limiter::Limiter;
pub use meter::Unit;
pub use permit::{Permit, Spent};
pub use provider::RateLimit;
pub use quota::Quota;
pub use rate::{Algorithm, Rate};
pub use subject::{KeyName, Subject};
