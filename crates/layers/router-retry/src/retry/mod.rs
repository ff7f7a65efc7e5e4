//! Tries a failed call again: when it may help, when the vendor says, and not for ever.

mod backoff;
mod budget;
mod layer;
mod policy;
mod provider;

pub use budget::RetryBudget;
pub use layer::RetryLayer;
pub use policy::{RetryPolicy, RetryRule};
pub use provider::Retry;
