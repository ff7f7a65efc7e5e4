//! A balancer over vendors that do what a test says, with the clock standing still.

mod belonging;
mod changes;
mod contract;
mod cost;
mod documented;
mod failover;
mod hedging;
mod keys;
mod light;
mod policy_table;
mod recovery;
#[cfg(feature = "redis")]
mod redis;
mod shadow;
mod shares;
mod simulated;
mod vendor;
