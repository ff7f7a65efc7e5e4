//! A real Redis, as it is when it is well, and when it is not.

mod commands;
mod connections;
mod logs;
mod outages;
mod settings;
#[cfg(feature = "tls")]
mod tls;

use std::time::Duration;

use router_redis::{Redis, RedisConfig};

/// A Redis behind an address, with times that a busy machine keeps.
fn redis(url: String) -> Redis {
    Redis::new(&config(url)).expect("an address of a Redis")
}

fn config(url: String) -> RedisConfig {
    let second = Duration::from_secs(1);
    RedisConfig::new(url).with_times(second, second, second)
}
