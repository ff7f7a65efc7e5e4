//! Stops calling what keeps failing, and asks from time to time whether it is well again.

mod circuit;
mod handle;
mod layer;
mod policy;
mod provider;
mod verdict;
mod window;

pub use circuit::BreakerState;
pub use handle::{BreakerChange, BreakerHandle};
pub use layer::BreakerLayer;
pub use policy::BreakerPolicy;
pub use provider::Breaker;
