#![doc = include_str!("../README.md")]

pub mod breaker;
pub mod retry;
pub mod timeout;

pub use breaker::{Breaker, BreakerChange, BreakerHandle, BreakerLayer, BreakerPolicy, BreakerState};
pub use retry::{Retry, RetryBudget, RetryLayer, RetryPolicy, RetryRule};
pub use timeout::{Timeout, TimeoutLayer, TimeoutPolicy};
