#![doc = include_str!("../README.md")]

mod breaker;
mod client;
mod config;
mod error;
mod health;
mod script;
mod slot;
mod throttle;
mod tls;

pub use client::Redis;
pub use config::RedisConfig;
pub use error::RedisError;
pub use health::Health;
pub use script::Script;

/// Commands, pipelines and values, as the `redis` crate has them.
pub use redis::{Cmd, FromRedisValue, Pipeline, ToRedisArgs, Value, cmd, pipe};
