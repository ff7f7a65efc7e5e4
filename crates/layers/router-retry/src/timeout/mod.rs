//! Cuts off what takes too long: the wait for first content, a stream that falls silent, an attempt as a whole.

mod layer;
mod policy;
mod provider;
mod silence;

pub use layer::TimeoutLayer;
pub use policy::TimeoutPolicy;
pub use provider::Timeout;
