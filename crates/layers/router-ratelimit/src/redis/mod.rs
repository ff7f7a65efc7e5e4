//! Counts that several processes share: one script, one round trip, and the server's time for each decision.

mod clock;
mod store;
#[cfg(test)]
mod tests;
mod worker;

pub(crate) use store::RedisStore;
