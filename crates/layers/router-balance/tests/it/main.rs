//! A balancer over vendors that do what a test says, with the clock standing still.

mod belonging;
mod changes;
mod contract;
mod documented;
mod failover;
mod hedging;
mod keys;
mod policy_table;
mod recovery;
mod shadow;
mod shares;
mod vendor;
